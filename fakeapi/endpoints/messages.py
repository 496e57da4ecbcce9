"""POST /v1/messages: the walk from a request to an answer. The order of the stages stands in `answer`, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.contract import decoding
from fakeapi.encoding import body as encoding
from fakeapi.encoding import events, pacing, sse
from fakeapi.encoding.headers import JSON
from fakeapi.endpoints.admission import admit
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.model import Call, Caller, Draft, Json, Message
from fakeapi.replies import generators, identity, limits, usage
from fakeapi.replies.cost import cost
from fakeapi.wire import Effect, Request, Send

if TYPE_CHECKING:
    from random import Random


def answer(house: House, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> Outcome:
    """The walk: one stage after the other, each a value in and a value out, or an ApiError."""
    call = admit(house, decoding.decode(request), caller)
    uncut = choose(house, call)
    limited = limits.limit(uncut, call)
    bill = usage.account(limited, call, uncut)
    message = finish(limited, call, bill, luck)
    effects = encode(house, call, message)
    content = sse.STREAM if call.body.get("stream") else (JSON,)
    return Outcome(effects, content, True, message.model, uncut.source, bill, call.warnings, cost(bill, call.model))


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


def encode(house: House, call: Call, message: Message) -> Iterable[Effect]:
    """The effects that send a message: JSON, or events; both at the server's pace."""
    if not call.body.get("stream"):
        body = encoding.encode_message(message)
        if house.pace == pacing.INSTANT:
            return (Send(body),)
        return pacing.pace_whole(body, message.usage["output_tokens"], house.pace, _dice(house, call, "pace"))
    dice = _dice(house, call, "chunks")
    padding = _dice(house, call, "padding") if house.settings.padding == "on" else None
    frames = sse.frames(events.events(message, call.model.tokenizer, dice), padding)
    return pacing.pace(frames, house.pace, dice)


def _dice(house: House, call: Call, purpose: str) -> Random:
    return chance.random(purpose, house.settings.seed, generators.fingerprint(call.body))
