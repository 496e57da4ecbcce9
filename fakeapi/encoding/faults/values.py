"""What faults are made of: the Fault itself, the place where it strikes, and the parts of an answer on its way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from fakeapi.chance import Chance
from fakeapi.encoding.sse import Frame
from fakeapi.wire import Cut, Wait

Part: TypeAlias = Frame | Wait | Cut
"""What a fault sees of an answer: events (a plain body is one frame), and the waits and cuts of other faults."""


class Place(NamedTuple):
    """A point in an answer: after so many `events`, `tokens` or `bytes` of its body."""

    number: int
    unit: str = "events"

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


_NEEDS_QUOTES = re.compile(r'[",;=]')
_ESCAPED = re.compile(r'["\\]')
FIRST_TEXT = Place(4)
"""After message_start, content_block_start, ping and the first delta: something has been said."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, as it was asked for; equal spellings are equal faults.

    Attributes:
        name: its name in the registry.
        options: those that were given, sorted; names as the fault's function spells them.
        times: how often it is played for one caller, None for always.
        id: a name that keeps its count apart from that of equal faults.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    times: int | None = None
    id: str = ""

    @property
    def label(self) -> str:
        """What the log calls it: `cut`, `529`."""
        return str(dict(self.options)["status"]) if self.name == "status" else self.name

    def __str__(self) -> str:
        common = (("times", self.times), ("id", self.id))
        given = (*self.options, *(option for option in common if option[1]))
        return "; ".join([self.name, *(f"{name.replace('_', '-')}={_quoted(str(value))}" for name, value in given)])


def _quoted(text: str) -> str:
    """A value as it can be read again."""
    if not _NEEDS_QUOTES.search(text) and text.strip() == text != "":
        return text
    return '"' + _ESCAPED.sub(r"\\\g<0>", text) + '"'


class Scene(NamedTuple):
    """Whose answer it is: its ids and clock, the caller's key, and the id of the model, if there is one."""

    luck: Chance
    key: str
    model: str = ""


def placed(parts: Iterable[Part], place: Place) -> Iterator[Part | None]:
    """The parts, and None at the place: at the end if it is never reached. A frame that holds it is split."""
    left = place.number
    rest = iter(parts)
    for part in rest:
        if left > 0 and isinstance(part, Frame):
            if place.unit == "bytes" and left < len(part.data):
                yield part._replace(data=part.data[:left])
                part = Frame(part.data[left:], part.type, 0)
                left = 0
            else:
                left -= _length(part, place.unit)
                yield part
                continue
        if left <= 0:
            yield None
            yield part
            yield from rest
            return
        yield part
    yield None


def _length(frame: Frame, unit: str) -> int:
    if unit == "events":
        return 1
    return frame.tokens if unit == "tokens" else len(frame.data)
