"""Files (contract.md 1): the roads, and what files are to messages.

What is remembered of a file is a record; its bytes lie elsewhere (House.read_upload).
"""

from __future__ import annotations

from fakeapi.chance import Chance
from fakeapi.encoding.faults import Scene
from fakeapi.endpoints.asking import hear, strike_plain
from fakeapi.endpoints.files import reading, uploading
from fakeapi.endpoints.files.record import KIND, File
from fakeapi.endpoints.files.uploading import SIZE_LIMIT
from fakeapi.endpoints.outcome import House, Outcome, Road
from fakeapi.memory.changes import View
from fakeapi.model import Caller
from fakeapi.wire import Request

__all__ = ["KIND", "ROADS", "SIZE_LIMIT", "UPLOAD", "File"]


def _breakable(road: Road) -> Road:
    """The road, with the faults that the request's header asks for."""

    def broken(
        house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
    ) -> Outcome:
        outcome = road(house, view, request, parameters, caller, luck)
        return strike_plain(outcome, hear(house, view, request, caller), Scene(luck, caller.key, outcome.model))

    return broken


UPLOAD = "/v1/files"
"""The road whose body is received in pieces."""
ROADS: dict[str, dict[str, Road]] = {
    UPLOAD: {"POST": _breakable(uploading.upload), "GET": _breakable(reading.list_files)},
    "/v1/files/{id}": {"GET": _breakable(reading.show), "DELETE": _breakable(reading.delete)},
    "/v1/files/{id}/content": {"GET": _breakable(reading.content)},
}
"""The roads of files by path and method."""
