"""What is asked for beyond the API: faults and a pace, by header, by a model named after a fault, or by a rule.

`--locked` turns off what requests ask for: the headers then mean nothing, and `fakeapi-529` is an unknown model. What
rules ask for stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from fakeapi import assets, chance
from fakeapi.chance import Chance
from fakeapi.encoding import faults, pacing
from fakeapi.encoding.faults import Fault, Scene
from fakeapi.encoding.faults.answers import status_of
from fakeapi.encoding.pacing import Pace
from fakeapi.endpoints import roads
from fakeapi.endpoints.outcome import NOTHING, Asked, House, Outcome, Road
from fakeapi.errors import FakeapiError
from fakeapi.facts.catalogue import Catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Counted, Key, View
from fakeapi.model import Caller, Json, Model, Response
from fakeapi.settings import Settings
from fakeapi.wire import HeaderLines, Request

FAULT, PACE = "x-fakeapi-fault", "x-fakeapi-pace"
PREFIX = "fakeapi-"
"""A model named `fakeapi-cut` asks for the fault `cut`; any text that the header takes may follow."""
_SILENT: Json = {}
_IDLE = "fault {fault}: there is nothing to break in an answer that is not streamed"

PlainRoad: TypeAlias = Callable[[House, Request, tuple[str, ...], Caller, Chance], Outcome]
"""A road that neither remembers nor streams."""


@dataclass(frozen=True, slots=True)
class FaultNames(Catalogue):
    """A catalogue in which the name of every fault is a model, too: all of them are the model that stands in."""

    stand_in: Model

    def resolve(self, name: str) -> Model | None:
        """The model of a name; of a fault's, the one that stands in. ApiError 404 where the fault can't be read."""
        if name in self.names or not name.startswith(PREFIX):
            return self.names.get(name)
        try:
            return self.stand_in if faults.parse(name[len(PREFIX) :], "fault") else None
        except FakeapiError as fault:
            raise refusal("model_unreadable", model=name, reason=str(fault)) from None


def naming_faults(models: Catalogue, settings: Settings) -> Catalogue:
    """The catalogue of a server with these settings."""
    if settings.locked == "on":
        return models
    return FaultNames(models.models, models.names, _stand_in(models.models))


def _stand_in(models: tuple[Model, ...]) -> Model:
    """A current model, but one that takes whatever any model takes."""
    facts = assets.read_json("fixtures/faults.json")
    model = next((model for model in models if model.id == facts["model"]), models[0])
    takes: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in facts["takes"].items()}
    features = frozenset(feature for each in models for feature in each.features)
    return replace(model, **takes, features=features, refused_tools=frozenset())


def hear(
    house: House, view: View, request: Request, caller: Caller, body: Json = _SILENT, response: Response | None = None
) -> Asked:
    """What a request asks for, and after it what the rule does that answers it; NOTHING for nearly all.

    ApiError 400 for a header that can't be read.
    """
    ruled = NO_ORDER if response is None else of_rule(response)
    ordered = _of_request(house, request, body)
    if ordered is NO_ORDER and ruled is NO_ORDER:
        return NOTHING
    asked, pace = (*ordered.faults, *ruled.faults), ordered.pace or ruled.pace
    keys = {fault: _key(fault, request, caller) for fault in asked if fault.times is not None}
    due = (fault for fault in asked if fault.times is None or view.count(keys[fault]) < fault.times)
    script = faults.cast(due, bool(body.get("stream")))
    changes = tuple(Counted(keys[fault]) for fault in script.played if fault in keys)
    warnings = tuple(_IDLE.format(fault=fault.label) for fault in script.idle)
    return Asked(script, pace, changes, warnings)


class Order(NamedTuple):
    """Faults and a pace, as one side asks for them."""

    faults: tuple[Fault, ...] = ()
    pace: Pace | None = None


NO_ORDER = Order()


def _of_request(house: House, request: Request, body: Json) -> Order:
    headers = request.headers
    if FAULT not in headers and PACE not in headers and not body.get("model", "").startswith(PREFIX):
        return NO_ORDER
    if house.settings.locked == "on":
        return NO_ORDER
    try:
        asked = (*faults.parse(headers.get(FAULT, ""), FAULT), *_of_model(house, body))
        return Order(asked, pacing.parse(headers[PACE], PACE) if headers.get(PACE) else None)
    except FakeapiError as fault:
        raise refusal("asked_unreadable", reason=str(fault)) from None


def of_rule(response: Response) -> Order:
    """What a rule asks for: its error, its faults, its pace. ApiError 400, naming the rule, for what can't be read."""
    if not (response.error or response.fault or response.pace):
        return NO_ORDER
    try:
        asked = (*_of_error(response.error), *faults.parse(response.fault, f"{response.place}: fault"))
        return Order(asked, pacing.parse(response.pace, f"{response.place}: pace") if response.pace else None)
    except FakeapiError as fault:
        raise refusal("asked_unreadable", reason=str(fault)) from None


