"""How fast tokens are counted, and what the counter costs to load.

    python benchmarks/count_speed.py [FILE...]

For each 100 kB of text: `cold`, by a counter that has just been loaded; `met`, a new text of words and gaps that it has
met before; `seen`, the same text again. Without files: Faker's English, this project's schemas, Python's own help.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fakeapi.facts import counter as counters  # noqa: E402  # the checkout, not an installed package

SIZE = 100_000
ROUNDS = 7
FAMILIES = ("classic", "2026")


def main(files: list[str]) -> None:
    """Print the table."""
    print(f"loading: {_loading()}\n")
    print(f"{'per 100 kB, median over the texts':36} {'texts':>5} {'cold ms':>8} {'met ms':>8} {'seen ms':>8}")
    for name, texts in _texts(files).items():
        for family in FAMILIES:
            rows = [_times(family, text) for text in texts]
            cold, met, seen = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name + ', ' + family:36} {len(texts):5} {cold:8.2f} {met:8.2f} {seen:8.3f}")


def _loading() -> str:
    before = _memory()
    start = time.perf_counter()
    for family in FAMILIES:
        counters.counter(family).count("A first text, in “English”.")
    return f"{(time.perf_counter() - start) * 1e3:.0f} ms, {_memory() - before:.0f} MB for both families"


def _texts(files: list[str]) -> dict[str, list[str]]:
    if files:
        return {Path(file).name: _sliced(Path(file).read_text(encoding="utf-8")) for file in files}
    from pydoc_data.topics import topics

    from faker import Faker

    faker = Faker("en_US")
    faker.seed_instance(1)
    return {
        "English sentences": _sliced("\n".join(faker.text(600) for _ in range(600))),
        "JSON": _sliced("\n".join(path.read_text("utf-8") for path in sorted(ROOT.glob("schemas/**/*.json")))),
        "reStructuredText": _sliced("\n\n".join(topics.values())),
    }


def _sliced(text: str) -> list[str]:
    return [text[at : at + SIZE] for at in range(0, len(text) - SIZE + 1, SIZE)][:4] or [text]


def _times(family: str, text: str) -> tuple[float, float, float]:
    rounds = [_round(family, text) for _ in range(ROUNDS)]
    cold, met, seen = (min(column) for column in zip(*rounds, strict=True))
    return cold, met, seen


def _round(family: str, text: str) -> tuple[float, float, float]:
    counters.counter.cache_clear()
    counter = counters.counter(family)
    scale = SIZE / max(1, len(text.encode()))
    cold = _milliseconds(lambda: counter.count(text)) * scale
    met = _milliseconds(lambda: counter.count(text + " again")) * scale
    again = "".join([text[:1], text[1:]])
    return cold, met, _milliseconds(lambda: counter.count(again)) * scale


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def _memory() -> float:
    """Resident memory in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
