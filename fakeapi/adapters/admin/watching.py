"""A verification that may wait until it holds: in the thread that asks, or as a task among many."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from fakeapi.adapters.porter import Porter
from fakeapi.memory.entries import Entry
from fakeapi.memory.journal import Journal
from fakeapi.memory.verification import Expectation, Result, verify
from fakeapi.model import Json


class Watch:
    """What should come to a session, held against what comes.

    Args:
        wanted: see `memory.verification`.
        over: whether only exchanges count that are over.
        patience: real seconds to wait until it holds; 0 looks once.
    """

    def __init__(
        self, porter: Porter, journal: Journal, session: str, wanted: Expectation, over: bool, patience: float
    ) -> None:
        self._porter = porter
        self._journal = journal
        self._session = session
        self._wanted = wanted
        self._over = over
        self.patience = patience
        self._heard: deque[Entry] = deque()

    def result(self) -> Result:
        """Whether it holds now."""
        with self._porter.lock:
            entries, forgotten = self._journal.entries(self._session), self._journal.forgotten(self._session)
        return verify([entry for entry in entries if self._counts(entry)], self._wanted, forgotten)

    def wait(self) -> Json:
        """The result as soon as it holds, or when patience is at its end; this thread waits."""
        deadline, come = time.monotonic() + self.patience, threading.Event()
        with self._porter.bell.heard(self._session, partial(self._hear, come.set)):
            result = self.result()
            while not result.passed and come.wait(max(0.0, deadline - time.monotonic())):
                come.clear()
                if self._matters():
                    result = self.result()
        return (result if result.passed else self.result()).as_json()

    async def wait_async(self) -> Json:
        """The same, while other tasks go on. To cancel it is to wait no longer."""
        loop, come = asyncio.get_running_loop(), asyncio.Event()
        deadline = loop.time() + self.patience
        with self._porter.bell.heard(self._session, partial(self._hear, partial(_set, loop, come))):
            result = await loop.run_in_executor(None, self.result)
            while not result.passed and await _comes(come, deadline - loop.time()):
                come.clear()
                if self._matters():
                    result = self.result()
        return (result if result.passed else self.result()).as_json()

    def _hear(self, wake: Callable[[], object], entry: Entry) -> None:
        self._heard.append(entry)
        wake()

    def _matters(self) -> bool:
        """Whether what was heard can make a difference: to look at one exchange is cheaper than to look at all."""
        heard = [self._heard.popleft() for _ in range(len(self._heard))]
        return any(
            self._counts(entry) and not pattern.lacks(entry) for entry in heard for pattern in self._wanted.patterns
        )

    def _counts(self, entry: Entry) -> bool:
        return entry.exchange is not None or not self._over


def _set(loop: asyncio.AbstractEventLoop, come: asyncio.Event) -> None:
    """Set an event of a loop, from whatever thread; a loop that is over needs no telling."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(come.set)


async def _comes(come: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(come.wait(), max(0.0, seconds))
    except TimeoutError:
        return False
    return True
