"""The inputs of tools: examples first, and known shapes for the client tools that Anthropic defines."""

from __future__ import annotations

import re
from typing import Any

import anthropic.types as sdk
import pytest
from anthropic.types import beta
from pydantic import TypeAdapter

from fakeapi import assets
from fakeapi.facts import catalogue, schemas
from fakeapi.replies import offering
from fakeapi.replies.sampling import sample_input

TABLE = assets.read_json("fixtures/replies/client_tools.json")
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}},
    "required": ["city"],
}
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}


def tool(**more: Any) -> dict[str, Any]:
    return {"name": "get_weather", "input_schema": SCHEMA, **more}


def members(toolset: str) -> list[dict[str, Any]]:
    everything = {name: {"enabled": True} for name in TABLE["toolsets"][toolset]["members"]}
    return offering.client_tools({**BODY, "tools": [{"type": toolset, "configs": everything}]})


def camel(*names: str) -> str:
    return "".join(part.capitalize() for name in names for part in name.split("_"))


def test_an_input_example_is_preferred() -> None:
    examples = [{"city": "Rome"}, {"city": "Oslo", "unit": "c"}]
    assert sample_input(tool(input_examples=examples), 1) in examples


def test_the_example_that_the_user_speaks_of_is_taken() -> None:
    examples = [{"city": "Rome"}, {"city": "Oslo", "unit": "c"}]
    assert sample_input(tool(input_examples=examples), 1, hints="and Oslo?") == examples[1]


def test_what_the_user_said_is_put_into_an_example() -> None:
    assert sample_input(tool(input_examples=[{"city": "Rome"}]), 1, hints="weather in Lima") == {"city": "Lima"}


def test_an_example_that_does_not_fit_is_not_taken() -> None:
    value = sample_input(tool(input_examples=[{"city": 3}]), 1)
    assert schemas.conforms(value, SCHEMA)


def test_values_that_are_decided_are_taken_where_they_fit() -> None:
    value = sample_input(tool(), 1, given={"city": "Quito", "unit": "kelvin"})
    assert value["city"] == "Quito"
    assert schemas.conforms(value, SCHEMA)


def test_an_input_is_always_an_object() -> None:
    assert sample_input({"name": "x", "input_schema": {"const": 3}}) == {}
    assert sample_input({"name": "x"}) == {}


def test_every_client_tool_of_the_catalogue_has_a_known_shape() -> None:
    known = {*TABLE["tools"], *TABLE["toolsets"]}
    client = [name for name in catalogue.tool_types() if not offering.is_server_tool({"type": name})]
    assert sorted(known) == sorted(client)


@pytest.mark.parametrize("type_", sorted(TABLE["tools"]))
def test_the_examples_of_a_client_tool_fit_its_schema(type_: str) -> None:
    known = offering.as_offered({"type": type_})
    assert schemas.is_json_schema(known["input_schema"])
    assert all(schemas.conforms(example, known["input_schema"]) for example in known["input_examples"])


@pytest.mark.parametrize("toolset", sorted(TABLE["toolsets"]))
def test_a_toolset_has_the_members_of_the_contract(toolset: str) -> None:
    configs = toolset.removesuffix("_20260801") + "_configs"
    contract = schemas.bundled(f"request/{configs}", betas=None)["properties"]
    assert sorted(TABLE["toolsets"][toolset]["members"]) == sorted(contract)


@pytest.mark.parametrize("toolset", sorted(TABLE["toolsets"]))
def test_the_inputs_of_a_toolset_s_members_are_those_of_the_sdk(toolset: str) -> None:
    for member in members(toolset):
        kind = getattr(sdk, camel(member["toolset_name"], member["name"], "input"))
        known = {info.alias or name for name, info in kind.model_fields.items()}
        assert set(member["input_schema"]["properties"]) <= known
        for example in member["input_examples"]:
            assert schemas.conforms(example, member["input_schema"])
            TypeAdapter(kind).validate_python(example)


def test_the_inputs_of_the_memory_tool_are_those_of_the_sdk() -> None:
    for example in TABLE["tools"]["memory_20250818"]["input_examples"]:
        TypeAdapter(beta.BetaMemoryTool20250818Command).validate_python(example)


BASH = {"type": "bash_20250124", "name": "bash"}
EDITOR = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}
MEMORY = {"type": "memory_20250818", "name": "memory"}
SCREEN = {"type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600}


@pytest.mark.parametrize(
    ("declared", "said", "expected"),
    [
        (BASH, "", {"command": "ls -la"}),
        (BASH, "Run `make test`.", {"command": "make test"}),
        (EDITOR, "Fix primes.py", {"command": "view", "path": "primes.py"}),
        (MEMORY, "Where do I live?", {"command": "view", "path": "/memories"}),
        (SCREEN, "", {"action": "screenshot"}),
    ],
)
def test_a_client_tool_s_call_begins_as_usual(declared: dict[str, Any], said: str, expected: dict[str, Any]) -> None:
    assert sample_input(declared, 0, hints=said) == expected


def test_points_lie_on_the_screen() -> None:
    small = {"type": "computer_20251124", "name": "computer", "display_width_px": 100, "display_height_px": 50}
    assert sample_input(small, 0, hints="left click it")["coordinate"] == [99, 49]


def test_deferred_tools_are_offered_once_something_refers_to_them() -> None:
    deferred = tool(name="later", defer_loading=True)
    body = {**BODY, "tools": [tool(), deferred]}
    assert [one["name"] for one in offering.client_tools(body)] == ["get_weather"]
    reference = {
        "type": "tool_result",
        "tool_use_id": "a",
        "content": [{"type": "tool_reference", "tool_name": "later"}],
    }
    found = {
        "type": "tool_search_tool_search_result",
        "tool_references": [{"type": "tool_reference", "tool_name": "later"}],
    }
    for block in (reference, {"type": "tool_search_tool_result", "tool_use_id": "b", "content": found}):
        told = {**body, "messages": [{"role": "user", "content": [block]}]}
        assert [one["name"] for one in offering.client_tools(told)] == ["get_weather", "later"]


def test_tools_are_added_and_removed_on_the_way() -> None:
    added = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": tool(name="new")}}
    gone = {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "get_weather"}}
    body = {"tools": [tool()], "messages": [{"role": "system", "content": [added, gone]}]}
    assert [one["name"] for one in offering.client_tools(body)] == ["new"]


def test_only_tools_that_the_model_may_call_itself_are_offered() -> None:
    tools = [
        tool(name="both", allowed_callers=["direct", "code_execution_20260120"]),
        tool(name="code", allowed_callers=["code_execution_20260120"]),
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "mcp_toolset", "mcp_server_name": "m"},
    ]
    assert [one["name"] for one in offering.client_tools({**BODY, "tools": tools})] == ["both"]
    assert [one["type"] for one in offering.server_tools({"tools": tools})] == ["web_search_20250305", "mcp_toolset"]


def test_members_that_are_switched_off_are_not_offered() -> None:
    configs = {"zoom": {"enabled": False}, "javascript_exec": {"enabled": True}, "wait": None}
    body = {**BODY, "tools": [{"type": "browser_toolset_20260801", "configs": configs}]}
    names = [one["name"] for one in offering.client_tools(body)]
    assert "zoom" not in names
    assert "javascript_exec" in names
    assert "read_console" not in names, "off unless enabled"
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
