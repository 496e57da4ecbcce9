"""Counts tokens, as an estimate of what the API would count: the one counter behind usage, limits and rate limits.

The families are the catalogue's: `classic` for models up to 4.6, `2026` for 4.7 and later.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.facts import marking
from fakeapi.facts.counter import counter
from fakeapi.facts.vocabulary import Vocabulary


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
    """The longest beginning of a text that ends where a token of the text ends and counts at most `limit` tokens."""
    ends, at, spent = [0], 0, 0
    for piece, cost in _pieces(text, family):
        at, spent = at + len(piece), spent + cost
        ends.append(at)
        if spent > limit:
            break
    return next(text[:end] for end in reversed(ends) if count(text[:end], family) <= max(limit, 0))


def _pieces(text: str, family: str) -> Iterator[tuple[str, int]]:
    """The pieces of a text with the tokens of each."""
    own = counter(family)
    cleaned = marking.clean(text, own.known)
    sizes = _joined(own.tiles(cleaned))
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
