"""Which rule matches whatever another one matches: found in tables, so that many rules take as long each as few do."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from fakeapi.rules.conditions import Condition
from fakeapi.rules.loading.rule import Entry


class Covers:
    """The rules so far, by what makes them cover another: an equal condition, or a looser one on the text."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, list[_Kept]] = {}
        self._by_needle: dict[str, list[_Kept]] = {}
        self._lengths: set[int] = set()
        self._count = 0

    def add(self, entry: Entry) -> None:
        """One more rule, asked after those that are there. It stands in one place only, the one with fewest others."""
        parts = _parts(entry.condition)
        kept = _Kept(
            self._count,
            frozenset(part.key for part in parts if not part.needle),
            tuple(part.needle for part in parts if part.needle),
            entry,
        )
        self._count += 1
        by_key = [self._by_key.setdefault(key, []) for key in kept.keys]
        by_needle = [self._by_needle.setdefault(needle, []) for needle in kept.needles]
        min(by_needle + by_key, key=len).append(kept)
        self._lengths.update(map(len, kept.needles))

    def covering(self, condition: Condition) -> Entry | None:
        """The first rule that matches whatever fulfils a condition."""
        parts = _parts(condition)
        texts = [said for part in parts if (said := _said(part))]
        keys = {part.key for part in parts}
        found = [kept for kept in self._near(keys, texts) if kept.covers(keys, texts)]
        return min(found).entry if found else None

    def _near(self, keys: set[Hashable], texts: Sequence[str]) -> Iterator[_Kept]:
        for key in keys:
            yield from self._by_key.get(key, ())
        for needle in {needle for text in texts for needle in self._within(text)}:
            yield from self._by_needle[needle]

    def _within(self, text: str) -> Iterator[str]:
        """The needles that a text contains: each is looked for in it, or each piece of it among them."""
        if len(self._by_needle) <= len(self._lengths) * len(text):
            yield from (needle for needle in self._by_needle if needle in text)
            return
        pieces = (text[at : at + length] for length in self._lengths for at in range(len(text) - length + 1))
        yield from (piece for piece in pieces if piece in self._by_needle)


class _Kept(NamedTuple):
    """A rule, by all that it wants: keys of conditions, and what the last text must contain."""

    number: int
    keys: frozenset[Hashable]
    needles: tuple[str, ...]
    entry: Entry

    def covers(self, keys: set[Hashable], texts: Sequence[str]) -> bool:
        return self.keys <= keys and all(any(needle in text for text in texts) for needle in self.needles)


def _parts(condition: Condition) -> Sequence[Condition]:
    return condition.parts or (condition,)


def _said(part: Condition) -> str:
    """What the last text has for sure where this holds, folded; "" where that can't be said."""
    if part.needle:
        return part.needle
    key = part.key
    if isinstance(key, tuple) and key[:2] == ("text", "equals"):
        return str(key[2]).casefold()
    return ""
