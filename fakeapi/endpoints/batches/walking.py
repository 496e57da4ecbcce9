"""One item of a batch on the road of single messages, and its line in the results.

What the contract refuses of an item, and what goes wrong while it is answered, is a line like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from fakeapi.chance import Chance
from fakeapi.encoding import faults
from fakeapi.encoding.faults import Scene
from fakeapi.endpoints import messages
from fakeapi.endpoints.admission import ADMITTED, admit
from fakeapi.endpoints.files.attaching import attach
from fakeapi.endpoints.outcome import NOTHING, House, Outcome
from fakeapi.errors import ApiError
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Change, View
from fakeapi.model import Caller, Json
from fakeapi.wire import Cut, Effect, Request, Send

PRICE = 0.5
"""What a batch costs of the price of single messages (documented)."""
_VISIBLE = {"error_visibility": "user_facing"}
_FOUND_WHILE_WALKING = ("url_not_fetched",)
"""Sentences of the contract that only the worker finds: its request has an id (measured)."""


class Walked(NamedTuple):
    """What became of an item: its result in wire form, what it changes, and its cost in US dollars, None if unknown."""

    result: Json
    changes: tuple[Change, ...] = ()
    cost: float | None = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether there is a message."""
        return bool(self.result["type"] == "succeeded")


def walk(house: House, view: View, params: Json, caller: Caller, headers: Mapping[str, str], luck: Chance) -> Walked:
    """The result of one item. Never an exception: what goes wrong is a result."""
    try:
        admit(house, params, caller, "batch", partial(attach, house, view, caller.key))
    except ApiError as fault:
        late = any(fault.message == refusal(name).message for name in _FOUND_WHILE_WALKING)
        return Walked(errored(fault, luck.identity("workerreq") if late else None))
    except Exception:
        return Walked(errored(refusal("bug"), luck.identity("workerreq")))
    try:
        return _answered(_answer(house, view, params, caller, headers, luck), caller, luck)
    except ApiError as fault:
        return Walked(errored(fault, luck.identity("workerreq")))
    except Exception:
        return Walked(errored(refusal("bug"), luck.identity("workerreq")))


def errored(fault: ApiError, request_id: str | None) -> Json:
    """The result of an item that went wrong, as it was recorded; `request_id` is null for what the contract refuses."""
    error = {"details": {**_VISIBLE, **(fault.details or {})}, "type": fault.type, "message": fault.message}
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": request_id}}


def line(custom_id: str, result: Json) -> bytes:
    """A line of the results, with its end."""
    return orjson.dumps({"custom_id": custom_id, "result": result}, option=orjson.OPT_APPEND_NEWLINE)


def _answer(
    house: House, view: View, params: Json, caller: Caller, headers: Mapping[str, str], luck: Chance
) -> Outcome:
    body = {name: value for name, value in params.items() if name != "stream"}
    request = Request("POST", "/v1/messages", "", headers, orjson.dumps(body))
    return messages.answer(_lenient(house), view, request, (), caller, luck)


def _answered(outcome: Outcome, caller: Caller, luck: Chance) -> Walked:
    """The result of what was answered: a message, or the error that a fault or a rule puts in its place."""
    kept, asked = outcome.remembered, outcome.asked
    always = (*kept.always, *asked.changes)
    if asked is not NOTHING:
        instead = faults.answer_instead(asked.script, Scene(luck, caller.key, outcome.model))
        if instead is not None:
            fault = _error_in(_whole(instead.reply.effects), instead.reply.status)
            return Walked(errored(fault, luck.identity("workerreq")), (*always, *kept.when_broken))
    message = _message(_whole(outcome.effects))
    if message is None:
        return Walked(errored(refusal("bug"), luck.identity("workerreq")), (*always, *kept.when_broken))
    cost = None if outcome.cost is None else outcome.cost * PRICE
    result: Json = {"type": "succeeded", "message": message}
    return Walked(result, (*always, *kept.changes, *kept.when_completed), cost)


def _whole(effects: Iterable[Effect]) -> bytes:
    """The bytes of an answer, or nothing where it breaks off: nobody waits for the pace of an item."""
    sent = []
    for effect in effects:
        if isinstance(effect, Cut):
            return b""
        if isinstance(effect, Send):
            sent.append(effect.data)
    return b"".join(sent)


def _message(body: bytes) -> Json | None:
    message = _json(body)
    if not isinstance(message, dict) or message.get("type") != "message" or not isinstance(message.get("usage"), dict):
        return None
    message["usage"]["service_tier"] = "batch"
    return message


def _error_in(body: bytes, status: int) -> ApiError:
    """The error that a body says; the API's own 500 where it says none, as pages of gateways do."""
    found = _json(body)
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict) or not {"type", "message"} <= error.keys():
        return refusal("bug")
    return ApiError(status, error["type"], error["message"], details=error.get("details"))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


@lru_cache(maxsize=16)
def _lenient(house: House) -> House:
    """The house for items that the contract of batches has let through: nothing else refuses them any more."""
    contract = ADMITTED if house.settings.contract == "strict" else "off"
    return replace(house, settings=replace(house.settings, contract=contract), limits=None)
