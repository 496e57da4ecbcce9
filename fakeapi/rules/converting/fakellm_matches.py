"""What a rule of fakellm matches, as conditions of ours."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fakeapi.facts import catalogue
from fakeapi.model import Json
from fakeapi.rules.converting.drafts import Notes
from fakeapi.rules.loading.nodes import Node

_HEADER = "header."
_RESULTS = "$.messages[*].content[?@.type == 'tool_result']..['content', 'text']"
_BEFORE = "$.messages[-2]..['content', 'text']"


@dataclass(frozen=True)
class Wanted:
    """What a rule wants.

    Attributes:
        told: its conditions by fakellm's names, but for the turn. turns: the first and the last; None for any.
        nodes: where they stand.
    """

    told: Json
    turns: tuple[int, int] | None
    nodes: Mapping[str, Node]

    def takes(self, other: Wanted, turn: int) -> bool:
        """Whether it surely takes, in this turn, what the other takes in its own."""
        in_time = self.turns is None or self.turns[0] <= turn <= self.turns[1]
        return in_time and all(other.told.get(name) == wanted for name, wanted in self.told.items())


def read_when(node: Node | None, notes: Notes) -> Wanted | None:
    """The conditions of a `when`; None where nothing can fulfil them (the notes say why)."""
    if node is None or node.value is None:
        return Wanted({}, None, {})
    if not isinstance(node.value, dict):
        notes.tell(node, "when must be a mapping", "for everything leave it out")
        return None
    members = {name: member for name, member in node.members.items() if member.value is not None}
    headers = {name: member for name, member in members.items() if name.startswith(_HEADER)}
    notes.tell_unknown(node, (*_READERS, *headers, "turn", "turn_in"), "when")
    told = {name: _READERS[name](member, notes) for name, member in members.items() if name in _READERS}
    told |= {name.lower(): member.written for name, member in headers.items()}
    turns = _turns(members, notes)
    if _BAD in told.values() or turns is _BAD:
        return None
    return Wanted({name: value for name, value in told.items() if value != ""}, turns, members)


_BAD: Any = object()


def _turns(members: Mapping[str, Node], notes: Notes) -> Any:
    """The turns of `turn` and `turn_in` together."""
    low, high = 1, 10**9
    for name in ("turn", "turn_in"):
        if name not in members:
            continue
        node = members[name]
        pair = [node.value, node.value] if name == "turn" else node.value
        if not isinstance(pair, list) or len(pair) != 2 or any(type(each) is not int for each in pair):
            notes.tell(node, f"{name} must be {'a whole number' if name == 'turn' else 'a [low, high] pair'}")
            return _BAD
        low, high = max(low, pair[0]), min(high, pair[1])
        if low > high:
            notes.tell(node, "there is no such turn: they count from 1", "drop the rule, or the condition")
            return _BAD
    return (low, high) if {"turn", "turn_in"} & members.keys() else None


def _text(node: Node, notes: Notes) -> Any:
    if isinstance(node.value, str):
        return node.value
    notes.tell(node, "this must be a text", f'write "{node.written}"' if node.written else "")
    return _BAD


def _role(node: Node, notes: Notes) -> Any:
    if node.value in ("user", "assistant", "system"):
        return node.value
    told = f"no message of this API has the role {node.value!r}, so nothing matches"
    notes.tell(node, told, "tool results come in messages of the user: use tool_result")
    return _BAD


_READERS: Mapping[str, Callable[[Node, Notes], Any]] = {
    "messages_contain": _text,
    "model_matches": _text,
    "tools_include": _text,
    "previous_message_role": _role,
    "previous_message_contains": _text,
    "tool_result_contains": _text,
}


def conditions(wanted: Wanted, notes: Notes) -> Json:
    """The conditions of a rule."""
    told = wanted.told
    match: Json = {}
    first = wanted.turns == (1, 1)
    if "messages_contain" in told:
        match |= _anywhere(told["messages_contain"], first)
    if "model_matches" in told:
        match["model"] = _model(told["model_matches"], wanted.nodes["model_matches"], notes)
    if "tools_include" in told:
        match["tools"] = _glob(told["tools_include"], "*?[")
    if wanted.turns:
        match["turn"] = _turn(*wanted.turns)
    path: Json = {}
    if "tool_result_contains" in told:
        early = wanted.turns is not None and wanted.turns[1] <= 2
        match |= {"tool_result": told["tool_result_contains"]} if early else {}
        path |= {} if early else {_RESULTS: {"contains": told["tool_result_contains"]}}
    if "previous_message_contains" in told:
        path[_BEFORE] = {"contains": told["previous_message_contains"]}
    match |= _role_before(told.get("previous_message_role"), path)
    headers = {
        name.removeprefix(_HEADER): _glob(text, "*?[") for name, text in told.items() if name.startswith(_HEADER)
    }
    return {**match, **({"json": path} if path else {}), **({"headers": headers} if headers else {})}


def _anywhere(text: str, first: bool) -> Json:
    """fakellm looks at every message, the system prompt and the tool results."""
    places: list[Json] = [{"any_turn": text}, {"system": text}]
    return {"any": places if first else [*places, {"tool_result": text}]}


def _role_before(role: str | None, path: Json) -> Json:
    """The role of the message before the last one; the system prompt counts as the first."""
    if role == "system":
        return {"has": "system", "not": {"json": {"$.messages[1]": {"exists": True}}}}
    if role is not None:
        path["$.messages[-2].role"] = role
    return {}


def _turn(low: int, high: int) -> Any:
    if low == high:
        return low
    return {"at_least": low, "at_most": high} if high < 10**9 else {"at_least": low}


def _model(pattern: str, node: Node, notes: Notes) -> str:
    """There only * is special; upper and lower case count."""
    glob = _glob(pattern, "?[")
    if not any(fnmatch.fnmatchcase(name, glob) for name in catalogue.standard().names):
        told = f"no model here is called {pattern}: a request for such a one is a 404"
        notes.tell(node, told, "write claude-*, or drop the condition")
    return glob


def _glob(text: str, special: str) -> str:
    return "".join(f"[{sign}]" if sign in special else sign for sign in text)
