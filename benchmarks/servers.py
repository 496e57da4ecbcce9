"""Starting and pinning the servers that the benchmarks measure."""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SERVER_CORE, LOAD_CORE = 0, 1
BASIC = {
    "model": "claude-opus-4-1-20250805",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hello, Claude"}],
}
HEADERS = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pinned(core: int, command: list[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command] if len(os.sched_getaffinity(0)) > 1 else command


def wait_for(port: int, seconds: float = 15) -> float:
    """Seconds until something listens on the port."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.perf_counter() - begun
        time.sleep(0.005)
    raise SystemExit(f"nothing listens on port {port} after {seconds} s")


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server process on SERVER_CORE, stopped at the end."""
    process = subprocess.Popen(
        _pinned(SERVER_CORE, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir()
    )
    try:
        wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def fakeapi_command(port: int, *options: str) -> list[str]:
    """How a user starts fakeapi, its log on as by default."""
    return [sys.executable, "-m", "fakeapi", "serve", "--port", str(port), *options]


def post(port: int, body: object, path: str = "/v1/messages") -> tuple[int, list[tuple[str, str]], str]:
    """One request to a server on this machine: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, json.dumps(body), HEADERS)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.getheaders(), text


COUNTER = "@@@@@@"
"""What a body may contain to be different in each request: wrk puts a number there."""


def wrk_script(body: object) -> str:
    """A wrk script that posts this body."""
    text = json.dumps(json.dumps(body))
    lines = ['wrk.method = "POST"', *(f'wrk.headers["{name}"] = "{value}"' for name, value in HEADERS.items())]
    if COUNTER in text:
        before, after = (part for part in text.split(COUNTER))
        lines += [
            "n = 100000",
            f'function request() n = n + 1; return wrk.format(nil, nil, nil, {before}" .. n .. "{after})',
        ]
        lines += ["end"]
    else:
        lines.append(f"wrk.body = {text}")
    return "\n".join(lines)


def wrk(port: int, body: object, seconds: int, connections: int = 16) -> float:
    """Requests per second that wrk gets out of a server, the load on LOAD_CORE."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(wrk_script(body))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
        out = subprocess.run(
            _pinned(LOAD_CORE, [*command, f"http://127.0.0.1:{port}/v1/messages"]),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if "Non-2xx" in out:
        raise SystemExit(f"the server refused some requests:\n{out}")
    return float(out.split("Requests/sec:")[1].split()[0])


class Rate(NamedTuple):
    """What one round of load got out of a server: requests per second, and its CPU time for each, in microseconds."""

    per_second: float
    cpu: float


class Side(NamedTuple):
    """One side of a comparison: a server that runs on a port, and what it is asked."""

    process: subprocess.Popen[bytes]
    port: int
    asked: object


def measured(side: Side, seconds: int) -> Rate:
    """One round."""
    before = cpu_seconds(side.process)
    rate = wrk(side.port, side.asked, seconds)
    return Rate(rate, (cpu_seconds(side.process) - before) / (rate * seconds) * 1e6)


def in_turn(mine: Side, theirs: Side, rounds: int, seconds: int) -> list[tuple[Rate, Rate]]:
    """Rounds of both sides, in turn, after a warm-up of each; every other pair begins with the other side."""
    for side in (mine, theirs):
        wrk(side.port, side.asked, 1)
    pairs = []
    for number in range(rounds):
        first, second = (mine, theirs) if number % 2 == 0 else (theirs, mine)
        rates = measured(first, seconds), measured(second, seconds)
        pairs.append(rates if number % 2 == 0 else (rates[1], rates[0]))
    return pairs


def told(pairs: list[tuple[Rate, Rate]], mine: str, theirs: str) -> float:
    """Print the rounds and the median of what `mine` has of the requests per second of `theirs`, which is returned."""
    for ours, others in pairs:
        sides = "   ".join(
            f"{name} {per_second:7.0f}/s {cpu:5.1f} us" for name, (per_second, cpu) in ((mine, ours), (theirs, others))
        )
        ratio, by_cpu = ours.per_second / others.per_second, others.cpu / ours.cpu
        print(f"{sides}   ratio {ratio:.2f}, by CPU time {by_cpu:.2f}")
    ratio = statistics.median(ours.per_second / others.per_second for ours, others in pairs)
    by_cpu = statistics.median(others.cpu / ours.cpu for ours, others in pairs)
    print(f"median ratio {ratio:.2f}, by CPU time {by_cpu:.2f}")
    return ratio


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Processor time that a process has used so far, user and system."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of a process, in MB (1e6 bytes)."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
