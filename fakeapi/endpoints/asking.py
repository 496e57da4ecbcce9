"""What a request asks for beyond the API: faults and a pace, by header, or by a model named after a fault.

`--locked` turns all of it off: the headers then mean nothing, and `fakeapi-529` is an unknown model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from fakeapi import assets, chance
from fakeapi.chance import Chance
from fakeapi.encoding import faults, pacing
from fakeapi.encoding.faults import Fault, Scene
from fakeapi.endpoints import roads
from fakeapi.endpoints.outcome import NOTHING, Asked, House, Outcome, Road
from fakeapi.errors import FakeapiError
from fakeapi.facts.catalogue import Catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Counted, Key, View
from fakeapi.model import Caller, Json, Model
from fakeapi.settings import Settings
from fakeapi.wire import Request

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


def hear(house: House, view: View, request: Request, caller: Caller, body: Json = _SILENT) -> Asked:
    """What a request asks for; NOTHING for nearly all. ApiError 400 for a header that can't be read."""
    headers = request.headers
    if FAULT not in headers and PACE not in headers and not body.get("model", "").startswith(PREFIX):
        return NOTHING
    if house.settings.locked == "on":
        return NOTHING
    try:
        asked = (*faults.parse(headers.get(FAULT, ""), FAULT), *_of_model(house, body))
        pace = pacing.parse(headers[PACE], PACE) if headers.get(PACE) else None
    except FakeapiError as fault:
        raise refusal("asked_unreadable", reason=str(fault)) from None
    keys = {fault: _key(fault, request, caller) for fault in asked if fault.times is not None}
    due = (fault for fault in asked if fault.times is None or view.count(keys[fault]) < fault.times)
    script = faults.cast(due, bool(body.get("stream")))
    changes = tuple(Counted(keys[fault]) for fault in script.played if fault in keys)
    warnings = tuple(_IDLE.format(fault=fault.label) for fault in script.idle)
    return Asked(script, pace, changes, warnings)


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


def breakable(road: PlainRoad) -> Road:
    """The road, with the faults that the request's header asks for."""

    def broken(
        house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
    ) -> Outcome:
        outcome = road(house, request, parameters, caller, luck)
        return strike_plain(outcome, hear(house, view, request, caller), Scene(luck, caller.key, outcome.model))

    return broken


def strike_plain(outcome: Outcome, asked: Asked, scene: Scene) -> Outcome:
    """The outcome of a road that doesn't stream, with what was asked for."""
    if asked is NOTHING:
        return outcome
    return outcome._replace(effects=faults.strike_plain(asked.script, outcome.effects, scene), asked=asked)
