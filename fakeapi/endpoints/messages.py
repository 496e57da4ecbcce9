"""POST /v1/messages: the walk from a request to an answer. The order of the stages stands in `answer`, nowhere else."""

from __future__ import annotations

from typing import Any

from fakeapi.chance import Chance
from fakeapi.contract import decoding, invariants, validation
from fakeapi.encoding import body as encoding
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.facts.sentences import refusal
from fakeapi.model import Call, Caller, Draft, Json, Message
from fakeapi.replies import generators, identity, limits, usage
from fakeapi.wire import Request, Send

_SCHEMAS = {"messages": "request/message_request", "count_tokens": "request/count_tokens_request"}


def answer(house: House, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> Outcome:
    """The walk: one stage after the other, each a value in and a value out, or an ApiError."""
    call = validate(house, decoding.decode(request), caller)
    if call.body.get("stream"):
        raise refusal("stream_unavailable")
    uncut = choose(house, call)
    limited = limits.limit(uncut, call)
    bill = usage.account(limited, call, uncut)
    message = finish(limited, call, bill, luck)
    effects = (Send(encoding.encode_message(message)),)
    return Outcome(effects, rate_limits=True, model=message.model, source=uncut.source, usage=bill)


def validate(house: House, body: Any, caller: Caller, endpoint: str = "messages") -> Call:
    """The call: shape first, then the model's name, then the rules between fields (contract.md 5A)."""
    validation.check_shape(body, schema=_SCHEMAS[endpoint], caller=caller)
    model = house.catalogue.resolve(body["model"])
    if model is None:
        raise refusal("model_unknown", model=body["model"])
    call = Call(body, model, caller)
    invariants.check(call, endpoint=endpoint)
    return call


def choose(house: House, call: Call) -> Draft:
    """The documented answer of a documented conversation, else prose."""
    return house.examples.find(call) or generators.prose(call, house.settings.seed)


def finish(draft: Draft, call: Call, bill: Json, luck: Chance) -> Message:
    """The finished message: ids and the resolved model's name put on."""
    return Message(
        id=luck.message_id(),
        model=draft.extra.get("model", call.model.id),
        content=identity.renew(draft.content, luck),
        stop_reason=draft.stop_reason,
        stop_sequence=draft.stop_sequence,
        stop_details=draft.stop_details,
        usage=bill,
        extra={name: value for name, value in draft.extra.items() if name != "model"},
        partial=draft.partial,
    )
