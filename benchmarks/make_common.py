"""Writes `fixtures/tokens/common_*.json`: what common words and gaps cost, so that a first text is counted quickly.

    python benchmarks/make_common.py FOLDER...

The folders hold any text and source files; only words and gaps that occur in at least three files are kept, with their
costs by the vocabularies. The counts are the same without these files. Those shipped were made of the standard library
of Python 3.11 and the READMEs (METADATA) of some two hundred packages.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fakeapi.facts import marking  # noqa: E402  # the checkout, not an installed package
from fakeapi.facts.counter import Counter as TokenCounter  # noqa: E402
from fakeapi.facts.vocabulary import vocabulary  # noqa: E402

SUFFIXES = (".py", ".md", ".txt", ".rst", ".json", "METADATA")
WORDS, GAPS, FILES = 30_000, 4_000, 3


def main(folders: Iterable[str]) -> None:
    """Write the tables of every family."""
    words, gaps = _counted(folders)
    for family in ("classic", "2026"):
        counter = _bare(family)
        whole = counter.known.whole_words()
        spelled = _spelled(words)
        table = {
            "words": {n: " ".join(found) for n, found in _by_cost(spelled, counter.word, whole).items()},
            "gaps": _by_cost(gaps, counter.gap, {}),
        }
        path = ROOT / "fixtures" / "tokens" / f"common_{family}.json"
        path.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def _bare(family: str) -> TokenCounter:
    return TokenCounter(vocabulary(family), {"words": {}, "gaps": {}})


def _spelled(words: list[str]) -> list[str]:
    """The words, and those of the larger vocabulary, small and with a capital."""
    known = sorted(vocabulary("classic").whole_words())
    return list(dict.fromkeys([*words, *(word for word in known if word.isascii() and word.isalpha())]))


def _counted(folders: Iterable[str]) -> tuple[list[str], list[str]]:
    words: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    pattern = marking.reading(True)
    for text in _texts(folders):
        words.update({word for word in pattern.word.findall(text) if "'" not in word and len(word) < 24})
        gaps.update({gap for gap in pattern.gap.findall(marking.alike(text)) if len(gap) < 24})
    return _frequent(words, WORDS), _frequent(gaps, GAPS)


def _texts(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.name.endswith(SUFFIXES):
                yield path.read_bytes().decode("ascii", "ignore")


def _frequent(found: Counter[str], most: int) -> list[str]:
    return [text for text, files in found.most_common(most) if files >= FILES]


def _by_cost(texts: Iterable[str], cost: Callable[[str], int], known: dict[str, int]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for text in sorted(set(texts) - set(known)):
        table.setdefault(str(cost(text)), []).append(text)
    return dict(sorted(table.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
