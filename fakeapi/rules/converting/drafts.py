"""Rules on their way to a file: where each comes from, and what could not come along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fakeapi.model import Json
from fakeapi.rules.loading.nodes import Node, Problem

_KINDS: dict[type, str] = {list: "a list", dict: "an object", str: "a text"}


@dataclass
class Notes:
    """What a person has to know of one piece of a file, each with its place and what to do about it."""

    file: str
    told: list[Problem] = field(default_factory=list)

    def tell(self, node: Node, message: str, mend: str = "") -> None:
        """Something has no counterpart, or another one than one would think."""
        self.told.append(Problem(self.file, *node.place, " ".join(message.split()), mend))

    def is_of(self, kind: type, node: Node, what: str) -> bool:
        """Whether a value is a list, a text or an object; it is told where it isn't, and so is left out."""
        if isinstance(node.value, kind):
            return True
        self.tell(node, f"{what} must be {_KINDS[kind]}, so it is left out")
        return False

    def tell_unknown(self, node: Node, known: Iterable[str], what: str) -> None:
        """Tells of the keys that nobody knows."""
        names = frozenset(known)
        for key in node.members:
            if key not in names:
                self.tell(node.of_key(key), f"{what} has no key {key}, so it is left out", "look whether it is a typo")


@dataclass
class Draft:
    """A rule that will be written.

    Attributes:
        file, lines: where it comes from.
        rule: as it will be written; None where there is nothing to write.
        notes: what a person has to know of it; they stand above it, and are printed.
        left_out: whether it is written as a comment only.
    """

    file: str
    lines: list[int]
    rule: Json | None
    notes: Notes
    left_out: bool = False

    @property
    def source(self) -> str:
        """`greetings.json:3`, or `greetings.json:3, 9` for a rule that several fixtures became."""
        return f"{self.file}:{', '.join(map(str, self.lines))}"

    def leave_out(self, message: str, mend: str = "") -> None:
        """It stays behind, as a comment."""
        self.left_out = True
        self.notes.told.append(Problem(self.file, self.lines[0], 1, message, mend))


class Answer(NamedTuple):
    """A `respond`, and whether it is an error, so that a client tries again."""

    respond: Any
    fails: bool = False


def respond_of(parts: list[Json], more: Json) -> Any:
    """A `respond` that says these parts in this order, in its shortest form; `more` are its other keys."""
    if not more and len(parts) == 1 and list(parts[0]) == ["text"]:
        return parts[0]["text"]
    kinds = [next(iter(part)) for part in parts]
    runs = [kind for index, kind in enumerate(kinds) if index == 0 or kind != kinds[index - 1]]
    single = all(kinds.count(kind) == 1 for kind in runs if kind != "tool_use")
    if "type" in kinds or len(runs) != len(set(runs)) or not single:
        return {"content": [_entry(part) for part in parts], **more}
    said: Json = {}
    for kind, part in zip(kinds, parts, strict=True):
        said[kind] = [*said[kind], part[kind]] if kind in said else [part[kind]]
    return {**{kind: values[0] if len(values) == 1 else values for kind, values in said.items()}, **more}


def _entry(part: Json) -> Any:
    return part["text"] if list(part) == ["text"] else part


def match_of(conditions: Json) -> Any:
    """A `match` in its shortest form."""
    text = conditions.get("text")
    if list(conditions) == ["text"] and isinstance(text, str) and text.strip().strip("*.+%"):
        return text
    return conditions


def escaped_glob(text: str) -> str:
    """A glob that stands for this text alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)
