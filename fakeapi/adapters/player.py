"""Plays a Reply over ASGI: sends, waits and cuts, and notices a client that leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from starlette.types import Receive
from starlette.types import Send as AsgiSend

from fakeapi.adapters.clock import Clock
from fakeapi.adapters.lateness import Lateness
from fakeapi.wire import Cut, Effect, Reply, Send, Wait

_FLUSH_INTERVAL = 0.002
_CLOSED_WITHIN = 1.0
"""Seconds for the server to notice that the connection was dropped."""


class ConnectionCutError(Exception):
    """Raised where the connection can't be dropped directly: the server then drops it."""


def _untold(_: object) -> None:
    """Nobody wants to know."""


async def play(
    reply: Reply,
    receive: Receive,
    send: AsgiSend,
    clock: Clock,
    sent: Callable[[bytes], None] = _untold,
    lateness: Lateness | None = None,
    over: Callable[[str], None] = _untold,
) -> str:
    """Play a reply to its end: `completed`, `cut`, or `client left`.

    What went out is told to `sent`, how late its waits end to `lateness`. The first two ends are told to `over` before
    the client can see them, so that whoever has the answer finds it remembered.

    Sends without a wait between them go out as one chunk. Headers go out with the first byte.
    """
    effects = iter(reply.effects)
    held, pause = _until_pause(effects)
    if pause is None:
        await _start(reply, send)
        sent(held)
        over("completed")
        await send({"type": "http.response.body", "body": held})
        return "completed"
    lateness = lateness or Lateness()
    lateness.open += 1
    try:
        return await _watched(_Play(reply, effects, send, clock, sent, lateness, over).on(held, pause), receive)
    finally:
        lateness.open -= 1


async def send_at_once(reply: Reply, send: AsgiSend) -> None:
    """Send a reply in which nothing has to be waited for, and of which everybody knows."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": _until_pause(iter(reply.effects))[0]})


async def drop(send: AsgiSend) -> None:
    """Drop the connection at once, and let the server notice, where it can be reached: uvicorn's can."""
    connection = _connection(send)
    if connection is not None:
        connection.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def whole(reply: Reply) -> Reply:
    """The reply in one piece and with its length, for HTTP/1.0, which knows no chunks: it waits, then sends all."""
    seconds, body = 0.0, b""
    for effect in reply.effects:
        if isinstance(effect, Wait):
            seconds += effect.seconds
        elif isinstance(effect, Send):
            body += effect.data
        else:
            return Reply(reply.status, reply.headers, (Wait(seconds), Send(body), effect))
    lengths = () if any(name.lower() == b"content-length" for name, _ in reply.headers) else (_length(body),)
    effects = (Wait(seconds), Send(body)) if seconds else (Send(body),)
    return Reply(reply.status, (*reply.headers, *lengths), effects)


def _length(body: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % len(body))


def _until_pause(effects: Iterator[Effect]) -> tuple[bytes, Wait | Cut | None]:
    """All bytes until the next wait or cut, and that."""
    held = []
    for effect in effects:
        if type(effect) is Send:
            held.append(effect.data)
        elif not isinstance(effect, Send):
            return b"".join(held), effect
    return held[0] if len(held) == 1 else b"".join(held), None


async def _watched(playing: Coroutine[Any, Any, str], receive: Receive) -> str:
    """Play until the end, or until the client leaves."""
    player = asyncio.current_task()
    watch = asyncio.ensure_future(_tell_when_left(receive, player))
    try:
        return await playing
    except asyncio.CancelledError:
        if watch.done() and not watch.cancelled():
            return "client left"
        raise
    finally:
        watch.cancel()


async def _tell_when_left(receive: Receive, player: asyncio.Task[Any] | None) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if player is not None:
        player.cancel()


class _Play:
    """One reply that takes its time."""

    def __init__(
        self,
        reply: Reply,
        effects: Iterator[Effect],
        send: AsgiSend,
        clock: Clock,
        sent: Callable[[bytes], None],
        lateness: Lateness,
        over: Callable[[str], None],
    ) -> None:
        self._reply = reply
        self._effects = effects
        self._send = send
        self._clock = clock
        self._sent = sent
        self._lateness = lateness
        self._over = over
        self._started = False
        self._due = clock()

    async def on(self, held: bytes, pause: Wait | Cut | None) -> str:
        """Play on from what was already taken from the effects."""
        while isinstance(pause, Wait):
            if held:
                await self._write(held, more=True)
            await self._wait(pause.seconds)
            held, pause = _until_pause(self._effects)
        await self._write(held, more=pause is not None)
        return await self._cut() if pause is not None else "completed"

    async def _write(self, body: bytes, *, more: bool) -> None:
        if more and not body:
            return
        if not self._started:
            self._started = True
            await _start(self._reply, self._send)
        if not more:
            self._sent(body)
            self._over("completed")
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
        if more:
            self._sent(body)

    async def _wait(self, seconds: float) -> None:
        """Wait until `seconds` after the last wait was due, so that lateness never adds up."""
        self._due += seconds
        real = asyncio.get_running_loop().time
        expected = real() + self._due - self._clock()
        await self._clock.wait_until_async(self._due)
        if seconds:
            self._lateness.record(max(0.0, real() - expected))

    async def _cut(self) -> str:
        """Drop the connection; the player is then told that the client left, which is our own doing."""
        connection = await _flushed(self._send)
        self._over("cut")
        connection.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(_CLOSED_WITHIN)
        return "cut"


async def _start(reply: Reply, send: AsgiSend) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})


def _connection(send: AsgiSend) -> asyncio.Transport | None:
    """The connection behind uvicorn's send; None behind those of other servers."""
    transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
    return transport


async def _flushed(send: AsgiSend) -> asyncio.Transport:
    """The connection, once all that was sent has left for the client."""
    transport = _connection(send)
    if transport is None:
        raise ConnectionCutError
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(_FLUSH_INTERVAL)
    return transport
