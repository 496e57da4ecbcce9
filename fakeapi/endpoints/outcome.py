"""What a road gives back to the frame, and what every road may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from fakeapi.chance import Chance
from fakeapi.contract.authentication import Door
from fakeapi.encoding.headers import JSON
from fakeapi.encoding.pacing import Pace
from fakeapi.facts.catalogue import Catalogue
from fakeapi.model import Caller, Json
from fakeapi.rules.examples import Examples
from fakeapi.settings import Settings
from fakeapi.wire import Effect, HeaderLines, Request


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """Everything a server holds that no request changes."""

    settings: Settings
    door: Door
    catalogue: Catalogue
    pace: Pace
    examples: Examples


class Outcome(NamedTuple):
    """A road's answer: the effects of a 200, its content headers, and what the log says of it."""

    effects: Iterable[Effect]
    content: HeaderLines = (JSON,)
    rate_limits: bool = False
    model: str = ""
    source: str = ""
    usage: Json | None = None
    warnings: tuple[str, ...] = ()
    cost: float | None = None


Road: TypeAlias = Callable[[House, Request, tuple[str, ...], Caller, Chance], Outcome]
"""A road: (house, request, path parameters, caller, chance) -> Outcome; raises ApiError."""
