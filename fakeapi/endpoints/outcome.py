"""What a road gives back to the frame, and what every road may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from fakeapi.chance import Chance
from fakeapi.contract.authentication import Door
from fakeapi.encoding.faults import Script
from fakeapi.encoding.headers import JSON
from fakeapi.encoding.pacing import Pace
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.catalogue import Catalogue
from fakeapi.memory.changes import Change, View
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
    sizes: Sizes
    examples: Examples


class Asked(NamedTuple):
    """What a request asks of its answer beyond the API: faults, a pace, and what is to be remembered of them."""

    script: Script = Script()
    pace: Pace | None = None
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


NOTHING = Asked()
"""What nearly all requests ask."""


class Outcome(NamedTuple):
    """A road's answer: the effects of a 200, its content headers, what the log says of it, and what was asked of it.

    The faults that strike its body have done so; those that answer instead, or strike headers and writes, have not.
    """

    effects: Iterable[Effect]
    content: HeaderLines = (JSON,)
    rate_limits: bool = False
    model: str = ""
    source: str = ""
    usage: Json | None = None
    warnings: tuple[str, ...] = ()
    cost: float | None = None
    asked: Asked = NOTHING


Road: TypeAlias = Callable[[House, View, Request, tuple[str, ...], Caller, Chance], Outcome]
"""A road: (house, view, request, path parameters, caller, chance) -> Outcome; raises ApiError."""
