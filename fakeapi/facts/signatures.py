"""Opaque tokens: signatures of thinking, redacted thinking, encrypted contents. Made here, verified here.

A token is base64 of the envelope that every recorded one has (2025-02 to 2026-08), in the encoding of protocol buffers:

    1: version (2026, some)                     2: envelope
    3: purpose (1 thinking, 3 web result, ...)     1: header (key generation, organization, model, signature)
                                                   2, 3: 12 bytes each   4: 48 bytes   5: the content, 16 bytes longer

Ours have that form too. They keep nothing secret: the key is below, so that any server verifies what another one made.
"""

from __future__ import annotations

import base64
import binascii
from enum import Enum
from functools import lru_cache
from hashlib import blake2b, shake_128
from typing import NamedTuple, TypeAlias

_KEY = b"fakeapi: whoever reads this may sign"
_PURPOSES = {
    "thinking": 1,
    "redacted_thinking": 1,
    "web_search_result": 3,
    "web_search_result_location": 4,
    "code_execution_result": 5,
    "compaction": 6,
    "advisor_result": 9,
}
"""The number of each purpose; those of code execution and compaction were never recorded and are our choice."""

_GENERATION = 18
_PARTS = 4
_UNBOUND = bytes(4)
_LENGTHS = {2: 12, 3: 12, 4: 48}
_TAG = 16
_SIGNATURE = 64
_KNOWN = 512
"""How many tokens are remembered: an agent sends all of a conversation's with each of its requests."""

Fields: TypeAlias = dict[int, int | bytes]


class Verdict(Enum):
    """What a token turned out to be, beside the content that came with it."""

    OURS = "made here, for this content"
    FOREIGN = "of the real form: it can't be checked further"
    CHANGED = "made here, for another content"
    MOVED = "made here, for another place or conversation"
    INVALID = "no token, or one that was tampered with"

    @property
    def accepted(self) -> bool:
        """Whether a request may carry the token."""
        return self in (Verdict.OURS, Verdict.FOREIGN)


class _Envelope(NamedTuple):
    """The parts of a token: `base` is the header without its signature, `shown` None where the token isn't ours."""

    header: Fields
    first: bytes
    second: bytes
    wrapped: bytes
    body: bytes
    kind: int | None


def sign(thinking: str, *context: object, model: str = "", organization: str = "", shown: bool = True) -> str:
    """The `signature` of a thinking block.

    Args:
        thinking: the whole thinking text, also where the block doesn't show it.
        context: up to four parts that the block is bound to, each by itself (its place, what was said before it ...);
            None binds to nothing.
        model, organization: named in the token, as in real ones.
        shown: False for `display: "omitted"`: text that a client puts into the empty field is then ignored.
    """
    return _made(thinking, "thinking", context, model, organization, shown)


def verify(signature: str, thinking: str, *context: object) -> Verdict:
    """What the signature of a thinking block that came back is worth.

    An empty text is good with any signature (the display was omitted). Parts of the context that are None, here or when
    it was signed, aren't compared.
    """
    return _verdict(signature, "thinking", thinking, context)


def seal(content: str, purpose: str, *context: object, model: str = "", organization: str = "") -> str:
    """Another opaque token: `data` of redacted_thinking, `encrypted_content`, `encrypted_index`, `encrypted_stdout`.

    `purpose` is the type of the block that carries it, see `purposes()`; KeyError for another one. `model` is named in
    the tokens of redacted thinking.
    """
    return _made(content, purpose, context, model, organization, True)


def verify_sealed(token: str, purpose: str, *context: object) -> Verdict:
    """What a token of that purpose is worth. KeyError for an unknown purpose."""
    return _verdict(token, purpose, "", context)


def unsealed(token: str, purpose: str) -> str | None:
    """The content of a token made here for that purpose; None for any other."""
    envelope = _opened(token)
    if envelope is None or not _is_ours(envelope) or _shown(envelope, purpose) is None:
        return None
    return _content(envelope)


