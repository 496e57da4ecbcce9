"""In-process transports under the clients of both libraries, sync and async."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import Any

import anyio
import httpx
import httpx2
import orjson
import pytest

from fakeapi import engine
from fakeapi.adapters.asgi import App
from fakeapi.adapters.clock import START
from fakeapi.engine import Answer
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.transport import Transport, VirtualClock
from fakeapi.wire import Cut, Effect, HeaderLines, Request, Send, Wait
from tests.street import BASIC, DOOR

URL = "http://anywhere.example/v1/messages"
BODY = orjson.dumps(BASIC)
STREAMED = orjson.dumps({**BASIC, "stream": True})
BOTH = pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
LOOPS = pytest.mark.parametrize("loop", ["asyncio", "trio"])


class Server:
    """What the engine is asked and what it answers with, and how each exchange ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Request] = []
        self.exchanges: list[Exchange] = []
        self.headers: HeaderLines | None = None
        self.effects: Iterable[Effect] | None = None
        self.transport = Transport(log=self.exchanges.append)
        self._handle = engine.handle
        monkeypatch.setattr(engine, "handle", self._answer)

    def _answer(self, house: Any, request: Request, *others: Any) -> Answer:
        self.requests.append(request)
        answer = self._handle(house, request, *others)
        reply = answer.reply
        if self.headers is not None:
            reply = reply._replace(headers=self.headers)
        if self.effects is not None:
            reply = reply._replace(effects=self.effects)
        return answer._replace(reply=reply)

    @property
    def outcomes(self) -> list[str]:
        return [exchange.outcome for exchange in self.exchanges]

    @property
    def clock(self) -> VirtualClock:
        assert isinstance(self.transport.clock, VirtualClock)
        return self.transport.clock


@pytest.fixture
def server(monkeypatch) -> Server:
    return Server(monkeypatch)


def asked(client: Any, content: Any = BODY, url: str = URL, **how: Any) -> Any:
    """A response, or the coroutine of one."""
    return client.post(url, content=content, headers=dict(DOOR), **how)


@BOTH
def test_a_sync_client_gets_the_answer(library, server):
    with library.Client(transport=server.transport) as client:
        response = asked(client)
    assert response.status_code == 200
    assert response.json()["content"] == [{"type": "text", "text": "Hello!"}]
    assert server.outcomes == ["completed"]


@BOTH
@LOOPS
def test_an_async_client_gets_the_answer(library, loop, server):
    async def scene() -> Any:
        async with library.AsyncClient(transport=server.transport) as client:
            return await asked(client)

    assert anyio.run(scene, backend=loop).json()["content"] == [{"type": "text", "text": "Hello!"}]
    assert server.outcomes == ["completed"]


