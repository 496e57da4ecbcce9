"""The clocks of in-process servers: waiting on a virtual one takes no time, and what is due first comes first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import trio

from fakeapi.adapters.clock import START, RealClock, VirtualClock

HOUR = 3600.0


async def _one_after_the_other(*waits: Any) -> None:
    for wait in waits:
        await wait


async def _asyncio_together(*waits: Any) -> None:
    await asyncio.gather(*waits)


async def _trio_together(*waits: Any) -> None:
    async def one(wait: Any) -> None:
        await wait

    async with trio.open_nursery() as nursery:
        for wait in waits:
            nursery.start_soon(one, wait)


LIBRARIES: list[Any] = [
    pytest.param(asyncio.run, _asyncio_together, id="asyncio"),
    pytest.param(lambda wait: trio.run(_one_after_the_other, wait), _trio_together, id="trio"),
]


def test_a_virtual_clock_starts_at_a_fixed_time_and_stands_still():
    clock = VirtualClock()
    assert clock() == clock.now == START
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now)) == "2026-11-22T00:00:00Z"


def test_a_virtual_clock_can_be_moved_on_but_not_back():
    clock = VirtualClock(start=5.0)
    clock.advance(2.5)
    assert clock.now == 7.5
    for seconds in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="can't be moved"):
            clock.advance(seconds)


def test_a_moment_that_has_passed_is_not_waited_for():
    clock = VirtualClock(start=10.0)
    clock.wait_until(4.0)
    assert clock.now == 10.0
    clock.wait_until(12.0)
    assert clock.now == 12.0


@pytest.mark.parametrize(("run", "together"), LIBRARIES)
def test_of_tasks_that_wait_the_one_that_is_due_first_goes_on_first(run: Callable[..., None], together: Any):
    clock = VirtualClock(start=0.0)
    seen: list[tuple[str, float]] = []

    async def ticks(name: str, *moments: float) -> None:
        for moment in moments:
            await clock.wait_until_async(moment)
            seen.append((name, clock.now))

    run(together(ticks("slow", 30.0, 31.0), ticks("fast", 1.0, 2.0, 30.5), ticks("steady", 10.0, 20.0)))
    assert seen == [
        ("fast", 1.0),
        ("fast", 2.0),
        ("steady", 10.0),
        ("steady", 20.0),
        ("slow", 30.0),
        ("fast", 30.5),
        ("slow", 31.0),
    ]


def test_a_task_that_is_cancelled_holds_up_nobody():
    clock = VirtualClock(start=0.0)

    async def scene() -> None:
        early = asyncio.create_task(clock.wait_until_async(1.0))
        early = asyncio.create_task(clock.wait_until_async(1.0))
        late = asyncio.create_task(clock.wait_until_async(HOUR))
        await asyncio.sleep(0)
        early.cancel()
        await late
        assert early.cancelled()

    asyncio.run(scene())
    assert clock.now == HOUR


def test_one_clock_serves_one_event_loop_after_the_other():
    clock = VirtualClock(start=0.0)
    for moment in (1.0, 2.0):
        asyncio.run(clock.wait_until_async(moment))
    trio.run(clock.wait_until_async, 3.0)
    assert clock.now == 3.0


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """The seconds that were slept for, by the machine's clock standing still at 1,000 s."""
    seconds: list[float] = []

    async def sleep_async(given: float) -> None:
        seconds.append(given)

    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(time, "sleep", seconds.append)
    monkeypatch.setattr(asyncio, "sleep", sleep_async)
    return seconds


def test_the_real_clock_sleeps_until_the_moment_comes_and_not_if_it_has_passed(slept):
    clock = RealClock()
    clock.wait_until(clock() + 2)
    clock.wait_until(clock() - 2)
    assert slept == [pytest.approx(2)]


def test_the_real_clock_sleeps_in_the_event_loop_that_runs(slept):
    clock = RealClock()
    asyncio.run(clock.wait_until_async(clock() + 2))
    assert slept == [pytest.approx(2)]


def test_the_real_clock_is_that_of_this_machine():
    assert RealClock()() == pytest.approx(time.time(), abs=5)
