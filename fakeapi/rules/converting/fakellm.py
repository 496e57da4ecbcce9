"""fakellm's configuration: its rules become rules.

The first rule that matches answers, there as here. What differs is the turn: there a server counts the requests of a
conversation, a client's own retries too; here it is the number of the user's turn, and a retry is another attempt.

Source of what each key does there: fakellm 0.3.5, its configuration, its matcher and its responder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fakeapi.model import Json
from fakeapi.rules.converting.drafts import Answer, Draft, Notes, match_of, respond_of
from fakeapi.rules.converting.fakellm_matches import Wanted, conditions, read_when
from fakeapi.rules.loading.nodes import Node

HEADING = ("What is different here: a turn is one of the user's, and a retry is another attempt of it, not the next.",)
_KEYS = ("name", "when", "respond")
_RESPOND = ("status", "content", "error", "tool_calls")
_LONGEST_NAME = 200


@dataclass
class _Rule:
    """One rule that can be one of ours."""

    node: Node
    notes: Notes
    wanted: Wanted
    answer: Answer


def is_configuration(value: Any) -> bool:
    """Whether a file is one of fakellm's: rules with `when` or `respond`, and none with our `match`."""
    if not isinstance(value, dict) or not isinstance(value.get("rules", []), list):
        return False
    rules = [rule for rule in value.get("rules", []) if isinstance(rule, dict)]
    ours = any("match" in rule for rule in rules)
    marked = {"version", "defaults"} & value.keys() and "rules" in value
    return not ours and bool(marked or any("when" in rule or "respond" in rule for rule in rules))


def read_configurations(files: Iterable[tuple[Node, Notes]]) -> list[Draft]:
    """The drafts of all rules of all files, in order."""
    found: list[_Rule | Draft] = []
    for root, notes in files:
        _tell_top(root, notes)
        rules = root.members.get("rules")
        found += [_read(node, Notes(notes.file)) for node in (rules.items if rules else [])]
    rules_only = [each for each in found if isinstance(each, _Rule)]
    names: set[str] = set()
    return [each if isinstance(each, Draft) else _draft(each, rules_only, names) for each in found]


def _tell_top(root: Node, notes: Notes) -> None:
    notes.tell_unknown(root, ("version", "defaults", "rules"), "a configuration")
    defaults = root.members.get("defaults")
    for key, member in defaults.members.items() if defaults else ():
        if (key, member.value) != ("fallback", "deterministic_echo"):
            told = f"defaults.{key} is left out: what no rule matches gets a made-up answer"
            notes.tell(defaults.of_key(key) if defaults else member, told, "for an error start with --unmatched error")


def _read(node: Node, notes: Notes) -> _Rule | Draft:
    if not isinstance(node.value, dict):
        notes.tell(node, "a rule must be a mapping", "write {when: ..., respond: ...}")
        return Draft(notes.file, [node.place[0]], None, notes, left_out=True)
    notes.tell_unknown(node, _KEYS, "a rule")
    wanted = read_when(node.members.get("when"), notes)
    answer = _answer(node.members.get("respond"), notes)
    if wanted is None or answer is None:
        return Draft(notes.file, [node.place[0]], None, notes, left_out=True)
    return _Rule(node, notes, wanted, answer)


def _answer(node: Node | None, notes: Notes) -> Answer | None:
    if node is None or node.value is None:
        return Answer({})
    if not isinstance(node.value, dict):
        notes.tell(node, "respond must be a mapping", "write {content: Hello}")
        return None
    notes.tell_unknown(node, _RESPOND, "respond")
    status = node.value.get("status", 200)
    if type(status) is not int or status > 599:
        notes.tell(node.members["status"], f"{status} is no status of an answer", "statuses go from 200 to 599")
        return None
    return _error(node, status, notes) if status >= 400 else _message(node, status, notes)


def _error(node: Node, status: int, notes: Notes) -> Answer:
    for key in ("content", "tool_calls"):
        if node.value.get(key) is not None:
            notes.tell(node.of_key(key), f"{key} is left out: fakellm says nothing of it with status {status}, either")
    said = node.value.get("error")
    message = {"message": str(said)} if said else {}
    return Answer({"error": {"status": status, **message} if message else status}, fails=True)


def _message(node: Node, status: int, notes: Notes) -> Answer:
    if status != 200:
        notes.tell(node.members["status"], f"status {status} is left out: answers that are no errors have 200")
    if node.value.get("error") is not None:
        notes.tell(node.of_key("error"), "error is left out: fakellm sends it with a status from 400 only")
    content = node.members.get("content")
    parts: list[Json] = []
    if content and isinstance(content.value, str) and content.value:
        parts.append({"text": content.value})
    elif content and content.value is not None and not isinstance(content.value, str):
        notes.tell(content, "content must be a text", "write it in quotes")
        parts.append({"text": content.written or str(content.value)})
    calls = node.members.get("tool_calls")
    if calls and calls.value is not None and notes.is_of(list, calls, "tool_calls"):
        parts += [part for call in calls.items for part in _call(call, notes)]
    return Answer(respond_of(parts, {}) if parts or not content or content.value is None else "")


def _call(node: Node, notes: Notes) -> list[Json]:
    name = node.value.get("name") if isinstance(node.value, dict) else None
    if not isinstance(name, str) or not name:
        notes.tell(node, "a tool call without a name is left out", "name the tool")
        return []
    notes.tell_unknown(node, ("name", "arguments"), "a tool call")
    given = node.value.get("arguments", {})
    if not isinstance(given, dict):
        notes.tell(node.members["arguments"], "arguments that are no mapping become {}", "write {city: Paris}")
        given = {}
    return [{"tool_use": {"name": name, "input": given}}]


def _draft(rule: _Rule, rules: Sequence[_Rule], names: set[str]) -> Draft:
    retried = _retried(rule, rules)
    respond = rule.answer.respond
    if retried is not None:
        respond = {"attempts": [respond, retried.answer.respond]}
        told = f"a retry is another attempt here, and gets what line {retried.node.place[0]} says"
        rule.notes.tell(rule.node, told, "turns behind it count one less than they did")
    match = match_of(conditions(rule.wanted, rule.notes))
    named = _named(rule, names)
    return Draft(rule.notes.file, [rule.node.place[0]], {**named, "match": match, "respond": respond}, rule.notes)


def _retried(rule: _Rule, rules: Sequence[_Rule]) -> _Rule | None:
    """The rule that answers the retry of a failure there: the first that takes the same request as the next turn."""
    if not rule.answer.fails or rule.wanted.turns is None:
        return None
    upcoming = rule.wanted.turns[1] + 1
    return next((other for other in rules if other.wanted.takes(rule.wanted, upcoming)), None)


def _named(rule: _Rule, names: set[str]) -> Json:
    member = rule.node.members.get("name")
    if member is None or member.value is None:
        return {}
    name = str(member.value)
    if name in names or not name or len(name) > _LONGEST_NAME:
        rule.notes.tell(member, f"the name {name!r} can't stand here, so it is left out", "names are there once each")
        return {}
    names.add(name)
    return {"name": name}
