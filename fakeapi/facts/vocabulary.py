"""The pieces that are one token each, and how few of them make up a marked run of text.

The pieces are data (`fixtures/tokens/`). Runs are written with marks, which no cleaned text contains: where a word
begins and ends, that it is to be read with a capital or in capitals, and a space that its neighbours make up for.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from fakeapi import assets

BEGIN, END, SHIFT, CAPITALS, FREE_SPACE = "\x01", "\x02", "\x03", "\x04", "\x05"
_MARKS = {"^": BEGIN, "$": END, "S": SHIFT, "C": CAPITALS}
_MARK_RUN = re.compile("[\x01-\x04]+")
_SLICE = 128
_SHORT = 16
_NEVER = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What a tokenizer family knows.

    Attributes:
        pieces: every marked string that is one token; a mark of capitals is joined to whole words only.
        longest: the length of the longest piece made of letters.
        byte_runs: beginnings of a character's UTF-8 bytes that are one token together.
        fold_quotes: curly quotes count as straight ones.
        capitals_from: the number of letters from which a word in capitals is read as its small form; None: never.
        marked_start: a text begins with the mark of a word, which costs a token where no word takes it.
    """

    pieces: frozenset[str]
    longest: int
    byte_runs: frozenset[bytes]
    fold_quotes: bool
    capitals_from: int | None
    marked_start: bool

    def whole_words(self) -> dict[str, int]:
        """Words that are one token, or a capital and one token, as they stand in a text: word -> tokens."""
        words = [piece[1:-1] for piece in self.pieces if piece[0] == BEGIN and piece[-1] == END and len(piece) > 2]
        titles = [piece[2:-1].capitalize() for piece in self.pieces if piece[0] == SHIFT and len(piece) > 1]
        capitals = {word.capitalize(): 2 for word in words if word.islower() and len(word.capitalize()) == len(word)}
        return {**capitals, **dict.fromkeys(titles, 1), **dict.fromkeys(words, 1)}

    def alone(self, char: str) -> int:
        """The tokens of one character by itself: 1 where it is a piece, else those of its bytes."""
        return 1 if char in self.pieces else _bytes_cost(char.encode("utf-8", "replace"), self.byte_runs)


@cache
def vocabulary(family: str) -> Vocabulary:
    """The vocabulary of a tokenizer family of the catalogue; KeyError where there is none of that name."""
    about = assets.read_json("fixtures/tokens/families.json")[family]
    data = assets.read_json(f"fixtures/tokens/vocabulary_{about['vocabulary']}.json")
    pieces = frozenset(_pieces(data))
    return Vocabulary(
        pieces=pieces,
        longest=max(len(piece) for piece in pieces if piece.strip("\x01\x02\x03\x04").isalpha()),
        byte_runs=frozenset(map(bytes.fromhex, data["bytes"].split())),
        fold_quotes=data["fold_quotes"],
        capitals_from=data["capitals_from"],
        marked_start=about["marked_start"],
    )


def _pieces(data: dict[str, Any]) -> Iterator[str]:
    yield from _MARKS.values()
    yield from data["spaces"]
    yield from filter(None, (bytes.fromhex(run).decode("utf-8", "ignore") for run in data["bytes"].split()))
    for shape, texts in data["pieces"].items():
        before = "".join(_MARKS[mark] for mark in shape if mark != "$")
        after = END if "$" in shape else ""
        yield from [before + text + after for text in texts.split(" ")]


def cost(marked: str, known: Vocabulary) -> int:
    """The fewest tokens that make up a marked run, or nearly so for runs longer than 128 characters."""
    if marked in known.pieces:
        return 1
    if len(marked) > _SLICE:
        return sum(tokens for _, tokens in tiles(marked, known))
    is_quickly_tried = marked.isascii() and (len(marked) < _SHORT or any(map(str.isalpha, marked)))
    steps = _tried(marked, known) if is_quickly_tried else _laid(marked, known, _NEVER)[0][0]
    return steps if steps and steps < _NEVER else _laid(marked, known)[0][0]


