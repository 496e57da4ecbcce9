"""What the journal costs, as a share of what an exchange costs the server, in one run.

`python benchmarks/journal.py [--rounds 5] [--seconds 3] [--at-least 0.9]`: requests per second of a server with a
journal and of one without, in turn (needs wrk and two cores); then CPU time, where the app is asked in process, by ASGI
and without a socket.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from json import dumps
from typing import Any

from servers import BASIC, Side, fakeapi_command, free_port, in_turn, running, told

from fakeapi.adapters.asgi import App
from fakeapi.adapters.porter import Porter
from fakeapi.memory.journal import Journal
from fakeapi.memory.secrets import find
from fakeapi.settings import Settings
from fakeapi.wire import Request

HEADERS = {
    "host": "127.0.0.1:4010",
    "x-api-key": "sk-ant-fake",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
    "user-agent": "wrk",
}
STREAM = {**BASIC, "messages": [{"role": "user", "content": "Hello, world"}], "stream": True}
PROSE = "The quick brown fox jumps over the lazy dog, and a password is of no use to it. "


def agent(filler: str) -> dict[str, Any]:
    """A request of 150 kB, as an agent sends it."""
    tools = [{"name": f"tool_{n}", "description": PROSE * 20, "input_schema": {"type": "object"}} for n in range(30)]
    return {
        **BASIC,
        "tools": tools,
        "system": PROSE * 300 + filler,
        "messages": [{"role": "user", "content": PROSE * 900}],
    }


def asking(app: App, content: Any) -> Callable[[], None]:
    """One exchange, answered and closed."""
    body = dumps(content).encode()
    lines = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "http_version": "1.1"}

    async def receive() -> Any:
        return {"type": "http.request", "body": bytes(bytearray(body))}

    async def send(_: Any) -> None:
        """It is gone."""

    def ask() -> None:
        walk = app({**scope, "headers": list(lines)}, receive, send)
        try:
            walk.send(None)
        except StopIteration:
            return
        raise RuntimeError("an answer that waits for something")

    return ask


def microseconds(ask: Callable[[], object], seconds: float = 0.25) -> float:
    """The CPU time of one exchange, over some."""
    ask()
    times, begun = 0, time.process_time()
    while (now := time.process_time()) - begun < seconds:
        for _ in range(20):
            ask()
        times += 20
    return (now - begun) / times * 1e6


def compared(content: Any, rounds: int) -> tuple[float, float]:
    """The best time of an exchange without and with a journal, in turn."""
    without = asking(App(Settings(journal_entries=0)), content)
    kept = asking(App(Settings()), content)
    pairs = [(microseconds(without), microseconds(kept)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def served(content: Any, rounds: int, seconds: int) -> float:
    """The share of its requests per second that a server keeps with a journal."""
    ours, theirs = free_port(), free_port()
    without = fakeapi_command(theirs, "--journal-entries", "0")
    with running(fakeapi_command(ours), ours) as mine, running(without, theirs) as other:
        pairs = in_turn(Side(mine, ours, content), Side(other, theirs, content), rounds, seconds)
    return told(pairs, "with a journal", "without")


def memory() -> tuple[int, float]:
    """What the journal says that 1,000 sessions of 100 exchanges weigh, and what the process has grown by, in MB."""
    before = resident()
    journal = Journal(entries=100_000, size=512 * 1024 * 1024)
    body, answer = dumps(BASIC).encode(), b"x" * 460
    exchange, lines = asking_once()
    for number in range(100_000):
        record = journal.open(Request("POST", "/v1/messages", "", dict(HEADERS), body), str(number % 1000), 1.0)
        record.sent(answer + b"%d" % number, 1.0)
        record.close(exchange._replace(request_id=f"req_{number}"), tuple(lines), "completed", 1.0)
    return journal.weight[1], (resident() - before) / 1e6


def asking_once() -> Any:
    """The exchange and the header lines of one answer."""
    porter = Porter(Settings())
    visit = porter.answer(Request("POST", "/v1/messages", "", dict(HEADERS), dumps(BASIC).encode()))
    return visit.answer.exchange, visit.reply.headers


def resident() -> int:
    """Resident memory of this process, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def main() -> int:
    """Print what each kind of exchange costs without the journal, and what the journal adds; 1 where a server keeps
    less than --at-least of its requests per second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    rounds = options.rounds
    shares = []
    for name, asked in {"basic request": BASIC, "stream": STREAM}.items():
        print(name)
        shares.append(served(asked, rounds, options.seconds))
    secret = '{"authorization_token": "' + "x" * 40 + '"}'
    kinds = {"basic request": BASIC, "stream": STREAM, "150 kB": agent(""), "150 kB with a secret": agent(secret)}
    for name, content in kinds.items():
        without, kept = compared(content, rounds)
        print(f"{name:22} {without:8.1f} us, with the journal {kept - without:7.1f} us more ({kept / without - 1:.0%})")
    text = dumps(agent("")).encode()
    print(f"looking for secrets in {len(text) / 1000:.0f} kB: {microseconds(lambda: find(text)):.0f} us")
    weight, grown = memory()
    print(f"1,000 sessions of 100 exchanges: {weight / 1e6:.0f} MB by its own account, {grown:.0f} MB by the system's")
    return 0 if min(shares) >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