@lru_cache(maxsize=_KNOWN)
def moved(token: str, purpose: str, *context: object) -> tuple[int, ...]:
    """Which parts of the context (0 to 3) differ from those that a token made here is bound to; none for any other."""
    envelope = _opened(token)
    if envelope is None or not _is_ours(envelope) or _shown(envelope, purpose) is None:
        return ()
    return _differing(envelope, context)


def signer(token: str) -> str:
    """The model that is named in a token of the real form, whoever made it; "" where none is."""
    envelope = _opened(token)
    named = envelope.header.get(6) if envelope else None
    return named.decode("utf-8", "replace") if isinstance(named, bytes) else ""


def purposes() -> frozenset[str]:
    """What tokens can be for: `thinking` by `sign`, the others by `seal`."""
    return frozenset(_PURPOSES)


def _made(content: str, purpose: str, context: tuple[object, ...], model: str, organization: str, shown: bool) -> str:
    plain = content.encode("utf-8", "surrogatepass")
    bound = b"".join(map(_bound, _padded(context)))
    first = _mac(12, "first", purpose, model, organization, bound, plain, shown)
    second = _mac(12, "second", first)
    wrapped = _mac(16, "third", first) + _mac(16, "fourth", second) + _mixed(bound, _mac(16, "context", first))
    base = _header(purpose, model, organization)
    cipher = _mixed(plain, _stream(first, len(plain)))
    body = cipher + _mac(_TAG, "tag", purpose, shown, _written(base), wrapped, cipher)
    header = {**base, 5: _signature(base, body)} if _PURPOSES[purpose] == 1 else base
    parts: Fields = {1: _written(dict(sorted(header.items()))), 2: first, 3: second, 4: wrapped, 5: body}
    return base64.b64encode(_written({2: _written(parts), 3: _PURPOSES[purpose]})).decode()


def _header(purpose: str, model: str, organization: str) -> Fields:
    """As the newest recorded ones have it; empty members are left out."""
    if _PURPOSES[purpose] != 1:
        return {1: _GENERATION, 3: 2, 4: organization.encode()} if organization else {1: _GENERATION, 3: 2}
    named: Fields = {6: model.encode(), 7: 0, 8: b"thinking", 11: organization.encode()}
    return {1: _GENERATION, 3: 2, **{number: value for number, value in named.items() if value != b""}}


def _signature(base: Fields, body: bytes) -> bytes:
    return _mac(_SIGNATURE, "signature", _written(base), body)


@lru_cache(maxsize=_KNOWN)
def _verdict(token: str, purpose: str, content: str, context: tuple[object, ...]) -> Verdict:
    kind = _PURPOSES[purpose]
    envelope = _opened(token)
    if envelope is None:
        return Verdict.INVALID
    if not _is_ours(envelope):
        return Verdict.FOREIGN if kind != 1 or envelope.kind in (None, 1, 2) else Verdict.INVALID
    shown = _shown(envelope, purpose)
    if shown is None:
        return Verdict.INVALID
    if content and shown and content != _content(envelope):
        return Verdict.CHANGED
    return Verdict.MOVED if _differing(envelope, context) else Verdict.OURS


def _is_ours(envelope: _Envelope) -> bool:
    """Whether any of three marks is there: tampering with one part doesn't make ours a foreign one."""
    return (
        envelope.second == _mac(12, "second", envelope.first)
        or envelope.wrapped[:16] == _mac(16, "third", envelope.first)
        or envelope.wrapped[16:32] == _mac(16, "fourth", envelope.second)
    )


