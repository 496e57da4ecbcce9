"""One file as memory holds it, and where it is kept. Its bytes lie elsewhere: see House.read_upload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fakeapi import chance
from fakeapi.memory.changes import Key, Put, View
from fakeapi.model import Json

KIND = "file"
"""The kind of entry that files are."""
_WEIGHT = 500
_FIRST = 1_735_689_600.0
"""2025 begins: there are no older files."""


class File(NamedTuple):
    """One file.

    Attributes:
        name, kind, size: its file name, media type, and bytes.
        created, expires: Unix time in seconds on the session's clock; None where it doesn't expire.
        downloadable: whether a tool has made it; `body` are its bytes then. blob: where those of an uploaded one lie.
    """

    id: str
    name: str
    kind: str
    size: int
    created: float
    expires: float | None = None
    downloadable: bool = False
    blob: str = ""
    body: bytes = b""

    def has_expired(self, now: float) -> bool:
        """Whether its bytes are gone."""
        return self.expires is not None and now >= self.expires

    def shown(self, *, beta: bool) -> Json:
        """The file in wire form, keys in the recorded order; the beta shape knows no expiry (contract.md 1)."""
        old: Json = {
            "type": "file",
            "id": self.id,
            "size_bytes": self.size,
            "created_at": _written(self.created),
            "filename": self.name,
            "mime_type": self.kind,
            "downloadable": self.downloadable,
        }
        return old if beta else {**old, "expires_at": None if self.expires is None else _written(self.expires)}

    def puts(self, owner: str) -> tuple[Put, ...]:
        """Remember it; and for as long as it lives, that it does."""
        kept = (Put(key(owner, self.id), self, size=_WEIGHT + len(self.body)), Put(_made(self.id), True))
        return kept if self.expires is None else (*kept, Put(_fresh(owner, self.id), True, self.expires))


def key(owner: str, id: str) -> Key:
    """Where a file is kept; `owner` stands for the workspace."""
    return KIND, owner, id


def list_key(owner: str) -> Key:
    """Where the ids of an owner's files are kept, newest first."""
    return "file_list", owner


def find(view: View, owner: str, id: str) -> File | None:
    """The owner's file of that id."""
    file: File | None = view.get(key(owner, id))
    return file


def is_fresh(view: View, owner: str, file: File) -> bool:
    """Whether its bytes are still there."""
    return file.expires is None or view.get(_fresh(owner, file.id)) is not None


def may_be_elsewhere(view: View, id: str) -> bool:
    """Whether an id was made as the API makes them, but not here, as far as memory goes back."""
    made = chance.moment_of(id)
    return made is not None and made > _FIRST and view.get(_made(id)) is None


def _made(id: str) -> Key:
    return "file_made", id


def _fresh(owner: str, id: str) -> Key:
    return "file_fresh", owner, id


def ids(view: View, owner: str) -> tuple[str, ...]:
    """The ids of an owner's files, newest first."""
    return view.get(list_key(owner)) or ()


def _written(moment: float) -> str:
    """A moment as files write it: milliseconds, with six digits all the same (recorded)."""
    seconds, milliseconds = divmod(round(moment * 1000), 1000)
    when = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
