"""What the pytest plugin costs: a suite of 200 trivial tests with the fixture and without it, alone and under xdist.

`python benchmarks/plugin.py [--rounds 7] [--tests 200] [--workers 2]`. The variants take turns, so that a busy machine
slows all alike. Told are the medians, of the time and of the CPU time, and their differences from a run without the
plugin.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

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
_PLAIN = (
    "-q",
    *(word for name in ("cacheprovider", "hypothesispytest", "asyncio", "anyio") for word in ("-p", f"no:{name}")),
)


class Cost(NamedTuple):
    """What a run takes, from the start of the process to its end, in seconds."""

    time: float
    cpu: float


def cost(suite: Path, flags: Iterable[str]) -> Cost:
    """What one run of a suite takes, its workers included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *_PLAIN, *flags, str(suite)]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=suite.parent, env=environment)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return Cost(ended - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(folder: Path, count: int, rounds: int, more: tuple[str, ...]) -> dict[str, Cost]:
    """The medians of each variant; each round measures them all, after one that doesn't count."""
    suites = {}
    for number, (name, (arguments, flags)) in enumerate(_VARIANTS.items()):
        suite = folder / f"test_suite_{number}.py"
        suite.write_text(_SUITE.format(count=count, arguments=arguments))
        suites[name] = (suite, (*flags, *more))
    taken: dict[str, list[Cost]] = {name: [] for name in suites}
    for number in range(rounds + 1):
        for name, (suite, flags) in suites.items():
            one = cost(suite, flags)
            if number:
                taken[name].append(one)
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in taken.items()}


def tell(title: str, medians: dict[str, Cost]) -> None:
    """Print a line for each variant, with its differences from the one without the plugin."""
    print(f"{title:30}       time                 CPU time")
    base = medians["without the plugin"]
    for name, one in medians.items():
        time_more, cpu_more = one.time - base.time, one.cpu - base.cpu
        print(f"  {name:28} {one.time:6.2f} s {time_more:+6.2f} s   {one.cpu:6.2f} s {cpu_more:+6.2f} s")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one = measure(Path(folder), options.tests, options.rounds, ("-p", "no:xdist"))
        tell(f"{options.tests} tests, one process", one)
        many = measure(Path(folder), options.tests, options.rounds, ("-n", str(options.workers)))
        tell(f"{options.tests} tests, pytest -n {options.workers}", many)


if __name__ == "__main__":
    main()
