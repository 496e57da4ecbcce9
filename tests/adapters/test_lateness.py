"""The server's own report of how late it was."""

from __future__ import annotations

import requests

from fakeapi.adapters.lateness import Lateness
from tests.running import server
from tests.street import BASIC, DOOR


def test_nothing_is_late_at_first():
    assert Lateness().report() == {"open": 0, "waits": 0, "late_ms": {"p50": 0, "p99": 0, "max": 0.0}}


def test_percentiles_are_the_upper_ends_of_milliseconds():
    late = Lateness()
    for _ in range(98):
        late.record(0.0004)
    late.record(0.0205)
    late.record(0.3)
    assert late.report() == {"open": 0, "waits": 100, "late_ms": {"p50": 1, "p99": 21, "max": 300.0}}


def test_what_is_later_than_two_seconds_still_counts():
    late = Lateness()
    late.record(60)
    assert late.report()["late_ms"] == {"p50": 2001, "p99": 2001, "max": 60000.0}


def test_a_reset_forgets():
    late = Lateness()
    late.record(1)
    late.reset()
    assert late.report()["waits"] == 0


def test_a_server_reports_it():
    with server("--pace", "tokens_per_second=10000") as started:
        requests.post(f"{started.url}/v1/messages", json={**BASIC, "stream": True}, headers=dict(DOOR), timeout=5)
        report = requests.get(f"{started.url}/_fakeapi/metrics", timeout=5).json()
    assert report["waits"] > 0
    assert report["open"] == 0
