"""What the API answers without a key: greetings and CORS preflights (contract.md 1, clients.md)."""

from __future__ import annotations

from fakeapi.wire import Headers, Request

GREETING = b'{"message": "hello"}'
"""GET /api/hello: HEAD was recorded with a content-length of 20."""
_BROWSER_ROADS = frozenset({"/v1/messages", "/v1/messages/count_tokens", "/v1/models"})
_ALLOWED_HEADERS = "x-api-key, authorization, anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, content-type"


def is_preflight(request: Request) -> bool:
    """Whether a request is a browser's CORS preflight."""
    return (
        request.method == "OPTIONS"
        and request.header("origin") is not None
        and request.header("access-control-request-method") is not None
    )


def preflight(request: Request, road: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a preflight's answer: browsers may reach messages, count_tokens and models only."""
    if road not in _BROWSER_ROADS:
        return 400, (("Content-Type", "text/plain; charset=utf-8"),), b"Disallowed CORS origin"
    asked = request.header("access-control-request-headers")
    headers = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS"),
        ("access-control-allow-headers", asked if asked else _ALLOWED_HEADERS),
        ("access-control-max-age", "600"),
    )
    return 200, headers, b"OK"
