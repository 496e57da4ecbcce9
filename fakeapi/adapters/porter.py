"""The porter of a house: numbers the requests, hands each to the engine, keeps what is to be remembered, and tells the
log how each exchange ended.

One porter is one server: whatever leads to that server shares it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from fakeapi import engine
from fakeapi.adapters import files
from fakeapi.chance import Chance
from fakeapi.engine import Answer
from fakeapi.memory.store import Store
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Request


class Porter:
    """Answers requests; threads may share it.

    `clock` gives Unix time in seconds; `log` is told of every exchange once it is over. Raises FakeapiError for
    settings that can't be used.
    """

    def __init__(self, settings: Settings, log: Callable[[Exchange], None] | None, clock: Callable[[], float]) -> None:
        self._house = engine.build(settings, files.read_models(settings.model_file), files.read_sizes(settings.media))
        self._seed = settings.seed
        self._log = log
        self._clock = clock
        self._store = Store()
        self._number = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """The answer to the next request; what it changes is remembered at once."""
        with self._lock:
            self._number += 1
            now = self._clock()
            luck = Chance(self._seed, self._number, now)
            answer = engine.handle(self._house, request, luck, self._store.view("", now))
            if answer.changes:
                self._store.apply("", answer.changes)
            return answer

    def close(self, exchange: Exchange, outcome: str) -> None:
        """The exchange is over: `completed`, `cut` or `client left`."""
        if self._log is not None:
            self._log(exchange if outcome == "completed" else exchange._replace(outcome=outcome))
