"""What a rule answers against the request's limits and wishes: what is cut, and what is warned of."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.facts import signatures
from fakeapi.model import Draft
from fakeapi.replies import limits
from fakeapi.replies.proving import breach
from tests.replies.occasions import WEATHER, answer, call, said

# Limits


def limited(*parts: dict[str, Any], to: Any) -> Draft:
    return limits.limit(answer(*parts, to=to), to)


def test_a_text_that_begins_with_the_prefill_goes_on_from_it():
    messages = [{"role": "user", "content": "A city?"}, {"role": "assistant", "content": "It is"}]
    asked = call(messages=messages)
    assert said(limited({"text": "It is Rome."}, to=asked)) == " Rome."
    assert said(limited({"text": " Rome."}, to=asked)) == " Rome."


def test_json_goes_on_from_a_prefilled_brace():
    messages = [{"role": "user", "content": "JSON"}, {"role": "assistant", "content": "{"}]
    assert said(limited({"json": {"a": 1}}, to=call(messages=messages))) == '"a": 1}'


@pytest.mark.parametrize("part", [{"text": "One two STOP three"}, {"template": "One two {{ 'STOP' }} three"}])
def test_stop_sequences_cut_what_a_rule_says(part):
    draft = limited(part, to=call(stop_sequences=["STOP"]))
    assert (said(draft), draft.stop_reason, draft.stop_sequence) == ("One two ", "stop_sequence", "STOP")


def test_max_tokens_cut_the_json_of_a_call():
    given = {"city": "Oslo and then a lot more text than there is room for", "unit": "celsius"}
    draft = limited({"tool_use": {"name": "get_weather", "input": given}}, to=call(tools=[WEATHER], max_tokens=42))
    assert draft.stop_reason == "max_tokens"
    assert draft.partial
    assert orjson.dumps(given).decode().replace('":"', '": "').startswith(draft.partial)


def test_max_tokens_cut_thinking_and_it_still_verifies():
    asked = call(thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=5)
    draft = limited({"thinking": "First one thing and then quite another thing."}, {"text": "Done."}, to=asked)
    (block,) = draft.content
    assert draft.stop_reason == "max_tokens"
    assert signatures.verify(block["signature"], block["thinking"]).accepted


# Warnings


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
FLY: Any = [{"tool_use": {"name": "fly", "input": {}}}]
SEARCH: Any = [{"tool_use": {"name": "web_search", "input": {"query": "x"}}}]
WEATHER_CALL: Any = [{"tool_use": "get_weather"}]


def choice(**wanted: Any) -> dict[str, Any]:
    return {"tools": [WEATHER], "tool_choice": wanted}


@pytest.mark.parametrize(
    ("parts", "body", "warning"),
    [
        (FLY, {"tools": [WEATHER]}, "calls the tool 'fly', which the request doesn't offer (get_weather)"),
        (FLY, {}, "calls the tool 'fly', which the request doesn't offer (it offers none)"),
        (WEATHER_CALL, choice(type="none"), "calls a tool, but tool_choice is none"),
        ([{"text": "a"}], choice(type="any"), "calls no tool, but tool_choice is any"),
        (
            [{"text": "a"}],
            choice(type="tool", name="get_weather"),
            "doesn't call the tool 'get_weather', which tool_choice forces",
        ),
        (
            WEATHER_CALL * 2,
            choice(type="auto", disable_parallel_tool_use=True),
            "calls 2 tools at once, but disable_parallel_tool_use is set",
        ),
        (
            [{"text": "a"}],
            FORMAT,
            "says what is no JSON, but the request asks for a JSON schema (output_config.format)",
        ),
        (
            [{"json": {"town": "Rome"}}],
            FORMAT,
            "says JSON that doesn't fit the schema that the request asks for (output_config.format)",
        ),
        ([{"thinking": "Hm."}], {}, "thinks, but the request doesn't ask for thinking"),
        (
            SEARCH,
            {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "calls 'web_search' by tool_use, but the API runs that tool itself: a model calls it by server_tool_use",
        ),
    ],
)
def test_what_the_request_can_not_get_is_given_with_a_warning(parts, body, warning):
    draft = answer(*parts, to=call(**body))
    assert draft.content
    assert draft.warnings == (f"rules.yaml:3:5: {warning}",)


def test_a_stop_sequence_that_was_not_asked_for_is_warned_of():
    assert answer({"text": "a"}, stop_sequence="END").warnings == (
        "rules.yaml:3:5: stops at 'END', which is none of the request's stop_sequences",
    )


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ([{"json": {"city": "Rome"}}], FORMAT),
        ([{"refusal": "No."}], FORMAT),
        ([{"refusal": "No."}], {"tools": [WEATHER], "tool_choice": {"type": "any"}}),
        ([{"tool_use": "get_weather"}], {"tools": [WEATHER], **FORMAT}),
        ([{"tool_use": "bash"}], {"tools": [{"type": "bash_20250124", "name": "bash"}]}),
    ],
)
def test_what_the_request_can_get_is_given_without_a_warning(parts, body):
    assert answer(*parts, to=call(**body)).warnings == ()


def test_a_breach_names_the_place():
    assert breach([{"type": "text"}]) == "content.0.text.text: Field required"
    assert breach([{"type": "text", "text": {1, 2}}]) == "this is no JSON: Type is not JSON serializable: set"
    assert "stop_reason" in (breach([], {"stop_reason": "done"}) or "")
    assert breach([{"type": "text", "text": "a"}], {"usage": {"output_tokens": 3}}) is None
