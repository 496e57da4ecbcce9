"""The Starlette app: reads a request from ASGI, lets the engine answer it, plays the Reply.

`/_fakeapi/` is the admin API's (adapters.admin); what isn't HTTP is left to Starlette.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope
from starlette.types import Send as AsgiSend

from fakeapi.adapters.chores import Manners
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.lateness import Lateness
from fakeapi.adapters.player import drop, play, send_at_once, whole
from fakeapi.adapters.porter import Porter
from fakeapi.adapters.reading import Reader, head
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.endpoints.files import SIZE_LIMIT
from fakeapi.engine import body_limit, takes_file
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.wire import Request

if TYPE_CHECKING:
    from fakeapi.adapters.admin.door import Door
    from fakeapi.rules.loading.nodes import Problem

_OWN = "/_fakeapi/"
_DRAINED_AT_MOST = 8 * BODY_LIMIT
_AT_REQUESTS = 64
"""Items of a batch that are walked at a request that asks for it, where the clock has moved unseen."""
_TURNS = 3
"""Turns of the event loop between two items of a batch: enough to read a request, to answer it, and to send that."""


class ClientLeftError(Exception):
    """The client went away before its request was whole."""


def _is_own(path: str) -> bool:
    """Whether a path leads to the admin API, of the server or of a session."""
    return path.startswith(_OWN) or path == _OWN[:-1] or (path.startswith("/s/") and _OWN in path)


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but only the first call counts."""
    told = False

    def tell_first(outcome: str) -> None:
        nonlocal told
        if not told:
            told = True
            tell(outcome)

    return tell_first


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
        self._lateness = Lateness()
        self._desk: Door | None = None
        self._beside = Starlette()
        self._reader = Reader()

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        """ASGI's entry."""
        if scope["type"] != "http":
            await self._beside(scope, receive, send)
            return
        if _is_own(scope["path"]):
            await self._admin(scope, receive, send)
            return
        try:
            request = await self._received(scope, receive)
        except ClientLeftError:
            return
        if self.porter.chores:
            self._see_to_chores()
        in_chunks = scope.get("http_version") != "1.0"
        if in_chunks and (reply := self.porter.repeat(request)) is not None:
            await send_at_once(reply, send)
            return
        visit = self.porter.answer(request)
        if self.porter.chores:
            self._see_to_chores()
        reply = visit.reply if in_chunks else whole(visit.reply)
        over = _once(partial(self.porter.close, visit))
        try:
            over(await play(reply, receive, send, visit.session.clock, visit.sent, self._lateness, over))
        except asyncio.CancelledError:
            over("cut")
            await drop(send)
        except BaseException:
            over("cut")
            raise

    async def _received(self, scope: Scope, receive: Receive) -> Request:
        """The request; that of an upload with its file set aside."""
        if not takes_file(scope["method"], scope["path"]):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                return self._reader.read(scope, message.get("body", b""))
            return self._reader.read(scope, await _rest(receive, message, scope["path"]))
        begun = head(scope)
        receiver = self.porter.uploads.receive(begun.headers)
        try:
            async for piece in _pieces(receive, SIZE_LIMIT + _DRAINED_AT_MOST):
                receiver.feed(piece)
        except BaseException:
            receiver.give_up()
            raise
        return begun._replace(upload=receiver.finish())

    def close(self) -> None:
        """Let go of what goes on beside the answers: the watch over rule files."""
        self.porter.stop()

    def _see_to_chores(self) -> None:
        """Have someone work between the requests, from now until there is nothing left to do."""
        loop, worker = asyncio.get_running_loop(), self._worker
        if worker is None or worker.done() or worker.get_loop() is not loop:
            self._worker = loop.create_task(self._work())

    async def _work(self) -> None:
        """Item after item; whatever else the event loop has to do comes first."""
        manners = Manners()
        while (pause := self.porter.chores.next(manners.items)) is not None:
            if not pause:
                begun = perf_counter()
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                pause = manners.rest(begun, perf_counter())
            if pause:
                await asyncio.sleep(pause)

    async def _admin(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        """What belongs to the tester's desk; its rooms are not entered before somebody asks."""
        if self._desk is None:
            from fakeapi.adapters.admin.door import Door

            self._desk = Door(self.porter, self._lateness)
        await self._desk(scope, receive, send)


async def _rest(receive: Receive, message: Message, path: str) -> bytes:
    """The body that begins with this, or its first bytes if it is over the limit: one more than allowed, so that the
    engine refuses it.

    The rest is read and dropped (within reason), since most clients look at the answer only after sending all.
    """
    if message["type"] == "http.disconnect":
        raise ClientLeftError
    body: bytes = message.get("body", b"")
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
