"""Files (contract.md 1): the roads, and what files are to messages.

What is remembered of a file is a record; its bytes lie elsewhere (House.read_upload).
"""

from __future__ import annotations

from fakeapi.endpoints.asking import breakable
from fakeapi.endpoints.files import reading, uploading
from fakeapi.endpoints.files.record import KIND, File
from fakeapi.endpoints.files.uploading import SIZE_LIMIT
from fakeapi.endpoints.outcome import Road

__all__ = ["KIND", "ROADS", "SIZE_LIMIT", "UPLOAD", "File"]

UPLOAD = "/v1/files"
"""The road whose body is received in pieces."""
ROADS: dict[str, dict[str, Road]] = {
    UPLOAD: {"POST": breakable(uploading.upload), "GET": breakable(reading.list_files)},
    "/v1/files/{id}": {"GET": breakable(reading.show), "DELETE": breakable(reading.delete)},
    "/v1/files/{id}/content": {"GET": breakable(reading.content)},
}
"""The roads of files by path and method."""
