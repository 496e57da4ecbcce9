"""A row of points: where the prefixes of a prompt end, each told by a digest and its tokens."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple, overload

from fakeapi.facts.parts import Part

EMPTY = "empty"
"""The kind of a text block without text."""

_SIZE = 16
_UNMARKABLE = frozenset({"thinking", "redacted_thinking", EMPTY})


class Point(NamedTuple):
    """The end of a prefix.

    Attributes:
        location: the block it ends with, as the API names places.
        digest: told by everything up to here; 32 hexadecimal digits.
        tokens: of everything up to here.
        kind: type of the block.
        ttl: seconds for which the request wants it cached; 0 where it doesn't.
    """

    location: str
    digest: str
    tokens: int
    kind: str
    ttl: int = 0


class Told(NamedTuple):
    """What tells a block from others, its kind, and the seconds for which it is marked to be cached."""

    digest: bytes
    kind: str
    ttl: int


class Stretch(NamedTuple):
    """Neighbouring points: those of one level, or of one message.

    Attributes:
        points, tokens: how many there are before it. prefix: what the digests go on from.
        parts: what it is made of; each that is read ends a point. told: of all blocks there.
        marked: whether one is marked.
    """

    points: int
    tokens: int
    prefix: Any
    parts: Sequence[Part]
    told: Sequence[Told]
    marked: bool

    def read(self) -> list[int]:
        """Which of the parts end a point."""
        return [at for at, part in enumerate(self.parts) if part.block is not None]

    def marks(self) -> list[int]:
        """The indices of the marked ones among its own."""
        return [at for at, part in enumerate(self.read()) if self.told[self.parts[part].at].ttl]

    def point(self, at: int) -> Point:
        """The one of this index among its own."""
        read = self.read()[: at + 1]
        part, told, prefix = self.parts[read[-1]], self.told, self.prefix.copy()
        prefix.update(b"".join([told[self.parts[each].at].digest for each in read]))
        tokens = self.tokens + sum(each.tokens for each in self.parts[: read[-1] + 1])
        return Point(part.location, prefix.hexdigest(), tokens, told[part.at].kind, told[part.at].ttl)


class Reached(NamedTuple):
    """How far a row of points has come: how many messages, points and tokens there are so far, what digests go on
    from, and the points that came last."""

    messages: int
    points: int
    tokens: int
    prefix: Any
    last: Stretch | None = None

    @classmethod
    def begun(cls, tokens: int) -> Reached:
        """Before the first point, but not before the first token."""
        return cls(0, 0, tokens, blake2b(digest_size=_SIZE))

    def gone_on(self, parts: Sequence[Part], told: Sequence[Told], messages: int = 0) -> Reached:
        """With these parts, of one message or level, too; `told` of each of its blocks. `messages`: how many there are
        now."""
        digests, size, marked = [], 0, False
        for part in parts:
            size += part.tokens
            if part.block is not None:
                digests.append(told[part.at].digest)
                marked = marked or bool(told[part.at].ttl)
        if not digests:
            return Reached(messages, self.points, self.tokens + size, self.prefix)
        last = Stretch(self.points, self.tokens, self.prefix, parts, told, marked)
        prefix = self.prefix.copy()
        prefix.update(b"".join(digests))
        return Reached(messages, self.points + len(digests), self.tokens + size, prefix, last)

    def behind(self, settings: bytes) -> Reached:
        """With settings that are written into the prompt here."""
        prefix = self.prefix.copy()
        prefix.update(settings)
        return self._replace(prefix=prefix)


class Points(Sequence[Point]):
    """Points in prompt order; each is made when it is looked at, since of hundreds few ever are."""

    def __init__(self, stretches: Sequence[Stretch] = ()) -> None:
        self._stretches = stretches
        self._made: dict[int, Point] = {}
        self._many = stretches[-1].points + len(stretches[-1].read()) if stretches else 0

    @classmethod
    def of(cls, points: Iterable[Point]) -> Points:
        """Points that are made already."""
        found = cls()
        found._made.update(enumerate(points))
        found._many = len(found._made)
        return found

    def __len__(self) -> int:
        return self._many

    @overload
    def __getitem__(self, at: int) -> Point: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Point, ...]: ...

    def __getitem__(self, at: int | slice) -> Point | tuple[Point, ...]:
        places = range(len(self))[at]
        return self._point(places) if isinstance(places, int) else tuple(map(self._point, places))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Points) and tuple(self) == tuple(other)

    def marked(self, least: int) -> tuple[int, ...]:
        """Which of them are to be cached: asked for, and at least so many tokens long."""
        marked = [each for each in self._stretches if each.marked]
        found = {each.points + at for each in marked for at in each.marks()}
        found.update(at for at, point in self._made.items() if point.ttl)
        return tuple(at for at in sorted(found) if self._point(at).tokens >= least)

    def mark(self, ttl: int) -> None:
        """Mark the last block that can be marked, unless it is."""
        for at in range(len(self) - 1, -1, -1):
            point = self._point(at)
            if point.kind not in _UNMARKABLE:
                self._made[at] = point if point.ttl else point._replace(ttl=ttl)
                return

    def _point(self, at: int) -> Point:
        if at not in self._made:
            stretch = self._stretches[bisect_right(self._stretches, at, key=_points_before) - 1]
            self._made[at] = stretch.point(at - stretch.points)
        return self._made[at]


_points_before = attrgetter("points")


def digest(more: bytes) -> bytes:
    """What tells some bytes from others."""
    return blake2b(more, digest_size=_SIZE).digest()