def _shown(envelope: _Envelope, purpose: str) -> bool | None:
    """Whether the token was made for content that is shown; None for one that wasn't made so, or for something else."""
    if envelope.kind != _PURPOSES[purpose]:
        return None
    base = {number: value for number, value in envelope.header.items() if number != 5}
    if envelope.header.get(5, b"") != (_signature(base, envelope.body) if envelope.kind == 1 else b""):
        return None
    cipher, tag = envelope.body[:-_TAG], envelope.body[-_TAG:]
    for shown in (True, False):
        if tag == _mac(_TAG, "tag", purpose, shown, _written(base), envelope.wrapped, cipher):
            return shown if envelope.second == _mac(12, "second", envelope.first) else None
    return None


def _content(envelope: _Envelope) -> str:
    cipher = envelope.body[:-_TAG]
    return _mixed(cipher, _stream(envelope.first, len(cipher))).decode("utf-8", "surrogatepass")


def _differing(envelope: _Envelope, context: tuple[object, ...]) -> tuple[int, ...]:
    """The parts of the context that were bound, are given, and aren't the same."""
    bound = _mixed(envelope.wrapped[32:], _mac(16, "context", envelope.first))
    pairs = ((bound[4 * place : 4 * place + 4], _bound(part)) for place, part in enumerate(_padded(context)))
    return tuple(at for at, (signed, given) in enumerate(pairs) if _UNBOUND not in (signed, given) and signed != given)


def _padded(context: tuple[object, ...]) -> tuple[object, ...]:
    if len(context) > _PARTS:
        raise ValueError(f"a token is bound to {_PARTS} parts at most, got {len(context)}")
    return (*context, *[None] * (_PARTS - len(context)))


def _bound(part: object) -> bytes:
    return _UNBOUND if part is None else b"\x01" + _mac(3, "part", part)


def _mac(size: int, purpose: str, *parts: object) -> bytes:
    said = (part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass") for part in parts)
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in said)
    return blake2b(framed, digest_size=size, key=_KEY, person=purpose.encode()).digest()


def _stream(first: bytes, length: int) -> bytes:
    return shake_128(_KEY + first).digest(length)


def _mixed(data: bytes, stream: bytes) -> bytes:
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


@lru_cache(maxsize=_KNOWN)
def _opened(token: str) -> _Envelope | None:
    """The parts of a token of the real form, whoever made it; None for anything else."""
    outer = _read_base64(token)
    if outer is None or not {2} <= outer.keys() <= {1, 2, 3} or isinstance(outer[2], int):
        return None
    kind = outer.get(3)
    inner = _read(outer[2])
    if inner is None or inner.keys() != {1, 2, 3, 4, 5} or isinstance(kind, bytes):
        return None
    header, *parts = inner.values()
    fields = _read(header) if isinstance(header, bytes) else None
    if not fields or 3 not in fields or not all(isinstance(part, bytes) for part in parts):
        return None
    first, second, wrapped, body = (part for part in parts if isinstance(part, bytes))
    fits = all(len(part) == size for part, size in zip((first, second, wrapped), _LENGTHS.values(), strict=True))
    return _Envelope(fields, first, second, wrapped, body, kind) if fits and len(body) >= _TAG else None


def _read_base64(token: str) -> Fields | None:
    try:
        return _read(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError):
        return None


def _written(fields: Fields) -> bytes:
    """Fields in the encoding of protocol buffers: varints and byte strings."""
    written = bytearray()
    for number, value in fields.items():
        if isinstance(value, int):
            written += _varint(number << 3) + _varint(value)
        else:
            written += _varint(number << 3 | 2) + _varint(len(value)) + value
    return bytes(written)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _read(data: bytes) -> Fields | None:
    """The fields of a message in ascending order, each once; None where the bytes are anything else."""
    fields: Fields = {}
    at, last = 0, 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        number, wire = key >> 3, key & 7
        if at < 0 or number <= last or wire not in (0, 2):
            return None
        last = number
        if wire == 0:
            fields[number] = value
        elif at + value > len(data):
            return None
        else:
            fields[number] = data[at : at + value]
            at += value
    return fields


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a position and the position behind it, -1 where there is none."""
    number, shift = 0, 0
    while 0 <= at < len(data) and shift < 64:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    return 0, -1
