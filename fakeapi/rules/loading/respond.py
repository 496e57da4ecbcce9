"""What a rule answers: from `respond` to turns, attempts and responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fakeapi.model import Json, Response, Turn
from fakeapi.rules.loading import contract, errors
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.parts import PARTS, Part
from fakeapi.rules.loading.reader import Reader, did_you_mean, shown

ATTEMPTS = "attempts"
_CALLS = "tool_use"
_NOT_MEMBERS = ("id", "type", "role", "content", "usage", "stop_reason", "stop_sequence", "stop_details")
_BESIDE_ERRORS = ("error", "fault", "pace")
MOST_TURNS = 10_000


def read_respond(node: Node, reader: Reader) -> tuple[Turn, ...]:
    """The turns of a `respond`; none where it can't be read (the reader is told)."""
    if not isinstance(node.value, list):
        turn = _turn(node, reader)
        return (turn,) if turn else ()
    if not node.items:
        reader.problem(node, "respond is an empty list", "a scenario needs at least one turn")
        return ()
    if len(node.items) > MOST_TURNS:
        reader.problem(node, f"a scenario of more than {MOST_TURNS:,} turns")
        return ()
    turns = [_turn(item, reader) for item in node.items]
    return tuple(turn for turn in turns if turn) if all(turns) else ()


def _turn(node: Node, reader: Reader) -> Turn | None:
    if ATTEMPTS not in node.members:
        response = _response(node, reader)
        return Turn((response,)) if response else None
    members = reader.mapping(node, "a turn with attempts", (ATTEMPTS,), _ELSEWHERE)
    listed = members[ATTEMPTS]
    if not isinstance(listed.value, list):
        reader.wrong(listed, ATTEMPTS, "a list of answers")
        return None
    if not listed.items:
        reader.problem(listed, "attempts is an empty list", "a turn needs at least one answer")
        return None
    responses = [_response(item, reader) for item in listed.items]
    return Turn(tuple(response for response in responses if response)) if all(responses) else None


@dataclass
class _Made:
    """What the keys of a `respond` add up to."""

    parts: list[Json] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    breaks: bool = False


def _response(node: Node, reader: Reader) -> Response | None:
    place = reader.place(node)
    if isinstance(node.value, str):
        return Response(({"text": node.value},), place=place)
    if not isinstance(node.value, dict):
        _no_response(node, reader)
        return None
    before = sum(problem.severity == "error" for problem in reader.problems)
    made = _Made()
    for key, member in reader.mapping(node, "respond", (*PARTS, *MEMBERS), _ELSEWHERE).items():
        if key in PARTS:
            _add(PARTS[key](member, reader), made)
        else:
            MEMBERS[key](member, reader, made)
    _check_one_answer(node, reader)
    _check_calls(node, made, reader)
    if sum(problem.severity == "error" for problem in reader.problems) > before:
        return None
    return Response(tuple(made.parts), extra=made.extra, breaks=made.breaks, place=place, **made.values)


def _no_response(node: Node, reader: Reader) -> None:
    if node.value is None:
        reader.problem(node, "respond is empty", 'write a text, or a mapping such as {text: "Hello"}')
    elif isinstance(node.value, list):
        reader.problem(node, "a turn can't be a list", "for the tries of one turn write {attempts: [...]}")
    elif type(node.value) is int and 400 <= node.value <= 599:
        mend = f'for an error write {{error: {node.value}}}; for the text write "{node.written}"'
        reader.wrong(node, "respond", "a text or a mapping", mend)
    else:
        reader.wrong(node, "respond", "a text or a mapping", f'for the text write "{node.written}"')


def _add(part: Part | None, made: _Made) -> None:
    if part is not None:
        made.parts += part.parts
        made.values |= part.values
        made.extra |= part.extra


def _check_one_answer(node: Node, reader: Reader) -> None:
    """An error is the whole answer."""
    if "error" not in node.members:
        return
    others = [key for key in node.members if key not in _BESIDE_ERRORS and (key in PARTS or key in MEMBERS)]
    if others:
        first, second = sorted(("error", others[0]), key=list(node.members).index)
        message = f"{first} and {second} can't both be the answer"
        mend = "drop one; for one after the other write a list of turns, or {attempts: [...]}"
        reader.problem(node.of_key(second), message, mend)


