"""What the pytest plugin costs: a suite of 200 trivial tests with the fixture, the same without it, and without the plugin.

`python benchmarks/plugin.py [--rounds 7] [--tests 200] [--workers 2]`. The variants take turns, so that a busy machine slows all alike;
the differences are those of their medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

_SUITE = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_nothing({arguments}):
    pass
"""
_VARIANTS = {
    "without the plugin": ("number", ("-p", "no:fakeapi")),
    "with the plugin, unused": ("number", ()),
    "with the fixture": ("fakeapi, number", ()),
    "with the in-process fixture": ("fakeapi_in_process, number", ()),
}
_PLAIN = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-p", "no:anyio")


def seconds(suite: Path, flags: Iterable[str]) -> float:
    """How long a run of a suite takes, from the start of the process to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *_PLAIN, *flags, str(suite)]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=suite.parent, env=environment)
    return time.perf_counter() - begun


def measure(folder: Path, count: int, rounds: int, more: tuple[str, ...]) -> dict[str, float]:
    """The median of each variant; each round measures them all, after one that doesn't count."""
    suites = {}
    for number, (name, (arguments, flags)) in enumerate(_VARIANTS.items()):
        suite = folder / f"test_suite_{number}.py"
        suite.write_text(_SUITE.format(count=count, arguments=arguments))
        suites[name] = (suite, (*flags, *more))
    taken: dict[str, list[float]] = {name: [] for name in suites}
    for round in range(rounds + 1):
        for name, (suite, flags) in suites.items():
            passed = seconds(suite, flags)
            if round:
                taken[name].append(passed)
    return {name: statistics.median(times) for name, times in taken.items()}


def tell(title: str, medians: dict[str, float]) -> None:
    """Print a line for each variant, with its difference from the one without the plugin."""
    print(title)
    base = medians["without the plugin"]
    for name, median in medians.items():
        print(f"  {name:28}  {median:6.3f} s  {median - base:+7.3f} s")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one = measure(Path(folder), options.tests, options.rounds, ("-p", "no:xdist"))
        tell(f"{options.tests} tests, one process, median of {options.rounds}", one)
        many = measure(Path(folder), options.tests, options.rounds, ("-n", str(options.workers)))
        tell(f"{options.tests} tests, pytest -n {options.workers}, median of {options.rounds}", many)


if __name__ == "__main__":
    main()
