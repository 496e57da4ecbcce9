"""The memory of one process, bounded: what was touched longest ago is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from fakeapi.memory.changes import Change, Key

BOUND = 10_000
"""How many counts are kept."""


class Store:
    """Counts by key. A View; `apply` is the only thing that changes it. Not safe for several threads at once."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._counts: OrderedDict[Key, int] = OrderedDict()

    def count(self, key: Key) -> int:
        """How often it has happened, as far as is remembered."""
        return self._counts.get(key, 0)

    def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes, in order."""
        for change in changes:
            self._counts[change.key] = self._counts.pop(change.key, 0) + 1
            if len(self._counts) > self._bound:
                self._counts.popitem(last=False)


EMPTY = Store(0)
"""A memory of nothing: it stays empty, whatever is applied."""