def _of_error(error: Json | None) -> tuple[Fault, ...]:
    """The fault that an error of a rule is: it comes with the sentence and the headers of its status, unless told."""
    if not error:
        return ()
    told = {name: error[name] for name in ("type", "message") if error.get(name)}
    told |= {"error-code": error["error_code"]} if error.get("error_code") else {}
    status = error.get("status") or status_of(str(error.get("type")))
    return faults.read({"status": status, **told, **_waits(error)}, "error")


def _waits(error: Json) -> Json:
    """The headers that a status has by itself: what the rule says of them is said to the fault."""
    given = {name.lower(): str(value) for name, value in (error.get("headers") or {}).items()}
    return {name: value for name, value in given.items() if name in _OWN_HEADERS and _OWN_HEADERS[name](value)}


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


_OWN_HEADERS: dict[str, Callable[[str], bool]] = {
    "retry-after": _is_number,
    "retry-after-ms": _is_number,
    "x-should-retry": lambda text: text in ("true", "false"),
}


def error_headers(response: Response) -> HeaderLines:
    """The headers that a rule gives its error, beside those that its status has by itself."""
    error = response.error or {}
    own = _waits(error)
    given = {name.lower(): str(value) for name, value in (error.get("headers") or {}).items()}
    return tuple((name.encode(), value.encode("latin-1")) for name, value in given.items() if name not in own)


def dressed(lines: HeaderLines, more: HeaderLines) -> HeaderLines:
    """Header lines with others put on: in the place of those of their name, or behind them."""
    names = {name.lower() for name, _ in more}
    return (*(line for line in lines if line[0].lower() not in names), *more)


def _of_model(house: House, body: Json) -> tuple[Fault, ...]:
    name = body.get("model", "")
    if not name.startswith(PREFIX) or name in house.catalogue.names:
        return ()
    return faults.parse(name[len(PREFIX) :], "model")


def _key(fault: Fault, request: Request, caller: Caller) -> Key:
    """Who counts as one caller: a session, else a key (as its digest), on one path."""
    session, path = roads.parted(request.path)
    who = ("session", session) if session else ("key", chance.digest(caller.key).hex())
    return ("fault", *who, path, str(fault))


def breakable(road: Road) -> Road:
    """The road, which doesn't stream, with the faults that the request's header asks for."""

    def broken(
        house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
    ) -> Outcome:
        outcome = road(house, view, request, parameters, caller, luck)
        return strike_plain(outcome, hear(house, view, request, caller), Scene(luck, caller.key, outcome.model))

    return broken


def forgetful(road: PlainRoad) -> Road:
    """A road that remembers nothing, likewise."""

    def blind(
        house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
    ) -> Outcome:
        return road(house, request, parameters, caller, luck)

    return breakable(blind)


def strike_plain(outcome: Outcome, asked: Asked, scene: Scene) -> Outcome:
    """The outcome of a road that doesn't stream, with what was asked for."""
    if asked is NOTHING:
        return outcome
    return outcome._replace(effects=faults.strike_plain(asked.script, outcome.effects, scene), asked=asked)
