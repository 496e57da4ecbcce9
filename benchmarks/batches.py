"""What batches cost: the processor time of one, single requests beside it, polling it, and the memory of a large one.

    python benchmarks/batches.py [--items 10000] [--rounds 5] [--large 100000] [--bytes 1000]

Every item asks something else. `--large 0` leaves the large batch out, which takes a minute. Single requests are timed
in turns, without a batch and beside one that has its part of the items, for as long each, by a client on another core
than the server, where there is one. What disturbs the machine so disturbs both.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers import BASIC, HEADERS, LOAD_CORE, cpu_seconds, fakeapi_command, free_port, running

_AT_ONCE = 1_000
_PATH = "/v1/messages/batches"
_PAUSES = {"200 a second": 0.005, "one after the other": 0.0}
_BETWEEN_POLLS = 50


class Client:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a 200."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request(method, path, data, HEADERS)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
        return text

    def seconds(self, method: str, path: str, body: Any = None) -> float:
        """How long one request takes."""
        begun = time.perf_counter()
        self.ask(method, path, body)
        return time.perf_counter() - begun


def batch_of(items: int, size: int) -> bytes:
    """The body of a batch whose items have about so many bytes each."""
    return b'{"requests":[' + b",".join(_items(items, size)) + b"]}"


def _items(count: int, size: int) -> Iterator[bytes]:
    for start in range(0, count, _AT_ONCE):
        rows = (_item(index, size) for index in range(start, min(count, start + _AT_ONCE)))
        yield b",".join(json.dumps(row).encode() for row in rows)


def _item(index: int, size: int) -> Any:
    text = f"What is {index} plus {index}? "
    text += "Show every step. " * ((size - 180) // 17)
    params = {"model": "claude-haiku-4-5", "max_tokens": 1024, "messages": [{"role": "user", "content": text}]}
    return {"custom_id": f"item-{index}", "params": params}


def marks(seconds: list[float]) -> tuple[float, ...]:
    """Median, 90th and 99th percentile and the slowest, in milliseconds."""
    ranked = sorted(seconds)
    return tuple(ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1e3 for share in (0.5, 0.9, 0.99, 1))


def percentiles(seconds: list[float]) -> str:
    """The same as text."""
    return "p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.1f} ms".format(*marks(seconds))


def alone(process: subprocess.Popen[bytes], port: int, items: int) -> None:
    """A batch that nobody disturbs: its processor time, then what a poll of it costs."""
    client = Client(port)
    before = cpu_seconds(process)
    id, _ = created(client, batch_of(items, 300))
    spent = cpu_seconds(process) - before
    print(f"{items} items: created with {spent * 1e3:.0f} ms of CPU")
    while not has_ended(client, id):
        time.sleep(0.2)
    print(f"walked with {cpu_seconds(process) - before - spent:.2f} s of CPU")
    before = cpu_seconds(process)
    polls = [client.seconds("GET", f"{_PATH}/{id}") for _ in range(2000)]
    print(f"a poll: {percentiles(polls)}, {(cpu_seconds(process) - before) / 2:.3f} ms of CPU")
    waits = [creating(port, batch_of(items, 300))[2] for _ in range(3)]
    print(f"while a batch of {items} is created, a single request waits for {max(waits) * 1e3:.0f} ms at most")


def creating(port: int, body: bytes) -> tuple[str, float, float]:
    """The id of a new batch, how long it took to create it, and the longest that a single request took meanwhile."""
    other, over, taken = Client(port), threading.Event(), list[float]()

    def ask() -> None:
        while not over.is_set():
            taken.append(_paced(other, 0.002))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        id, took = created(Client(port), body)
    finally:
        over.set()
        asking.join()
    return id, took, max(taken)


def created(client: Client, body: bytes) -> tuple[str, float]:
    """The id of a new batch, and how long it took to create it, in seconds."""
    begun = time.perf_counter()
    batch = json.loads(client.ask("POST", _PATH, body))
    return batch["id"], time.perf_counter() - begun


def has_ended(client: Client, id: str) -> bool:
    """Whether a batch has ended."""
    return bool(json.loads(client.ask("GET", f"{_PATH}/{id}"))["processing_status"] == "ended")


def beside(port: int, items: int, rounds: int) -> None:
    """Single requests without and with a batch beside them, in turns, after a round to warm up."""
    client, body = Client(port), batch_of(items // rounds, 300)
    for name, pause in _PAUSES.items():
        _, _, took = _busy(client, body, pause)
        quiet, busy, polls, walks = list[float](), list[float](), list[float](), list[float]()
        for _ in range(rounds):
            quiet += _quiet(client, took, pause)
            seconds, of_polls, took = _busy(client, body, pause)
            busy, polls, walks = busy + seconds, polls + of_polls, [*walks, took]
        print(f"single requests, {name}: {percentiles(quiet)} ({len(quiet)})")
        print(f"  beside batches: {percentiles(busy)} ({len(busy)}); {items} items took {sum(walks):.1f} s")
        ratios = (with_it / without for with_it, without in zip(marks(busy), marks(quiet), strict=True))
        print("  ratio: p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.1f}".format(*ratios))
        print(f"  polls of the batches meanwhile: {percentiles(polls)}")


def _quiet(client: Client, seconds: float, pause: float) -> list[float]:
    """How long each request takes that is sent within so many seconds."""
    until, taken = time.perf_counter() + seconds, list[float]()
    while time.perf_counter() < until:
        taken.append(_paced(client, pause))
    return taken


def _busy(client: Client, body: bytes, pause: float) -> tuple[list[float], list[float], float]:
    """How long requests take beside a batch, and polls of it, and the batch itself."""
    id, _ = created(client, body)
    busy, polls, begun = list[float](), list[float](), time.perf_counter()
    while not has_ended(client, id):
        busy += [_paced(client, pause) for _ in range(_BETWEEN_POLLS)]
        polls.append(client.seconds("GET", f"{_PATH}/{id}"))
    return busy, polls, time.perf_counter() - begun


def _paced(client: Client, pause: float) -> float:
    if pause:
        time.sleep(pause)
    return client.seconds("POST", "/v1/messages", BASIC)


def large(process: subprocess.Popen[bytes], port: int, items: int, size: int) -> None:
    """A batch as large as they come: memory at its peak, and the time to write its results."""
    client, body = Client(port), batch_of(items, size)
    id, took, wait = creating(port, body)
    print(f"{items} items, {len(body) / 1e6:.0f} MB: created in {took:.2f} s, at its peak {_peak(process):.0f} MB")
    print(f"a single request waited for {wait:.2f} s meanwhile")
    while not has_ended(client, id):
        time.sleep(1)
    begun = time.perf_counter()
    results = client.ask("GET", f"{_PATH}/{id}/results")
    took = time.perf_counter() - begun
    lines = results.count(b"\n")
    print(f"{lines} results, {len(results) / 1e6:.0f} MB in {took:.2f} s; peak of all: {_peak(process):.0f} MB")


def _peak(process: subprocess.Popen[bytes]) -> float:
    """The most memory that a process has ever had resident, in MB (Linux)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=1_000)
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {LOAD_CORE})
    port = free_port()
    with running(fakeapi_command(port), port) as process:
        alone(process, port, options.items)
        beside(port, options.items, options.rounds)
    if options.large:
        port = free_port()
        with running(fakeapi_command(port), port) as process:
            large(process, port, options.large, options.bytes)


if __name__ == "__main__":
    main()
