"""Thinking over whole conversations: shown or not, redacted, bound to where it was made, over several turns."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest

from fakeapi.contract import validation
from fakeapi.facts import catalogue, signatures
from fakeapi.model import Call, Caller, Draft
from fakeapi.replies import limits, thoughts
from fakeapi.settings import Settings
from tests.grammar import frames
from tests.street import DOOR, ask, message, refusal, sent

Json = dict[str, Any]

MANUAL = {"type": "enabled", "budget_tokens": 1024}
SUMMARIZED = {"type": "adaptive", "display": "summarized"}
CONTROLS = (*DOOR, ("anthropic-beta", "thinking-binding-controls-2026-08-01"))
UPDATES = (*DOOR, ("anthropic-beta", "thinking-display-updates-2026-08-18"))
INTERLEAVED = (*DOOR, ("anthropic-beta", "interleaved-thinking-2025-05-14"))
GCD = "What is the greatest common divisor of 1071 and 462?"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def asked(messages: Any, model: str = "claude-sonnet-4-6", thinking: Json | None = None, **more: Any) -> Json:
    said = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    return {
        "model": model,
        "max_tokens": 4096,
        "messages": said,
        **({"thinking": thinking} if thinking else {}),
        **more,
    }


def kinds(answer: Json) -> list[str]:
    return [block["type"] for block in answer["content"]]


def results(content: list[Json]) -> list[Json]:
    calls = [block for block in content if block["type"] == "tool_use"]
    return [{"type": "tool_result", "tool_use_id": block["id"], "content": "Sunny, 20 degrees"} for block in calls]


def three_turns(model: str, thinking: Json, headers: Any = DOOR) -> tuple[list[Json], list[list[str]]]:
    """A conversation of three questions, each with a call, and the kinds of blocks of each answer."""
    said: list[Json] = []
    seen: list[list[str]] = []
    for city in ("Paris", "Rome", "Oslo"):
        said.append({"role": "user", "content": f"Use get_weather to find out the weather in {city}."})
        for _ in range(2):
            answer = message(asked(said, model, thinking, tools=[WEATHER], system="Be kind."), headers=headers)
            seen.append(kinds(answer))
            said.append({"role": "assistant", "content": answer["content"]})
            if answer["stop_reason"] == "tool_use":
                said.append({"role": "user", "content": results(answer["content"])})
    return said, seen


CALLS, SAYS = ["thinking", "tool_use"], ["thinking", "text"]


@pytest.mark.parametrize(("model", "thinking", "headers", "seen"), [
    ("claude-sonnet-4-6", MANUAL, DOOR, [CALLS, ["text"]]),
    ("claude-sonnet-4-6", MANUAL, INTERLEAVED, [CALLS, SAYS]),
    ("claude-sonnet-4-6", {"type": "adaptive"}, DOOR, [CALLS, SAYS]),
    ("claude-opus-5-5", SUMMARIZED, DOOR, [CALLS, SAYS]),
    ("claude-opus-4-8", {"type": "disabled"}, DOOR, [["tool_use"], ["text"]]),
], ids=["manual", "manual, interleaved", "adaptive", "bound to the conversation", "disabled"])  # fmt: skip
def test_thinking_with_tools_goes_on_over_three_turns(model: str, thinking: Json, headers: Any, seen: Any) -> None:
    assert three_turns(model, thinking, headers)[1] == seen * 3


@pytest.mark.parametrize(("thinking", "headers"), [
    ({"type": "between_tools"}, DOOR), ({"type": "adaptive", "display": "updates"}, UPDATES)
])  # fmt: skip
def test_a_note_between_two_calls_comes_as_thinking_with_text(thinking: Json, headers: Any) -> None:
    first = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome"}}
    said = [
        {"role": "user", "content": "Use get_weather, then get_time, for Rome."},
        {"role": "assistant", "content": [first]},
        {"role": "user", "content": results([first])},
    ]
    tools = [WEATHER, {**WEATHER, "name": "get_time", "description": "The time of a city"}]
    body = asked(said, "claude-sonnet-5-5", thinking, tools=tools)
    answer = message(body, headers=headers, settings=Settings(tools="each-once"))
    note = answer["content"][-2]
    assert kinds(answer)[-2:] == CALLS
    assert "get_time" in note["thinking"]
    assert signatures.verify(note["signature"], note["thinking"]).accepted
    assert all(not block["thinking"] for block in answer["content"][:-2]), "reasoning stays hidden"
    said.append({"role": "assistant", "content": answer["content"]})
    said.append({"role": "user", "content": results(answer["content"])})
    assert message(body, headers=headers)["content"]


@pytest.mark.parametrize(("model", "thinking", "shown"), [
    ("claude-opus-4-6", {"type": "adaptive"}, True),
    ("claude-opus-4-8", {"type": "adaptive"}, False),
    ("claude-opus-4-8", SUMMARIZED, True),
    ("claude-sonnet-4-6", {**MANUAL, "display": "omitted"}, False),
    ("claude-opus-5", None, False),
])  # fmt: skip
def test_documented_thinking_is_shown_as_the_request_and_the_model_want(
    model: str, thinking: Json | None, shown: bool
) -> None:
    (thought, _) = message(asked(GCD, model, thinking))["content"]
    assert bool(thought["thinking"]) is shown
    assert thought["signature"]


# redacted thinking


@pytest.mark.parametrize("text", [thoughts.REDACTS, f"{thoughts.REDACTS} Name a colour.", f"Well: {thoughts.REDACTS}"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_test_string_redacts_the_thinking(text: str, stream: bool) -> None:
    answer = ask(asked(text, thinking=MANUAL, stream=stream))
    body = sent(answer).decode()
    if not stream:
        assert kinds(orjson.loads(body)) == ["redacted_thinking", "text"]
        assert orjson.loads(body)["usage"]["output_tokens_details"]["thinking_tokens"] > 0
        return
    events = [orjson.loads(data) for kind, data in frames(body) if kind != "ping"]
    starts = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    assert [block["type"] for block in starts] == ["redacted_thinking", "text"]
    assert starts[0]["data"], "whole from the start, without deltas"
    assert [event["type"] for event in events[1:3]] == ["content_block_start", "content_block_stop"]


def test_redacted_thinking_comes_again_and_is_accepted_in_the_next_turn() -> None:
    said: list[Json] = [{"role": "user", "content": f"{thoughts.REDACTS} Name a colour."}]
    first = message(asked(said, thinking=MANUAL))["content"]
    assert thoughts.REDACTS not in first[1]["text"]
    said += [{"role": "assistant", "content": first}, {"role": "user", "content": "Another one"}]
    assert kinds(message(asked(said, thinking=MANUAL))) == ["redacted_thinking", "text"]
    first[0]["data"] = first[0]["data"][:40] + "AAAA" + first[0]["data"][44:]
    sentence = refusal(asked(said, thinking=MANUAL))[2]
    assert sentence == "messages.1.content.0: Invalid `data` in `redacted_thinking` block"


def test_nothing_is_redacted_where_nothing_is_thought() -> None:
    assert kinds(message(asked(f"{thoughts.REDACTS} Name a colour."))) == ["text"]


# where thinking comes back

BOUND = (
    "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
HEADER = " That setting requires the `thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header."


def continued(**changed: Any) -> Json:
    """A second turn with an unchanged first one on a model that checks what stands before thinking."""
    said = [{"role": "user", "content": "Why is the sky blue?"}]
    first = message(asked(said, "claude-opus-5-5", SUMMARIZED, system="Be kind."))
    said += [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": "And at night?"}]
    return {**asked(said, "claude-opus-5-5", SUMMARIZED, system="Be kind."), **changed}


def test_an_unchanged_conversation_goes_on() -> None:
    assert kinds(message(continued())) == ["thinking", "text"]


@pytest.mark.parametrize("endpoint", ["/v1/messages", "/v1/messages/count_tokens"])
def test_a_changed_system_prompt_is_refused_and_named(endpoint: str) -> None:
    body = continued(system="Be rude.")
    if endpoint.endswith("count_tokens"):
        del body["max_tokens"]
    named = " The `system` prompt differs from the one this block was created with."
    assert refusal(body, path=endpoint) == (400, "invalid_request_error", BOUND + HEADER + named)
    assert refusal(body, path=endpoint, headers=CONTROLS)[2] == BOUND + named


def test_another_conversation_is_refused() -> None:
    body = continued()
    body["messages"][0]["content"] = "Why is the sea blue?"
    assert refusal(body)[2] == BOUND + HEADER


def test_changed_tools_are_refused_and_named() -> None:
    sentence = refusal(continued(tools=[WEATHER]))[2]
    assert sentence == BOUND + HEADER + " The `tools` list differs from the one this block was created with."


def test_a_gap_in_the_thinking_is_refused_and_named_and_its_oldest_may_go() -> None:
    said, _ = three_turns("claude-opus-5-5", SUMMARIZED)
    body = asked(said[:-1], "claude-opus-5-5", SUMMARIZED, tools=[WEATHER], system="Be kind.")
    gap = copy.deepcopy(body)
    del gap["messages"][3]["content"][0]
    named = "The `thinking` block that preceded this one when it was created is missing from this request."
    sentence = refusal(gap)[2]
    assert sentence.startswith("messages.5.content.0: Invalid `signature` in `thinking` block. The block is bound to a")
    assert sentence.endswith(named)
    for at in (1, 3, 5, 7):
        del body["messages"][at]["content"][0]
        assert message(body)["content"]


def test_who_asks_for_it_goes_on_without_the_blocks_and_is_told() -> None:
    thinking = {**SUMMARIZED, "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    body = continued(system="Be rude.", thinking=thinking)
    assert message(body, headers=CONTROLS)["content"]
    assert reported(body) == [
        {"type": "thinking_dropped", "path": "messages.1.content.0", "reason": "prefix_binding_mismatch"}
    ]
    assert reported(continued(thinking=thinking)) == []


def reported(body: Json) -> Any:
    caller = Caller("key", "2023-06-01", frozenset({"thinking-binding-controls-2026-08-01"}))
    model = catalogue.resolve(body["model"])
    assert model is not None
    validation.check_shape(body, schema="request/message_request", caller=caller)
    draft = limits.limit(Draft(({"type": "text", "text": "x"},), "test"), Call(body, model, caller))
    return draft.extra["input_transformations"]


def test_a_model_that_does_not_check_the_conversation_takes_its_thinking_anywhere() -> None:
    said = [{"role": "user", "content": "Why is the sky blue?"}]
    first = message(asked(said, "claude-opus-4-8", SUMMARIZED, system="Be kind."))
    moved = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "So?"},
    ]
    assert message(asked(moved, "claude-opus-4-8", SUMMARIZED))["content"]


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-opus-5-5"])
def test_thinking_that_was_cut_is_signed_again_and_comes_back(model: str) -> None:
    said = [{"role": "user", "content": "Why is the sky blue?"}]
    for display in ("summarized", "omitted"):
        thinking = {"type": "adaptive", "display": display}
        cut = message(asked(said, model, thinking) | {"max_tokens": 12})
        assert (kinds(cut), cut["stop_reason"]) == (["thinking"], "max_tokens")
        again = [*said, {"role": "assistant", "content": cut["content"]}, {"role": "user", "content": "Go on"}]
        assert message(asked(again, model, thinking))["content"]
        again[0] = {"role": "user", "content": "Why is the sea blue?"}
        if model == "claude-opus-5-5":
            assert refusal(asked(again, model, thinking))[2] == BOUND + HEADER


MODIFIED = (
    "messages.1.content.{}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)


@pytest.mark.parametrize("model", ["claude-sonnet-4-6", "claude-opus-5-5"])
def test_changed_thinking_of_the_latest_answer_is_refused(model: str) -> None:
    body = continued() if model == "claude-opus-5-5" else None
    if body is None:
        said = [{"role": "user", "content": "Why is the sky blue?"}]
        first = message(asked(said, thinking=MANUAL))
        body = asked(
            [*said, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": "x"}],
            thinking=MANUAL,
        )
    body["messages"][1]["content"][0]["thinking"] += " Or not."
    assert refusal(body)[2] == MODIFIED.format(0)


def test_thinking_put_before_that_of_the_latest_answer_is_refused() -> None:
    said: list[Json] = [{"role": "user", "content": "Why is the sky blue?"}]
    first, other = (message(asked(text, thinking=MANUAL))["content"] for text in ("Why is the sky blue?", "Who?"))
    said += [{"role": "assistant", "content": [other[0], *first]}, {"role": "user", "content": "x"}]
    assert refusal(asked(said, thinking=MANUAL))[2] == MODIFIED.format(1)


# the stream


def deltas(body: Json, headers: Any) -> list[Json]:
    events = [orjson.loads(data) for kind, data in frames(sent(ask(body, headers)).decode()) if kind != "ping"]
    return [
        event["delta"] for event in events if event["type"] == "content_block_delta" and "thinking" in event["delta"]
    ]


def test_shown_thinking_has_text_and_no_estimates_without_the_beta() -> None:
    parts = deltas(asked("Why is the sky blue?", "claude-opus-4-8", SUMMARIZED, stream=True), DOOR)
    assert parts
    assert all("estimated_tokens" not in part for part in parts)


def test_thinking_that_is_omitted_streams_nothing_but_the_signature() -> None:
    assert deltas(asked("Why is the sky blue?", "claude-opus-4-8", {"type": "adaptive"}, stream=True), DOOR) == []


@pytest.mark.parametrize("headers", [DOOR, INTERLEAVED], ids=["", "interleaved"])
def test_a_loop_of_tools_that_began_without_thinking_goes_on_without(headers: Any) -> None:
    """Documented as graceful degradation; Claude Code takes the thinking out where a model has an alias."""
    said: list[Json] = [{"role": "user", "content": "Use get_weather to find out the weather in Paris."}]
    first = message(asked(said, "claude-haiku-4-5", MANUAL, tools=[WEATHER]), headers=headers)
    assert kinds(first) == ["thinking", "tool_use"]
    said += [
        {"role": "assistant", "content": first["content"][1:]},
        {"role": "user", "content": results(first["content"])},
    ]
    second = message(asked(said, "claude-haiku-4-5", MANUAL, tools=[WEATHER]), headers=headers)
    assert kinds(second) == ["text"]
    said += [{"role": "assistant", "content": second["content"]}, {"role": "user", "content": "Thanks. Why is that?"}]
    assert kinds(message(asked(said, "claude-haiku-4-5", MANUAL, tools=[WEATHER]), headers=headers)) == [
        "thinking",
        "text",
    ]
