"""From a body to a Call, as strictly as the contract mode asks: `strict`, `warn`, `shape` or `off`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakeapi.contract import invariants, leniency, validation
from fakeapi.endpoints.outcome import House
from fakeapi.endpoints.threads import Resume, shaped
from fakeapi.errors import ApiError
from fakeapi.facts.catalogue import Catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Call, Caller, Model

SCHEMAS = {
    "messages": "request/message_request",
    "count_tokens": "request/count_tokens_request",
    "batch": "request/batch_params",
}
"""The shape of each kind of body; `batch` is an item's."""
ADMITTED = "admitted"
"""The mode of a house that is shown only what a strict one has admitted."""


def _alone(call: Call, strict: bool) -> Call:
    return call


def admit(house: House, body: Any, caller: Caller, endpoint: str = "messages", resume: Resume = _alone) -> Call:
    """The call that a body makes, with the conversation that `resume` finds it to continue; ApiError where the mode
    refuses it.

    `strict` refuses what the real API refuses; `warn` answers and says what it would have said; `shape` checks types,
    required fields and enums, and takes any model; `off` takes any JSON object.
    """
    mode = house.settings.contract
    if mode == "strict":
        return strictly(house.catalogue, body, caller, endpoint, resume)
    if mode == ADMITTED:
        return resume(Call(body, _any_model(house.catalogue, body["model"]), caller), False)
    if not isinstance(body, dict):
        raise refusal("not_an_object")
    if mode == "shape":
        validation.check_shape(shaped(body), schema=SCHEMAS[endpoint], caller=caller, mode="shape")
        return resume(Call(body, _any_model(house.catalogue, body["model"]), caller), False)
    return _anyhow(house, body, caller, endpoint, resume)


def strictly(catalogue: Catalogue, body: Any, caller: Caller, endpoint: str, resume: Resume = _alone) -> Call:
    """Shape first, then the model's name, then the rules between fields (contract.md 5A), which hold for the whole
    conversation where a thread is continued."""
    validation.check_shape(shaped(body), schema=SCHEMAS[endpoint], caller=caller)
    model = catalogue.resolve(body["model"])
    if model is None:
        raise refusal("model_unknown", model=body["model"])
    call = resume(Call(body, model, caller, _about(model)), True)
    invariants.check(call, endpoint=endpoint)
    return call


def _anyhow(house: House, body: Any, caller: Caller, endpoint: str, resume: Resume) -> Call:
    warnings: tuple[str, ...] = ()
    try:
        return strictly(house.catalogue, body, caller, endpoint, resume)
    except ApiError as fault:
        if house.settings.contract == "warn":
            warnings = (f"{fault.status} {fault.type}: {fault.message}",)
    read = leniency.readable(body, schema=SCHEMAS[endpoint], caller=caller)
    return resume(Call(read, _any_model(house.catalogue, read["model"]), caller, warnings), False)


def _any_model(catalogue: Catalogue, name: str) -> Model:
    """The model of that name; for an unknown name, one that can do what the newest can."""
    return catalogue.resolve(name) or replace(catalogue.models[0], id=name, display_name=name, aliases=())


def _about(model: Model) -> tuple[str, ...]:
    if model.lifecycle != "retired":
        return ()
    when = f" on {model.retires_at[:10]}" if model.retires_at else ""
    return (f"answered, but the real API says 404 not_found_error: model: {model.id} (retired{when})",)
