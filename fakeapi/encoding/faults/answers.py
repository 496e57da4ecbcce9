"""Faults that answer in place of the right answer: an error of the API, or the page of something in between."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from fakeapi import assets, chance
from fakeapi.encoding import headers
from fakeapi.encoding.body import encode_refusal
from fakeapi.encoding.faults.values import Scene
from fakeapi.errors import ApiError
from fakeapi.facts.sentences import refusal
from fakeapi.wire import HeaderLines, Reply, Send

OFF = "off"
"""The value of an option that leaves a header out."""
_WORDED = frozenset({400, 401, 402, 403, 404, 405, 408, 409, 413, 429, 500, 502, 503, 504, 529})
_RETRIED = frozenset({408, 409, 429})
_RETRY = b"x-should-retry"
_OF_THE_EDGE = frozenset({b"Date", b"Content-Type", b"Content-Length", b"Server", b"cf-ray"})


class Instead(NamedTuple):
    """An answer in place of the right one, and the sentence that the log shows of it."""

    reply: Reply
    sentence: str


def error_answer(
    scene: Scene,
    *,
    status: int = 529,
    type: str = "",
    message: str = "",
    error_code: str = "",
    retry_after: str = "",
    retry_after_ms: str = OFF,
    x_should_retry: str = "",
    limit: str = "requests",
) -> Instead:
    """An error of the API before the answer, with the headers and the sentence of its status.

    A 429 says `retry-after: 1` unless told otherwise, and which rate limit is exhausted (contract.md 3, 16).
    """
    fault = worded(status, scene, limit)
    fault = ApiError(
        status,
        type or fault.type,
        message or fault.message,
        details={"error_code": error_code} if error_code else None,
        envelope=fault.envelope,
    )
    request_id = scene.luck.request_id()
    body = encode_refusal(fault, request_id)
    wait = retry_after or ("1" if status == 429 else OFF)
    extra: HeaderLines = ((b"content-length", b"%d" % len(body)), *_waits(wait, retry_after_ms))
    if status == 429:
        extra = (*extra, *_exhausted(limit, scene.luck.now + (0.0 if wait == OFF else float(wait))))
    lines = headers.refused(scene.luck, scene.key if status != 401 else None, request_id, extra)
    return Instead(Reply(status, _retried(lines, x_should_retry or _advice(status)), (Send(body),)), fault.message)


def error_of_type(scene: Scene, *, type: str = "overloaded_error", message: str = "") -> Instead:
    """The HTTP error of an error type: what an `error` event would be in an answer that isn't streamed."""
    return error_answer(scene, status=status_of(type), type=type, message=message)


def html(scene: Scene, *, status: int = 502) -> Instead:
    """A page in HTML, as a proxy or the edge sends it when what is behind it fails."""
    reason = f"{status} {_reason(status)}".rstrip()
    body = _page().replace(b"{reason}", reason.encode())
    content = ((b"Content-Type", b"text/html; charset=UTF-8"), (b"Content-Length", b"%d" % len(body)))
    lines = headers.plain(scene.luck, scene.luck.request_id(), content)
    return Instead(Reply(status, tuple(line for line in lines if line[0] in _OF_THE_EDGE), (Send(body),)), reason)


def content_type(lines: HeaderLines, *, value: str = "text/plain") -> HeaderLines:
    """The headers with another content type; the body stays as it is."""
    return tuple((name, value.encode()) if name.lower() == b"content-type" else (name, old) for name, old in lines)


def status_of(type: str) -> int:
    """The status that an error type has as an answer; 500 for a type that the API doesn't have."""
    status: int = _statuses().get(type, 500)
    return status


def worded(status: int, scene: Scene, limit: str = "requests") -> ApiError:
    """The error of a status in the API's words; `limit` is the one that a 429 says is exhausted."""
    if status not in _WORDED:
        return refusal("fault_400" if status < 500 else "fault_500")
    allowed = dict(headers.ALLOWANCES)[limit]
    organization = chance.organization(scene.luck.seed)
    unit = limit.replace("-", " ")
    return refusal(f"fault_{status}", allowed=f"{allowed:,} {unit}", organization=organization, model=scene.model)


def _waits(seconds: str, milliseconds: str) -> HeaderLines:
    asked = ((b"retry-after", seconds), (b"retry-after-ms", milliseconds))
    return tuple((name, value.encode()) for name, value in asked if value != OFF)


def _exhausted(limit: str, until: float) -> HeaderLines:
    """The rate-limit headers of a refusal: nothing is left of one limit until then."""
    reset = datetime.fromtimestamp(int(until), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines: list[tuple[bytes, bytes]] = []
    for name, allowed in headers.ALLOWANCES:
        left = 0 if name == limit else allowed
        for member, value in (("limit", allowed), ("remaining", left), ("reset", reset)):
            lines.append((f"anthropic-ratelimit-{name}-{member}".encode(), str(value).encode()))
    return tuple(lines)


def _advice(status: int) -> str:
    return "true" if status in _RETRIED or status >= 500 else "false"


def _retried(lines: HeaderLines, advice: str) -> HeaderLines:
    if advice == OFF:
        return tuple(line for line in lines if line[0] != _RETRY)
    return tuple((name, advice.encode() if name == _RETRY else value) for name, value in lines)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@cache
def _statuses() -> dict[str, int]:
    statuses: dict[str, int] = assets.read_json("fixtures/faults.json")["statuses"]
    return statuses


@cache
def _page() -> bytes:
    return assets.read_bytes("fixtures/pages/gateway.html")
