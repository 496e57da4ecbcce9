"""In-process transports: a client of httpx2 or httpx, sync or async, talks to the engine without a socket.

A reply is played as the client reads it: bytes come one effect at a time, waits are those of the transport's clock,
and a cut is the error that a dropped connection raises. Neither library is imported before a client of it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from fakeapi.adapters.clock import Clock, RealClock, VirtualClock, sleep
from fakeapi.adapters.playback import Playback
from fakeapi.adapters.porter import Porter
from fakeapi.engine import takes_file
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Request, Upload, joined

if TYPE_CHECKING:
    import anthropic
    import httpx
    import httpx2

    class _AnyTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport, httpx.BaseTransport, httpx.AsyncBaseTransport):
        """What type checkers see, so that clients of both libraries take a Transport."""

        def handle_request(self, request: Any) -> Any: ...
        async def handle_async_request(self, request: Any) -> Any: ...
        def __enter__(self) -> Self: ...
        async def __aenter__(self) -> Self: ...
else:
    _AnyTransport = object

__all__ = ["Clock", "RealClock", "Transport", "VirtualClock", "async_client", "client"]

BASE_URL = "http://fakeapi"
"""Where ready-made clients send their requests; no such host is ever looked up."""
_ANY_KEY = "sk-ant-fake"
_CREDENTIALS = frozenset({"api_key", "auth_token", "credentials", "config", "profile"})
_LIBRARIES = ("httpx2", "httpx")
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


class Transport(_AnyTransport):
    """A server in this process and the way to it, for clients of httpx2 and httpx, sync and async alike.

    `httpx2.Client(transport=Transport())` reaches it at any URL. Clients that share a transport share the server;
    closing a client doesn't close it. Waits take place on `clock`: a virtual one, on which they take no time, unless
    another is given; each further session (`/s/<id>`) has a virtual one of its own. `log` is told of every exchange
    once it is over. Raises FakeapiError for settings that can't be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        log: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.porter = Porter(self.settings, log, VirtualClock if clock is None else lambda: clock)

    @property
    def clock(self) -> Clock:
        """The clock of the default session; one that was given is that of all sessions."""
        with self.porter.lock:
            return self.porter.open().clock

    def handle_request(self, request: Any) -> Any:
        """The library's Response to its Request, as soon as the first bytes of the body are there.

        Raises the library's RemoteProtocolError where the connection is cut before, and its ReadTimeout where they
        take longer than the client's read timeout.
        """
        if self._brings_file(request):
            playback = self._play(request, b"", self._set_aside(request))
        else:
            playback = self._play(request, request.read())
        return _response(request, playback, playback.read())

    async def handle_async_request(self, request: Any) -> Any:
        """The same for async clients, under asyncio or trio."""
        upload = await self._set_aside_async(request) if self._brings_file(request) else None
        body = await request.aread() if upload is None else b""
        await sleep(0)
        playback = self._play(request, body, upload)
        return _response(request, playback, await playback.read_async())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.aclose()

    def close(self) -> None:
        """Nothing to let go of: the transport goes on working, for the other clients that share it."""

    async def aclose(self) -> None:
        """The same."""

    def _brings_file(self, request: Any) -> bool:
        """Whether a request is an upload. TypeError for one of another library."""
        return bool(_library(request)) and takes_file(request.method, request.url.path)

    def _set_aside(self, request: Any) -> Upload:
        """The upload, with its file where the server keeps it."""
        receiver = self.porter.uploads.receive(request.headers)
        for piece in request.stream:
            receiver.feed(piece)
        return receiver.finish()

    async def _set_aside_async(self, request: Any) -> Upload:
        receiver = self.porter.uploads.receive(request.headers)
        async for piece in request.stream:
            receiver.feed(piece)
        return receiver.finish()

    def _play(self, request: Any, body: bytes, upload: Upload | None = None) -> Playback:
        library = import_module(_library(request))
        visit = self.porter.answer(_understood(request, body)._replace(upload=upload))
        patience = request.extensions.get("timeout", {}).get("read")
        over = partial(self.porter.close, visit)
        return Playback(visit.reply, visit.session.clock, patience, library, over, visit.sent)


def client(transport: Transport | None = None, **options: Any) -> anthropic.Anthropic:
    """An `anthropic.Anthropic` that talks to this transport, or to one of its own; `options` are the SDK's.

    Works with any version of the SDK. ImportError where it isn't installed.
    """
    import anthropic

    transport = transport or Transport()
    http_client = anthropic.DefaultHttpxClient(transport=transport)
    return anthropic.Anthropic(http_client=http_client, **_with_defaults(transport, options))


def async_client(transport: Transport | None = None, **options: Any) -> anthropic.AsyncAnthropic:
    """An `anthropic.AsyncAnthropic`, likewise."""
    import anthropic

    transport = transport or Transport()
    http_client = anthropic.DefaultAsyncHttpxClient(transport=transport)
    return anthropic.AsyncAnthropic(http_client=http_client, **_with_defaults(transport, options))


def _with_defaults(transport: Transport, options: dict[str, Any]) -> dict[str, Any]:
    """Base URL and key, so that what the environment says of the real API is of no effect."""
    key = {} if _CREDENTIALS & options.keys() else {"api_key": next(iter(transport.settings.api_key), _ANY_KEY)}
    return {"base_url": BASE_URL, **key, **options}


def _understood(request: Any, body: bytes) -> Request:
    """A library's Request as the engine sees it."""
    lines = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw]
    return Request(request.method, request.url.path, request.url.query.decode("ascii"), joined(lines), body)


def _response(request: Any, playback: Playback, first: bytes) -> Any:
    """The library's Response; HTTP/1.1 in its extensions, as real transports say it."""
    library = _library(request)
    return import_module(library).Response(
        playback.status,
        headers=playback.headers,
        stream=_stream_of(library)(playback, first),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": _REASONS.get(playback.status, b"")},
    )


def _library(request: Any) -> str:
    """The library a request comes from. TypeError for others."""
    for kind in type(request).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in _LIBRARIES:
            return name
    raise TypeError(f"a request of {' or '.join(_LIBRARIES)} is expected, not {type(request)}")


class _Stream:
    """The body of a response: what the playback gives, for `for` and `async for`; closing it early stops the reply."""

    def __init__(self, playback: Playback, first: bytes) -> None:
        self._playback = playback
        self._first = first

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        chunk = self._take_first() or self._playback.read()
        if not chunk:
            raise StopIteration
        return chunk

    def close(self) -> None:
        self._playback.leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = self._take_first() or await self._playback.read_async()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._playback.leave()

    def _take_first(self) -> bytes:
        first, self._first = self._first, b""
        return first


@cache
def _stream_of(library: str) -> Any:
    """A stream that the library takes for its own."""
    module = import_module(library)
    return type("Stream", (_Stream, module.SyncByteStream, module.AsyncByteStream), {})
