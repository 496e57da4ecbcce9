"""Requests as ASGI brings them. A small one that came before, byte for byte, is the very same Request, with notes."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.types import Scope

from fakeapi.wire import Notes, Request, joined

_SMALL, _MOST = 16_384, 256
"""Bytes of the body of a request that is recognized, and how many are."""
_TAIL = 96
"""Bytes by which a body is looked up; it is compared as a whole before it counts for the same."""


class _Known(NamedTuple):
    """A request, and what of it ASGI brought; its list of headers may be used for the next one."""

    method: str
    query: bytes
    headers: list[Any]
    request: Request


class Reader:
    """Makes Requests of what ASGI brings, for one server."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bytes], _Known] = {}

    def read(self, scope: Scope, body: bytes) -> Request:
        """The request of this scope and body."""
        if len(body) > _SMALL:
            return head(scope)._replace(body=body)
        path, headers = scope["path"], scope["headers"]
        place = path, len(body), body[-_TAIL:]
        known = self._known.get(place)
        if (
            known is not None
            and body == known.request.body
            and headers == known.headers
            and scope["method"] == known.method
            and scope["query_string"] == known.query
        ):
            return known.request
        request = head(scope)._replace(body=body, notes=Notes())
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[place] = _Known(request.method, scope["query_string"], list(headers), request)
        return request


def head(scope: Scope) -> Request:
    """A request as far as its headers."""
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(lines)
    if len(headers) < len(lines):
        headers = joined(lines)
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, b"")
