"""What batches cost: the processor time of one, single requests beside it, polling it, and the memory of a large one.

    python benchmarks/batches.py [--items 10000] [--large 100000] [--bytes 1000]

Every item asks something else. `--large 0` leaves the large batch out, which takes a minute.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers import BASIC, HEADERS, cpu_seconds, fakeapi_command, free_port, running

_AT_ONCE = 1_000


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


def percentiles(seconds: list[float]) -> str:
    """Median, 99th percentile and the slowest, in milliseconds."""
    ranked = sorted(seconds)
    marks = (statistics.median(ranked), ranked[int(len(ranked) * 0.99)], ranked[-1])
    return "p50 {:.2f}  p99 {:.2f}  max {:.1f} ms".format(*(mark * 1e3 for mark in marks))


def alone(process: subprocess.Popen[bytes], port: int, items: int) -> None:
    """A batch that nobody disturbs: its processor time, then what a poll of it costs."""
    client = Client(port)
    before = cpu_seconds(process)
    batch = json.loads(client.ask("POST", "/v1/messages/batches", batch_of(items, 300)))
    created = cpu_seconds(process) - before
    path = f"/v1/messages/batches/{batch['id']}"
    while json.loads(client.ask("GET", path))["processing_status"] != "ended":
        time.sleep(0.2)
    spent = cpu_seconds(process) - before
    print(f"{items} items: {spent:.2f} s of CPU, {created * 1e3:.0f} ms of it to create the batch")
    before = cpu_seconds(process)
    polls = [client.seconds("GET", path) for _ in range(2000)]
    print(f"a poll: {percentiles(polls)}, {(cpu_seconds(process) - before) / 2:.3f} ms of CPU")


def beside(port: int, items: int) -> None:
    """Single requests, 200 a second, without and with a batch beside them."""
    client = Client(port)
    quiet = [_paced(client) for _ in range(600)]
    print(f"single requests: {percentiles(quiet)}")
    batch = json.loads(client.ask("POST", "/v1/messages/batches", batch_of(items, 300)))
    path, busy, begun = f"/v1/messages/batches/{batch['id']}", list[float](), time.perf_counter()
    polls = []
    while json.loads(client.ask("GET", path))["processing_status"] != "ended":
        busy += [_paced(client) for _ in range(50)]
        polls.append(client.seconds("GET", path))
    print(f"beside a batch:  {percentiles(busy)}; the batch took {time.perf_counter() - begun:.1f} s")
    print(f"polls meanwhile: {percentiles(polls)}")


def _paced(client: Client) -> float:
    time.sleep(0.005)
    return client.seconds("POST", "/v1/messages", BASIC)


def large(process: subprocess.Popen[bytes], port: int, items: int, size: int) -> None:
    """A batch as large as they come: memory at its peak, and the time to write its results."""
    client, body = Client(port), batch_of(items, size)
    took = client.seconds("POST", "/v1/messages/batches", body)
    (row,) = json.loads(client.ask("GET", "/v1/messages/batches?limit=1"))["data"]
    print(f"{items} items, {len(body) / 1e6:.0f} MB: created in {took:.2f} s, at its peak {_peak(process):.0f} MB")
    while json.loads(client.ask("GET", f"/v1/messages/batches/{row['id']}"))["processing_status"] != "ended":
        time.sleep(1)
    begun = time.perf_counter()
    results = client.ask("GET", f"/v1/messages/batches/{row['id']}/results")
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
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--bytes", type=int, default=1_000)
    options = parser.parse_args()
    port = free_port()
    with running(fakeapi_command(port), port) as process:
        alone(process, port, options.items)
        beside(port, options.items)
    if options.large:
        port = free_port()
        with running(fakeapi_command(port), port) as process:
            large(process, port, options.large, options.bytes)


if __name__ == "__main__":
    main()
