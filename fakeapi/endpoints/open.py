"""What the API answers without a key: greetings and CORS preflights (contract.md 1, clients.md)."""

from __future__ import annotations

from fakeapi.wire import HeaderLines, Request

GREETING = b'{"message": "hello"}'
"""GET /api/hello: HEAD was recorded with a content-length of 20."""
_BROWSER_ROADS = frozenset({"/v1/messages", "/v1/messages/count_tokens", "/v1/models"})
_ALLOWED_HEADERS = (
    "x-api-key, authorization, anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, "
    "content-type"
)


def is_preflight(request: Request) -> bool:
    """Whether a request is a browser's CORS preflight."""
    return (
        request.method == "OPTIONS"
        and "origin" in request.headers
        and "access-control-request-method" in request.headers
    )


def preflight(request: Request, road: str) -> tuple[int, HeaderLines, bytes]:
    """Status, headers and body of a preflight's answer: browsers may reach messages, count_tokens and models only."""
    if road not in _BROWSER_ROADS:
        return 400, ((b"Content-Type", b"text/plain; charset=utf-8"),), b"Disallowed CORS origin"
    asked = request.headers.get("access-control-request-headers")
    headers = (
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-allow-headers", (asked or _ALLOWED_HEADERS).encode("latin-1", "replace")),
        (b"access-control-max-age", b"600"),
    )
    return 200, headers, b"OK"
