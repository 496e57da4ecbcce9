"""What comes over a raw connection: old clients, clients that offer HTTP/2, a stop while somebody listens."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.running import Server, server
from tests.street import BASIC, DOOR

BODY = json.dumps(BASIC).encode()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


def raw(head: str, version: str = "1.1", body: bytes = BODY) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in DOOR)
    return (
        f"POST /v1/messages HTTP/{version}\r\nhost: x\r\n{head}{lines}content-length: {len(body)}\r\n\r\n".encode()
        + body
    )


def exchanged(running: Server, data: bytes, until: bytes) -> bytes:
    """What the server sends back, up to a mark or the end of the connection."""
    host, _, port = running.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        received = b""
        while until not in received and (piece := connection.recv(65536)):
            received += piece
    return received


def test_an_offer_of_http_2_is_ignored_and_the_request_answered(running):
    offer = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nUpgrade: h2c\r\n"
    received = exchanged(running, raw(offer), b"0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
    assert b'"text":"Hello!"' in received


def test_a_body_that_speaks_of_the_offer_stays_as_it_is(running):
    body = json.dumps({**BASIC, "messages": [{"role": "user", "content": "\r\nUpgrade: h2c\r\nHello"}]}).encode()
    assert exchanged(running, raw("", body=body), b"0\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("stream", [False, True])
def test_an_old_client_gets_the_length_and_no_chunks(running, stream):
    body = json.dumps({**BASIC, "stream": stream}).encode()
    head, _, rest = exchanged(running, raw("", "1.0", body), b"\0").partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    (length,) = (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    assert len(rest) == length
    assert rest.startswith(b"event: " if stream else b"{")


def test_a_stop_while_a_stream_is_open_says_no_more_than_the_log_line():
    with server("--pace", "ttft=600") as started:
        host, _, port = started.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(raw("", body=json.dumps({**BASIC, "stream": True}).encode()))
            connection.recv(1024)
            written = started.stop()
    assert "Traceback" not in written
    assert "cut" in written


def test_what_is_no_http_gets_an_answer_and_no_log_of_its_own(running):
    assert exchanged(running, b"\x16\x03\x01nonsense\r\n\r\n", b"\0").startswith(b"HTTP/1.1 400")
