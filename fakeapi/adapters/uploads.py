"""Uploaded files: received in pieces, kept in a folder of this process that is bounded, and gone with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from weakref import finalize

from fakeapi.endpoints.files import SIZE_LIMIT
from fakeapi.wire import Upload

PIECE = 65_536
"""Bytes that are read at one go."""
_FIELD = "file"
_FIELDS_LIMIT = 1_000_000
_PARTS_LIMIT = 100
_HEADER_LIMIT = 16_384
_MULTIPART = b"multipart/form-data"
_EVENTS = (
    *("on_part_begin", "on_header_field", "on_header_value", "on_header_end", "on_headers_finished"),
    *("on_part_data", "on_end"),
)


class Uploads:
    """The files of a server; threads may share them.

    They weigh at most `limit` bytes. Where there is no room, those that `needed` (the names of all that memory knows)
    doesn't name are deleted.
    """

    def __init__(self, limit: int, needed: Callable[[], set[str]]) -> None:
        self._limit = limit
        self._needed = needed
        self._folder = ""
        self._remove: Callable[[], object] = tuple
        self._sizes: dict[str, int] = {}
        self._weight = 0
        self._arriving: set[str] = set()
        self._number = 0
        self._lock = threading.Lock()

    def receive(self, headers: Mapping[str, str]) -> Receiver:
        """Someone to hand the body of an upload to, whose headers these are (names in lower case)."""
        return Receiver(self, headers.get("content-type", ""), headers.get("content-encoding", ""))

    def read(self, blob: str) -> Iterator[bytes]:
        """The bytes of a file in pieces; none where it is gone."""
        if blob not in self._sizes:
            return
        try:
            with self._path(blob).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except FileNotFoundError:
            return

    def settle(self, blob: str, kept: bool) -> None:
        """A file that has arrived is known to memory from now on, or was refused."""
        with self._lock:
            self._arriving.discard(blob)
            if not kept:
                self._delete(blob)

    def open(self) -> tuple[str, BinaryIO]:
        """A new file: its name, and what its bytes are written to. It is safe until it is settled."""
        with self._lock:
            self._folder = self._folder or self._made()
            self._number += 1
            blob = str(self._number)
            self._sizes[blob] = 0
            self._arriving.add(blob)
        return blob, self._path(blob).open("wb")

    def close(self) -> None:
        """Let go of all files and of the folder."""
        with self._lock:
            self._remove()
            self._folder, self._weight = "", 0
            self._sizes.clear()

    def _made(self) -> str:
        """A folder that goes with this object, and with the process at the latest."""
        from shutil import rmtree
        from tempfile import mkdtemp

        folder = mkdtemp(prefix="fakeapi-files-")
        self._remove = finalize(self, rmtree, folder, ignore_errors=True)
        return folder

    def make_room(self, blob: str, size: int) -> bool:
        """Whether there is room for so many more bytes of a file."""
        if self._weight + size > self._limit:
            self._sweep()
        with self._lock:
            if self._weight + size > self._limit:
                return False
            self._sizes[blob] += size
            self._weight += size
            return True

    def _sweep(self) -> None:
        """Delete what memory has let go of. What arrives meanwhile is safe; memory is asked without the lock."""
        with self._lock:
            settled = [blob for blob in self._sizes if blob not in self._arriving]
        needed = self._needed()
        with self._lock:
            for blob in settled:
                if blob not in needed:
                    self._delete(blob)

    def _delete(self, blob: str) -> None:
        size = self._sizes.pop(blob, None)
        if size is not None:
            self._weight -= size
            self._path(blob).unlink(missing_ok=True)

    def _path(self, blob: str) -> Path:
        return Path(self._folder, blob)


class Receiver:
    """Takes a multipart body piece by piece: the part named `file` goes to disk, other parts are kept as fields.

    It never raises for what a client sends: the first problem is told in the end, and nothing more is kept.
    """

    def __init__(self, uploads: Uploads, content_type: str, content_encoding: str = "") -> None:
        self._uploads = uploads
        self._blob = ""
        self._file: BinaryIO | None = None
        self._size = 0
        self._fields: dict[str, bytearray] = {}
        self._filename = self._kind = ""
        self._problem = "file_encoded" if content_encoding not in ("", "identity") else ""
        self._part = _Part()
        self._parts = self._field_bytes = 0
        self._ended = False
        self._feed = self._parser(content_type)

    def feed(self, piece: bytes) -> None:
        """The next bytes of the body."""
        from python_multipart.exceptions import FormParserError

        if self._problem or not piece:
            return
        try:
            self._feed(piece)
        except FormParserError:
            self._refuse("file_malformed")

    def finish(self) -> Upload:
        """The upload, now that all of the body has been fed."""
        if not self._ended:
            self._refuse("file_malformed")
        self._close()
        fields = {name: bytes(value).decode("utf-8", "replace") for name, value in self._fields.items()}
        return Upload(fields, self._filename, self._kind, self._size, self._blob, self._problem)

    def give_up(self) -> None:
        """There comes no more: keep nothing."""
        self._refuse("file_malformed")

    def _parser(self, content_type: str) -> Callable[[bytes], object]:
        """What takes the pieces apart and calls the methods below."""
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser, parse_options_header

        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != _MULTIPART or not boundary:
            self._refuse("file_not_multipart" if kind != _MULTIPART else "file_no_boundary")
            return len
        _hush()
        callbacks: Any = {name: getattr(self, f"_{name}") for name in _EVENTS}
        try:
            return MultipartParser(boundary, callbacks, max_header_size=_HEADER_LIMIT).write
        except FormParserError:
            self._refuse("file_malformed")
            return len

    def _refuse(self, problem: str) -> None:
        """The first problem counts; what has been kept is let go of."""
        self._problem = self._problem or problem
        self._close()
        if self._blob:
            self._uploads.settle(self._blob, kept=False)
            self._blob = ""

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _on_part_begin(self) -> None:
        self._part = _Part()
        self._parts += 1
        if self._parts > _PARTS_LIMIT:
            self._refuse("file_malformed")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _on_header_end(self) -> None:
        self._part.end_header()

    def _on_headers_finished(self) -> None:
        part = self._part
        part.read_headers()
        if part.name == _FIELD and not self._blob and not self._problem:
            self._filename, self._kind = part.filename, part.kind
            self._blob, self._file = self._uploads.open()
            part.is_file = True
        elif part.name != _FIELD:
            self._fields[part.name] = bytearray()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._problem:
            return
        if self._part.is_file:
            self._write(data[start:end])
        elif self._part.name in self._fields:
            self._field_bytes += end - start
            if self._field_bytes > _FIELDS_LIMIT:
                self._refuse("file_malformed")
            else:
                self._fields[self._part.name] += data[start:end]

    def _write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > SIZE_LIMIT:
            self._refuse("file_too_large")
        elif not self._uploads.make_room(self._blob, len(piece)):
            self._refuse("file_no_room")
        elif self._file is not None:
            self._file.write(piece)

    def _on_end(self) -> None:
        self._ended = True


def _hush() -> None:
    """Keep the parser's own words off stderr: the answer and the log say what is wrong with a body."""
    logger = logging.getLogger("python_multipart")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


class _Part:
    """The part that is arriving."""

    def __init__(self) -> None:
        self.field = self.value = b""
        self.headers: dict[bytes, bytes] = {}
        self.name = self.filename = self.kind = ""
        self.is_file = False

    def end_header(self) -> None:
        self.headers[self.field.strip().lower()] = self.value
        self.field = self.value = b""

    def read_headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        self.name = options.get(b"name", b"").decode("utf-8", "replace")
        self.filename = options.get(b"filename", b"").decode("utf-8", "replace")
        self.kind = self.headers.get(b"content-type", b"").decode("latin-1").strip()
