"""What the core reads of memory, and what it asks to be changed: plain values, so that any store can keep them."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

Key: TypeAlias = tuple[str, ...]
"""What a count belongs to: a session or a caller, and what is counted. No secret is in it."""


class Counted(NamedTuple):
    """This has happened once more."""

    key: Key


Change: TypeAlias = Counted


class View(Protocol):
    """A read of the few keys that a call needs."""

    def count(self, key: Key) -> int:
        """How often it has happened."""
        ...