def test_the_answer_is_byte_for_byte_that_of_the_server():
    response = asked(httpx2.Client(transport=Transport()), STREAMED)
    events = [{"type": "http.request", "body": STREAMED, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [(name.encode(), value.encode()) for name, value in DOOR]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "headers": headers}
    asyncio.run(App(Settings(), None, VirtualClock)(scope, receive, send))
    assert response.status_code == sent[0]["status"]
    assert response.headers.raw == list(sent[0]["headers"])
    assert response.content == b"".join(event["body"] for event in sent[1:])


@BOTH
def test_a_request_arrives_as_it_was_sent(library, server):
    client = library.Client(transport=server.transport)
    client.request(
        "post",
        "http://anywhere.example/s/a%20b/%E2%82%AC/v1/messages?beta=true&x=%20y",
        content=BODY,
        headers=[("X-Api-Key", "one"), ("anthropic-beta", "a"), ("Anthropic-Beta", "b")],
    )
    request = server.requests[0]
    assert (request.method, request.path, request.query) == ("POST", "/s/a b/€/v1/messages", "beta=true&x=%20y")
    assert request.headers["x-api-key"] == "one"
    assert request.headers["anthropic-beta"] == "a, b"
    assert request.headers["host"] == "anywhere.example"
    assert request.body == BODY


@BOTH
def test_bodies_in_pieces_are_read_whole(library, server):
    def pieces() -> Iterator[bytes]:
        yield BODY[:7]
        yield BODY[7:]

    async def async_pieces() -> Any:
        for piece in pieces():
            yield piece

    async def scene() -> Any:
        return await asked(library.AsyncClient(transport=server.transport), async_pieces())

    assert asked(library.Client(transport=server.transport), pieces()).status_code == 200
    assert asyncio.run(scene()).status_code == 200
    assert [request.body for request in server.requests] == [BODY, BODY]


@BOTH
def test_the_response_says_what_a_real_transport_says(library, server):
    client = library.Client(transport=server.transport)
    response = asked(client)
    assert (response.http_version, response.reason_phrase) == ("HTTP/1.1", "OK")
    assert response.headers["content-type"] == "application/json"
    assert asked(client, b"{}").reason_phrase == "Bad Request"


def test_a_head_request_has_no_body(server):
    response = httpx2.Client(transport=server.transport).head("http://anywhere.example/")
    assert (response.status_code, response.content) == (200, b"")
    assert server.outcomes == ["completed"]


def counted(effects: Iterable[Effect], made: list[Effect]) -> Iterator[Effect]:
    for effect in effects:
        made.append(effect)
        yield effect


@BOTH
def test_bytes_come_as_they_are_made(library, server):
    made: list[Effect] = []
    server.effects = counted([Send(b"a"), Wait(3), Send(b"b"), Send(b"c")], made)
    seen = []
    with library.Client(transport=server.transport).stream("GET", URL) as response:
        for chunk in response.iter_raw():
            seen.append((chunk, len(made), server.clock.now - START))
    assert seen == [(b"a", 1, 0.0), (b"b", 3, 3.0), (b"c", 4, 3.0)]


@BOTH
@LOOPS
def test_bytes_come_as_they_are_made_for_async_clients_too(library, loop, server):
    made: list[Effect] = []
    server.effects = counted([Send(b"a"), Wait(3), Send(b"b"), Send(b"c")], made)

    async def scene() -> Any:
        async with library.AsyncClient(transport=server.transport).stream("GET", URL) as response:
            return [(chunk, len(made), server.clock.now - START) async for chunk in response.aiter_raw()]

    assert anyio.run(scene, backend=loop) == [(b"a", 1, 0.0), (b"b", 3, 3.0), (b"c", 4, 3.0)]


def test_headers_come_with_the_first_byte(server):
    server.effects = [Wait(7), Send(b"a"), Wait(5), Send(b"b")]
    with httpx2.Client(transport=server.transport, timeout=None).stream("GET", URL):
        assert server.clock.now == START + 7


@BOTH
def test_closing_a_response_early_stops_the_making_of_it(library, server):
    made: list[Effect] = []
    server.effects = counted([Send(b"a")] * 9, made)
    with library.Client(transport=server.transport).stream("GET", URL) as response:
        next(response.iter_raw())
    assert len(made) == 2
    assert server.outcomes == ["client left"]


@BOTH
def test_closing_an_async_response_early_stops_it_too(library, server):
    server.effects = [Send(b"a")] * 9

    async def scene() -> None:
        async with library.AsyncClient(transport=server.transport).stream("GET", URL) as response:
            async for _ in response.aiter_raw():
                break

    asyncio.run(scene())
    assert server.outcomes == ["client left"]


@BOTH
def test_a_cut_is_the_librarys_own_error(library, server):
    client = library.Client(transport=server.transport)
    server.effects = [Cut()]
    with pytest.raises(library.RemoteProtocolError, match="Server disconnected without sending a response") as fault:
        asked(client)
    assert str(fault.value.request.url) == URL
    server.effects = [Send(b"a"), Cut()]
    server.headers = ()
    with client.stream("GET", URL) as response:
        chunks = response.iter_raw()
        assert next(chunks) == b"a"
        with pytest.raises(library.RemoteProtocolError, match="incomplete chunked read"):
            next(chunks)
    assert server.outcomes == ["cut", "cut"]


@BOTH
@LOOPS
def test_a_cut_is_the_librarys_own_error_for_async_clients_too(library, loop, server):
    async def scene() -> None:
        server.effects = [Cut()]
        with pytest.raises(library.RemoteProtocolError, match="Server disconnected"):
            await asked(library.AsyncClient(transport=server.transport))

    anyio.run(scene, backend=loop)
    assert server.outcomes == ["cut"]


@BOTH
def test_a_stall_is_a_read_timeout_that_takes_no_time(library, server):
    client = library.Client(transport=server.transport, timeout=20)
    server.effects = [Wait(600), Send(b"a")]
    with pytest.raises(library.ReadTimeout):
        asked(client)
    server.effects = [Send(b"a"), Wait(600), Send(b"b")]
    with pytest.raises(library.ReadTimeout):
        asked(client)
    assert server.clock.now == START + 40
    assert server.outcomes == ["client left", "client left"]


def test_a_client_without_a_timeout_waits_as_long_as_it_takes(server):
    server.effects = [Wait(86_400), Send(b"a")]
    assert asked(httpx2.Client(transport=server.transport, timeout=None)).content == b"a"


def test_all_clients_of_a_transport_reach_one_server(server):
    ids = [asked(library.Client(transport=server.transport)).json()["id"] for library in (httpx2, httpx)]
    assert [exchange.number for exchange in server.exchanges] == [1, 2]
    assert len(set(ids)) == 2


def test_closing_a_client_leaves_the_transport_to_the_others(server):
    with httpx2.Client(transport=server.transport) as client:
        asked(client)
    assert asked(httpx2.Client(transport=server.transport)).status_code == 200


def test_a_transport_is_itself_a_context(server):
    async def scene() -> None:
        async with server.transport as transport:
            assert transport is server.transport

    with server.transport as transport:
        assert transport is server.transport
    asyncio.run(scene())


def test_equal_requests_in_equal_order_get_equal_bytes():
    def served() -> list[bytes]:
        client = httpx2.Client(transport=Transport(Settings(pace="human")))
        return [asked(client, body).content for body in (STREAMED, BODY, STREAMED)]

    assert served() == served()


def test_threads_share_a_transport(server):
    def visit() -> None:
        for _ in range(5):
            asked(httpx2.Client(transport=server.transport))

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(exchange.number for exchange in server.exchanges) == list(range(1, 21))


@LOOPS
def test_streams_at_once_take_the_time_of_the_longest(loop):
    settings = Settings(pace="tokens_per_second=1,ttft=30")
    together, alone = Transport(settings), Transport(settings)

    async def scene() -> None:
        client = httpx2.AsyncClient(transport=together, timeout=60)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(partial(asked, client, STREAMED))

    anyio.run(scene, backend=loop)
    asked(httpx2.Client(transport=alone, timeout=60), STREAMED)
    assert together.clock() == alone.clock() > START + 30


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12345",
    ],
)
@BOTH
def test_a_cut_is_worded_as_a_socket_that_closes_is(library, sent, server):
    head, _, body = sent.partition(b"\r\n\r\n")
    server.headers = ((b"content-length", b"9"),) if b"content-length" in head else ()
    server.effects = [Send(b"12345" if body else b""), Cut()]
    with pytest.raises(library.RemoteProtocolError) as ours:
        asked(library.Client(transport=server.transport))
    with dropping(sent) as url, library.Client(trust_env=False) as client, pytest.raises(library.HTTPError) as real:
        client.get(url)
    assert (type(ours.value), str(ours.value)) == (type(real.value), str(real.value))


@contextmanager
def dropping(sent: bytes) -> Iterator[str]:
    """A socket that answers one request with these bytes and closes."""

    def drop() -> None:
        connection, _ = listener.accept()
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(65536)
            connection.sendall(sent)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drop)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_what_is_no_request_of_either_library_is_refused():
    with pytest.raises(TypeError, match="httpx2 or httpx"):
        Transport().handle_request(BytesIO())
