"""What a rule's answer has that the request can't get from the real API. It is given all the same, with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from fakeapi.facts import schema_parts
from fakeapi.facts.sentences import refusal
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import calling, offering

_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_ASKED = frozenset({"enabled", "adaptive", "between_tools"})
_ENDS_EARLY = frozenset({"refusal", "max_tokens", "pause_turn", "model_context_window_exceeded"})


def remarks(draft: Draft, call: Call, place: str) -> tuple[str, ...]:
    """One sentence for each thing, naming the place of the rule."""
    found = [remark for way in (_about_calls, _about_choice, _about_format, _others) for remark in way(draft, call)]
    return tuple(dict.fromkeys(refusal(f"remark_{name}", place=place, **values).message for name, values in found))


_Remark = tuple[str, dict[str, Any]]


def _about_calls(draft: Draft, call: Call) -> Iterator[_Remark]:
    """Each call against the tool that it calls."""
    calls = [block for block in draft.content if block["type"] == "tool_use"]
    if not calls:
        return
    declared = [*offering.client_tools(call.body), *map(offering.as_offered, call.body.get("tools") or [])]
    tools = {str(tool.get("name")): tool for tool in declared}
    for block in calls:
        tool = tools.get(block["name"])
        if tool is None:
            yield "not_offered", {"name": block["name"], "offered": ", ".join(tools) or "it offers none"}
        elif offering.is_server_tool(tool):
            yield "run_by_api", {"name": block["name"]}
        elif not schema_parts.parts(calling.schema_of(tool)).accepts(block["input"]):
            yield "input", {"name": block["name"]}


def _about_choice(draft: Draft, call: Call) -> Iterator[_Remark]:
    """The calls against `tool_choice`."""
    choice = call.body.get("tool_choice") or {"type": "auto"}
    calls = [block["name"] for block in draft.content if block["type"].endswith("tool_use")]
    own = [block for block in draft.content if block["type"] == "tool_use"]
    if choice["type"] == "none" and calls:
        yield "choice_none", {}
    if choice.get("disable_parallel_tool_use") and len(own) > 1:
        yield "parallel", {"count": len(own)}
    if draft.stop_reason in _ENDS_EARLY:
        return
    if choice["type"] == "any" and not calls:
        yield "choice_any", {}
    if choice["type"] == "tool" and choice["name"] not in calls:
        yield "choice_tool", {"name": choice["name"]}


def _about_format(draft: Draft, call: Call) -> Iterator[_Remark]:
    """The text against the JSON schema that is asked for; an answer that calls tools first says nothing yet."""
    schema = asked_schema(call.body)
    unfinished = draft.stop_reason != "end_turn" or any(block["type"] == "tool_use" for block in draft.content)
    if schema is None or unfinished:
        return
    try:
        value = orjson.loads("".join(block["text"] for block in draft.content if block["type"] == "text"))
    except orjson.JSONDecodeError:
        yield "no_json", {}
        return
    if not schema_parts.parts(schema).accepts(value):
        yield "other_json", {}


def asked_schema(body: Json) -> Json | None:
    """The schema of the structured output that a request asks for."""
    asked = (body.get("output_config") or {}).get("format") or body.get("output_format")
    return asked.get("schema") if asked else None


def asked_display(body: Json) -> str | None:
    """What a request says of how thinking is shown."""
    display: str | None = (body.get("thinking") or {}).get("display")
    return display


def _others(draft: Draft, call: Call) -> Iterator[_Remark]:
    asked = (call.body.get("thinking") or {}).get("type")
    thinks = asked in _ASKED or (asked is None and call.model.thinking_default != "off")
    if not thinks and any(block["type"] in _THOUGHTS for block in draft.content):
        yield "thinking", {}
    elif not asked_display(call.body) and any(block.get("thinking") == "" for block in draft.content):
        yield "hidden", {"model": call.model.id}
    sequence = draft.stop_sequence
    if sequence is not None and sequence not in (call.body.get("stop_sequences") or ()):
        yield "stop_sequence", {"sequence": sequence}
