"""Writes `fixtures/tokens/common_*.json`: what common words and gaps cost, so that a first text is counted quickly.

    python benchmarks/make_common.py FOLDER... [RECORDINGS.jsonl.gz]

The folders hold any text and source files. The words and gaps that occur in most of them are kept, with their costs by
the vocabularies; of recordings, only the half that `fit_tokens.py` doesn't report on is read, and `pydoc_data`, which
`count_speed.py` measures with, is left out. The counts are the same without these files. Those shipped were made of the
standard library of Python 3.11, the READMEs (METADATA) of some two hundred packages, and recordings.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import token_recordings  # noqa: E402

from fakeapi.facts import marking  # noqa: E402  # the checkout, not an installed package
from fakeapi.facts.counter import Counter as TokenCounter  # noqa: E402
from fakeapi.facts.vocabulary import vocabulary  # noqa: E402

SUFFIXES = (".py", ".md", ".txt", ".rst", ".json", "METADATA")
RECORDED, MOST_WORDS, MOST_GAPS, MOST_TOKENS = 20, 40_000, 7_000, 6
"""A recording stands for that many files; so many words and gaps are kept, of so many tokens at most."""


def main(folders: Iterable[str]) -> None:
    """Write the tables of every family."""
    words, gaps = _counted(folders)
    for family in ("classic", "2026"):
        counter = _bare(family)
        whole = counter.known.whole_words()
        table = {
            "words": _by_cost(words, counter.word, whole),
            "gaps": _by_cost(gaps, counter.gap, {}),
            "runs": _by_cost(_runs(gaps, counter), counter.run, {}),
        }
        path = ROOT / "fixtures" / "tokens" / f"common_{family}.json"
        path.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def _runs(gaps: Iterable[str], counter: TokenCounter) -> list[str]:
    return [run for gap in gaps for run in marking.marked_gap(gap, counter.known)]


def _bare(family: str) -> TokenCounter:
    return TokenCounter(vocabulary(family), {"words": {}, "gaps": {}, "runs": {}})


def _counted(sources: Iterable[str]) -> tuple[list[str], list[str]]:
    """The common words, small, and the common gaps."""
    words = Counter(dict.fromkeys(_small(vocabulary("classic").whole_words()), RECORDED))
    gaps: Counter[str] = Counter()
    pattern = marking.reading(True)
    for text, weight in _texts(sources):
        found = pattern.word.split(marking.alike(text))
        words.update(dict.fromkeys(_small(found[1::2]), weight))
        gaps.update(dict.fromkeys((gap for gap in found[2:-1:2] if len(gap) < 24), weight))
    plain = {word: n for word, n in words.items() if word.isascii() and word.replace("'", "").isalpha()}
    return _frequent(plain, MOST_WORDS), _frequent(gaps, MOST_GAPS)


def _small(words: Iterable[str]) -> set[str]:
    """Words written in one of the usual ways, small; identifiers and fragments of codes are left out."""
    usual = (word for word in words if 2 < len(word) < 16 and (word[1:].islower() or word.isupper()))
    return {word if "'" in word else word.lower() for word in usual}


def _texts(sources: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Texts, with the number of texts that each stands for."""
    for source in map(Path, sources):
        if source.name.endswith(".jsonl.gz"):
            yield from ((each.text, RECORDED) for each in token_recordings.read(source) if not each.held_back)
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.name.endswith(SUFFIXES) and "pydoc_data" not in path.parts:
                yield path.read_bytes().decode("ascii", "ignore"), 1


def _frequent(found: Mapping[str, int], most: int) -> list[str]:
    return [text for text, _ in Counter(found).most_common(most)]


def _by_cost(texts: Iterable[str], cost: Callable[[str], int], known: dict[str, int]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for text in sorted(set(texts) - set(known)):
        if cost(text) <= MOST_TOKENS:
            table.setdefault(str(cost(text)), []).append(text)
    return dict(sorted(table.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
