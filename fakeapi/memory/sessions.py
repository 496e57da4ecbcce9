"""Sessions: one session is one test, and everything that changes belongs to it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, NamedTuple, TypeVar

from fakeapi.chance import digest
from fakeapi.model import Rule
from fakeapi.settings import Settings

DEFAULT = "default"
"""The session of requests that name none. It never expires."""
HEADER = "x-fakeapi-session"
_BEARER = "bearer "

C = TypeVar("C", bound=Callable[[], float])


@dataclass(slots=True)
class Session(Generic[C]):
    """What one session has of its own, beside what the store and the journal keep under its id.

    Attributes:
        clock: gives the session's Unix time in seconds.
        born, used: server time in seconds; what isn't used for long enough expires.
        number: how many exchanges it has had; ids are drawn from it.
        rules: added while it lives; they are asked before those of files.
        changed: settings that differ from the server's, by name.
        house: built of these by whoever serves it, and None while that isn't up to date.
        marks: snapshots by name.
    """

    id: str
    clock: C
    born: float
    used: float
    number: int = 0
    rules: tuple[Rule, ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    house: Any = None
    marks: dict[str, Mark] = field(default_factory=dict)

    def set_rules(self, rules: tuple[Rule, ...]) -> None:
        """From now on, these rules are asked."""
        self.rules, self.house = rules, None

    def change(self, changed: Mapping[str, Any]) -> None:
        """From now on, these settings hold beside those that were changed before."""
        self.changed, self.house = {**self.changed, **changed}, None

    def settings(self, standard: Settings) -> Settings:
        """The server's settings with the session's own."""
        return replace(standard, **self.changed) if self.changed else standard


class Mark(NamedTuple):
    """A snapshot of a session: what can be gone back to."""

    memory: Any
    rules: tuple[Rule, ...]
    changed: Mapping[str, Any]
    number: int
    journal: int


class Sessions(Generic[C]):
    """The sessions of a server: born on first use, forgotten when they have not been used for `ttl` seconds, or when
    there are more than `kept` and they were used longest ago.

    `clock` makes a new session's clock; `forget` is told the id of each that goes. Not safe for several threads at
    once.
    """

    def __init__(self, clock: Callable[[], C], ttl: float, kept: int, forget: Callable[[str], None]) -> None:
        self._clock = clock
        self._ttl = ttl
        self._kept = kept
        self._forget = forget
        self._sessions: OrderedDict[str, Session[C]] = OrderedDict()
        self.births = 0

    def open(self, id: str, now: float) -> Session[C]:
        """The session of this id at this server time, born now if there is none."""
        session = self._sessions.get(id)
        if session is None:
            session = self._sessions[id] = Session(id, self._clock(), now, now)
            self.births += 1
            self._make_room(now)
        else:
            session.used = now
            self._sessions.move_to_end(id)
        return session

    def find(self, id: str) -> Session[C] | None:
        """The session of this id, if there is one."""
        return self._sessions.get(id)

    def drop(self, id: str) -> bool:
        """Forget a session; False where there is none."""
        if self._sessions.pop(id, None) is None:
            return False
        self._forget(id)
        return True

    def expire(self, now: float) -> None:
        """Forget the sessions that were not used for too long."""
        old = [id for id, session in self._sessions.items() if id != DEFAULT and session.used + self._ttl <= now]
        for id in old:
            self.drop(id)

    def __iter__(self) -> Iterator[Session[C]]:
        """The sessions, the one used longest ago first."""
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def _make_room(self, now: float) -> None:
        self.expire(now)
        while len(self._sessions) > self._kept:
            oldest = next((id for id in self._sessions if id != DEFAULT), None)
            if oldest is None:
                return
            self.drop(oldest)


def session_of(path_session: str, headers: Mapping[str, str], how: str) -> str:
    """The id of the session a request belongs to: of its path (`/s/<id>`), of its header, or of its key (its digest)
    where `how` is `by-key`; else the default one."""
    if path_session:
        return path_session
    if named := headers.get(HEADER):
        return named
    return key_session(headers) if how == "by-key" else DEFAULT


def key_session(headers: Mapping[str, str]) -> str:
    """The id of the session of a key: the key can't be read from it."""
    key = headers.get("x-api-key", "").strip()
    bearer = headers.get("authorization", "")
    if not key and bearer[: len(_BEARER)].lower() == _BEARER:
        key = bearer[len(_BEARER) :].strip()
    return f"key-{digest(key, size=6).hex()}" if key else DEFAULT
