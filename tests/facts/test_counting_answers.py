"""Counting an answer: its blocks, its end, its thinking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import counting, tokens

TEXT = {"type": "text", "text": "4"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
THOUGHT = {"type": "thinking", "thinking": "Two and two make four.", "signature": "abc"}


@pytest.mark.parametrize(
    ("family", "stop_reason", "more"),
    [
        ("classic", "end_turn", 3),
        ("classic", "refusal", 3),
        ("classic", "max_tokens", 0),
        ("classic", "model_context_window_exceeded", 0),
        ("classic", "stop_sequence", 1),
        ("2026", "end_turn", 2),
        ("2026", "max_tokens", 0),
    ],
)
def test_the_end_of_an_answer_costs_as_recorded(family: str, stop_reason: str, more: int) -> None:
    text = [{"type": "text", "text": "The sky is blue."}]
    assert counting.output_tokens(text, family, stop_reason) == tokens.count("The sky is blue.", family) + more


def test_the_recorded_shortest_answer_costs_five() -> None:
    assert counting.output_tokens([TEXT], "classic", "end_turn") == 5


def test_an_answer_of_nothing_costs_its_end() -> None:
    assert counting.output_tokens([], "classic", "end_turn") == 3
    assert counting.output_tokens([], "classic", "max_tokens") == 0


def test_the_date_of_a_model_decides_what_its_end_costs() -> None:
    newest = counting.output_tokens([TEXT], "2026", "end_turn")
    assert counting.output_tokens([TEXT], "2026", "end_turn", created_at="2026-04-14T00:00:00Z") == newest + 2


def test_a_call_costs_its_name_its_parameters_and_their_frames() -> None:
    whole = counting.output_tokens([CALL], "classic", "tool_use")
    words = tokens.count_inside("get_weather", "classic") + 2
    assert whole == 17 + 16 + 15 + words + 1
    bare = counting.output_tokens([{**CALL, "input": {}}], "classic", "tool_use")
    assert whole - bare == 15 + 2


def test_calls_in_a_row_share_what_stands_around_them() -> None:
    one = counting.output_tokens([CALL], "classic", "tool_use")
    two = counting.output_tokens([CALL, CALL], "classic", "tool_use")
    assert two - one == one - 1 - 17


def test_a_forced_call_is_begun_for_the_model() -> None:
    free, any_, tool = (
        counting.output_tokens([CALL], "classic", "tool_use", tool_choice=choice) for choice in ("auto", "any", "tool")
    )
    assert (free - any_, free - tool) == (16, 20)
    assert counting.output_tokens([TEXT], "classic", "end_turn", tool_choice="any") == 5


def test_thinking_is_told_apart_from_the_whole() -> None:
    shown = tokens.count_inside(THOUGHT["thinking"], "2026")
    assert counting.thinking_tokens([THOUGHT, TEXT], "2026") == shown + 5
    assert counting.thinking_tokens([TEXT], "2026") == 0
    whole = counting.output_tokens([THOUGHT, TEXT], "2026", "end_turn")
    assert whole == shown + 5 + tokens.count_inside("4", "2026") + 2


def test_a_citing_text_costs_more_than_its_words() -> None:
    cited = {**TEXT, "citations": [{"type": "char_location", "cited_text": "4"}]}
    plain = counting.output_tokens([TEXT], "classic", "end_turn")
    assert counting.output_tokens([cited], "classic", "end_turn") == plain + 17


inputs = st.dictionaries(st.text(max_size=5), st.integers(-(2**63), 2**63 - 1), max_size=3)
blocks = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, st.text(min_size=1, max_size=30)),
    st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "s"}, st.text(min_size=1, max_size=30)),
    st.builds(lambda given_: {**CALL, "input": given_}, inputs),
)


@given(st.lists(blocks, max_size=5), st.sampled_from(["classic", "2026"]))
def test_an_answer_costs_at_most_its_blocks_and_a_token_a_seam(content: list[dict[str, Any]], family: str) -> None:
    """At a seam a word may lose the mark that it would share with what stood before it."""
    alone = sum(counting.block_tokens(block, family) for block in content)
    together = counting.output_tokens(content, family, "max_tokens")
    assert 0 <= together <= alone + max(0, len(content) - 1)
    assert counting.thinking_tokens(content, family) <= together


def test_results_of_server_tools_are_not_written_by_the_model():
    call: Any = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
    page = {"type": "web_search_result", "title": "Tea", "url": "https://ex.org", "encrypted_content": "x" * 4000}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]}
    assert counting.block_tokens(result, "classic") == 0
    said = [call, {"type": "text", "text": "Tea is hot."}]
    whole = counting.output_tokens([said[0], result, said[1]], "classic", "end_turn")
    assert whole == pytest.approx(counting.output_tokens(said, "classic", "end_turn"), abs=2)
