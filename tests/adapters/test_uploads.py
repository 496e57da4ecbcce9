"""Uploads as they arrive: in pieces, to a folder that is bounded and goes with its server."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic
import pytest

from fakeapi.adapters import uploads
from fakeapi.adapters.uploads import Receiver, Uploads
from fakeapi.settings import Settings
from fakeapi.transport import Transport, VirtualClock, async_client, client
from tests.running import server

KIND = {"content-type": "multipart/form-data; boundary=XX"}
HEAD = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
FIELD = b'--XX\r\nContent-Disposition: form-data; name="expires_in_seconds"\r\n\r\n3600\r\n'
END = b"\r\n--XX--\r\n"


def keeper(limit: int = 1_000_000, needed: tuple[str, ...] = ()) -> Uploads:
    return Uploads(limit, lambda: set(needed))


def fed(body: bytes, store: Uploads | None = None, size: int = 1_000_000, headers: Any = KIND) -> Any:
    receiver: Receiver = (store or keeper()).receive(headers)
    for at in range(0, len(body), size):
        receiver.feed(body[at : at + size])
    return receiver.finish()


def held(store: Uploads, blob: str) -> bytes:
    return b"".join(store.read(blob))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
@pytest.mark.parametrize("content", [b"", b"Hello", b"\r\n--XX\r\r\n-", b"\r\n--X" * 50, bytes(range(256)) * 9])
def test_a_file_is_the_same_in_whatever_pieces_it_comes(size, content):
    store = keeper()
    upload = fed(FIELD + HEAD + content + END, store, size)
    assert upload.problem == ""
    assert (upload.filename, upload.kind, upload.size) == ("a.txt", "text/plain", len(content))
    assert upload.fields == {"expires_in_seconds": "3600"}
    assert held(store, upload.blob) == content


def test_fields_may_come_after_the_file():
    assert fed(HEAD + b"Hello\r\n" + FIELD[:-2] + END).fields == {"expires_in_seconds": "3600"}


def test_of_several_files_the_first_counts():
    store = keeper()
    upload = fed(HEAD + b"one\r\n" + HEAD.replace(b"a.txt", b"b.txt") + b"two" + END, store)
    assert (upload.filename, held(store, upload.blob)) == ("a.txt", b"one")


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"Hello",
        HEAD[:-10],
        b"",
        b"no boundary",
        b"--XX\r\nno colon\r\n\r\nHello" + END,
        b"--XX\r\n" + b"A: b\r\n" * 200 + b"\r\nHello" + END,
        b"--XX\r\nA: " + b"x" * 100_000 + b"\r\n\r\nHello" + END,
        (b'--XX\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' * 101) + HEAD + END,
        b'--XX\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + b"x" * 1_000_001 + END,
    ],
)
@pytest.mark.parametrize("size", [17, 100_000])
def test_a_body_that_is_broken_leaves_no_file(body, size, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert fed(body, size=size).problem == "file_malformed"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_compressed_upload_is_refused():
    assert fed(HEAD + b"Hello" + END, headers={**KIND, "content-encoding": "gzip"}).problem == "file_encoded"


def test_a_file_over_the_limit_is_too_large(monkeypatch):
    monkeypatch.setattr(uploads, "SIZE_LIMIT", 1000)
    assert fed(HEAD + b"x" * 1000 + END).problem == ""
    assert fed(HEAD + b"x" * 1001 + END, size=100).problem == "file_too_large"


def test_the_folder_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = keeper(limit=1500)
    first = fed(HEAD + b"x" * 1000 + END, store)
    assert fed(HEAD + b"x" * 1000 + END, store, size=100).problem == "file_no_room"
    store.settle(first.blob, kept=True)
    assert fed(HEAD + b"x" * 1000 + END, store, size=100).problem == ""
    assert held(store, first.blob) == b""
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_what_memory_knows_is_not_swept_away():
    store = keeper(1500, needed=("1",))
    first = fed(HEAD + b"x" * 1000 + END, store)
    store.settle(first.blob, kept=True)
    assert fed(HEAD + b"x" * 1000 + END, store).problem == "file_no_room"
    assert held(store, first.blob) == b"x" * 1000


def test_the_folder_goes_with_its_server(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    transport = Transport(Settings())
    client(transport).files.upload(file=("a.txt", b"Hello", "text/plain"))
    assert len(list(tmp_path.rglob("*"))) == 2
    del transport
    import gc

    gc.collect()
    assert not list(tmp_path.iterdir())


def test_the_storage_quota_is_that_of_the_server():
    transport = Transport(Settings(file_mb=1))
    kept = client(transport, max_retries=0)
    first = kept.files.upload(file=("a.bin", b"x" * 900_000))
    with pytest.raises(anthropic.BadRequestError) as fault:
        kept.files.upload(file=("b.bin", b"x" * 200_000))
    body: Any = fault.value.body
    assert body["error"]["details"] == {"error_code": "storage_quota_exceeded"}
    kept.files.delete(first.id)
    kept.files.upload(file=("b.bin", b"x" * 200_000))


def test_a_rolled_back_session_has_its_files_again():
    transport = Transport(Settings(contract="shape"), clock=VirtualClock())
    kept, porter = client(transport), transport.porter
    file = kept.files.upload(file=("a.txt", b"Hello", "text/plain"))
    porter.mark(porter.open(), "before")
    kept.files.delete(file.id)
    porter.roll_back(porter.open(), "before")
    assert kept.files.download(file.id).read() == b"Hello"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_uploads_too(backend):
    async def uploaded() -> Any:
        async with async_client(Transport()) as kept:
            return await kept.files.upload(file=("a.txt", b"Hello", "text/plain"))

    run(backend, uploaded)


def run(backend: str, work: Any) -> None:
    if backend == "trio":
        import trio

        assert trio.run(work).size_bytes == 5
        return
    import asyncio

    assert asyncio.run(work()).size_bytes == 5


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with server("--log", "quiet", "--api-key", "sk-ant-fake") as started:
        yield started.url


def talking(url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key="sk-ant-fake", max_retries=0)


@pytest.mark.parametrize("namespace", ["files", "beta.files"])
def test_the_sdk_s_files_work_over_http(running, namespace):
    with talking(running) as sdk:
        files: Any = sdk.files if namespace == "files" else sdk.beta.files
        path = Path(__file__)
        file = files.upload(file=path)
        assert (file.filename, file.size_bytes) == (path.name, path.stat().st_size)
        assert files.retrieve_metadata(file.id) == file
        assert file.id in [each.id for each in files.list(limit=1)]
        assert file.id in [each.id for each in files.list(ids=[file.id])]
        with pytest.raises(anthropic.BadRequestError, match="is not downloadable"):
            files.download(file.id)
        assert files.delete(file.id).type == "file_deleted"
        with pytest.raises(anthropic.NotFoundError):
            files.retrieve_metadata(file.id)


def test_an_upload_in_chunks_is_taken(running):
    at = urlsplit(running)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    headers = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", **KIND}
    pieces = iter([HEAD[:20], HEAD[20:], b"Hello, ", b"chunks", END])
    connection.request("POST", "/v1/files", pieces, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_malformed_body_is_one_line_of_the_log():
    with server() as started:
        headers = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01", **KIND}
        connection = http.client.HTTPConnection(started.url.partition("//")[2], timeout=10)
        connection.request("POST", "/v1/files", b"no part at all", headers)
        assert connection.getresponse().status == 400
        connection.close()
        (line,) = started.stop().splitlines()
    assert "POST  /v1/files  400  refused  The request body is not valid multipart/form-data." in line


def test_a_client_that_leaves_leaves_no_file(tmp_path):
    with server("--log", "quiet", TMPDIR=str(tmp_path)) as started:
        at = urlsplit(started.url)
        with socket.create_connection((at.hostname, at.port)) as line:
            head = b"POST /v1/files HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
            line.sendall(head + b"Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 100000\r\n\r\n")
            line.sendall(HEAD + b"x" * 1000)
            assert wait_for(lambda: len(files_in(tmp_path)) == 1)
        assert wait_for(lambda: not files_in(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_leaves_no_folder(tmp_path, number):
    with server("--log", "quiet", TMPDIR=str(tmp_path)) as started:
        with talking(started.url) as sdk:
            sdk.files.upload(file=("a.txt", b"Hello"))
        assert files_in(tmp_path)
        started.process.send_signal(number)
        started.process.wait(10)
    assert not os.listdir(tmp_path)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def wait_for(condition: Any) -> bool:
    """Whether it comes true before long."""
    end = time.monotonic() + 5
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