def _tried(marked: str, known: Vocabulary) -> int | None:
    """How many pieces lead from one end to the other, if any do: two or three by trying, more by growing."""
    pieces, size = known.pieces, len(marked)
    heads = [at for at in range(1, size) if marked[:at] in pieces]
    for at in heads:
        if marked[at:] in pieces:
            return 2
    tails = [at for at in range(1, size) if marked[at:] in pieces]
    for start in heads:
        for end in tails:
            if start < end and marked[start:end] in pieces:
                return 3
    return _grown(marked, set(heads), set(tails), pieces)


def _grown(marked: str, reached: set[int], tails: set[int], pieces: frozenset[str]) -> int | None:
    seen, taken, size = set(reached), 2, len(marked)
    while reached:
        if not tails.isdisjoint(reached):
            return taken
        ends = {end for start in reached for end in range(start + 1, size) if marked[start:end] in pieces}
        reached, taken = ends - seen, taken + 1
        seen |= reached
    return None


def tiles(marked: str, known: Vocabulary) -> list[tuple[int, int]]:
    """A marked run as the fewest tokens: (characters without marks, tokens) for each tile, in order.

    The tokens sum to `cost`.
    """
    if marked == FREE_SPACE:
        return [(1, 0)]
    if marked in known.pieces:
        return [(len(_MARK_RUN.sub("", marked)), 1)]
    slices = (marked[at : at + _SLICE] for at in range(0, len(marked), _SLICE))
    return [tile for part in slices for tile in _best(part, known)]


@lru_cache(maxsize=256)
def _best(marked: str, known: Vocabulary) -> list[tuple[int, int]]:
    return list(_walked(marked, *_laid(marked, known)))


def _laid(marked: str, known: Vocabulary, otherwise: int = 0) -> tuple[list[int], list[int]]:
    """For each place in a run the fewest tokens from there to the end, and where the first of them ends.

    `otherwise`: the tokens of a character that is no piece by itself; 0: those of its bytes.
    """
    size, pieces, lengths_of = len(marked), known.pieces, _lengths(known)
    reach = known.longest if any(map(str.isalpha, marked)) else size
    every = range(2, reach + 1)
    spent, step = [0] * (size + 1), [size] * (size + 1)
    for start in range(size - 1, -1, -1):
        char = marked[start]
        alone = 1 if char in pieces else otherwise or known.alone(char)
        best, stop, left = spent[start + 1] + alone, start + 1, size - start
        for length in every if char in _OFTEN_FIRST else lengths_of.get(char, ()):
            if length > left:
                break
            end = start + length
            if spent[end] < best and marked[start:end] in pieces:
                best, stop = spent[end] + 1, end
        spent[start], step[start] = best, stop
    return spent, step


_OFTEN_FIRST = frozenset(f"{BEGIN}{END}{SHIFT}{CAPITALS}{string.ascii_letters}")
"""What most pieces begin with; they are of nearly every length."""


@cache
def _lengths(known: Vocabulary) -> dict[str, list[int]]:
    """How long the pieces are that begin with a character, of those that few begin with: from two on."""
    found = {(piece[0], len(piece)) for piece in known.pieces if piece[0] not in _OFTEN_FIRST}
    lengths: dict[str, list[int]] = {}
    for char, length in sorted(found):
        if length > 1:
            lengths.setdefault(char, []).append(length)
    return lengths


def _walked(marked: str, spent: list[int], step: list[int]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(marked):
        yield len(_MARK_RUN.sub("", marked[at : step[at]])), spent[at] - spent[step[at]]
        at = step[at]


@lru_cache(maxsize=8192)
def _bytes_cost(data: bytes, runs: frozenset[bytes]) -> int:
    """The fewest tokens for the bytes of a character, of which every single one is a token."""
    spent = [0] * (len(data) + 1)
    for start in range(len(data) - 1, -1, -1):
        ends = [end for end in range(start + 2, len(data) + 1) if data[start:end] in runs]
        spent[start] = 1 + min(spent[end] for end in [start + 1, *ends])
    return spent[0]
