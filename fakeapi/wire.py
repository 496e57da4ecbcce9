"""The vocabulary every room shares: a Request in, a Reply out, both plain values.

A reply is played, never computed, by a shell: the ASGI adapter, an in-process transport, a batch worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Headers: TypeAlias = Sequence[tuple[str, str]]
"""Header lines in wire order; names of a Request are lower case, those of a Reply are as sent."""


class Send(NamedTuple):
    """Write these bytes of the body."""

    data: bytes


class Wait(NamedTuple):
    """Let this many seconds pass on the session's clock before the next effect."""

    seconds: float


class Cut(NamedTuple):
    """Drop the connection here, without an orderly end."""


Effect: TypeAlias = Send | Wait | Cut


class Request(NamedTuple):
    """One HTTP request, whole.

    `path` is percent-decoded and without the query; `query` is the raw query string without `?`.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header (lower-case name); repeated lines are joined by ", " (RFC 9110, 5.3)."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


class Reply(NamedTuple):
    """One HTTP answer: status, headers, and what the shell does to send the body."""

    status: int
    headers: Headers
    effects: Iterable[Effect]
