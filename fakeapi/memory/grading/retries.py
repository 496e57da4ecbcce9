"""How a client asks again: when it was told to, ever more slowly, not for ever, and not in vain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fakeapi.memory.grading.attempts import Attempt
from fakeapi.memory.grading.linking import Asking, Trail
from fakeapi.memory.grading.verdicts import Verdict, verdict

_AT_ONCE = 0.05
"""Seconds: what comes sooner has not waited."""
_EQUAL = 0.1
"""The share by which waits may differ and still be equal."""


def retry_after_ignored(trail: Trail) -> Iterator[Verdict]:
    """A request came back before the time that `retry-after` told had passed."""
    for asking in trail.askings:
        early = [
            (before, after, before.told)
            for before, after in pairwise(asking)
            if before.told and before.waited(after) < before.told * (1 - trail.limits.tolerance) - _AT_ONCE
        ]
        if early:
            before, after, told = early[0]
            evidence = sorted({attempt.number for pair in early for attempt in pair[:2]})
            waited = before.waited(after)
            yield _verdict("retry_after_ignored", asking, evidence, told=f"{told:g}", waited=f"{waited:.3g}")


def no_back_off(trail: Trail) -> Iterator[Verdict]:
    """Several waits in a row, none longer than the first, without having been told how long to wait."""
    for asking in trail.askings:
        for run in _runs(asking):
            waits = [before.waited(after) for before, after in pairwise(run)]
            if len(waits) > 1 and _never_grows(waits, trail.limits.patience):
                severity = "warning" if _may_be_chance(waits) else ""
                shown = ", ".join(f"{wait:.2g} s" for wait in waits[:6])
                yield _verdict("no_back_off", asking, [attempt.number for attempt in run], severity, waits=shown)


def _runs(asking: Asking) -> Iterator[list[Attempt]]:
    """The attempts in a row that nobody told how long to wait, and that one loop made: where an SDK counts its
    retries from 0 again, a loop around it has begun the next round, with a wait of its own."""
    run = [asking[0]]
    for before, after in pairwise(asking):
        if before.told is not None or (before.entry.attempt and not after.entry.attempt) or before.final:
            yield run
            run = []
        run.append(after)
    yield run


def _never_grows(waits: list[float], patience: float) -> bool:
    return max(waits) < patience and max(waits[1:]) <= max(waits[0] * (1 + _EQUAL), _AT_ONCE)


def _may_be_chance(waits: list[float]) -> bool:
    """Two waits, the second clearly shorter: a back-off with much jitter does that now and then."""
    return len(waits) == 2 and _AT_ONCE < waits[1] < waits[0] * (1 - _EQUAL)


def retry_storm(trail: Trail) -> Iterator[Verdict]:
    """Too many attempts, or too many at once; those that were told to come soon don't count."""
    limits = trail.limits
    for asking in trail.askings:
        own = [asking[0], *(after for before, after in pairwise(asking) if before.told is None)]
        if len(own) > limits.attempts or _has_burst(own, limits.burst, limits.burst_seconds):
            took = max(own[-1].entry.opened - own[0].entry.opened, own[-1].entry.steady - own[0].entry.steady)
            evidence = [attempt.number for attempt in own]
            yield _verdict("retry_storm", asking, evidence, attempts=len(own), seconds=f"{took:.3g}")


def _has_burst(attempts: list[Attempt], number: int, seconds: float) -> bool:
    starts = [(attempt.entry.opened, attempt.entry.steady) for attempt in attempts]
    ahead = zip(starts, starts[number - 1 :], strict=False)
    return any(max(last[0] - first[0], last[1] - first[1]) < seconds for first, last in ahead)


def non_retryable_retried(trail: Trail) -> Iterator[Verdict]:
    """The same request once more, although its refusal was final. Asking with GET again is polling, and fine."""
    for asking in trail.askings:
        vain = [(before, after) for before, after in pairwise(asking) if before.final and before.entry.method == "POST"]
        if vain:
            evidence = sorted({attempt.number for pair in vain for attempt in pair})
            times = "once" if len(vain) == 1 else f"{len(vain)} times"
            yield _verdict("non_retryable_retried", asking, evidence, status=vain[0][0].entry.status, times=times)


def _verdict(name: str, asking: Asking, evidence: list[int], severity: str = "", **values: object) -> Verdict:
    return verdict(name, evidence, asking[0].entry.session, values, severity)
