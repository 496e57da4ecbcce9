"""Where an answer stops: prefill, stop sequences, max_tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeapi.facts import catalogue, counting, signatures
from fakeapi.facts.written import written_input
from fakeapi.model import Call, Caller, Draft
from fakeapi.replies.limits import limit

CALLER = Caller("key", "2023-06-01")
TEXT = "The quick brown fox jumps over the lazy dog. It does so every day at noon."
TOOL = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "get_weather",
    "input": {"city": "San Francisco", "days": [1, 2, 3], "unit": "celsius"},
}


def call(prefill: str = "", model: str = "claude-haiku-4-5", **more: Any) -> Call:
    found = catalogue.resolve(model)
    assert found is not None
    messages = [{"role": "user", "content": "Go on."}]
    if prefill:
        messages.append({"role": "assistant", "content": prefill})
    return Call({"model": model, "max_tokens": 1000, "messages": messages, **more}, found, CALLER)


def said(*texts: str) -> Draft:
    return Draft(tuple({"type": "text", "text": text} for text in texts), "test")


def text(draft: Draft) -> str:
    return "".join(block["text"] for block in draft.content if block["type"] == "text")


def test_what_fits_is_left_alone():
    assert limit(said(TEXT), call()) == said(TEXT)


def test_a_prefill_is_continued_never_repeated():
    assert text(limit(said("The quick brown fox"), call("The quick"))) == " brown fox"


def test_text_is_cut_before_the_stop_sequence():
    cut = limit(said(TEXT), call(stop_sequences=["fox"]))
    assert text(cut) == "The quick brown "
    assert (cut.stop_reason, cut.stop_sequence) == ("stop_sequence", "fox")


def test_the_stop_sequence_met_first_counts_whatever_the_order_given():
    assert limit(said(TEXT), call(stop_sequences=["dog", "fox"])).stop_sequence == "fox"


def test_of_two_at_one_place_the_one_given_first_counts():
    assert limit(said(TEXT), call(stop_sequences=["fox jumps", "fox"])).stop_sequence == "fox jumps"
    assert limit(said(TEXT), call(stop_sequences=["fox", "fox jumps"])).stop_sequence == "fox"


def test_a_stop_sequence_may_begin_inside_the_prefill():
    cut = limit(said("ox jumps"), call("The quick f", stop_sequences=["fox"]))
    assert (text(cut), cut.stop_sequence) == ("", "fox")


def test_a_stop_sequence_that_lies_in_the_prefill_alone_is_not_met():
    assert limit(said(" jumps"), call("The quick fox", stop_sequences=["fox"])).stop_reason == "end_turn"


def test_a_stop_sequence_may_span_text_blocks():
    cut = limit(said("The quick f", "ox jumps"), call(stop_sequences=["fox"]))
    assert [block["text"] for block in cut.content] == ["The quick "]


def test_a_stop_sequence_ends_the_answer_inside_a_tools_json():
    cut = limit(Draft((TOOL,), "test", "tool_use"), call(stop_sequences=["Francisco"]))
    assert cut.stop_reason == "stop_sequence"
    assert cut.partial == '{"city": "San '


@pytest.mark.parametrize("limit_", [1, 2, 5, 9])
def test_max_tokens_cuts_text_at_exactly_that_many(limit_):
    cut = limit(said(TEXT), call(max_tokens=limit_))
    assert cut.stop_reason == "max_tokens"
    assert TEXT.startswith(text(cut))
    assert counting.output_tokens(list(cut.content), "classic", "max_tokens") <= limit_


def test_an_answer_that_fits_but_for_its_end_is_whole_and_stopped_by_max_tokens():
    fits = counting.block_tokens({"type": "text", "text": TEXT}, "classic")
    cut = limit(said(TEXT), call(max_tokens=fits))
    assert (text(cut), cut.stop_reason) == (TEXT, "max_tokens")


def test_max_tokens_cuts_inside_a_tools_json_and_keeps_what_is_complete():
    whole = counting.output_tokens([TOOL], "classic", "tool_use")
    cut = limit(Draft((TOOL,), "test", "tool_use"), call(max_tokens=whole - 8))
    assert cut.stop_reason == "max_tokens"
    assert cut.partial is not None
    assert written_input(TOOL).startswith(cut.partial)
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.partial)
    assert cut.content[0]["input"].items() <= {**TOOL["input"], "days": cut.content[0]["input"].get("days")}.items()  # type: ignore[dict-item]


def test_max_tokens_cuts_inside_thinking_and_nothing_follows():
    thought = {"type": "thinking", "thinking": TEXT, "signature": "sig"}
    cut = limit(Draft((thought, {"type": "text", "text": "Done."}), "test"), call(max_tokens=4))
    assert len(cut.content) == 1
    assert TEXT.startswith(cut.content[0]["thinking"])
    assert signatures.verify(cut.content[0]["signature"], cut.content[0]["thinking"]).accepted
    assert cut.stop_reason == "max_tokens"


def test_max_tokens_0_says_nothing():
    cut = limit(said(TEXT), call(max_tokens=0))
    assert (cut.content, cut.stop_reason) == ((), "max_tokens")


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(1, 60), st.sampled_from(["claude-haiku-4-5", "claude-opus-5-5"]))
def test_a_cut_answer_is_always_a_beginning_of_the_uncut_one(words, most, model):
    whole, cut = said(words), limit(said(words), call(max_tokens=most, model=model))
    assert text(whole).startswith(text(cut))
    shorter = limit(said(words), call(max_tokens=max(1, most - 1), model=model))
    assert text(cut).startswith(text(shorter))


@given(st.text("ab", max_size=12), st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3))
def test_no_stop_sequence_is_left_in_the_text(words, sequences):
    cut = limit(said(words), call(stop_sequences=sequences))
    assert not any(sequence in text(cut) for sequence in sequences)
    assert words.startswith(text(cut))
