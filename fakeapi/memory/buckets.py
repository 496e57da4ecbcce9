"""Token buckets: what is left of a limit, and when there is enough of it. Pure arithmetic.

A bucket is refilled all the time, its whole limit in a minute, so the moment at which it is full again is all that has
to be remembered of it; and what was taken moves that moment on, in whatever order things are told.
"""

from __future__ import annotations

from math import ceil, inf
from typing import NamedTuple

from fakeapi.memory.changes import Key, Taken, View

KIND = "bucket"
"""The kind of entry that is remembered of a bucket."""
_MINUTE = 60.0
INSTANT = 1e-5
"""Seconds that make no difference: Unix times are no more exact than that."""


class Bucket(NamedTuple):
    """One limit at one moment.

    Attributes:
        limit: how much it holds, and how much flows into it in a minute.
        full: Unix time in seconds at which it is full again; a moment in the past is as good as now.
    """

    limit: int
    full: float

    def level(self, now: float) -> float:
        """How much is in it; less than nothing where more was taken than was in it."""
        return self.limit - max(0.0, self.full - now) * self.limit / _MINUTE

    def wait(self, amount: float, now: float) -> float:
        """Seconds until this much is in it: 0 if it is now, infinity if it never is."""
        if amount > self.limit:
            return inf
        wait = self.full - now - (self.limit - amount) * _MINUTE / self.limit
        return wait if wait > INSTANT else 0.0

    def without(self, amount: float, now: float) -> Bucket:
        """The bucket once this much has been taken."""
        return self._replace(full=max(self.full, now) + self.seconds(amount))

    def seconds(self, amount: float) -> float:
        """How long it takes until this much has flowed into it."""
        return amount * _MINUTE / self.limit


def bucket(view: View, key: Key, limit: int) -> Bucket:
    """The bucket as memory knows it: full, where it knows nothing."""
    return Bucket(limit, view.get(key) or -inf)


def take(key: Key, limit: int, amount: float, now: float) -> Taken:
    """The change that takes this much."""
    return Taken(key, amount * _MINUTE / limit, now)


def whole_seconds(wait: float) -> int:
    """A wait as `retry-after` says it: whole seconds, and never too few."""
    return max(1, ceil(wait - INSTANT))


def nearest_thousand(level: float, limit: int) -> int:
    """What is left of a limit on tokens, as the API shows it (contract.md 3): from nothing to all of it.

    A limit that is itself below a thousand, which the API doesn't have, is shown exactly.
    """
    left = max(0.0, min(level, limit))
    return int(left) if limit < 1000 or left == limit else min(limit, int((left + 500) // 1000 * 1000))
