"""What was written, with its places: a tree of values of which each knows the line and column where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1; (0, 0) where nothing was written, but given as a value."""
NOWHERE: Place = (0, 0)
_HALVES = re.compile("[\ud800-\udfff]")


class Problem(NamedTuple):
    """One thing wrong with a file of rules, and what to do about it.

    Attributes:
        file: its name; for values, who gave them (`POST /_fakeapi/rules`).
        line, column: from 1; 0 where the rules were given as a value.
        message: what is wrong, for a person who sees the language for the first time.
        mend: what to write instead; "" where that is obvious.
        where: the place inside a value, as a path: `[2].match.text`.
        severity: `error`, or `warning`: the rules load, but do what nobody wants.
    """

    file: str
    line: int
    column: int
    message: str
    mend: str = ""
    where: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        place = (
            f"{self.file}:{self.line}:{self.column}" if self.line else f"{self.file}{self.where and ' '}{self.where}"
        )
        told = f"{self.message}; {self.mend}" if self.mend else self.message
        return f"{place}: {'warning: ' if self.severity == 'warning' else ''}{told}"


class UnreadableError(Exception):
    """A text that is no YAML or JSON: where, what is wrong, and the mend."""

    def __init__(self, place: Place, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.mend = mend


Tell: TypeAlias = Callable[[UnreadableError], None]
"""Is told of what is wrong, but hinders nobody from reading on."""


def twice(key: str, place: Place, first: Place) -> UnreadableError:
    """A key that stands twice in one mapping."""
    return UnreadableError(
        place, f"the key {key} stands here twice (first in line {first[0]})", "join both, or drop one"
    )


@dataclass(slots=True, eq=False)
class Node:
    """One value.

    Attributes:
        value: as plain JSON.
        place: where it stands.
        members: of a mapping, by key. items: of a list.
        keys: where the keys of a mapping stand.
        written: a scalar as it was written, so that a mend can quote it.
        where: its path inside a value that was given, not written.
    """

    value: Any
    place: Place = NOWHERE
    members: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    keys: dict[str, Place] = field(default_factory=dict)
    written: str = ""
    where: str = ""

    def of_key(self, key: str) -> Node:
        """The key itself as a node, for problems with it."""
        place = self.keys.get(key, self.place)
        return Node(key, place, where="" if place[0] else f"{self.where}.{key}".lstrip("."))


def given(value: Any, tell: Callable[[Node, str], None], where: str = "") -> Node:
    """The tree of a value that nobody wrote down: its places are paths. Tuples are lists; keys become texts.

    `tell` is told of what is no JSON.
    """
    if isinstance(value, Mapping):
        members = {str(key): given(each, tell, f"{where}.{key}".lstrip(".")) for key, each in value.items()}
        return Node({key: node.value for key, node in members.items()}, members=members, where=where)
    if isinstance(value, list | tuple):
        items = [given(each, tell, f"{where}[{index}]") for index, each in enumerate(value)]
        return Node([node.value for node in items], items=items, where=where)
    node = Node(value, written=str(value), where=where)
    if reason := _no_json(value):
        tell(node, reason)
    return node


def _no_json(value: Any) -> str:
    """Why a value can't be written as JSON; "" where it can."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return "" if value.isascii() or not _HALVES.search(value) else "half a character (a lone surrogate)"
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**64 else "a number of more than 64 bits"
    if isinstance(value, float):
        return "" if isfinite(value) else f"{value} is no number that JSON can hold"
    return f"{type(value).__name__} is nothing that JSON can hold"
