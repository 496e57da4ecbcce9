"""The clocks that an in-process server can live by: one of its own, on which waiting takes no time, and the real one.

A clock gives Unix time in seconds when it is called, and lets a moment come: for callers with an event loop (asyncio,
trio) and for those without.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from dataclasses import dataclass, field
from heapq import heapify, heappush
from itertools import count
from math import inf
from typing import Any, Protocol
from weakref import WeakKeyDictionary

START = 1_795_305_600.0
"""Where a virtual clock starts: 2026-11-22, 00:00 UTC."""


class Clock(Protocol):
    """What a transport asks of a clock; moments are Unix time in seconds."""

    def __call__(self) -> float:
        """The time now."""

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass at once. ValueError if they are negative: time never runs backwards."""

    def wait_until(self, moment: float) -> None:
        """Return once this moment has come; at once if it has passed."""

    async def wait_until_async(self, moment: float) -> None:
        """The same, while other tasks go on."""


class RealClock:
    """The time of this machine, steady: it never jumps while the process lives, but for `advance`."""

    def __init__(self, offset: float | None = None) -> None:
        self._offset = time.time() - time.monotonic() if offset is None else offset
        self._advanced = threading.Condition()
        self._sleepers: set[asyncio.Future[None]] = set()

    def __call__(self) -> float:
        """Unix time in seconds."""
        return self._offset + time.monotonic()

    def fork(self) -> RealClock:
        """A clock that shows the same time, and goes on by itself."""
        return RealClock(self._offset)

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass at once: whoever waits, in a thread or in asyncio, wakes up if it is time.

        ValueError if they are negative.
        """
        _check_forward(seconds)
        with self._advanced:
            self._offset += seconds
            self._advanced.notify_all()
        for sleeper in tuple(self._sleepers):
            sleeper.get_loop().call_soon_threadsafe(_wake, sleeper)

    def wait_until(self, moment: float) -> None:
        """Sleep until this moment."""
        with self._advanced:
            while (left := moment - self()) > 0:
                self._advanced.wait(left)

    async def wait_until_async(self, moment: float) -> None:
        """Sleep until this moment, in the event loop that runs."""
        if _runs_trio():
            await sleep(max(0.0, moment - self()))
            return
        if moment <= self():
            await asyncio.sleep(0)
        while (left := moment - self()) > 0:
            await self._sleep(left)

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = loop.create_future()
        alarm = loop.call_later(seconds, _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            alarm.cancel()
            self._sleepers.discard(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


def _check_forward(seconds: float) -> None:
    if not 0 <= seconds < inf:
        raise ValueError(f"a clock can't be moved by {seconds} seconds")


class VirtualClock:
    """A clock that moves only when someone waits on it, or by `advance`: a wait of an hour takes no time.

    It starts at `start` (Unix time in seconds). Threads may share it. Of tasks that wait at the same time, the one
    that is due first goes on first, whatever the order in which they began to wait.
    """

    def __init__(self, start: float = START) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._queues: WeakKeyDictionary[Any, _Queue] = WeakKeyDictionary()

    @property
    def now(self) -> float:
        """Unix time in seconds."""
        return self._now

    def fork(self) -> VirtualClock:
        """A clock that shows the same time, and goes on by itself."""
        return VirtualClock(self._now)

    def __call__(self) -> float:
        """Unix time in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass. ValueError if they are negative: time never runs backwards."""
        _check_forward(seconds)
        with self._lock:
            self._now += seconds

    def wait_until(self, moment: float) -> None:
        """Move on to this moment."""
        with self._lock:
            self._now = max(self._now, moment)

    async def wait_until_async(self, moment: float) -> None:
        """Move on to this moment, after the tasks of this event loop that wait for an earlier one."""
        await self._queues.setdefault(_loop(), _Queue()).turn_of(moment)
        self.wait_until(moment)


@dataclass(order=True, slots=True)
class _Turn:
    moment: float
    number: int
    call: Any = field(compare=False)


class _Queue:
    """The tasks of one event loop that wait for a moment: each has its turn once none is due before it."""

    def __init__(self) -> None:
        self._turns: list[_Turn] = []
        self._numbers = count()

    async def turn_of(self, moment: float) -> None:
        """Return when it's the turn of this moment; tasks that are about to wait for an earlier one come first."""
        mine = _Turn(moment, next(self._numbers), None)
        heappush(self._turns, mine)
        try:
            await sleep(0)
            while self._turns[0] is not mine:
                mine.call = _event()
                await mine.call.wait()
        finally:
            self._turns.remove(mine)
            heapify(self._turns)
            self._call_next()

    def _call_next(self) -> None:
        """Whoever has not begun to listen yet looks for itself."""
        if self._turns and self._turns[0].call is not None:
            self._turns[0].call.set()


async def sleep(seconds: float) -> None:
    """Sleep in the event loop that runs, asyncio's or trio's; 0 lets the other tasks go on."""
    if _runs_trio():
        import trio

        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


def _event() -> Any:
    """An event of the event loop that runs: `set()`, and `wait()` to be awaited."""
    if _runs_trio():
        import trio

        return trio.Event()
    return asyncio.Event()


def _loop() -> Any:
    if _runs_trio():
        import trio

        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()


def _runs_trio() -> bool:
    """trio brings sniffio along, so where nobody has loaded that, nobody runs trio."""
    sniffio = sys.modules.get("sniffio")
    if sniffio is None:
        return False
    try:
        return bool(sniffio.current_async_library() == "trio")
    except sniffio.AsyncLibraryNotFoundError:
        return False
