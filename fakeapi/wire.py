"""The vocabulary every room shares: a Request in, a Reply out, both plain values.

A reply is played, never computed, by a shell: the ASGI adapter, an in-process transport, a batch worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

HeaderLines: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Header lines as they are sent, in wire order."""


class Send(NamedTuple):
    """Write these bytes of the body."""

    data: bytes


class Wait(NamedTuple):
    """Let this many seconds pass on the session's clock before the next effect."""

    seconds: float


class Cut(NamedTuple):
    """Drop the connection here, without an orderly end."""


Effect: TypeAlias = Send | Wait | Cut


class Upload(NamedTuple):
    """A multipart body as a shell has received it, with its file set aside.

    Attributes:
        fields: the other parts by name. filename, kind (its content type): as they were sent, "" where they weren't.
        size: bytes of the file. blob: the name under which the shell keeps it; "" where there is none.
        problem: why it could not be received; a name of fixtures/sentences/files.json, or "".
    """

    fields: Mapping[str, str]
    filename: str = ""
    kind: str = ""
    size: int = 0
    blob: str = ""
    problem: str = ""


class Notes:
    """What was found out about a request that comes again, byte for byte, and follows from it alone.

    Attributes:
        answered: the engine's note: how it was answered before.
        kept: the journal's: what it may keep of it. can_repeat: it has no secret, and neither had its answer.
    """

    __slots__ = ("answered", "can_repeat", "kept")

    def __init__(self) -> None:
        self.answered: Any = None
        self.kept: Any = None
        self.can_repeat = False


class Request(NamedTuple):
    """One HTTP request, whole.

    `path` is percent-decoded and without the query; `query` is the raw query string without `?`. The names of
    `headers` are lower case; repeated lines are joined by ", " (RFC 9110, 5.3), as the API reads them (contract.md 2).
    `upload` is the body where it is a file that was received in pieces; `body` is empty then. `notes` are those of a
    shell that gives the very same Request for each equal one.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    upload: Upload | None = None
    notes: Notes | None = None


def joined(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header lines by lower-case name, repeated ones joined."""
    headers: dict[str, str] = {}
    for name, value in lines:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class Reply(NamedTuple):
    """One HTTP answer: status, headers, and what the shell does to send the body."""

    status: int
    headers: HeaderLines
    effects: Iterable[Effect]
