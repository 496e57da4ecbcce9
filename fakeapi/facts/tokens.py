"""Counts tokens, as an estimate of what the API would count: the one counter behind usage, limits and rate limits.

The families are the catalogue's: `classic` for models up to 4.6, `2026` for 4.7 and later.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.facts import marking
from fakeapi.facts.counter import Counter, Segment, counter
from fakeapi.facts.vocabulary import Vocabulary

_BEYOND = 4


def count(text: str, family: str) -> int:
    """The tokens of a text as the beginning of a turn; 0 for an empty one.

    Raises KeyError for a family that the catalogue doesn't know.
    """
    return counter(family).count(text)


def count_inside(text: str, family: str) -> int:
    """The tokens of a text in the midst of other text: the mark that opens a turn isn't counted with it."""
    return counter(family).count_inside(text)


def split(text: str, family: str) -> list[str]:
    """The text in its tokens: pieces that concatenate to it, none of them empty or ending inside a character.

    Their number is at most `count`; it is less where a character takes several tokens, or a mark takes one.
    """
    return [piece for piece, _ in _pieces(text, family)]


def cut(text: str, limit: int, family: str) -> str:
    """The longest beginning of a text that counts at most `limit` tokens; a larger limit never keeps less."""
    own = counter(family)
    cleaned = marking.clean(text, own.known)
    if own.count(text) <= limit:
        return text
    if cleaned == text:
        return text[: _longest(text, limit, own)]
    ends = _ends(_pieces(text, family), limit + _BEYOND)
    return next(text[:end] for end in reversed(ends) if own.count(text[:end]) <= max(limit, 0))


def _ends(pieces: Iterator[tuple[str, int]], limit: int) -> list[int]:
    """Where pieces end, up to so many tokens and one piece more."""
    ends, spent = [0], 0
    for piece, cost in pieces:
        ends.append(ends[-1] + len(piece))
        spent += cost
        if spent > limit:
            break
    return ends


def _longest(text: str, limit: int, own: Counter) -> int:
    """Where the longest beginning ends; looked for backwards from a little beyond the limit."""
    passed: list[tuple[int, int, Segment]] = []
    at = spent = 0
    for segment in own.segments(text):
        passed.append((at, spent, segment))
        at, spent = at + len(segment.text), spent + sum(cost for _, cost in segment.tiles)
        if spent > limit + _BEYOND:
            break
    for start, before, segment in reversed(passed):
        for size in range(_reach(segment, limit + _BEYOND - before), 0, -1):
            if before + own.beginning(segment, size) <= limit:
                return start + size
    return 0


def _reach(segment: Segment, limit: int) -> int:
    """How many characters of a segment come within so many tokens, and some more."""
    size = spent = 0
    for more, cost in segment.tiles:
        if spent > limit:
            return min(size + _BEYOND, len(segment.text))
        size, spent = size + more, spent + cost
    return len(segment.text)


def _pieces(text: str, family: str) -> Iterator[tuple[str, int]]:
    """The pieces of a text with the tokens of each."""
    own = counter(family)
    cleaned = marking.clean(text, own.known)
    sizes = _joined(tile for segment in own.segments(cleaned) for tile in segment.tiles)
    return _cut_up(text, sizes) if cleaned == text else _realigned(text, sizes, own.known)


def _joined(parts: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Tiles without characters, or without tokens, joined to the one after them, at the end to the one before."""
    size, cost = 0, 0
    ready: tuple[int, int] | None = None
    for more, extra in parts:
        size, cost = size + more, cost + extra
        if more and extra:
            if ready is not None:
                yield ready
            ready, size, cost = (size, cost), 0, 0
    if ready is not None:
        yield ready[0] + size, ready[1] + cost
    elif size:
        yield size, cost


def _cut_up(text: str, sizes: Iterator[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    at = 0
    for size, cost in sizes:
        yield text[at : at + size], cost
        at += size


def _realigned(text: str, sizes: Iterator[tuple[int, int]], known: Vocabulary) -> Iterator[tuple[str, int]]:
    """The pieces of the cleaned text as stretches of the text as it was."""
    at, spare = 0, 0
    for size, cost in sizes:
        end = at
        while end < len(text) and len(marking.clean(text[at : end + 1], known)) <= size:
            end += 1
        spare += cost
        if end > at:
            yield text[at:end], spare
            at, spare = end, 0
    if at < len(text):
        yield text[at:], spare