def _check_calls(node: Node, made: _Made, reader: Reader) -> None:
    """A message that stops for a tool calls one; what a generator or a documented example says isn't known yet."""
    if "stop_reason" not in node.members or made.values.get("stop_reason") != _CALLS or not made.parts:
        return
    if not any(_may_call(part) for part in made.parts):
        mend = "add tool_use: {name: ..., input: {...}}, or drop stop_reason"
        reader.problem(
            node.members["stop_reason"], "it stops for tool_use, but calls no tool", mend, severity="warning"
        )


def _may_call(part: Json) -> bool:
    return bool({_CALLS, "generator", "fixture"} & part.keys()) or part.get("block", {}).get("type") == _CALLS


def _error(node: Node, reader: Reader, made: _Made) -> None:
    made.values["error"] = errors.read_error(node, reader)
    made.breaks = True


def _fault(node: Node, reader: Reader, made: _Made) -> None:
    if not node.value:
        reader.problem(node, "fault is empty", "name one, such as cut")
        return
    strange = [each for each in node.items or [node] if not _is_fault(each)]
    for each in strange:
        reader.wrong(each, "fault", "a text, a status or a mapping", "for example cut, 529, or {cut: 3 events}")
    if strange:
        return
    found = reader.check(node, lambda: reader.known.faults(node.value))
    if found is not None:
        made.values["fault"], breaks = found
        made.breaks = made.breaks or breaks


def _is_fault(node: Node) -> bool:
    """Whether a node has the shape of one fault: a text, a status, or a mapping from options to plain values."""
    if node.members:
        return not any(isinstance(member.value, list | dict) for member in node.members.values())
    return isinstance(node.value, str | int) and not isinstance(node.value, bool) and bool(node.value)


def _pace(node: Node, reader: Reader, made: _Made) -> None:
    pace = reader.full_text(node, "pace")
    if pace is not None and reader.check(node, lambda: (reader.known.pace(pace),)):
        made.values["pace"] = pace


def _usage(node: Node, reader: Reader, made: _Made) -> None:
    if contract.check_usage(node, reader):
        made.values["usage"] = node.value


def _stop_reason(node: Node, reader: Reader, made: _Made) -> None:
    reason = reader.full_text(node, "stop_reason")
    if reason is not None and reason not in contract.stop_reasons():
        reader.problem(node, f"{shown(reason)} is no stop_reason", did_you_mean(reason, contract.stop_reasons()))
    made.values["stop_reason"] = reason


def _stop_sequence(node: Node, reader: Reader, made: _Made) -> None:
    made.values["stop_sequence"] = reader.full_text(node, "stop_sequence")
    made.values.setdefault("stop_reason", "stop_sequence")


def _members(node: Node, reader: Reader, made: _Made) -> None:
    if not isinstance(node.value, dict):
        reader.wrong(node, "members", "a mapping of further members of the message")
        return
    owned = [key for key in node.members if key in _NOT_MEMBERS]
    for key in owned:
        mend = f"write {key} beside members" if key in MEMBERS or key in PARTS else "it is made for each answer"
        reader.problem(node.of_key(key), f"{key} is no further member of the message", mend)
    if not owned and contract.check_members(node, reader):
        made.extra |= node.value


MEMBERS: dict[str, Callable[[Node, Reader, _Made], None]] = {
    "error": _error,
    "fault": _fault,
    "pace": _pace,
    "usage": _usage,
    "stop_reason": _stop_reason,
    "stop_sequence": _stop_sequence,
    "members": _members,
}
"""The keys of a `respond` that aren't said, by name."""

_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        ATTEMPTS: "attempts stands alone: write {attempts: [...]}, with the answers in the list",
        "type": "a literal block stands in a list: content: [{type: text, ...}]",
        "status": "write it under error: {error: {status: 529}}",
        "retry_after": "write it under error: {error: {status: 429, retry_after: 2}}",
        "message": "for a text write text; for an error's sentence write {error: {status: ..., message: ...}}",
        "name": "write it under tool_use: {tool_use: {name: ..., input: ...}}, or beside respond",
        "input": "write it under tool_use: {tool_use: {name: ..., input: ...}}",
        "turns": "for a scenario, respond is the list itself",
        "model": "write it under members: {members: {model: ...}}",
        "container": "write it under members: {members: {container: ...}}",
        "stop_details": "write refusal: {category: ..., explanation: ...}",
        **dict.fromkeys(
            ("loop", "at_end", "alarm", "times", "priority", "match"), "write it beside respond, not in it"
        ),
    }
)
"""Keys that belong elsewhere, and where."""
