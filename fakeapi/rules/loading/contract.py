"""Answers held against the contract: what a rule gives must be what the API could send."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from fakeapi.facts import catalogue, schemas
from fakeapi.facts.schemas import Fault
from fakeapi.model import Json
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader, did_you_mean, shown

_BLOCK, _USAGE, _MESSAGE = "answer/content_block", "answer/usage", "answer/message"
_CALL: Json = {"id": "call_0", "input": {}}
_FILLED_IN: Json = {
    "tool_use": _CALL,
    "server_tool_use": _CALL,
    "mcp_tool_use": _CALL,
    "thinking": {"signature": ""},
    "redacted_thinking": {"data": ""},
}
_UNKNOWN = ("additionalProperties", "unevaluatedProperties")
_RESULT: Json = {"tool_use_id": "call_0"}
"""What a literal block may leave out: it is made when the block is sent."""


def check_block(node: Node, reader: Reader) -> bool:
    """Whether a literal content block is one that the API could send; the reader is told where it isn't."""
    kind = node.value.get("type")
    filled = _FILLED_IN.get(kind, _RESULT if kind.endswith("_tool_result") else {}) if isinstance(kind, str) else {}
    return _check(_BLOCK, {**filled, **node.value}, node, reader, "this block")


def check_usage(node: Node, reader: Reader) -> bool:
    """Whether usage members have names and values that the API could send."""
    if not isinstance(node.value, dict):
        reader.wrong(node, "usage", "a mapping", "for example {output_tokens: 5}")
        return False
    strange = list(_out_of_bounds("usage", node))
    for what, member in strange:
        reader.wrong(member, what, f"a whole number from 0 to {MOST_TOKENS}")
    whole = {"input_tokens": 0, "output_tokens": 0, **node.value}
    return not strange and _check(_USAGE, whole, node, reader, "usage")


def _out_of_bounds(what: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Numbers of a usage that no bill holds, however deep, by their names."""
    if isinstance(node.value, int | float) and not 0 <= node.value <= MOST_TOKENS:
        yield what, node
    for name, member in node.members.items():
        yield from _out_of_bounds(f"{what}.{name}", member)
    for index, item in enumerate(node.items):
        yield from _out_of_bounds(f"{what}[{index}]", item)


def check_members(node: Node, reader: Reader) -> bool:
    """Whether further members of the message are such as the API could send."""
    whole = {**_EMPTY, **node.value}
    return _check(_MESSAGE, whole, node, reader, "the message")


def check_refusal(node: Node, reader: Reader) -> bool:
    """Whether a refusal has a category that the API knows, or none."""
    whole = {"type": "refusal", "category": None, "explanation": None, **node.value}
    return _check("answer/refusal_stop_details", whole, node, reader, "refusal")


def check_message(message: Any, node: Node, reader: Reader) -> bool:
    """Whether a recorded message is one; problems are told at the node that names it."""
    whole = {**_EMPTY, **message} if isinstance(message, dict) else message
    fault = _compiled(_MESSAGE).first_fault(whole)
    if fault is not None:
        reader.problem(
            node, f"this answer breaks the contract: {'.'.join(map(str, fault.location))}: {_reason(fault)[0]}"
        )
    return fault is None


def stop_reasons() -> tuple[str, ...]:
    """Every `stop_reason` that a message may have."""
    return tuple(reason for reason in _properties(_MESSAGE)["stop_reason"]["enum"] if reason)


MOST_TOKENS = 1_000_000_000
"""The largest number in a usage: clients add them up, and some do so in 32 bits."""

_EMPTY: Json = {
    "id": "msg_0",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 0, "output_tokens": 0},
}


@cache
def _compiled(schema: str) -> schemas.Compiled:
    return schemas.compiled(schema, schemas.BASE_VERSION, catalogue.known_betas())


@cache
def _properties(schema: str) -> Json:
    properties: Json = schemas.bundled(schema)["properties"]
    return properties


def _check(schema: str, value: Any, node: Node, reader: Reader, what: str) -> bool:
    fault = _compiled(schema).first_fault(value)
    if fault is None:
        return True
    place, lacking = _at(node, fault.place or fault.location)
    reason, mend = _reason(fault)
    if fault.rule in _UNKNOWN and lacking:
        mend = did_you_mean(lacking, _properties(schema)) if place is node else ""
        place = place.of_key(lacking)
    elif fault.rule == "required":
        near = get_close_matches(lacking, place.members, 1, 0.6)
        mend = f"you wrote {near[0]}: did you mean {lacking}?" if near else ""
    elif fault.rule == "discriminator" or lacking in place.members:
        place = place.members.get(lacking or "type", place)
    told = f"{lacking}: " if lacking else ""
    reader.problem(place, f"{what} breaks the contract of answers: {told}{reason}", mend)
    return False


def _at(node: Node, location: tuple[str | int, ...]) -> tuple[Node, str]:
    """The node of a fault, and the member that it is about, "" where that is the node itself. Tags are no steps."""
    for number, step in enumerate(location):
        last = number == len(location) - 1
        if isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        elif isinstance(step, str) and step in node.members and not last:
            node = node.members[step]
        elif isinstance(step, str) and last:
            return node, step
    return node, ""


def _reason(fault: Fault) -> tuple[str, str]:
    """Why, and the mend."""
    values = fault.values
    if fault.rule == "required":
        return "it is missing", ""
    if fault.rule in _UNKNOWN:
        return "there is no such member", ""
    if fault.rule == "discriminator":
        known = [str(tag) for tag in values.get("expected", ())]
        return f"there is no type {shown(str(values.get('tag')))}", did_you_mean(str(values.get("tag")), known)
    if fault.rule in ("enum", "const"):
        return f"it must be {' or '.join(repr(value) for value in values.get('expected', ()))}", ""
    if fault.rule.startswith("type:"):
        wanted = {
            "model": "a mapping",
            "object": "a mapping",
            "array": "a list",
            "string": "a text",
            "integer": "a whole number",
            "number": "a number",
        }
        kind = fault.rule.removeprefix("type:")
        return f"it must be {wanted.get(kind, f'of type {kind}')}", ""
    return f"its value is out of bounds ({fault.rule} {values.get('limit', '')})".replace(" )", ")"), ""
