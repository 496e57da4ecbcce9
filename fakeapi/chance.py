"""The only randomness: everything that looks random is drawn from a seed.

Content is drawn from (seed, normalised request); ids from (seed, number of the exchange, the session's clock).
"""

from __future__ import annotations

from binascii import hexlify
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faker import Faker

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_TEN = 58**10
_AS_CHARACTER = bytes(_ALPHABET[byte % 58].encode()[0] for byte in range(256))
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def base58(number: int) -> str:
    """128 bits as 22 characters of the Bitcoin alphabet, zero-padded with "1" (contract.md 4)."""
    pairs = []
    for _ in range(11):
        number, low = divmod(number, 3364)
        pairs.append(_PAIRS[low])
    return "".join(reversed(pairs))


def uuid7(milliseconds: int, bits: int) -> int:
    """A UUIDv7 (RFC 9562) of a Unix time in milliseconds and 74 bits of chance."""
    return (
        (milliseconds & 0xFFFFFFFFFFFF) << 80
        | _VERSION_7
        | (bits >> 62 & 0xFFF) << 64
        | _VARIANT
        | bits & 0x3FFFFFFFFFFFFFFF
    )


def moment_of(id: str) -> float | None:
    """The Unix time in a time-ordered id (`file_011C...`); None for what is no such id."""
    _, form, text = id.partition("_01")
    if not form or len(text) != 22 or not set(text) <= set(_ALPHABET):
        return None
    number = 0
    for char in text:
        number = number * 58 + _ALPHABET.index(char)
    is_uuid7 = number >> 76 & 0xF == 7 and number >> 62 & 3 == 2 and number < 1 << 128
    return (number >> 80) / 1000 if is_uuid7 else None


def digest(*parts: object, size: int = 16) -> bytes:
    """`size` bytes that depend on the parts alone."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=size).digest()


def identity(prefix: str, *parts: object) -> str:
    """A random-form id (`wrkspc_01…`, `toolu_01…`) that depends on the parts alone."""
    return f"{prefix}_01{base58(int.from_bytes(digest(*parts), 'big'))}"


def organization(seed: int) -> str:
    """The organization's UUID (version 4 form) of a seed."""
    text = digest("organization", seed).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def workspace(seed: int, key: str) -> str:
    """The workspace of a key: it depends on the key, which can't be read from it."""
    return identity("wrkspc", "workspace", seed, key)


@lru_cache(maxsize=64)
def _millisecond(milliseconds: int) -> str:
    """The first twelve characters of UUIDv7s of a millisecond, of which any ten characters make one."""
    first = uuid7(milliseconds, int.from_bytes(digest("millisecond", milliseconds, size=2), "big") << 62)
    return base58(first + _TEN)[:12]


class Chance:
    """The ids of one exchange, drawn from the seed, the exchange's number and the session's clock.

    Equal (seed, number, now, salt) give equal ids; `now` is Unix time in seconds, `salt` has at most 16 bytes and
    counts for request_id, message_id, trace and ray alone.
    """

    __slots__ = ("_bits", "_drawn", "now", "number", "salt", "seed")

    def __init__(self, seed: int, number: int, now: float, salt: bytes = b"") -> None:
        self.seed = seed
        self.number = number
        self.now = now
        self.salt = salt
        name = b"%d/%d" % (seed, number)
        self._bits = (blake2b(name, salt=salt) if salt else blake2b(name)).digest()
        self._drawn = 0

    def request_id(self) -> str:
        """`req_011C…`, time-ordered (contract.md 4)."""
        return self._timed("req", self._bits[:10])

    def message_id(self) -> str:
        """`msg_011C…`, time-ordered since mid-2026 (contract.md 4)."""
        return self._timed("msg", self._bits[10:20])

    def file_id(self) -> str:
        """`file_011C…`, time-ordered (contract.md 4)."""
        return self._timed("file", self._bits[52:62])

    def trace(self) -> bytes:
        """A W3C trace context as the `traceresponse` header carries it."""
        text = hexlify(self._bits[20:44])
        return b"00-%b-%b-01" % (text[:32], text[32:])

    def ray(self) -> bytes:
        """A `cf-ray` value."""
        return b"%b-SJC" % hexlify(self._bits[44:52])

    def identity(self, prefix: str) -> str:
        """The next random-form id of this exchange: `toolu_01…`, `srvtoolu_01…`, `container_01…`."""
        self._drawn += 1
        return identity(prefix, self.seed, self.number, self._drawn)

    def _timed(self, prefix: str, bits: bytes) -> str:
        """A UUIDv7: its millisecond decides the first twelve characters, chance the other ten."""
        return f"{prefix}_01{_millisecond(int(self.now * 1000))}{bits.translate(_AS_CHARACTER).decode()}"


def random(*parts: object) -> Random:
    """A generator of random numbers that depends on the parts alone."""
    return Random(int.from_bytes(digest(*parts), "big"))


class Draws:
    """Numbers from 0 to 1 for things that come by the thousand: 64 of them, in 256 steps, over and over.

    Cheap to seed, unlike `random`; good enough for the width of a pad or the size of a chunk.
    """

    __slots__ = ("_at", "_bytes")

    def __init__(self, seed: bytes) -> None:
        self._bytes = seed
        self._at = -1

    def random(self) -> float:
        """The next number, 0 <= n < 1."""
        self._at = at = (self._at + 1) & 63
        return self._bytes[at] / 256


def draws(*parts: object) -> Draws:
    """Draws that depend on the parts alone."""
    return Draws(digest(*parts, size=64))


_faker: Faker | None = None


def faker(*parts: object) -> Faker:
    """Faker (English), seeded by the parts. Shared: draw all you need before another caller seeds it anew."""
    global _faker
    if _faker is None:
        from faker import Faker as Made

        _faker = Made("en_US")
    _faker.seed_instance(int.from_bytes(digest(*parts), "big"))
    return _faker
