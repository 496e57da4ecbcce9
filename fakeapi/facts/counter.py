"""The counter of one tokenizer family, which remembers what it counted, within bounds: words, gaps, whole texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

from fakeapi import assets
from fakeapi.facts import marking
from fakeapi.facts.vocabulary import BEGIN, FREE_SPACE, Vocabulary, cost, tiles, vocabulary

_COSTS_KEPT = 30_000
_LONGEST_KEPT = 256
_CHARS_KEPT = 1_500_000
_CHARS_OF_ENTRY = 100
_FREE = (1, 0)


Tiles: TypeAlias = tuple[tuple[int, int], ...]
"""Characters and tokens, tile by tile."""

_Found = TypeVar("_Found")


class Segment(NamedTuple):
    """A word or a gap of a text, and its tiles; `first`: a gap that opens the text."""

    text: str
    tiles: Tiles
    first: bool = False


@cache
def counter(family: str) -> Counter:
    """The counter of a family; KeyError where the catalogue knows none of that name."""
    known = vocabulary(family)
    return Counter(known, assets.read_json(f"fixtures/tokens/common_{family}.json"))


class Counter:
    """Counts texts as one family of tokenizers does.

    `common` names the tokens of frequent words, gaps and marked runs, only to be quick from the first text on.
    """

    def __init__(self, known: Vocabulary, common: Mapping[str, Any]) -> None:
        self.known = known
        self._words = Remembered(self.word, _given(common["words"]) | known.whole_words())
        self._gaps = Remembered(self.gap, _given(common["gaps"]))
        self._runs = Remembered(self.run, _given(common["runs"]) | {FREE_SPACE: 0})
        self._alone = Remembered(known.alone)
        self._word_tiles: Remembered[Tiles] = Remembered(self._tiled_word)
        self._gap_tiles: Remembered[Tiles] = Remembered(self._tiled_gap)
        self._texts, self._inner_texts = Texts(), Texts()

    def count(self, text: str) -> int:
        """The tokens of a text as the beginning of a turn."""
        found = self._texts.get(text)
        if found is None:
            found = self._sum(marking.opened(marking.clean(text, self.known), self.known), first=True, last=True)
            self._texts.put(text, found)
        return found

    def count_inside(self, text: str) -> int:
        """The tokens of a text that stands between words of other text."""
        found = self._inner_texts.get(text)
        if found is None:
            found = self._sum(marking.clean(text, self.known), first=False, last=False)
            self._inner_texts.put(text, found)
        return found

    def segments(self, text: str) -> Iterator[Segment]:
        """A cleaned text as words and gaps, in order; they concatenate to it."""
        rest = marking.opened(text, self.known)
        if rest != text:
            yield Segment(" ", (_FREE,))
        at = 0
        for match in marking.reading(rest.isascii()).word.finditer(rest):
            gap, word = rest[at : match.start()], match.group()
            if gap:
                yield Segment(gap, self._gap_tiles[gap] if at else self._tiled_gap(gap, first=True), first=not at)
            yield Segment(word, self._word_tiles[word])
            at = match.end()
        if at < len(rest):
            yield Segment(rest[at:], self._tiled_gap(rest[at:], first=not at, last=True), first=not at)

    def beginning(self, segment: Segment, size: int) -> int:
        """The tokens of the first characters of a segment, if the text ended there."""
        return self._sum(segment.text[:size], first=segment.first, last=True)

    def word(self, word: str) -> int:
        """The tokens of one word, with its contractions."""
        if "'" in word:
            return sum(cost(marked, self.known) for marked in marking.marked_word(word, self.known))
        marked = marking.small(word, self.known.capitals_from)
        if marked[0] == BEGIN or marked in self.known.pieces:
            return cost(marked, self.known)
        return 1 + self._words[marked[2:-1]]

    def gap(self, gap: str, *, first: bool = False, last: bool = False) -> int:
        """The tokens of what stands between two words (or before the first, or after the last)."""
        return sum(map(self._runs.__getitem__, marking.marked_gap(gap, self.known, first=first, last=last)))

    def _tiled_word(self, word: str) -> Tiles:
        return self._tiled(marking.marked_word(word, self.known))

    def _tiled_gap(self, gap: str, *, first: bool = False, last: bool = False) -> Tiles:
        return self._tiled(marking.marked_gap(gap, self.known, first=first, last=last))

    def _tiled(self, marked: Iterable[str]) -> Tiles:
        return tuple(tile for run in marked for tile in tiles(run, self.known))

    def _sum(self, text: str, *, first: bool, last: bool) -> int:
        gaps_and_words = marking.reading(text.isascii()).word.split(marking.alike(text))
        if len(gaps_and_words) == 1:
            return self.gap(text, first=first, last=last)
        edges = self.gap(gaps_and_words[0], first=first) + self.gap(gaps_and_words[-1], last=last)
        gaps = sum(map(self._gaps.__getitem__, gaps_and_words[2:-1:2]))
        return edges + gaps + sum(map(self._words.__getitem__, gaps_and_words[1::2]))

    def run(self, marked: str) -> int:
        """The tokens of one marked run."""
        if marking.reading(marked.isascii()).alone.fullmatch(marked):
            return sum(map(self._alone.__getitem__, marked))
        return cost(marked, self.known)


def _given(table: Mapping[str, list[str]]) -> dict[str, int]:
    """A table tokens -> strings, turned round."""
    given: dict[str, int] = {}
    for tokens, texts in table.items():
        given.update(dict.fromkeys(texts, int(tokens)))
    return given


class Remembered(dict[str, _Found]):
    """What was found of strings, found out when first asked.

    When full it forgets all but what it was given; long strings aren't kept.
    """

    def __init__(self, find: Callable[[str], _Found], given: Mapping[str, _Found] | None = None) -> None:
        super().__init__(given or {})
        self._find = find
        self._given = len(self)

    def __missing__(self, text: str) -> _Found:
        found = self._find(text)
        if len(text) <= _LONGEST_KEPT:
            if len(self) >= self._given + _COSTS_KEPT:
                for old in list(self)[self._given :]:
                    self.pop(old, None)
            self[text] = found
        return found


class Texts:
    """Texts and their counts, bounded in characters: two generations, the older forgotten when the younger is full."""

    def __init__(self) -> None:
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}
        self._size = 0

    def get(self, text: str) -> int | None:
        """The count of a text that was put, or None."""
        found = self._young.get(text)
        return self._old.get(text) if found is None else found

    def put(self, text: str, tokens: int) -> None:
        """Remember; a text of more than a quarter of the bound isn't."""
        if len(text) > _CHARS_KEPT // 4:
            return
        self._size += len(text) + _CHARS_OF_ENTRY
        if self._size > _CHARS_KEPT:
            self._old, self._young, self._size = self._young, {}, len(text)
        self._young[text] = tokens
