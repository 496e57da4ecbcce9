"""What a server does between requests: batches move along, in slices, on the clocks of their sessions.

A server with an event loop calls `next` whenever it has time; one without does at each request what has come due.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

from fakeapi import engine
from fakeapi.memory.changes import Change

if TYPE_CHECKING:
    from fakeapi.adapters.clock import Clock
    from fakeapi.adapters.porter import Porter
    from fakeapi.memory.sessions import Session

LOOK_AGAIN = 0.05
"""Seconds after which clocks are looked at again: anybody may have moved one."""
_SHORTEST = 0.001
_CONCERNED = "/batches"
_IDLE = 0.000_05
"""Seconds within which an event loop that has nothing to do takes a few turns."""
_AFTER_OTHERS, _RECENTLY = 0.002, 0.1
_AT_A_STRETCH, _BETWEEN = 0.001, 0.002
_TOGETHER = 4
"""Items that are read and written together, so that one after the other costs more: about a tenth of their time."""


class Chores:
    """The work that waits in the sessions of a porter.

    `at_requests` says how much of it is done at a request, in items: all that is due, unless someone calls `next`.
    """

    def __init__(self, porter: Porter) -> None:
        self.at_requests: float = inf
        self._porter = porter
        self._waiting: dict[str, None] = {}
        self._behind = False

    def __bool__(self) -> bool:
        """Whether there is anything to do, now or later."""
        return bool(self._waiting)

    def notice(self, id: str, changes: Iterable[Change]) -> None:
        """These changes were made in a session."""
        if any(change.key == engine.CHORES for change in changes):
            self.look_at(id)

    def look_at(self, id: str) -> None:
        """There may be something to do in this session."""
        self._waiting[id] = None

    def catch_up(self, session: Session[Clock], path: str) -> None:
        """Before a request is answered: do what has come due since the work was last looked at.

        Where the work is behind anyway, a request doesn't wait for more of it.
        """
        if session.id in self._waiting and (self.at_requests == inf or (_CONCERNED in path and not self._behind)):
            self._work(session, self.at_requests)

    def next(self, items: float = 1) -> float | None:
        """Walk so many items at most; the seconds until there is more to do, or None where nothing waits."""
        with self._porter.lock:
            soonest = LOOK_AGAIN
            for id in tuple(self._waiting):
                session = self._porter.sessions.find(id)
                if session is None:
                    del self._waiting[id]
                    continue
                worked, wait = self._work(session, items)
                if worked:
                    self._behind = wait <= 0
                    if id in self._waiting:
                        self._waiting[id] = self._waiting.pop(id)
                    return 0.0
                soonest = min(soonest, wait)
            self._behind = False
            return max(soonest, _SHORTEST) if self._waiting else None

    def _work(self, session: Session[Clock], budget: float) -> tuple[bool, float]:
        """Whether anything was done, and the seconds until there is more to do."""
        porter, now = self._porter, session.clock()
        while True:
            progress = engine.tick(porter.house_of(session), porter.store.view(session.id, now), now, budget)
            if not progress.changes or porter.store.apply(session.id, progress.changes):
                break
        if progress.due == inf:
            self._waiting.pop(session.id, None)
        return bool(progress.changes), progress.due - now


class Manners:
    """When who works between requests rests, so that requests keep their latency.

    After each piece of work, an event loop has a few turns for whatever else there is to do. Where there was something,
    it is left alone for 2 ms: a client who was answered may ask again, one who has begun to ask may go on. For a tenth
    of a second after that, who has worked for 1 ms rests as long: whoever never waits is the first to be interrupted on
    a busy machine, and then everybody waits for him.

    `items` says how many to walk in one go: one, which can't be parted, or a few where nobody has been about lately.
    """

    def __init__(self) -> None:
        self.items = 1
        self._others = -inf
        self._since = inf

    def rest(self, begun: float, ended: float) -> float:
        """The seconds to rest for, after turns of the loop that began and ended at these moments of a steady clock."""
        self._since = min(self._since, begun)
        if ended - begun > _IDLE:
            self._others = ended
            return self._resting(_AFTER_OTHERS)
        lately = ended - self._others < _RECENTLY
        self.items = 1 if lately else _TOGETHER
        return self._resting(_BETWEEN) if lately and ended - self._since > _AT_A_STRETCH else 0.0

    def _resting(self, seconds: float) -> float:
        self.items, self._since = 1, inf
        return seconds
