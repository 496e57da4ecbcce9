"""Which road a path means: prefixes, sessions and aliases taken off. A table, no code per endpoint.

A base URL may carry a path prefix, a trailing slash, or `/v1` already (clients.md, surprise 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    """Where a path leads: the road's pattern (`/v1/models/{id}`), what fills it, and the session it names."""

    road: str
    parameters: tuple[str, ...] = ()
    session: str = ""


class Roads:
    """The known paths of the API."""

    def __init__(self, roads: Iterable[str]) -> None:
        known = list(roads)
        self._plain = {road: Place(road) for road in known if "{" not in road}
        self._patterns = [(road, _compiled(road)) for road in known if "{" in road]

    def find(self, path: str) -> Place | None:
        """The place of a path, or None where the API has none.

        The road is the longest known suffix, starting at `/v1/` if the path has one; a bare `/messages` is an alias.
        `/s/<id>` at the start names a session. `/v1/v1/...` is nothing: the client's base URL ends in `/v1`.
        """
        if place := self._plain.get(path):
            return place
        session, path = parted(path)
        for suffix in _suffixes(path):
            if (place := self._exact(suffix, session)) is not None:
                return place
        return None

    def _exact(self, path: str, session: str) -> Place | None:
        if path in self._plain:
            return Place(path, (), session)
        for road, pattern in self._patterns:
            if found := pattern.fullmatch(path):
                return Place(road, found.groups(), session)
        return None


def doubled(path: str) -> bool:
    """Whether a path has `/v1` twice: the sign of a base URL that should end before `/v1`."""
    return "/v1/v1/" in path


def _compiled(road: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(road)))


def parted(path: str) -> tuple[str, str]:
    """The session that a path names ("" if none), and the path without it and without doubled slashes."""
    path = re.sub("/{2,}", "/", path)
    if found := re.fullmatch(r"/s/([^/]+)(/.*)?", path, re.DOTALL):
        return found.group(1), found.group(2) or "/"
    return "", path


def _suffixes(path: str) -> list[str]:
    if doubled(path):
        return []
    starts = [found.start() for found in re.finditer("/v1/", path)]
    if starts:
        return [path[start:] for start in starts]
    tails = [path[found.start() :] for found in re.finditer("/", path)]
    return [path] + [candidate for tail in tails if tail != "/" for candidate in (tail, "/v1" + tail)]
