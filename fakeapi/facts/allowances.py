"""What may be taken in a minute: the rate limits of a usage tier, or a user's own (`fixtures/limits.json`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from fakeapi import assets
from fakeapi.errors import FakeapiError
from fakeapi.model import Model

OFF = "off"
"""The value of the setting that enforces no limits."""
COUNTS_CACHED = "counts_cached_input"
"""The feature of models for which input that is read from the cache counts, too (documented for the older ones)."""
_FORM = "tier1, tier2, tier3, tier4, or such as requests=50/min,input=30000/min,output=8000/min"
_PART = re.compile(r"(?i)\s*(\w+)\s*=\s*([\d_]+)(k|m|)\s*(?:/\s*(?:min|minute|m))?\s*")
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}


class Allowance(NamedTuple):
    """How many requests, input tokens and output tokens may be taken in a minute."""

    requests: int
    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits for every model: those of a tier ("" for none), and over them a user's `own`, by name."""

    tier: str
    own: Mapping[str, int]

    def of(self, model: Model) -> Allowance:
        """What may be taken of this model."""
        return _of_tier(self.tier, model.id)._replace(**self.own)

    def can_be_raised(self) -> bool:
        """Whether an organization with these limits advances to higher ones by buying credits."""
        return not self.own and self.tier in _data()["next"]


def generous() -> Allowance:
    """What answers show where no limits are enforced."""
    return Allowance(*_data()["generous"])


def apart(kind: str) -> tuple[int, int]:
    """The limits of input and output tokens of the `priority` tier or of `fast` mode."""
    read, written = _data()["apart"][kind]
    return read, written


def parse(text: str, source: str) -> Limits | None:
    """The limits that a setting names: `off` (None), a tier, own ones, or a tier and own ones over it.

    Raises FakeapiError, naming `source` and the mend.
    """
    if text == OFF:
        return None
    first, _, rest = text.partition(",")
    tier = first.strip().lower()
    if tier not in _tiers():
        tier, rest = "", text
    parts = [part for part in rest.split(",") if part.strip()] if tier else rest.split(",")
    return Limits(tier, dict(_own(part, source) for part in parts))


def _own(part: str, source: str) -> tuple[str, int]:
    found = _PART.fullmatch(part)
    if found is None:
        raise FakeapiError(f"{source}: {part.strip()!r} is no rate limit; use {OFF}, {_FORM}")
    name, number = found[1].lower(), int(found[2].replace("_", "") or 0) * _TIMES[found[3].lower()]
    if name not in Allowance._fields:
        raise FakeapiError(f"{source}: {found[1]!r} is not one of {', '.join(Allowance._fields)}")
    if number < 1:
        raise FakeapiError(f"{source}: {part.strip()!r} allows nothing; at least 1 a minute")
    return name, number


@cache
def _of_tier(tier: str, model: str) -> Allowance:
    if not tier:
        return generous()
    groups = _data()["groups"]
    return Allowance(*next((group for group in groups if model in group["models"]), groups[-1])[tier])


def _tiers() -> frozenset[str]:
    return frozenset(name for name in _data()["groups"][-1] if name.startswith("tier"))


@cache
def _data() -> Any:
    return assets.read_json("fixtures/limits.json")
