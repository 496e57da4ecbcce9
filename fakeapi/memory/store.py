"""The memory of one process, bounded: of each kind, what was used longest ago is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

from fakeapi.memory.changes import Change, Counted, Drop, Key, Put, Taken, View


class Bound(NamedTuple):
    """How many entries of a kind are kept, and how many bytes they may weigh in all."""

    entries: int = 10_000
    bytes: float = inf


class _Entry(NamedTuple):
    value: Any
    until: float
    size: int


_Place: TypeAlias = tuple[str, Key]
"""A session and a key of it."""
Snapshot: TypeAlias = Mapping[Key, _Entry]
"""What a session remembered at a moment."""

_WEIGHT = 200
"""Bytes that every entry costs beside its value."""


class Stores(Protocol):
    """What a server asks of a store. `Store` keeps everything in the process; another may share it between several.

    What `apply` is given was decided from what `view` showed; a store that others write to, too, says False where any
    of that has changed since: the request is then walked again.
    """

    def view(self, session: str, now: float) -> View: ...
    def apply(self, session: str, changes: Iterable[Change]) -> bool: ...
    def drop(self, session: str) -> None: ...
    def snapshot(self, session: str) -> Snapshot: ...
    def restore(self, session: str, snapshot: Snapshot) -> None: ...


class Store:
    """What all sessions of a server remember, by kind. `apply`, `drop` and `restore` change it, and nothing else does.

    Not safe for several threads at once. `bounds` by kind; a kind without one has the default.
    """

    def __init__(self, bounds: Mapping[str, Bound] = MappingProxyType({})) -> None:
        self._bounds = bounds
        self._shelves: dict[str, _Shelf] = {}
        self._sessions: dict[str, set[Key]] = {}

    def view(self, session: str, now: float) -> View:
        """What a session remembers at this moment (Unix time in seconds on its clock)."""
        return _Seen(self, session, now)

    def get(self, session: str, key: Key, now: float) -> Any:
        """The value, or None. What is read counts as used."""
        shelf = self._shelves.get(key[0])
        entry = shelf.use((session, key)) if shelf else None
        return entry.value if entry is not None and now < entry.until else None

    def apply(self, session: str, changes: Iterable[Change]) -> bool:
        """Make the changes, in order. Always True: whoever calls has kept others away since the view."""
        for change in changes:
            if isinstance(change, Counted):
                self._put(session, Put(change.key, (self.get(session, change.key, -inf) or 0) + 1))
            elif isinstance(change, Put):
                self._put(session, change)
            elif isinstance(change, Taken):
                self._put(session, change.moved(self.get(session, change.key, -inf)))
            else:
                self._drop(session, change)
        return True

    def drop(self, session: str) -> None:
        """Forget all of a session."""
        for key in self._sessions.pop(session, ()):
            self._shelves[key[0]].remove((session, key))

    def snapshot(self, session: str) -> Snapshot:
        """All that a session remembers."""
        return {key: self._shelves[key[0]].entries[session, key] for key in self._sessions.get(session, ())}

    def restore(self, session: str, snapshot: Snapshot) -> None:
        """Let a session remember exactly this."""
        self.drop(session)
        for key, entry in snapshot.items():
            self._put(session, Put(key, *entry))

    def weight(self, kind: str) -> tuple[int, int]:
        """How many entries of a kind there are, and their bytes."""
        shelf = self._shelves.get(kind)
        return (len(shelf.entries), shelf.bytes) if shelf else (0, 0)

    def _put(self, session: str, put: Put) -> None:
        kind = put.key[0]
        shelf = self._shelves.get(kind)
        if shelf is None:
            shelf = self._shelves[kind] = _Shelf(self._bounds.get(kind, Bound()))
        self._sessions.setdefault(session, set()).add(put.key)
        shelf.add((session, put.key), _Entry(put.value, put.until, put.size))
        for owner, key in shelf.overflow():
            self._forget(owner, key)

    def _drop(self, session: str, drop: Drop) -> None:
        shelf = self._shelves.get(drop.key[0])
        if shelf is not None and shelf.remove((session, drop.key)):
            self._forget(session, drop.key)

    def _forget(self, session: str, key: Key) -> None:
        keys = self._sessions.get(session)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._sessions[session]


class _Shelf:
    """The entries of one kind, what was used last at the end."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self.entries: OrderedDict[_Place, _Entry] = OrderedDict()
        self.bytes = 0

    def use(self, place: _Place) -> _Entry | None:
        entry = self.entries.get(place)
        if entry is not None:
            self.entries.move_to_end(place)
        return entry

    def add(self, place: _Place, entry: _Entry) -> None:
        self.remove(place)
        self.entries[place] = entry
        self.bytes += entry.size + _WEIGHT

    def remove(self, place: _Place) -> bool:
        entry = self.entries.pop(place, None)
        if entry is not None:
            self.bytes -= entry.size + _WEIGHT
        return entry is not None

    def overflow(self) -> Iterable[_Place]:
        """What has to go, and is gone."""
        while self.entries and (len(self.entries) > self._bound.entries or self.bytes > self._bound.bytes):
            place = next(iter(self.entries))
            self.remove(place)
            yield place


class _Seen:
    """A View: one session of a store at one moment."""

    __slots__ = ("_now", "_session", "_store")

    def __init__(self, store: Store, session: str, now: float) -> None:
        self._store = store
        self._session = session
        self._now = now

    def get(self, key: Key) -> Any:
        return self._store.get(self._session, key, self._now)

    def count(self, key: Key) -> int:
        return int(self._store.get(self._session, key, self._now) or 0)


EMPTY: View = Store({}).view("", 0.0)
"""A memory of nothing."""
