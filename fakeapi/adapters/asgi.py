"""The Starlette app: reads a request from ASGI, lets the engine answer it, plays the Reply.

The API's own paths are served before Starlette's middleware and router; `/_fakeapi/` is Starlette's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope
from starlette.types import Send as AsgiSend

import fakeapi
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.lateness import Lateness
from fakeapi.adapters.player import play, whole
from fakeapi.adapters.porter import Porter
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined

_OWN = "/_fakeapi/"
_DRAINED_AT_MOST = 8 * BODY_LIMIT


class ClientLeftError(Exception):
    """The client went away before its request was whole."""


async def _health(_: StarletteRequest) -> JSONResponse:
    return JSONResponse({"status": "ok", "version": fakeapi.__version__})


class App:
    """The ASGI application of one server: `App(Settings())` is served by any ASGI server.

    `log` is told of every exchange once it is over; `clock` makes the clock of each session, instead of the one that
    the settings name. Raises FakeapiError for settings that can't be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        log: Callable[[Exchange], None] | None = None,
        clock: Callable[[], Clock] | None = None,
    ) -> None:
        self._porter = Porter(settings or Settings(), log, clock)
        self._lateness = Lateness()
        routes = [
            Route("/_fakeapi/health", _health, methods=["GET"]),
            Route("/_fakeapi/metrics", self._metrics, methods=["GET"]),
        ]
        self._own = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        """ASGI's entry."""
        if scope["type"] != "http" or scope["path"].startswith(_OWN):
            await self._own(scope, receive, send)
            return
        try:
            request = await _read(scope, receive)
        except ClientLeftError:
            return
        visit = self._porter.answer(request)
        reply = whole(visit.reply) if scope.get("http_version") == "1.0" else visit.reply
        try:
            outcome = await play(reply, receive, send, visit.session.clock, visit.sent, self._lateness)
        except asyncio.CancelledError:
            outcome = "cut"
        self._porter.close(visit, outcome)

    async def _metrics(self, _: StarletteRequest) -> JSONResponse:
        return JSONResponse(self._lateness.report())


async def _read(scope: Scope, receive: Receive) -> Request:
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(lines)
    if len(headers) < len(lines):
        headers = joined(lines)
    body = await _body(receive)
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


async def _body(receive: Receive) -> bytes:
    """The body, or its first bytes if it is over the limit: one more than allowed, so that the engine refuses it.

    The rest is read and dropped (within reason), since most clients look at the answer only after sending all.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientLeftError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= _DRAINED_AT_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        if size <= BODY_LIMIT:
            chunks.append(message.get("body", b""))
        size += len(message.get("body", b""))
    return b"".join(chunks)
