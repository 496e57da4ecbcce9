"""The tool calls of a rule: the input as written, sampled from the offered tool's schema, or begun and sampled on."""

from __future__ import annotations

from typing import Any, NamedTuple

from fakeapi.model import Call, Json
from fakeapi.replies import asking, choosing, offering
from fakeapi.replies.choosing import Choice
from fakeapi.replies.turns import last_turn


class Wanted(NamedTuple):
    """A call that a rule asks for: `input` None is sampled, `partial` is what of it is given."""

    name: str
    input: Json | None = None
    partial: bool = False


def read(spec: Any) -> list[Wanted]:
    """The calls of a `tool_use`: a name, a mapping, or a list of those."""
    if isinstance(spec, list):
        return [wanted for each in spec for wanted in read(each)]
    if isinstance(spec, str):
        return [Wanted(spec)]
    return [Wanted(spec["name"], spec.get("input"), bool(spec.get("partial")))]


def called(wanted: Wanted, call: Call, *seed: object) -> Json:
    """The tool_use block of a call that a rule asks for, with an id that is none yet (`identity.renew`)."""
    tool = find(call.body, wanted.name)
    if wanted.input is not None and not wanted.partial:
        return _block(tool, wanted.input)
    given = wanted.input or {}
    hints = asking.focus(last_turn(call.body).question)
    sampled = choosing.tool_use_blocks([Choice(_narrowed(tool, given), hints)], *seed)[0]["input"]
    return _block(tool, _merged(sampled, given))


def find(body: Json, name: str) -> Json:
    """The tool of this name: one on offer, one that isn't loaded yet, or one that the request doesn't know."""
    declared = [*offering.client_tools(body), *map(offering.as_offered, body.get("tools") or [])]
    return next((tool for tool in declared if tool.get("name") == name), {"name": name})


def schema_of(tool: Json) -> Json:
    """The schema of a tool's input; that of any object where it has none."""
    return tool.get("input_schema") or {"type": "object"}


def _block(tool: Json, given: Json) -> Json:
    block = {"type": "tool_use", "id": "", "name": tool["name"], "input": given, "caller": {"type": "direct"}}
    family = tool.get("toolset_name")
    return {**block, "toolset_name": family} if family else block


def _narrowed(tool: Json, given: Json) -> Json:
    """The tool as if its schema wanted just what is given; references go on pointing at the same root."""
    if not given:
        return tool
    schema = schema_of(tool)
    return {**tool, "input_schema": {**schema, "allOf": [*schema.get("allOf", []), _exactly(given)]}}


def _exactly(given: Json) -> Json:
    """A schema of objects with these members, others being free."""
    members = {
        name: _exactly(value) if isinstance(value, dict) and value else {"const": value}
        for name, value in given.items()
    }
    return {"type": "object", "properties": members, "required": list(given)}


def _merged(sampled: Json, given: Json) -> Json:
    """What was sampled with what is given in its place, also where nothing valid could be found."""
    merged = dict(sampled)
    for name, value in given.items():
        under = merged.get(name)
        both = isinstance(value, dict) and value and isinstance(under, dict)
        merged[name] = _merged(under, value) if both and isinstance(under, dict) else value
    return merged
