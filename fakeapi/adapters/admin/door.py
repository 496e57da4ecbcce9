"""The way from ASGI to the admin API: who may come in, the body, the answer; many may wait at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope
from starlette.types import Send as AsgiSend

import fakeapi
from fakeapi import assets
from fakeapi.adapters.admin.asking import parted
from fakeapi.adapters.admin.guard import objection
from fakeapi.adapters.lateness import Lateness
from fakeapi.adapters.porter import Porter
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.model import Json

_QUICK = 16_384
"""Bytes of a body up to which it is read where the answers of the API are made: a thread would take longer."""
_SLOW = ("/journal", "/verify", "/verdicts", "/unmatched")
_JSON = "application/json"


class LeftError(Exception):
    """The client went away."""


class Door:
    """The admin API of one server as an ASGI application."""

    def __init__(self, porter: Porter, lateness: Lateness) -> None:
        self._porter = porter
        self._lateness = lateness

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        """ASGI's entry, for HTTP."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            status, kind, content = await self._answer(scope, headers, receive)
        except LeftError:
            return
        head = [
            (b"content-type", kind.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if isinstance(content, bytes):
            head.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": status, "headers": head})
        if not isinstance(content, bytes):
            while chunk := await run_in_threadpool(_some, content):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            content = b""
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> tuple[int, str, bytes | Iterator[bytes]]:
        method, path = scope["method"], raw_path(scope)
        where = parted(path)[1]
        if where == "/health":
            return _plain(method, where, self._health())
        if why := objection(headers, self._porter.settings.admin_host):
            return _refused(403, why)
        if where == "/metrics":
            return _plain(method, where, self._lateness.report())
        if where == "/openapi.json":
            return _plain(method, where, assets.read_json("schemas/admin/openapi.json"))
        body = await _read(receive)
        if body is None:
            return _refused(413, f"the body has more than {BODY_LIMIT:,} bytes")
        return await self._operate(method, path, scope["query_string"].decode("latin-1"), headers, body, receive)

    async def _operate(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, receive: Receive
    ) -> tuple[int, str, bytes | Iterator[bytes]]:
        from fakeapi.adapters.admin.operations import Admin
        from fakeapi.adapters.admin.watching import Watch

        begin, where = Admin(self._porter).begin, parted(path)[1]
        quick = len(body) <= _QUICK and not where.startswith(_SLOW)
        asked = (method, path, query, headers, body)
        told = begin(*asked) if quick else await run_in_threadpool(begin, *asked)
        content = told.content
        if isinstance(content, Watch):
            content = await _unless_left(content, receive)
        return told.status, told.kind, _written(content) if isinstance(content, dict) else content

    def _health(self) -> Json:
        watcher = self._porter.watcher
        rules = {"rules": watcher.health()} if watcher is not None else {}
        return {"status": "ok", "version": fakeapi.__version__, **rules}


def raw_path(scope: Scope) -> str:
    """The path as it was sent, percent-encoded: names may have slashes and question marks in them."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1").partition("?")[0]


def _plain(method: str, where: str, content: Json) -> tuple[int, str, bytes]:
    if method not in ("GET", "HEAD"):
        return _refused(405, f"/_fakeapi{where} takes GET, not {method}")
    return 200, _JSON, _written(content)


def _refused(status: int, message: str) -> tuple[int, str, bytes]:
    return status, _JSON, _written({"error": {"status": status, "message": message}})


def _written(content: Any) -> bytes:
    """As JSON, also where it has what no UTF-8 can say."""
    try:
        return orjson.dumps(content, default=str)
    except TypeError:
        return json.dumps(content, default=str).encode()


def _some(lines: Iterator[bytes]) -> bytes:
    """The next lines, about 64 kB of them; b"" at the end."""
    found, size = [], 0
    for line in lines:
        found.append(line)
        size += len(line)
        if size > 65_536:
            break
    return b"".join(found)


async def _read(receive: Receive) -> bytes | None:
    """The body, or None if it is too large; the rest is read and dropped, since clients send all before they look."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        size += len(message.get("body", b""))
        if size <= BODY_LIMIT:
            chunks.append(message.get("body", b""))
        more = message.get("more_body", False) and size <= 8 * BODY_LIMIT
    return b"".join(chunks) if size <= BODY_LIMIT else None


async def _unless_left(watch: Any, receive: Receive) -> Json:
    """What a verification says; nobody waits for a client that has gone."""
    if not watch.patience:
        return dict(await run_in_threadpool(watch.wait))
    waiting = asyncio.ensure_future(watch.wait_async())
    leaving = asyncio.ensure_future(_until_left(receive))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise LeftError
        return dict(waiting.result())
    finally:
        for task in (waiting, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
