"""From the bytes of a body to its JSON: content type, content encoding, size, syntax, depth. Never a traceback."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import orjson

from fakeapi.errors import ApiError
from fakeapi.facts import openings
from fakeapi.facts.nesting import is_deeper
from fakeapi.facts.openings import Read
from fakeapi.facts.sentences import refusal
from fakeapi.wire import Request

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a request body, before and after decoding (contract.md 15)."""
DEPTH_LIMIT = 200
"""Levels of nesting: deeper bodies could be read but not written again."""
_LONG = 16_384
_ENCODINGS_LIMIT = 4
_ZSTD_STEP = 1024


def decode(body: bytes, kind: str | None = None, encoding: str | None = None, limit: int = BODY_LIMIT) -> Any:
    """The JSON value of a request's body, by its content type (`kind`) and content encoding.

    Raises ApiError: 413 over `limit` bytes, 400 for a wrong content type, an encoding that is unknown or does not
    decode, invalid JSON (in orjson's words, as the API uses them: contract.md 2), or JSON that is nested too deep.
    """
    if len(body) > limit:
        raise refusal("body_too_large")
    if kind is not None and kind != "application/json":
        _check_type(kind)
    return parse(_inflate(body, encoding, limit) if encoding else body)


def decode_request(request: Request) -> Any:
    """`decode` of a whole request."""
    return decode(request.body, request.headers.get("content-type"), request.headers.get("content-encoding"))


def parse(body: bytes) -> Any:
    """The JSON value of these bytes; ApiError 400 where they are no JSON or nested too deep."""
    try:
        found = openings.read(body) if len(body) > _LONG else Read(value := orjson.loads(body), value)
    except orjson.JSONDecodeError as fault:
        raise refusal("json_invalid", reason=str(fault)) from None
    if _may_be_deep(body) and is_deeper(found.strange, DEPTH_LIMIT):
        raise refusal("json_too_deep", limit=DEPTH_LIMIT)
    openings.keep(found)
    return found.value


def _may_be_deep(body: bytes) -> bool:
    """A quick look: in a short body few brackets are no depth, and a long one has many anyway."""
    return len(body) > _LONG or body.count(b"{") + body.count(b"[") > DEPTH_LIMIT


def _check_type(kind: str) -> None:
    essence = kind.partition(";")[0].strip().lower()
    if essence and essence != "application/json" and not essence.endswith("+json"):
        raise refusal("content_type", value=kind)


def _inflate(body: bytes, encodings: str, limit: int) -> bytes:
    names = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    if len(names) > _ENCODINGS_LIMIT:
        raise refusal("encoding_unsupported", encoding=encodings)
    for name in reversed(names):
        if name not in _DECODERS:
            raise refusal("encoding_unsupported", encoding=name)
        body = _DECODERS[name](body, limit)
        if len(body) > limit:
            raise refusal("decoded_body_too_large")
    return body


def _invalid(name: str) -> ApiError:
    return refusal("encoding_invalid", encoding=name)


def _gzip(body: bytes, limit: int) -> bytes:
    return _zlib(body, limit, 16 + zlib.MAX_WBITS, "gzip")


def _deflate(body: bytes, limit: int) -> bytes:
    """RFC 9110 says zlib; some clients send raw deflate, and servers take both."""
    raw = not (len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0)
    return _zlib(body, limit, -zlib.MAX_WBITS if raw else zlib.MAX_WBITS, "deflate")


def _zlib(body: bytes, limit: int, window: int, name: str) -> bytes:
    stream = zlib.decompressobj(window)
    try:
        decoded = stream.decompress(body, limit + 1)
    except zlib.error:
        raise _invalid(name) from None
    if len(decoded) <= limit and not stream.eof:
        raise _invalid(name)
    return decoded


def _zstd(body: bytes, limit: int) -> bytes:
    """Fed in small steps: one of `_ZSTD_STEP` bytes grows to 32 MB at most, and the limit is looked at after each."""
    import zstandard

    stream = zstandard.ZstdDecompressor(max_window_size=BODY_LIMIT).decompressobj()
    chunks, size = [], 0
    try:
        for at in range(0, len(body), _ZSTD_STEP):
            chunks.append(stream.decompress(body[at : at + _ZSTD_STEP]))
            size += len(chunks[-1])
            if size > limit or stream.eof:
                break
    except zstandard.ZstdError:
        raise _invalid("zstd") from None
    if size <= limit and not stream.eof:
        raise _invalid("zstd")
    return b"".join(chunks)


def _identity(body: bytes, limit: int) -> bytes:
    return body


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "identity": _identity,
}
