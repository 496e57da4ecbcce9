"""In-process transports: an httpx2 or httpx client, sync or async, talks to the engine without a socket.

A reply is played as the client reads it: bytes come one effect at a time, waits are those of the transport's clock,
and a cut is the error that a dropped connection raises. Neither library is imported unless a client of it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fakeapi.adapters.clock import Clock, VirtualClock, sleep
from fakeapi.adapters.playback import Playback
from fakeapi.adapters.porter import Porter
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Reply, Request, joined

if TYPE_CHECKING:
    import anthropic
    import httpx
    import httpx2

    class _AnyTransport(
        httpx2.BaseTransport, httpx2.AsyncBaseTransport, httpx.BaseTransport, httpx.AsyncBaseTransport
    ):
        """What type checkers see; at run time neither library need be there."""

        def handle_request(self, request: Any) -> Any: ...
        async def handle_async_request(self, request: Any) -> Any: ...
        def __enter__(self) -> Self: ...
        async def __aenter__(self) -> Self: ...
else:
    _AnyTransport = object

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_KEY = "sk-ant-fake"


class Transport(_AnyTransport):
    """A server without a socket, and the way to it: for clients of httpx2 and httpx, sync and async, at once.

    `httpx2.Client(transport=Transport())` reaches it at any URL. All clients that share a transport reach the same
    server. `clock` is virtual unless another is given; `log` is told of every exchange once it is over. Raises
    FakeapiError for settings that can't be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        log: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or VirtualClock()
        self._porter = Porter(self.settings, log, self.clock)

    def handle_request(self, request: Any) -> Any:
        """The library's Response to its Request; returns with the first byte of the body, as a real transport does.

        Raises the library's RemoteProtocolError where the connection is cut, and its ReadTimeout.
        """
        playback = self._play(request, request.read())
        return _response(request, playback, playback.start())

    async def handle_async_request(self, request: Any) -> Any:
        """The same for async clients, under asyncio or trio."""
        body = await request.aread()
        await sleep(0)
        playback = self._play(request, body)
        return _response(request, playback, await playback.start_async())

    def _play(self, request: Any, body: bytes) -> Playback:
        answer = self._porter.answer(_understood(request, body))
        patience = request.extensions.get("timeout", {}).get("read")
        close = lambda outcome: self._porter.close(answer.exchange, outcome)  # noqa: E731
        return Playback(answer.reply, self.clock, patience, import_module(_library(request)), close)
