"""GET /v1/models and /v1/models/{id}: the catalogue as the API lists it, newest first."""

from __future__ import annotations

from dataclasses import replace

import orjson

from fakeapi.chance import Chance
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.endpoints.paging import Query, page
from fakeapi.facts import catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Caller, Json, Model
from fakeapi.wire import Request, Send

_LIFECYCLES = ("active", "deprecated", "retired")
_LISTED_BY_DEFAULT = frozenset({"active", "deprecated"})


def list_models(house: House, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> Outcome:
    """One page of the models whose lifecycle is asked for; active and deprecated ones by default."""
    query = Query(request.query)
    wanted = _lifecycles(query)
    rows = [_shown(model, request) for model in house.catalogue.models if model.lifecycle in wanted]
    names = {name: model.id for name, model in house.catalogue.names.items()}
    return _answered(page(rows, query, names, any_cursor=house.settings.contract in ("shape", "off")))


def show_model(house: House, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> Outcome:
    """One model, by id or alias; ApiError 404 where there is none."""
    (name,) = parameters
    model = house.catalogue.resolve(name) or _stranger(house, name)
    return _answered(_shown(model, request), model.id)


def _stranger(house: House, name: str) -> Model:
    """A model of any name, where the contract mode asks for shapes only; else ApiError 404."""
    if house.settings.contract not in ("shape", "off"):
        raise refusal("model_unknown", model=name)
    newest = house.catalogue.models[0]
    return replace(newest, id=name, display_name=name, listing={**newest.listing, "id": name, "display_name": name})


def _lifecycles(query: Query) -> frozenset[str]:
    asked = query.several("lifecycle")
    for position, name in enumerate(asked):
        if name not in _LIFECYCLES:
            raise refusal("lifecycle_unknown", position=position)
    return frozenset(asked) or _LISTED_BY_DEFAULT


def _shown(model: Model, request: Request) -> Json:
    return catalogue.listing(model, beta="anthropic-beta" in request.headers)


def _answered(body: Json, model: str = "") -> Outcome:
    return Outcome((Send(orjson.dumps(body)),), model=model, source="catalogue")
