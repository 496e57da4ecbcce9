"""Anthropic's client tools: of each version tag a call with an input of its known shape, as the request allows it."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.facts import catalogue, schemas
from fakeapi.replies import offering
from fakeapi.replies.sampling import sample_input
from tests.street import DOOR, message

Json = dict[str, Any]

CLIENT = sorted(kind for kind in catalogue.tool_types() if not offering.is_server_tool({"type": kind}))
NAMES = {
    "bash_20241022": "bash", "bash_20250124": "bash",
    "text_editor_20241022": "str_replace_editor", "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool", "text_editor_20250728": "str_replace_based_edit_tool",
    "computer_20241022": "computer", "computer_20250124": "computer", "computer_20251124": "computer",
    "memory_20250818": "memory",
}  # fmt: skip
TOOL: Json = {
    "name": "lookup",
    "description": "Looks a word up",
    "input_schema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
}


def declared(kind: str) -> Json:
    tool: Json = {"type": kind}
    if kind in NAMES:
        tool["name"] = NAMES[kind]
    if NAMES.get(kind) == "computer":
        tool |= {"display_width_px": 100, "display_height_px": 50}
    return tool


def offered(*tools: Json) -> list[Json]:
    return offering.client_tools({"messages": [{"role": "user", "content": "Go on"}], "tools": [*tools]})


def test_all_tags_but_those_of_the_api_are_client_tools() -> None:
    assert {kind for kind in CLIENT if "toolset" not in kind} == set(NAMES)


@pytest.mark.parametrize("kind", CLIENT)
def test_every_member_of_every_tag_gets_an_input_of_its_shape(kind: str) -> None:
    members = offered(declared(kind))
    assert members
    for member in members:
        for seed in range(5):
            value = sample_input(member, seed, hints="Take a screenshot of notes.txt")
            assert schemas.conforms(value, member["input_schema"]), (member["name"], value)


@pytest.mark.parametrize("kind", [kind for kind in CLIENT if kind.startswith("computer_2")])
def test_points_stay_within_the_display(kind: str) -> None:
    (tool,) = offered(declared(kind))
    examples = [{"action": "left_click", "coordinate": [900, 900]}]
    assert sample_input({**tool, "input_examples": examples}, 1)["coordinate"] == [99, 49]


def asked(tool: Json, model: str = "claude-sonnet-4-5", **more: Any) -> Json:
    said = [{"role": "user", "content": "Use lookup to look up the word tree."}]
    return {"model": model, "max_tokens": 1024, "messages": said, "tools": [tool], **more}


def called(tool: Json, *others: Json, **more: Any) -> list[str]:
    """The tools that the answer calls by itself, not from code."""
    body = asked(tool, **more)
    body["tools"] += others
    headers = (*DOOR, ("anthropic-beta", "advanced-tool-use-2025-11-20"))
    calls = [block for block in message(body, headers=headers)["content"] if block["type"] == "tool_use"]
    return [block["name"] for block in calls if block["caller"]["type"] == "direct"]


def test_a_strict_tool_and_an_eagerly_streamed_one_are_called_as_others_are() -> None:
    strict = {**TOOL, "strict": True, "input_schema": {**TOOL["input_schema"], "additionalProperties": False}}
    assert called(strict) == ["lookup"]
    assert called({**TOOL, "eager_input_streaming": True}) == ["lookup"]


def test_a_deferred_tool_is_not_called_before_it_is_found() -> None:
    other = {"name": "other", "description": "Something else", "input_schema": {"type": "object"}}
    assert called({**TOOL, "defer_loading": True}, other) == []
    assert called({**TOOL, "defer_loading": False}, other) == ["lookup"]


def test_a_tool_that_only_code_may_call_is_not_called_directly() -> None:
    code = {"type": "code_execution_20250825", "name": "code_execution"}
    both = ["direct", "code_execution_20250825"]
    assert called({**TOOL, "allowed_callers": both[1:]}, code) == []
    assert called({**TOOL, "allowed_callers": both}, code) == ["lookup"]
