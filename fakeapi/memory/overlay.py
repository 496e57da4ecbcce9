"""A view of memory as it will be: what several steps change, one after the other, before any of it is applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fakeapi.memory.changes import Change, Counted, Drop, Key, Put, Taken, View


class Overlay:
    """A View over another one, with changes on top. What was changed twice is changed once in the end."""

    def __init__(self, below: View) -> None:
        self._below = below
        self._set: dict[Key, Put | Drop] = {}
        self._counted: Counter[Key] = Counter()

    def apply(self, changes: Iterable[Change]) -> None:
        """From now on, these are seen."""
        for change in changes:
            if isinstance(change, Counted):
                self._counted[change.key] += 1
            elif isinstance(change, Taken):
                self._set[change.key] = change.moved(self.get(change.key))
            else:
                self._set[change.key] = change

    def get(self, key: Key) -> Any:
        """The value as it will be, or None."""
        change = self._set.get(key)
        if change is None:
            return self._below.get(key)
        return change.value if isinstance(change, Put) else None

    def count(self, key: Key) -> int:
        """How often it will have happened."""
        return self._below.count(key) + self._counted[key]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that was applied, for the memory below."""
        counted = (Counted(key) for key, times in self._counted.items() for _ in range(times))
        return (*self._set.values(), *counted)
