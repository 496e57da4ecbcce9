"""What a road gives back to the frame, and what every road may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fakeapi.chance import Chance
from fakeapi.contract.authentication import Door
from fakeapi.encoding.faults import Script
from fakeapi.encoding.headers import JSON
from fakeapi.encoding.pacing import Pace
from fakeapi.facts.allowances import Limits
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.catalogue import Catalogue
from fakeapi.memory.changes import Change, View
from fakeapi.model import Caller, Json, Rule
from fakeapi.rules.examples import Examples
from fakeapi.settings import Settings
from fakeapi.wire import Effect, HeaderLines, Request

if TYPE_CHECKING:
    from fakeapi.endpoints.saying import Again


def _no_upload(_: str) -> tuple[bytes, ...]:
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """Everything a server, or a session of it, holds that no request changes.

    `every` is the catalogue before the settings narrow it; `rules` are asked in this order; `elsewhere` gives those
    of other sessions, for near misses; `limits` are those enforced; `read_upload` gives the bytes
    of an uploaded file by the name that it is kept under: none where they are gone.
    """

    settings: Settings
    door: Door
    every: Catalogue
    catalogue: Catalogue
    pace: Pace
    sizes: Sizes
    examples: Examples
    rules: tuple[Rule, ...] = ()
    elsewhere: Callable[[], tuple[Rule, ...]] = tuple
    limits: Limits | None = None
    read_upload: Callable[[str], Iterable[bytes]] = _no_upload

    @property
    def answers_alike(self) -> bool:
        """Whether equal requests are said the same: no rules, which remember, have anything to say."""
        return not self.rules and self.settings.unmatched == "default"


class Asked(NamedTuple):
    """What a request asks of its answer beyond the API: faults, a pace, and what is to be remembered of them.

    `headers` are put on an error that stands in for the answer.
    """

    script: Script = Script()
    pace: Pace | None = None
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    headers: HeaderLines = ()


NOTHING = Asked()
"""What nearly all requests ask."""


class Remembered(NamedTuple):
    """What memory has to keep of an answer.

    Attributes:
        changes: at once, unless an error takes its place. always: at once, whatever becomes of it.
        when_completed, when_broken: once all of it has been sent, or hasn't.
    """

    changes: tuple[Change, ...] = ()
    when_completed: tuple[Change, ...] = ()
    when_broken: tuple[Change, ...] = ()
    always: tuple[Change, ...] = ()


FORGETFUL = Remembered()


class Outcome(NamedTuple):
    """A road's answer: the effects of a 200, its content headers, what the log says of it, and what was asked of it.

    The faults that strike its body have done so; those that answer instead, or strike headers and writes, have not.
    `rate_limits` are the lines of its rate limits, or True for the generous ones of messages.
    `rule` is the name of the rule that answered, `cache` is `hit`, `write`, `partial`, `miss` or "" where no cache was
    asked for. `again` is there where an equal request can be told the same.
    """

    effects: Iterable[Effect]
    content: HeaderLines = (JSON,)
    rate_limits: HeaderLines | bool = False
    model: str = ""
    source: str = ""
    usage: Json | None = None
    warnings: tuple[str, ...] = ()
    cost: float | None = None
    asked: Asked = NOTHING
    remembered: Remembered = FORGETFUL
    rule: str = ""
    cache: str = ""
    again: Again | None = None


Road: TypeAlias = Callable[[House, View, Request, tuple[str, ...], Caller, Chance], Outcome]
"""A road: (house, view, request, path parameters, caller, chance) -> Outcome; raises ApiError."""
