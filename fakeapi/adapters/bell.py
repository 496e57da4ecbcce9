"""The bell of a server: whoever waits for something to happen in a session hears that something has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from fakeapi.memory.entries import Entry
from fakeapi.memory.records import Record

Ear: TypeAlias = Callable[[Entry], None]
"""Is told which exchange has begun, or is over; it must not take long, since the exchange waits for it."""


class Bell:
    """Nobody has to listen; then ringing costs nothing. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[str, tuple[Ear, ...]] = {}

    def ring(self, record: Record) -> None:
        """This exchange has begun, or is over."""
        for ear in self._ears.get(record.session, ()):
            ear(record.entry)

    def is_heard(self, session: str) -> bool:
        """Whether anybody listens to this session."""
        return session in self._ears

    @contextmanager
    def heard(self, session: str, ear: Ear) -> Iterator[None]:
        """Let someone hear what happens in a session, for as long as the context lasts."""
        with self._lock:
            self._ears[session] = (*self._ears.get(session, ()), ear)
        try:
            yield
        finally:
            with self._lock:
                left = list(self._ears.pop(session))
                left.remove(ear)
                if left:
                    self._ears[session] = tuple(left)
