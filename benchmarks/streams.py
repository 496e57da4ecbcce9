"""Streams: events per second of a core, lateness in thousands of streams, and what idle ones weigh.

`python benchmarks/streams.py [events|late|idle]...`; needs two cores. The server has one, the clients the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from long_server import QUESTION
from servers import HEADERS, LOAD_CORE, cpu_seconds, free_port, resident_megabytes, running

LONG = {
    "model": "claude-haiku-4-5",
    "max_tokens": 4096,
    "messages": [{"role": "user", "content": QUESTION}],
    "stream": True,
}


def command(port: int, *flags: str) -> list[str]:
    """The server with a long answer, its log off."""
    return [sys.executable, str(Path(__file__).with_name("long_server.py")), str(port), "--log", "quiet", *flags]


def request(**headers: str) -> bytes:
    """A raw streaming request."""
    body = json.dumps(LONG).encode()
    lines = {**HEADERS, **headers, "host": "127.0.0.1", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /v1/messages HTTP/1.1\r\n{head}\r\n".encode() + body


class Stream(asyncio.Protocol):
    """One client connection: sends its request, counts events, asks again if told to."""

    def __init__(self, data: bytes, again: bool) -> None:
        self.data = data
        self.again = again
        self.events = 0
        self.bytes = 0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(self.data)

    def data_received(self, data: bytes) -> None:
        self.events += data.count(b"event: ")
        self.bytes += len(data)
        if self.again and b"0\r\n\r\n" in data[-5:]:
            self.transport.write(self.data)


async def connected(port: int, count: int, data: bytes, *, again: bool = False) -> list[Stream]:
    """This many streams, opened a hundred at a time."""
    loop = asyncio.get_running_loop()
    streams: list[Stream] = []
    while len(streams) < count:
        size = min(100, count - len(streams))
        opening = (loop.create_connection(lambda: Stream(data, again), "127.0.0.1", port) for _ in range(size))
        streams += [protocol for _, protocol in await asyncio.gather(*opening)]
        await asyncio.sleep(0.02)
    return streams


def report(port: int) -> Any:
    """What the server says of its own lateness."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_fakeapi/metrics", timeout=10) as answer:
        return json.load(answer)


async def events_per_second(port: int, process: subprocess.Popen[bytes], seconds: float) -> tuple[float, float]:
    """Events per second of CPU time, and per second of wall time, over keep-alive connections."""
    streams = await connected(port, 8, request(), again=True)
    await asyncio.sleep(1)
    counted, used, begun = sum(s.events for s in streams), cpu_seconds(process), asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    counted = sum(s.events for s in streams) - counted
    used, wall = cpu_seconds(process) - used, asyncio.get_running_loop().time() - begun
    return counted / used, counted / wall


def events() -> None:
    """A 200-delta stream, coalesced and one write per event."""
    for pace in ("instant", "each"):
        port = free_port()
        with running(command(port, "--pace", pace), port) as process:
            by_cpu, by_wall = asyncio.run(events_per_second(port, process, 4))
        print(f"{pace:8} {by_cpu:9.0f} events per second of CPU, {by_wall:9.0f} per second of wall time")


async def _late(port: int, count: int, seconds: float) -> int:
    streams = await connected(port, count, request(**{"x-fakeapi-pace": "tokens_per_second=20"}))
    await asyncio.sleep(seconds)
    return sum(1 for stream in streams if stream.events == 0)


def late(count: int = 2000, seconds: float = 15) -> None:
    """Thousands of streams at 20 tokens per second: lateness by the server's own report."""
    port = free_port()
    with running(command(port), port) as process:
        before = cpu_seconds(process)
        silent = asyncio.run(_late(port, count, seconds))
        used = cpu_seconds(process) - before
        print(f"{count} streams at 20 tokens/s for {seconds:.0f} s: {used:.1f} s of CPU, {silent} without an event")
        print(json.dumps(report(port)))


async def _idle(port: int, count: int, process: subprocess.Popen[bytes]) -> tuple[float, int]:
    streams = await connected(port, count, request(**{"x-fakeapi-pace": "tokens_per_second=20,ttft=3600"}))
    await asyncio.sleep(3)
    return resident_megabytes(process), sum(1 for stream in streams if stream.events)


def idle(count: int = 5000) -> None:
    """Thousands of streams that have begun and say nothing."""
    port = free_port()
    with running(command(port), port) as process:
        memory, begun = asyncio.run(_idle(port, count, process))
    print(f"{begun} open idle streams: {memory:.0f} MB")


def main() -> None:
    """Run the parts that are named, all by default."""
    parts = {"events": events, "late": late, "idle": idle}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", choices=[[], *parts], default=[])
    chosen = parser.parse_args().parts
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {LOAD_CORE} if os.cpu_count() != 1 else {0})
    for name in chosen or parts:
        parts[name]()


if __name__ == "__main__":
    main()
