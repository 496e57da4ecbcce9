"""Rate limits against the recorded headers of 2025 and 2026: their arithmetic, and ours from the same buckets."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from fakeapi.endpoints import limiting
from fakeapi.facts import allowances, catalogue
from fakeapi.memory.buckets import Bucket

Shown = dict[str, tuple[int, int, float]]

PREFIX = "anthropic-ratelimit-"
NAMES = {"requests": "requests", "input-tokens": "input", "output-tokens": "output"}
LATENCY = 3
"""Seconds between the request, when the reset of requests is set, and what is left of tokens."""


def shown(headers: dict[str, str]) -> Shown:
    """Limit, remaining and reset by the name of the limit."""
    found = {}
    for name in (*NAMES, "tokens"):
        values = [headers.get(f"{PREFIX}{name}-{member}") for member in ("limit", "remaining", "reset")]
        if all(values):
            limit, remaining, reset = (str(value) for value in values)
            moment = datetime.strptime(reset, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
            found[name] = (int(limit), int(remaining), moment)
    return found


@pytest.fixture(scope="module")
def answers(recordings) -> list[tuple[str, float, Shown]]:
    """Model, Unix time and limits of each answer that shows all four."""
    found = []
    for recording in recordings:
        lines = {name.lower(): value for name, value in (recording["response"].get("headers") or {}).items()}
        limits = shown(lines)
        if len(limits) == 4 and "date" in lines and recording["response"]["status"] == 200:
            body: Any = recording["request"]["body"]
            found.append((str(body.get("model")), parsedate_to_datetime(lines["date"]).timestamp(), limits))
    assert len(found) > 500
    return found


def test_the_limits_of_tokens_are_added_up(answers):
    for _, _, limits in answers:
        read, written, both = (limits[name] for name in ("input-tokens", "output-tokens", "tokens"))
        assert both == (read[0] + written[0], read[1] + written[1], min(read[2], written[2]))


def test_our_headers_of_the_same_buckets_are_the_recorded_ones(answers):
    differing = 0
    for _, now, limits in answers:
        held = {NAMES[name]: refilling(limits[name], now) for name in NAMES}
        lines = {name.decode(): value.decode() for name, value in limiting.lines(held, now)}
        ours = shown(lines)
        for name in NAMES:
            assert ours[name][0] == limits[name][0]
            differing += ours[name][1] != limits[name][1]
        assert ours["tokens"][:2] == (ours["input-tokens"][0] + ours["output-tokens"][0], sum_of(ours))
    print(f"\n{len(answers)} answers, {differing} of {3 * len(answers)} remainders differ")
    assert differing == 0


def sum_of(limits: Shown) -> int:
    return limits["input-tokens"][1] + limits["output-tokens"][1]


def refilling(limit: tuple[int, int, float], now: float) -> Bucket:
    """The bucket of a recorded line: so much is left, and the rest flows in within the minute."""
    allowed, left, _ = limit
    return Bucket(allowed, now + (allowed - left) * 60 / allowed)


def test_a_bucket_is_full_again_when_its_missing_part_has_flowed_in(answers):
    told = 0
    for _, now, limits in answers:
        arrived = min(now, *(reset for _, _, reset in limits.values()))
        for name in ("input-tokens", "output-tokens"):
            full = refilling(limits[name], arrived).full
            in_debt = limits[name][1] == 0
            if full - arrived < 2 or in_debt:
                continue
            told += 1
            assert -1 <= limits[name][2] - full <= LATENCY + max(0.0, now - arrived), (name, limits)
    print(f"\n{told} buckets that take more than two seconds to fill")
    assert told


def test_the_tiers_have_recorded_limits(answers):
    seen = {tuple(limits[name][0] for name in NAMES) for _, _, limits in answers}
    for tier, model in (
        ("tier1", "claude-sonnet-4-20250514"),
        ("tier2", "claude-haiku-4-5-20251001"),
        ("tier2", "claude-3-7-sonnet-20250219"),
        ("tier4", "claude-haiku-4-5-20251001"),
        ("tier4", "claude-opus-4-6"),
        ("tier4", "claude-3-7-sonnet-20250219"),
        ("tier4", "claude-3-5-haiku-20241022"),
    ):
        known, limits = catalogue.resolve(model), allowances.parse(tier, "--limits")
        assert known
        assert limits
        assert tuple(limits.of(known)) in seen, (tier, model)


def test_the_generous_limits_are_recorded_ones(answers):
    assert tuple(allowances.generous()) in {tuple(limits[name][0] for name in NAMES) for _, _, limits in answers}
