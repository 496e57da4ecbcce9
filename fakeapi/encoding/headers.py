"""The response headers of each kind of answer, in the recorded order (contract.md 3, recordings of 2026-08-19)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.wire import HeaderLines

_LONGEST_WARNING = 1000
JSON = (b"Content-Type", b"application/json")
DONT_RETRY = (b"x-should-retry", b"false")
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")
_EDGE: HeaderLines = (
    (b"Server", b"cloudflare"),
    (b"vary", b"Accept-Encoding"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cf-cache-status", b"DYNAMIC"),
    (b"x-robots-tag", b"none"),
)
ALLOWANCES = (("input-tokens", 10_000_000), ("output-tokens", 2_000_000), ("requests", 10_000), ("tokens", 12_000_000))
"""The generous rate limits that every answer of POST /v1/messages shows (contract.md 3): per minute."""
BATCH_REQUESTS = 20_000
"""That of requests about batches."""


@lru_cache(maxsize=4)
def _date(second: int) -> tuple[bytes, bytes]:
    return (b"Date", format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True).encode())


class RateLimit(NamedTuple):
    """What is shown of a rate limit; `reset` is Unix time in seconds."""

    name: str
    limit: int
    remaining: int
    reset: float


def rate_limits(limits: Iterable[RateLimit], prefix: str = "anthropic-ratelimit") -> HeaderLines:
    """The lines of rate limits: `anthropic-ratelimit-requests-limit` ..., the reset in whole seconds (recorded)."""
    lines: list[tuple[bytes, bytes]] = []
    for name, limit, remaining, moment in limits:
        reset = datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for member, value in (("limit", limit), ("remaining", remaining), ("reset", reset)):
            lines.append((f"{prefix}-{name}-{member}".encode(), str(value).encode()))
    return tuple(lines)


@lru_cache(maxsize=4)
def generous(second: int) -> HeaderLines:
    """The lines where no limits are enforced, at this Unix time."""
    return rate_limits(RateLimit(name, limit, limit - (name == "requests"), second) for name, limit in ALLOWANCES)


@lru_cache(maxsize=8)
def _generously(second: int, content: HeaderLines) -> HeaderLines:
    """The first lines of an answer that shows no limits of its own."""
    return (_date(second), *content, *generous(second))


def batch_limits(now: float) -> HeaderLines:
    """The rate limit that every answer about batches shows, and the only one (measured in September 2026)."""
    return _batch_limits(int(now))


@lru_cache(maxsize=4)
def _batch_limits(second: int) -> HeaderLines:
    reset = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"limit": str(BATCH_REQUESTS), "remaining": str(BATCH_REQUESTS - 1), "reset": reset}
    return tuple((f"anthropic-ratelimit-requests-{name}".encode(), text.encode()) for name, text in values.items())


@lru_cache(maxsize=1024)
def owner(seed: int, key: str) -> HeaderLines:
    """Who answered whom: the organization of a seed, the workspace of a key (a digest, never the key)."""
    return (
        _STRICT_TRANSPORT,
        (b"anthropic-organization-id", chance.organization(seed).encode()),
        (b"anthropic-workspace-id", chance.workspace(seed, key).encode()),
    )


def answered(
    luck: Chance, owner: HeaderLines, request_id: str, *, shown: HeaderLines | bool, content: HeaderLines = (JSON,)
) -> HeaderLines:
    """The headers of a 200; `shown` are the lines of its rate limits, or True for the generous ones."""
    second = int(luck.now)
    return (
        *(_generously(second, content) if shown is True else (_date(second), *content, *(shown or ()))),
        (b"request-id", request_id.encode()),
        *owner,
        (b"traceresponse", luck.trace()),
        *_EDGE,
        (b"cf-ray", luck.ray()),
    )


def refused(luck: Chance, key: str | None, request_id: str, extra: HeaderLines = ()) -> HeaderLines:
    """The headers of an error; organization and workspace only once the caller is known (`key`).

    Where `extra` has no other advice, it says that a retry is of no use.
    """
    return (
        _date(int(luck.now)),
        JSON,
        *(() if any(name == DONT_RETRY[0] for name, _ in extra) else (DONT_RETRY,)),
        *extra,
        (b"request-id", request_id.encode()),
        *(owner(luck.seed, key) if key else (_STRICT_TRANSPORT,)),
        *_EDGE,
        (b"cf-ray", luck.ray()),
    )


def plain(luck: Chance, request_id: str, content: HeaderLines = (JSON,)) -> HeaderLines:
    """The headers of an answer that belongs to no caller: HEAD, preflight."""
    return (
        _date(int(luck.now)),
        *content,
        (b"request-id", request_id.encode()),
        *_EDGE,
        (b"cf-ray", luck.ray()),
    )


@lru_cache(maxsize=256)
def warnings(sentences: tuple[str, ...]) -> HeaderLines:
    """One `fakeapi-warning` line for each sentence: what the real API would have said."""
    return tuple((b"fakeapi-warning", _one_line(sentence)) for sentence in sentences)


def _one_line(sentence: str) -> bytes:
    printable = "".join(char if char.isprintable() else " " for char in sentence[:_LONGEST_WARNING])
    return printable.encode("ascii", "backslashreplace")
