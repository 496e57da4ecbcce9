"""Values for JSON Schema's `format`. Dates are drawn from fixed years: what is said must not depend on the day."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from random import Random

Format: TypeAlias = Callable[["Random"], str]

YEARS = (2024, 2026)
_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "falcon", "garnet", "harbor", "indigo", "juniper", "kestrel", "lumen",
    "maple", "nova", "onyx", "pine", "quartz", "river", "sierra", "tidal", "umber", "violet", "willow", "zephyr",
)  # fmt: skip
_DOMAINS = ("example.com", "example.org", "example.net")


def formatted(name: str, dice: Random) -> str | None:
    """A text in a format of JSON Schema (or a common one beside them); None for an unknown name."""
    maker = _FORMATS.get(name)
    return maker(dice) if maker else None


def known() -> frozenset[str]:
    """The names that `formatted` knows."""
    return frozenset(_FORMATS)


def day(dice: Random, years: tuple[int, int] = YEARS) -> str:
    """A date, `2025-03-14`, within the years."""
    return f"{dice.randint(*years)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


def word(dice: Random) -> str:
    """A plain lower-case word."""
    return dice.choice(_WORDS)


def _clock(dice: Random) -> str:
    return f"{dice.randint(7, 20):02}:{dice.choice((0, 15, 30, 45)):02}:00"


def _email(dice: Random) -> str:
    return f"{word(dice)}.{word(dice)}@{dice.choice(_DOMAINS)}"


def _host(dice: Random) -> str:
    return f"{word(dice)}.{dice.choice(_DOMAINS)}"


def _address(dice: Random) -> str:
    """Of the blocks set aside for documentation (RFC 5737)."""
    return f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.{dice.randint(1, 254)}"


def _address_6(dice: Random) -> str:
    """Of the block set aside for documentation (RFC 3849)."""
    return "2001:db8:" + ":".join(f"{dice.getrandbits(16):x}" for _ in range(6))


def _uuid(dice: Random) -> str:
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[dice.randint(0, 3)]}{text[17:20]}-{text[20:]}"


def _duration(dice: Random) -> str:
    return dice.choice(("PT30M", "PT1H", "PT1H30M", "PT2H", "P1D", "P3D", "P1W", "P2W"))


_FORMATS: dict[str, Format] = {
    "date": day,
    "time": lambda dice: f"{_clock(dice)}Z",
    "date-time": lambda dice: f"{day(dice)}T{_clock(dice)}Z",
    "datetime": lambda dice: f"{day(dice)}T{_clock(dice)}Z",
    "duration": _duration,
    "email": _email,
    "idn-email": _email,
    "hostname": _host,
    "idn-hostname": _host,
    "ipv4": _address,
    "ip": _address,
    "ipv6": _address_6,
    "uri": lambda dice: f"https://{dice.choice(_DOMAINS)}/{word(dice)}",
    "url": lambda dice: f"https://{dice.choice(_DOMAINS)}/{word(dice)}",
    "iri": lambda dice: f"https://{dice.choice(_DOMAINS)}/{word(dice)}",
    "uri-reference": lambda dice: f"/{word(dice)}/{word(dice)}",
    "iri-reference": lambda dice: f"/{word(dice)}/{word(dice)}",
    "uri-template": lambda dice: f"https://{dice.choice(_DOMAINS)}/{word(dice)}/{{id}}",
    "uuid": _uuid,
    "json-pointer": lambda dice: f"/{word(dice)}/{dice.randint(0, 9)}",
    "relative-json-pointer": lambda dice: f"{dice.randint(0, 3)}/{word(dice)}",
    "regex": lambda dice: f"^{word(dice)}-[0-9]+$",
    "byte": lambda dice: b64encode(f"{word(dice)} {word(dice)}".encode()).decode(),
    "base64": lambda dice: b64encode(f"{word(dice)} {word(dice)}".encode()).decode(),
    "color": lambda dice: f"#{dice.getrandbits(24):06x}",
    "phone": lambda dice: f"+1-202-555-{dice.randint(100, 199):04}",
    "decimal": lambda dice: f"{dice.randint(1, 500)}.{dice.randint(0, 99):02}",
    "password": lambda dice: f"{word(dice).capitalize()}-{dice.randint(1000, 9999)}",
}
