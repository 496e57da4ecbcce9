"""Sessions: one session is one test, and everything that changes belongs to it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from fakeapi.chance import digest
from fakeapi.model import Rule
from fakeapi.settings import Settings

DEFAULT = "default"
"""The session of requests that name none. It never expires."""
HEADER = "x-fakeapi-session"
LONGEST = 200
"""Characters of an id."""
_BEARER = "bearer "

C = TypeVar("C", bound=Callable[[], float])


@dataclass(slots=True, eq=False)
class Session(Generic[C]):
    """What one session has of its own, beside what the store and the journal keep under its id.

    Attributes:
        clock: gives the session's Unix time in seconds.
        born, used: server time in seconds; what isn't used for long enough expires.
        number: how many exchanges it has had; ids are drawn from it.
        rules: added while it lives; they are asked before those of files.
        ends: by the names of rules, the moment on its clock from which they are asked no more; others stay.
        named: how many rules were given a name, so that none gets that of one that is gone.
        changed: settings that differ from the server's, by name.
        house: built of these by whoever serves it, and None while that isn't up to date.
        marks: snapshots by name.
        age: how often it began anew: what was under way before is not remembered.
    """

    id: str
    clock: C
    born: float
    used: float
    number: int = 0
    rules: tuple[Rule, ...] = ()
    ends: Mapping[str, float] = field(default_factory=dict)
    named: int = 0
    changed: Mapping[str, Any] = field(default_factory=dict)
    house: Any = None
    marks: dict[str, Mark] = field(default_factory=dict)
    age: int = 0
    next_end: float = inf

    def set_rules(self, rules: tuple[Rule, ...], ends: Mapping[str, float] | None = None) -> None:
        """From now on, these rules are asked, some of them until a moment that `ends` names; as before without it."""
        names = {rule.name for rule in rules}
        known = self.ends if ends is None else ends
        self.rules, self.house = rules, None
        self.ends = {name: moment for name, moment in known.items() if name in names}
        self.next_end = min(self.ends.values(), default=inf)

    def over(self, now: float) -> tuple[str, ...]:
        """The names of the rules whose time is over at this moment on its clock."""
        if now < self.next_end:
            return ()
        return tuple(name for name, moment in self.ends.items() if moment <= now)

    def asked(self, others: Iterable[Rule]) -> tuple[Rule, ...]:
        """Its own rules, then the server's; one of its own stands in for one of the server's of the same name."""
        if not self.rules:
            return tuple(others)
        names = {rule.name for rule in self.rules}
        return (*self.rules, *(rule for rule in others if rule.name not in names))

    def change(self, changed: Mapping[str, Any]) -> None:
        """From now on, these settings hold beside those that were changed before."""
        self.changed, self.house = {**self.changed, **changed}, None

    def begin_anew(self, clock: C) -> None:
        """Be as new born: no rules, settings and snapshots of its own, its exchanges from 1."""
        self.set_rules(())
        self.changed, self.number, self.marks, self.clock = {}, 0, {}, clock
        self.age += 1

    def mark(self, name: str, memory: Any, clock: Any, journal: int) -> None:
        """Keep a snapshot under a name."""
        self.marks[name] = Mark(memory, self.rules, self.ends, self.changed, self.number, clock, journal)

    def go_back(self, mark: Mark, clock: C) -> None:
        """Be what it was when a snapshot was taken."""
        self.set_rules(mark.rules, mark.ends)
        self.changed, self.number, self.clock = mark.changed, mark.number, clock
        self.age += 1

    def settings(self, standard: Settings) -> Settings:
        """The server's settings with the session's own."""
        return replace(standard, **self.changed) if self.changed else standard


class Mark(NamedTuple):
    """A snapshot of a session: what can be gone back to. `clock` is one that goes on by itself."""

    memory: Any
    rules: tuple[Rule, ...]
    ends: Mapping[str, float]
    changed: Mapping[str, Any]
    number: int
    clock: Any
    journal: int


class Sessions(Generic[C]):
    """The sessions of a server: born on first use, forgotten when they have not been used for `ttl` seconds, or when
    there are more than `kept` and they were used longest ago.

    `clock` makes a new session's clock; `forget` is told the id of each that goes. Not safe for several threads at
    once.
    """

    def __init__(self, clock: Callable[[], C], ttl: float, kept: int, forget: Callable[[str], None]) -> None:
        self.new_clock = clock
        self._ttl = ttl
        self._kept = max(kept, 1)
        self._forget = forget
        self._sessions: OrderedDict[str, Session[C]] = OrderedDict()
        self._births = 0

    def open(self, id: str, now: float) -> Session[C]:
        """The session of this id at this server time, born now if there is none (any more)."""
        session = self._sessions.get(id)
        if session is not None and self._is_old(session, now):
            self.drop(id)
            session = None
        if session is None:
            session = self._sessions[id] = Session(id, self.new_clock(), now, now)
            self._births += 1
            self._make_room(now)
        else:
            session.used = now
            self._sessions.move_to_end(id)
        return session

    def find(self, id: str) -> Session[C] | None:
        """The session of this id, if there is one."""
        return self._sessions.get(id)

    def new_id(self) -> str:
        """An id that no session has."""
        while (id := f"session-{self._births + 1}") in self._sessions:
            self._births += 1
        return id

    def drop(self, id: str) -> bool:
        """Forget a session; False where there is none."""
        session = self._sessions.pop(id, None)
        if session is None:
            return False
        session.age += 1
        self._forget(id)
        return True

    def expire(self, now: float) -> None:
        """Forget the sessions that were not used for too long: those at the front, since what is used moves back."""
        while (oldest := self._oldest()) is not None and self._is_old(self._sessions[oldest], now):
            self.drop(oldest)

    def __iter__(self) -> Iterator[Session[C]]:
        """The sessions, the one used longest ago first."""
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def _is_old(self, session: Session[C], now: float) -> bool:
        return session.id != DEFAULT and session.used + self._ttl <= now

    def _oldest(self) -> str | None:
        return next((id for id in self._sessions if id != DEFAULT), None)

    def _make_room(self, now: float) -> None:
        self.expire(now)
        while len(self._sessions) - (DEFAULT in self._sessions) > self._kept and (oldest := self._oldest()) is not None:
            self.drop(oldest)


def session_of(path_session: str, headers: Mapping[str, str], how: str) -> str:
    """The id of the session a request belongs to: of its path (`/s/<id>`), of its header, or of its key (its digest)
    where `how` is `by-key`; else the default one."""
    if path_session:
        return path_session
    if named := headers.get(HEADER):
        return spelt(named)
    return key_session(headers) if how == "by-key" else DEFAULT


def spelt(header: str) -> str:
    """The id that a header spells: percent-encoded as in a path, or in UTF-8, which headers come as Latin-1."""
    if header.isascii():
        return unquote(header) if "%" in header else header
    try:
        return unquote(header.encode("latin-1").decode())
    except UnicodeError:
        return unquote(header)


def objection(id: str) -> str:
    """Why this can't be the id of a session; "" where it can."""
    if not 0 < len(id) <= LONGEST:
        return f"it has {len(id):,} characters, and 1 to {LONGEST} are allowed"
    if id in (".", ".."):
        return "clients drop it from a path"
    if "/" in id:
        return "a slash would end it in a path"
    if not id.isprintable() or id != id.strip():
        return "it has control characters, or spaces at an end"
    return ""


def key_session(headers: Mapping[str, str]) -> str:
    """The id of the session of a key: the key can't be read from it. It ends as the `caller` in the journal."""
    key = headers.get("x-api-key", "").strip()
    bearer = headers.get("authorization", "")
    if not key and bearer[: len(_BEARER)].lower() == _BEARER:
        key = bearer[len(_BEARER) :].strip()
    return f"key-{digest(key, size=6).hex()}" if key else DEFAULT
