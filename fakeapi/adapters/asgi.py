"""The Starlette app: reads a request from ASGI, lets the engine answer it, plays the Reply.

The API's own paths are served before Starlette's middleware and router; `/_fakeapi/` is Starlette's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope
from starlette.types import Send as AsgiSend

import fakeapi
from fakeapi import assets
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.lateness import Lateness
from fakeapi.adapters.player import play, whole
from fakeapi.adapters.porter import Porter
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.endpoints.files import SIZE_LIMIT
from fakeapi.engine import body_limit, takes_file
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined

if TYPE_CHECKING:
    from fakeapi.rules.loading.nodes import Problem

_OWN = "/_fakeapi/"
_DRAINED_AT_MOST = 8 * BODY_LIMIT
_AT_REQUESTS = 16
"""Parts of a batch that are walked at a request that asks for it, where the clock has moved unseen."""
_POLITENESS, _RECENTLY = 0.002, 0.1
"""Seconds between two slices of the work between requests, where there was a request so many seconds ago."""


class ClientLeftError(Exception):
    """The client went away before its request was whole."""


def _is_own(path: str) -> bool:
    """Whether a path leads to the admin API, of the server or of a session."""
    return path.startswith(_OWN) or (path.startswith("/s/") and _OWN in path)


class App:
    """The ASGI application of one server: `App(Settings())` is served by any ASGI server.

    `log` is told of every exchange once it is over; `clock` makes the clock of each session, instead of the one that
    the settings name; `told` of what is wrong with rule files that were saved. Raises FakeapiError for settings that
    can't be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        log: Callable[[Exchange], None] | None = None,
        clock: Callable[[], Clock] | None = None,
        told: Callable[[tuple[Problem, ...]], None] = lambda _: None,
    ) -> None:
        self.porter = Porter(settings or Settings(), log, clock, told)
        self.porter.chores.at_requests = _AT_REQUESTS
        self._worker: asyncio.Task[None] | None = None
        self._asked = 0.0
        self._lateness = Lateness()
        routes = [
            Route("/_fakeapi/health", self._health, methods=["GET"]),
            Route("/_fakeapi/metrics", self._metrics, methods=["GET"]),
            Route("/{path:path}", self._admin, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        self._own = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        """ASGI's entry."""
        if scope["type"] != "http" or _is_own(scope["path"]):
            await self._own(scope, receive, send)
            return
        try:
            request = await self._received(scope, receive)
        except ClientLeftError:
            return
        visit = self.porter.answer(request)
        if self.porter.chores:
            self._see_to_chores()
        reply = whole(visit.reply) if scope.get("http_version") == "1.0" else visit.reply
        try:
            outcome = await play(reply, receive, send, visit.session.clock, visit.sent, self._lateness)
        except asyncio.CancelledError:
            outcome = "cut"
        self.porter.close(visit, outcome)

    async def _received(self, scope: Scope, receive: Receive) -> Request:
        """The request; that of an upload with its file set aside."""
        if not takes_file(scope["method"], scope["path"]):
            return await _read(scope, receive)
        head = _head(scope)
        receiver = self.porter.uploads.receive(head.headers)
        try:
            async for piece in _pieces(receive, SIZE_LIMIT + _DRAINED_AT_MOST):
                receiver.feed(piece)
        except BaseException:
            receiver.give_up()
            raise
        return head._replace(upload=receiver.finish())

    def close(self) -> None:
        """Let go of what goes on beside the answers: the watch over rule files."""
        self.porter.stop()

    def _see_to_chores(self) -> None:
        """Have someone work between the requests, from now until there is nothing left to do."""
        loop, worker = asyncio.get_running_loop(), self._worker
        self._asked = loop.time()
        if worker is None or worker.done() or worker.get_loop() is not loop:
            self._worker = loop.create_task(self._work())

    async def _work(self) -> None:
        """Slice after slice; while requests come, they have the time between two slices for themselves."""
        time = asyncio.get_running_loop().time
        while (pause := self.porter.chores.next()) is not None:
            await asyncio.sleep(pause or (_POLITENESS if time() - self._asked < _RECENTLY else 0.0))

    async def _health(self, _: StarletteRequest) -> Response:
        watcher = self.porter.watcher
        rules = {"rules": watcher.health()} if watcher is not None else {}
        return JSONResponse({"status": "ok", "version": fakeapi.__version__, **rules})

    async def _metrics(self, request: StarletteRequest) -> Response:
        if refused := self._objection(request):
            return refused
        return JSONResponse(self._lateness.report())

    async def _admin(self, request: StarletteRequest) -> Response:
        """What the tester's desk can do; it may wait, so it runs in a thread."""
        from fakeapi.adapters.admin.operations import Admin

        if refused := self._objection(request):
            return refused
        body = await request.body()
        if len(body) > BODY_LIMIT:
            return JSONResponse({"error": {"status": 413, "message": "the body is too large"}}, 413)
        query, headers = request.url.query, dict(request.headers)
        if request.url.path.rstrip("/").endswith("/_fakeapi/openapi.json"):
            return JSONResponse(assets.read_json("schemas/admin/openapi.json"))
        ask = partial(Admin(self.porter).answer, request.method, request.url.path, query, headers, body)
        told = await run_in_threadpool(ask)
        if isinstance(told.content, dict):
            return Response(orjson.dumps(told.content, default=str), told.status, media_type=told.kind)
        return StreamingResponse(told.content, told.status, media_type=told.kind)

    def _objection(self, request: StarletteRequest) -> Response | None:
        from fakeapi.adapters.admin.guard import objection

        why = objection(request.headers, self.porter.settings.admin_host)
        return JSONResponse({"error": {"status": 403, "message": why}}, 403) if why else None


async def _read(scope: Scope, receive: Receive) -> Request:
    return _head(scope, await _body(receive, scope["path"]))


def _head(scope: Scope, body: bytes = b"") -> Request:
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(lines)
    if len(headers) < len(lines):
        headers = joined(lines)
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


async def _body(receive: Receive, path: str) -> bytes:
    """The body, or its first bytes if it is over the limit: one more than allowed, so that the engine refuses it.

    The rest is read and dropped (within reason), since most clients look at the answer only after sending all.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientLeftError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    chunks, size, limit = [body], len(body), BODY_LIMIT
    while message.get("more_body", False) and size <= limit + _DRAINED_AT_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        if size > limit == BODY_LIMIT:
            limit = body_limit(path)
        if size <= limit:
            chunks.append(message.get("body", b""))
        size += len(message.get("body", b""))
    return b"".join(chunks)


async def _pieces(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """The body in the pieces that it comes in, up to about so many bytes."""
    size, more = 0, True
    while more and size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        piece: bytes = message.get("body", b"")
        size, more = size + len(piece), message.get("more_body", False)
        yield piece
