"""The clocks of in-process servers: waiting on a virtual one takes no time, and what is due first comes first."""

from __future__ import annotations

import asyncio
import threading
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


def test_a_thread_that_waits_on_the_real_clock_wakes_up_when_it_is_advanced():
    clock = RealClock()
    waiting = threading.Thread(target=clock.wait_until, args=(clock() + 3600,))
    waiting.start()
    clock.advance(3600)
    waiting.join(timeout=30)
    assert not waiting.is_alive()


def test_a_task_that_waits_on_the_real_clock_wakes_up_when_it_is_advanced():
    async def run() -> None:
        clock = RealClock()
        waiting = asyncio.ensure_future(clock.wait_until_async(clock() + 3600))
        await asyncio.sleep(0)
        clock.advance(1800)
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.advance(1800)
        await asyncio.wait_for(waiting, 30)

    asyncio.run(run())


@pytest.mark.parametrize("passed", [0.0, 5.0])
def test_the_real_clock_does_not_wait_for_what_has_passed(passed):
    clock = RealClock()
    clock.wait_until(clock() - passed)
    asyncio.run(clock.wait_until_async(clock() - passed))
    trio.run(clock.wait_until_async, clock() - passed)


def test_the_real_clock_waits_until_the_moment_comes():
    clock = RealClock()
    moments = [clock() + 0.002, clock() + 0.004, clock() + 0.006]
    clock.wait_until(moments[0])
    assert clock() >= moments[0]
    asyncio.run(clock.wait_until_async(moments[1]))
    assert clock() >= moments[1]
    trio.run(clock.wait_until_async, moments[2])
    assert clock() >= moments[2] - 0.001


@pytest.mark.parametrize("clock", [RealClock(), VirtualClock()], ids=["real", "virtual"])
@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_clock_runs_backwards_or_to_the_end_of_time(clock, seconds):
    with pytest.raises(ValueError, match="can't be moved"):
        clock.advance(seconds)


def test_the_real_clock_is_that_of_this_machine():
    assert RealClock()() == pytest.approx(time.time(), abs=5)
