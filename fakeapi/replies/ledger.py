"""The prompt cache's book-keeping: what of a prompt is read from the cache, what is written, and what is neither.

It decides from what is held; it holds nothing itself. Source: contract.md 11, the documentation of 2026-10, recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from fakeapi.facts.points import Points
from fakeapi.facts.prefixes import LONG, Prefixes
from fakeapi.model import Json
from fakeapi.replies.iterating import mirrored

WINDOW = 20
"""How many positions are looked at for each mark, itself the first."""

_RUNS = frozenset({"tool_use", "tool_result"})
"""Neighbours of one such type are one position."""


_FRESH = 0.05
"""A use is not written down again for so many seconds: the lifetime of what is used all the time is that exact."""


class Entry(NamedTuple):
    """A prefix that is held.

    Attributes:
        begins: Unix time in seconds from which on it can be read: when the answer that wrote it began.
        ttl: seconds for which it is kept after each use.
        until: Unix time at which it is over.
    """

    begins: float
    ttl: int
    until: float

    def is_fresh(self, now: float) -> bool:
        """Whether it can be read, and was used so recently that this is not worth writing down."""
        return self.begins <= now <= self.until - self.ttl + _FRESH


class Kept(NamedTuple):
    """A prefix to hold, anew or again: its digest and the entry."""

    digest: str
    entry: Entry


class Spread(NamedTuple):
    """Where the tokens of a prompt come from; they sum to its whole count.

    Attributes:
        read: from the cache. written_5m, written_1h: into it. uncached: neither.
        kept: what is to be held from now on.
        why: what kept a marked prompt from being read in full: `short` (under the model's minimum), `early` (it is
            being written right now), `unknown` (nobody wrote it, or it is over, or beyond the window); "" where
            nothing did.
    """

    read: int
    written_5m: int
    written_1h: int
    uncached: int
    kept: tuple[Kept, ...] = ()
    why: str = ""


Held: TypeAlias = Callable[[str], Entry | None]
"""The entry of a digest; None where none is held at this moment."""


def spread(prefixes: Prefixes, held: Held, now: float, begins: float) -> Spread:
    """How the tokens of a prompt are billed, and what is held from then on.

    Args:
        held: what is held.
        now: Unix time of the request in seconds; lifetimes are measured from it.
        begins: when its answer begins, from which on others can read what it writes.
    """
    points, marks = prefixes.points, prefixes.marks
    if not marks:
        return Spread(0, 0, 0, prefixes.whole, why="short")
    hit, early = _hit(prefixes, marks, held, now)
    read = points[hit].tokens if hit is not None else 0
    last = points[marks[-1]].tokens
    long = max((points[at].tokens for at in marks if points[at].ttl == LONG), default=0)
    border = max(read, long)
    why = "" if read == last else "early" if early else "unknown"
    kept = tuple(_kept(points, marks, hit, held, now, begins))
    return Spread(read, last - border, border - read, prefixes.whole - last, kept, why)


def _hit(prefixes: Prefixes, marks: tuple[int, ...], held: Held, now: float) -> tuple[int | None, bool]:
    """The longest prefix that can be read, and whether a longer one is just being written."""
    lowest, early = len(prefixes.points), False
    for mark in reversed(marks):
        for at in window(prefixes.points, mark):
            if prefixes.points[at].tokens < prefixes.minimum:
                break
            if at >= lowest:
                continue
            lowest = at
            entry = held(prefixes.points[at].digest)
            if entry is not None and entry.begins <= now:
                return at, early
            early = early or entry is not None
    return None, early


def window(points: Points, mark: int) -> Iterator[int]:
    """The points that are looked at for a mark, backwards from it."""
    seen, before = 0, ""
    for at in range(mark, -1, -1):
        kind = points[at].kind
        if kind != before or kind not in _RUNS:
            seen, before = seen + 1, kind
        if seen > WINDOW:
            return
        yield at


def _kept(
    points: Points, marks: tuple[int, ...], hit: int | None, held: Held, now: float, begins: float
) -> Iterator[Kept]:
    """Each mark is written once; what was read of is used, and lasts as long again as it was written for."""
    for at in marks if hit is None or hit in marks else [hit, *marks]:
        point = points[at]
        entry = held(point.digest)
        if entry is None:
            entry = Entry(now if hit is not None and at <= hit else begins, point.ttl, 0.0)
        elif hit is None or at > hit:
            entry = Entry(min(entry.begins, begins), point.ttl, 0.0)
        if not entry.is_fresh(now):
            yield Kept(point.digest, entry._replace(until=now + entry.ttl))


def spread_over(usage: Json, found: Spread) -> Json:
    """A usage, its whole input count spread over the cache; the parts sum to it.

    Tokens beyond the prompt that was asked about, as results of server tools, are uncached.
    """
    written = found.written_5m + found.written_1h
    cached = {
        "input_tokens": usage["input_tokens"] - found.read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": found.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": found.written_5m,
            "ephemeral_1h_input_tokens": found.written_1h,
        },
    }
    return mirrored({**usage, **cached})
