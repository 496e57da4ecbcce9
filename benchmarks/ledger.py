"""What the prompt cache costs: memory over many requests with many prefixes, and requests per second.

`python benchmarks/ledger.py [--requests 1000000] [--prefixes 10000] [--entries 5000] [--rounds 7] [--at-least 0.9]`:
first the ledger and the store alone, with the size of the process as it goes; then a server, with and without
`cache_control`, in turn (needs wrk and two cores).
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from typing import Any

from servers import Side, fakeapi_command, free_port, in_turn, running, told

from fakeapi.endpoints import caching
from fakeapi.facts import catalogue
from fakeapi.facts.prefixes import Prefixes, prefixes
from fakeapi.memory.store import Bound, Store

MODEL = "claude-sonnet-5"
SYSTEM = "All bridges carry loads to the ground by one of a few means. " * 100
NOW = 1_790_000_000.0
LINES = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", "content-type": "application/json"}
BILL = {
    "input_tokens": 10**6,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 1,
}


def asked(number: int, *, cached: bool = True) -> dict[str, Any]:
    """A request with a prefix of its own, long enough to be cached."""
    system: dict[str, Any] = {"type": "text", "text": f"{number}. {SYSTEM}"}
    if cached:
        system["cache_control"] = {"type": "ephemeral"}
    said = [{"role": "user", "content": "Hello, Claude"}]
    return {"model": MODEL, "max_tokens": 1024, "system": [system], "messages": said}


def of(number: int) -> Prefixes:
    """The prefixes of that request."""
    model = catalogue.resolve(MODEL)
    assert model is not None
    found = prefixes(asked(number), model)
    assert found is not None
    return found


def megabytes() -> float:
    """The size of this process by now."""
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[1]) * resource.getpagesize() / 1e6


def keep(requests: int, distinct: int, entries: int) -> None:
    """Many requests through ledger and store: how long each takes, how large the process is on the way."""
    known = [of(number) for number in range(distinct)]
    store = Store({caching.CACHE: Bound(entries)})
    dice, sizes, begun, hits = random.Random(0), [], time.process_time(), 0
    for number in range(requests):
        now = NOW + number / 1000
        marked = known[dice.randrange(distinct)]
        found = caching.spread(store.view("", now), marked, BILL, MODEL, "sk-ant-fake", now)
        store.apply("", found.changes)
        hits += found.state == "hit"
        if number % max(requests // 10, 1) == 0:
            sizes.append(megabytes())
    taken = time.process_time() - begun
    print(f"{requests} requests over {distinct} prefixes, {entries} kept: {taken / requests * 1e6:.1f} us each")
    print(f"{hits} hits; entries {store.weight(caching.CACHE)[0]}; MB " + " ".join(f"{size:.0f}" for size in sizes))


def served(rounds: int, seconds: int) -> float:
    """The share of a server's requests per second that is left with caching: equal requests, marked and not."""
    port = free_port()
    with running(fakeapi_command(port), port) as process:
        marked, plain = (Side(process, port, asked(0, cached=cached)) for cached in (True, False))
        return told(in_turn(marked, plain, rounds, seconds), "with caching", "without")


def main() -> int:
    """Measure and print; 1 where less than --at-least of the requests per second is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--prefixes", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    keep(options.requests, options.prefixes, options.entries)
    return 0 if served(options.rounds, options.seconds) >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
