"""Plays a Reply over ASGI: sends, waits and cuts, and notices a client that leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from starlette.types import Receive
from starlette.types import Send as AsgiSend

from fakeapi.wire import Cut, Effect, Reply, Send, Wait


_FLUSH_INTERVAL = 0.002
_CLOSED_WITHIN = 1.0
"""Seconds for the server to notice that the connection was dropped."""


class ConnectionCutError(Exception):
    """Raised where the connection can't be dropped directly: the server then drops it."""


async def play(reply: Reply, receive: Receive, send: AsgiSend) -> str:
    """Play a reply to its end: `completed`, `cut`, or `client left`.

    Sends without a wait between them go out as one chunk. Headers go out with the first byte.
    """
    effects = iter(reply.effects)
    held, pause = _until_pause(effects)
    if pause is None:
        await _start(reply, send)
        await send({"type": "http.response.body", "body": held})
        return "completed"
    return await _play_paced(reply, held, pause, effects, receive, send)


def _until_pause(effects: Iterator[Effect]) -> tuple[bytes, Wait | Cut | None]:
    """All bytes until the next wait or cut, and that."""
    held = []
    for effect in effects:
        if type(effect) is Send:
            held.append(effect.data)
        elif not isinstance(effect, Send):
            return b"".join(held), effect
    return held[0] if len(held) == 1 else b"".join(held), None


async def _play_paced(
    reply: Reply, held: bytes, pause: Wait | Cut | None, effects: Iterator[Effect], receive: Receive, send: AsgiSend
) -> str:
    player = asyncio.current_task()
    watch = asyncio.ensure_future(_tell_when_left(receive, player))
    started = False
    interrupted = "client left"
    due = asyncio.get_running_loop().time()
    try:
        while True:
            if held:
                if not started:
                    await _start(reply, send)
                    started = True
                await send({"type": "http.response.body", "body": held, "more_body": pause is not None})
            if pause is None:
                return "completed"
            if isinstance(pause, Cut):
                transport = await _flushed(send)
                interrupted = "cut"
                transport.abort()
                await asyncio.wait({watch}, timeout=_CLOSED_WITHIN)
                return interrupted
            due = await _wait(pause.seconds, due)
            held, pause = _until_pause(effects)
            if pause is None and not held:
                held = b""
                if not started:
                    await _start(reply, send)
                await send({"type": "http.response.body", "body": b""})
                return "completed"
    except asyncio.CancelledError:
        if watch.done() and not watch.cancelled():
            return interrupted
        raise
    finally:
        watch.cancel()


async def _tell_when_left(receive: Receive, player: asyncio.Task[Any] | None) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if player is not None:
        player.cancel()


async def _wait(seconds: float, due: float) -> float:
    """Wait until `seconds` after `due`, so that lateness never adds up; the new due time."""
    due += seconds
    left = due - asyncio.get_running_loop().time()
    await asyncio.sleep(max(0.0, left))
    return due


async def _start(reply: Reply, send: AsgiSend) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})


async def _flushed(send: AsgiSend) -> asyncio.Transport:
    """The connection, once all that was sent has left for the client: uvicorn's send knows its transport."""
    transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionCutError
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(_FLUSH_INTERVAL)
    return transport
