"""What the core reads of memory, and what it asks to be changed: plain values, so that any store can keep them."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple, Protocol, TypeAlias

Key: TypeAlias = tuple[str, ...]
"""What is remembered, by name: first its kind (`cache`, `thread`, `turn` ...), which has bounds of its own, then
whose it is. No secret is in it: keys of callers appear as digests."""


class Put(NamedTuple):
    """Remember a value, which nobody changes in place.

    Attributes:
        until: Unix time in seconds on the session's clock from which on it is forgotten.
        size: its weight in bytes, for the bounds.
    """

    key: Key
    value: Any
    until: float = inf
    size: int = 0


class Drop(NamedTuple):
    """Forget what is remembered under this key."""

    key: Key


class Counted(NamedTuple):
    """This has happened once more."""

    key: Key


class Taken(NamedTuple):
    """Something was taken of a bucket (memory.buckets): the moment that is remembered moves on by `seconds`.

    Attributes:
        at: Unix time in seconds from which it moves on where it lies before that, or nothing is remembered.
    """

    key: Key
    seconds: float
    at: float

    def moved(self, kept: float | None) -> Put:
        """What is to be remembered instead of what was: a bucket that is full again needs no memory."""
        moment = max(self.at, self.at if kept is None else kept) + self.seconds
        return Put(self.key, moment, moment)


Change: TypeAlias = Put | Drop | Counted | Taken


class View(Protocol):
    """A read of the few keys that a call needs: what one session remembers at one moment."""

    def get(self, key: Key) -> Any:
        """The value, or None if none was put, or it is over or forgotten. To read is to use: see Store."""
        ...

    def count(self, key: Key) -> int:
        """How often it has happened."""
        ...
