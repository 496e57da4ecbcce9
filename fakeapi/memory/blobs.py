"""What is too large for one entry of memory: lists of JSON values, kept as bytes, in parts.

A blob is named by whose it is; its parts are entries of one kind, bounded in bytes all together, and those used longest
ago are forgotten first. Who finds a part missing takes the whole blob for forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from fakeapi.memory.changes import Change, Drop, Key, Put, View

BLOB = "blob"
"""The kind of entry that parts are."""
MOST_PARTS = 1_000_000
_ITEMS, _BYTES = 4, 32_768
"""How much goes into one part: what is read, and worked on, at one go. A part of one large item is larger."""


class Part(NamedTuple):
    """Some consecutive items of a list: the first one's place, how many they are, and their bytes."""

    first: int
    items: int
    data: bytes


def key(name: str, number: int) -> Key:
    """Where a part of a blob is kept; parts count from 0."""
    return BLOB, name, str(number)


def split(items: Iterable[Any]) -> Iterator[Part]:
    """The items (JSON values) in parts; each part's `data` is a JSON array."""
    first, held, size = 0, list[bytes](), 0
    for item in items:
        text = orjson.dumps(item)
        if held and (len(held) == _ITEMS or size + len(text) > _BYTES):
            yield Part(first, len(held), b"[%b]" % b",".join(held))
            first, held, size = first + len(held), [], 0
        held.append(text)
        size += len(text)
    if held:
        yield Part(first, len(held), b"[%b]" % b",".join(held))


def put(name: str, number: int, part: Part, until: float) -> Put:
    """Remember a part until this moment (Unix time in seconds on the session's clock)."""
    return Put(key(name, number), part, until, len(part.data))


def get(view: View, name: str, number: int) -> Part | None:
    """A part; None where memory has let go of it."""
    part: Part | None = view.get(key(name, number))
    return part


def drop(name: str, numbers: Iterable[int]) -> tuple[Change, ...]:
    """Forget these parts."""
    return tuple(Drop(key(name, number)) for number in numbers)
