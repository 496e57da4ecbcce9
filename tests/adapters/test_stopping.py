"""A server process that is told to stop: it ends soon, and what it cuts off is said to be cut."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from json import dumps
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import orjson
import pytest

from tests.running import Server, server
from tests.street import BASIC, DOOR

CURRENT = {**BASIC, "model": "claude-opus-5"}
SOON = 3.0
"""Seconds within which a server ends. It takes 1.2; what it took before, 3.2, is too long."""


@contextmanager
def stalled(started: Server) -> Iterator[HTTPResponse]:
    """The answer to a request whose stream has begun and never ends."""
    line = HTTPConnection(urlsplit(started.url).netloc, timeout=30)
    headers = {**dict(DOOR), "x-fakeapi-fault": "stall"}
    line.request("POST", "/v1/messages", dumps({**CURRENT, "stream": True}), headers)
    yield line.getresponse()
    line.close()


def stopped(started: Server, number: signal.Signals) -> tuple[float, list[str]]:
    """How long it takes a server to end, and what it wrote."""
    begin = time.monotonic()
    started.process.send_signal(number)
    written = started.process.communicate(timeout=20)[1]
    return time.monotonic() - begin, written.splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_that_waits_is_cut_soon_and_logged_as_cut(number):
    with server() as started, stalled(started) as answer:
        assert answer.status == 200
        seconds, log = stopped(started, number)
        with pytest.raises((IncompleteRead, ConnectionError)):
            answer.read()
    assert seconds < SOON
    assert log[-1].endswith("  cut")
    assert not [line for line in log if "Exception" in line]


def test_what_ends_in_a_moment_is_not_cut():
    with server("--pace", "ttft=0.4") as started:
        line = HTTPConnection(urlsplit(started.url).netloc, timeout=30)
        line.request("POST", "/v1/messages", dumps(CURRENT), dict(DOOR))
        while not metrics(started)["open"]:
            time.sleep(0.01)
        _, log = stopped(started, signal.SIGTERM)
        answer = line.getresponse()
        assert (answer.status, b"Hello" in answer.read()) == (200, True)
        line.close()
    assert not log[-1].endswith("  cut")


def metrics(started: Server) -> Any:
    """What the server says of itself."""
    with build_opener(ProxyHandler({})).open(f"{started.url}/_fakeapi/metrics", timeout=10) as answer:
        return orjson.loads(answer.read())
