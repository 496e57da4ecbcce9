"""The response headers of each kind of answer, in the recorded order (contract.md 3, recordings of 2026-08-19)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.wire import Headers

JSON = ("Content-Type", "application/json")
_STRICT_TRANSPORT = ("strict-transport-security", "max-age=31536000; includeSubDomains; preload")
_EDGE = (
    ("Server", "cloudflare"),
    ("vary", "Accept-Encoding"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cf-cache-status", "DYNAMIC"),
    ("x-robots-tag", "none"),
)
ALLOWANCES = (("input-tokens", 10_000_000), ("output-tokens", 2_000_000), ("requests", 10_000), ("tokens", 12_000_000))
"""The generous rate limits that every answer of POST /v1/messages shows (contract.md 3): per minute."""


@lru_cache(maxsize=4)
def _date(second: int) -> tuple[str, str]:
    return ("Date", format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True))


@lru_cache(maxsize=4)
def _rate_limits(second: int) -> Headers:
    reset = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = []
    for name, limit in ALLOWANCES:
        remaining = limit - 1 if name == "requests" else limit
        lines += [
            (f"anthropic-ratelimit-{name}-limit", str(limit)),
            (f"anthropic-ratelimit-{name}-remaining", str(remaining)),
            (f"anthropic-ratelimit-{name}-reset", reset),
        ]
    return tuple(lines)


@lru_cache(maxsize=1024)
def _owner(seed: int, key: str) -> Headers:
    """The organization of a seed and the workspace of a key: a key's digest, never the key."""
    return (
        ("anthropic-organization-id", chance.organization(seed)),
        ("anthropic-workspace-id", chance.identity("wrkspc", "workspace", seed, key)),
    )


def answered(luck: Chance, key: str, request_id: str, *, rate_limits: bool, content: Headers = (JSON,)) -> Headers:
    """The headers of a 200; `rate_limits` for POST /v1/messages only."""
    second = int(luck.now)
    return (
        _date(second),
        *content,
        *(_rate_limits(second) if rate_limits else ()),
        ("request-id", request_id),
        _STRICT_TRANSPORT,
        *_owner(luck.seed, key),
        ("traceresponse", luck.trace()),
        *_EDGE,
        ("cf-ray", luck.ray()),
    )


def refused(luck: Chance, key: str | None, request_id: str, extra: Headers = (), *, retry: bool = False) -> Headers:
    """The headers of an error; organization and workspace only once the caller is known (`key`)."""
    return (
        _date(int(luck.now)),
        JSON,
        ("x-should-retry", "true" if retry else "false"),
        *extra,
        ("request-id", request_id),
        _STRICT_TRANSPORT,
        *(_owner(luck.seed, key) if key else ()),
        *_EDGE,
        ("cf-ray", luck.ray()),
    )


def plain(luck: Chance, content: Headers = (JSON,)) -> Headers:
    """The headers of an answer that belongs to no caller: HEAD, preflight."""
    return (_date(int(luck.now)), *content, *_EDGE, ("cf-ray", luck.ray()))
