"""One rule: from a mapping to a Rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import orjson

from fakeapi import chance
from fakeapi.model import Rule, Turn
from fakeapi.rules.conditions import Condition, Match
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.parts import PARTS
from fakeapi.rules.loading.reader import Reader, did_you_mean, meant_by, shown
from fakeapi.rules.loading.respond import ATTEMPTS, read_respond
from fakeapi.rules.patterns import PATTERNS, read_match

KEYS = ("name", "match", "respond", "priority", "times", "required", "loop", "at_end", "alarm")
_ENDS = ("error", "repeat", "pass")
_LONGEST_NAME = 200
_PRIORITY_BOUND = 1_000_000


class Entry(NamedTuple):
    """A rule that was read, with what it is compared by: its condition, and where it stands."""

    rule: Rule
    condition: Condition
    node: Node
    reader: Reader


def read_rule(node: Node, reader: Reader, usual_name: str) -> Entry | None:
    """The rule of a mapping; None where it can't be read (the reader is told)."""
    if not isinstance(node.value, dict):
        _no_rule(node, reader)
        return None
    before = len(reader.problems)
    members = reader.mapping(node, "a rule", KEYS, _elsewhere(reader))
    name = reader.full_text(members["name"], "name") if "name" in members else usual_name
    condition = read_match(members["match"], reader) if "match" in members else None
    turns = read_respond(members["respond"], reader) if "respond" in members else ()
    _check_whole(node, members, reader)
    rule = _rule(node, members, reader, name or usual_name, condition, turns)
    failed = any(problem.severity == "error" for problem in reader.problems[before:])
    return None if failed or condition is None else Entry(rule, condition, node, reader)


def _check_whole(node: Node, members: Mapping[str, Node], reader: Reader) -> None:
    """Match and respond are there. A key that was meant for one of them has been told of already."""
    meant = " ".join(meant_by(key, KEYS, _elsewhere(reader)) for key in node.members if key not in members)
    lacking = [key for key in _NEEDED if key not in members and not re.search(rf"(mean|under) {key}\b", meant)]
    if lacking:
        reader.problem(node, f"this rule has no {' and no '.join(lacking)}", _NEEDED[lacking[0]])


_NEEDED = {
    "match": "for everything write match: {}",
    "respond": 'write a text, or a mapping such as {text: "Hello"}',
}


def _no_rule(node: Node, reader: Reader) -> None:
    if isinstance(node.value, str) and ":" in node.value:
        reader.wrong(node, "a rule", "a mapping", "put a space after the colon")
    else:
        reader.wrong(node, "a rule", "a mapping", "write - {match: weather, respond: Sunny.}")


def _elsewhere(reader: Reader) -> Mapping[str, str]:
    return {**_MISPLACED, **dict.fromkeys(reader.known.patterns, "write it under match")}


_MISPLACED: Mapping[str, str] = MappingProxyType(
    {
        **{key: f"write it under match: {{{key}: ...}}" for key in PATTERNS},
        **{key: f"write it under respond: {{{key}: ...}}" for key in (*PARTS, "error", "fault", "pace", ATTEMPTS)},
        "text": "write it under match (what came) or under respond (what to say)",
        "json": "write it under match (what came) or under respond (what to say)",
        "turns": "a scenario is a list under respond",
    }
)
"""Keys of match and respond where a rule's own are wanted."""


def _rule(
    node: Node,
    members: Mapping[str, Node],
    reader: Reader,
    name: str,
    condition: Condition | None,
    turns: tuple[Turn, ...],
) -> Rule:
    scenario = "respond" in members and isinstance(members["respond"].value, list)
    if len(name) > _LONGEST_NAME:
        reader.problem(members["name"], f"a name of more than {_LONGEST_NAME} characters")
    required = reader.flag(members["required"], "required") if "required" in members else False
    stateful = scenario or "alarm" in members or any(len(turn.attempts) > 1 for turn in turns)
    return Rule(
        name,
        Match(condition) if condition else _NO_MATCH,
        turns,
        reader.place(node),
        node.value,
        endless=not stateful,
        loops=_loops(members, reader, scenario),
        at_end=_at_end(members, reader, scenario),
        priority=_priority(members, reader),
        times=reader.whole(members["times"], "times", 1) if "times" in members else None,
        required=bool(required),
        alarm=reader.whole(members["alarm"], "alarm", 1) if "alarm" in members else None,
        session=reader.session,
        mark=chance.digest(orjson.dumps(node.value, default=str)).hex() if stateful else "",
    )


_NO_MATCH = Match(Condition(lambda _: False, lambda _: (), ("none",)))


def _loops(members: Mapping[str, Node], reader: Reader, scenario: bool) -> int | None:
    """How often a scenario is played; what is no scenario has no end."""
    if "loop" not in members:
        return 1 if scenario else None
    node = members["loop"]
    if not scenario:
        reader.problem(
            node.of_key("loop") if node.members else node, "loop means something for a list of turns only", _LIST
        )
    if isinstance(node.value, bool):
        return None if node.value else 1
    if type(node.value) is int and node.value >= 1:
        return node.value
    plain = isinstance(node.value, str) and node.value.strip().lower() in ("true", "false", *map(str, range(1, 100)))
    reader.wrong(node, "loop", "true, or a whole number from 1", "write it without quotes" if plain else "")
    return 1


_LIST = "write respond as a list, or drop it"


def _at_end(members: Mapping[str, Node], reader: Reader, scenario: bool) -> str:
    if "at_end" not in members:
        return "error"
    node = members["at_end"]
    if not scenario:
        reader.problem(node, "at_end means something for a list of turns only", _LIST)
    word = reader.full_text(node, "at_end")
    if word is not None and word not in _ENDS:
        reader.problem(node, f"{shown(word)} is nothing that can be at the end", did_you_mean(word, _ENDS))
    if "loop" in members and members["loop"].value is True:
        reader.problem(node, "a scenario that loops for ever has no end", "drop loop, or at_end")
    return word or "error"


def _priority(members: Mapping[str, Node], reader: Reader) -> int:
    if "priority" not in members:
        return 0
    value = members["priority"].value
    if type(value) is int and abs(value) <= _PRIORITY_BOUND:
        return value
    reader.wrong(members["priority"], "priority", f"a whole number from -{_PRIORITY_BOUND} to {_PRIORITY_BOUND}")
    return 0
