"""What sessions cost: the start of a server, the life of a session, and a thousand of them with a hundred exchanges.

`python benchmarks/sessions.py`: the median of several rounds each, and the bounds that have to hold. Wall time, except
where it says CPU.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from json import dumps

import fakeapi
from fakeapi.adapters.porter import Porter
from fakeapi.adapters.tester.tester import Tester
from fakeapi.settings import Settings
from fakeapi.transport import Transport
from fakeapi.wire import Request, Send

START_MS, SESSION_MS = 150.0, 2.0
"""The bounds of issue 9, in milliseconds."""
SESSIONS, EXCHANGES = 1_000, 100
JOURNAL_MB = 64
HEADERS = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", "content-type": "application/json"}
BODY = dumps(
    {
        "model": "claude-opus-5",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "Hello, Claude"}],
        "stream": True,
    }
).encode()


def milliseconds(work: Callable[[int], object], rounds: int) -> float:
    """The median of so many rounds."""
    taken = []
    for number in range(rounds):
        begun = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def start(_: int) -> None:
    """A server comes up, and answers."""
    server = fakeapi.Server()
    server.start()
    server.stop()


def live(tester: Tester) -> Callable[[int], None]:
    """A session is set up with a rule, and forgotten."""

    def once(number: int) -> None:
        with tester.session(f"test-{number}") as session:
            session.reply("Hi")

    return once


def bear(tester: Tester) -> Callable[[int], None]:
    """The same in two calls of the admin API: born with a rule, and dropped."""

    def once(number: int) -> None:
        given = {"id": f"test-{number}", "rules": [{"match": {}, "respond": "Hi"}]}
        tester.ask("POST", "/sessions", given)
        tester.drop(f"test-{number}")

    return once


def crowd() -> Porter:
    """A thousand sessions with a hundred exchanges each, in turn, as parallel tests would have them."""
    porter = Porter(Settings(journal_entries=SESSIONS * EXCHANGES, journal_mb=JOURNAL_MB))
    for _ in range(EXCHANGES):
        for number in range(SESSIONS):
            path = f"/s/test-{number}/v1/messages"
            visit = porter.answer(Request("POST", path, "", dict(HEADERS), bytes(bytearray(BODY))))
            visit.sent(b"".join(effect.data for effect in visit.reply.effects if isinstance(effect, Send)))
            porter.close(visit, "completed")
    return porter


def report(told: str, value: float, bound: float, unit: str) -> bool:
    """One line, and whether the bound holds."""
    print(f"{told:<58} {value:10,.2f} {unit:<3}  (at most {bound:,.0f}){'' if value <= bound else '  TOO MUCH'}")
    return value <= bound


def main() -> int:
    """Measure, print; 1 where a bound doesn't hold."""
    milliseconds(start, 3)
    good = [report("a server starts and stops, in a warm process", milliseconds(start, 20), START_MS, "ms")]
    with fakeapi.Server() as server:
        for told, tester in (
            ("direct", server),
            ("in process", fakeapi.in_process(Transport())),
            ("over HTTP", fakeapi.connect(server.url)),
        ):
            milliseconds(bear(tester), 50)
            good.append(
                report(f"a session is set up and torn down, {told}", milliseconds(bear(tester), 300), SESSION_MS, "ms")
            )
            kept = milliseconds(live(tester), 300)
            print(f"{f'  the same by the Python surface, {told}':<58} {kept:10,.2f} ms")
    good += crowded()
    return 0 if all(good) else 1


def crowded() -> list[bool]:
    """The thousand sessions, and what the journal holds of them."""
    gc.collect()
    tracemalloc.start()
    begun = time.process_time()
    porter = crowd()
    cpu = time.process_time() - begun
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert porter.journal is not None
    entries, weight = porter.journal.weight
    alive = len(porter.sessions)
    print(f"{SESSIONS:,} sessions x {EXCHANGES} exchanges: {cpu:.1f} s CPU (traced), {alive:,} sessions alive")
    print(f"  the journal has {entries:,} entries, and has forgotten {porter.journal.forgotten():,}")
    return [
        report("  the journal's own weight", weight / 1e6, JOURNAL_MB, "MB"),
        report("  the most that Python has allocated, server included", most / 1e6, 2 * JOURNAL_MB, "MB"),
    ]


if __name__ == "__main__":
    sys.exit(main())
