"""POST /v1/messages: the walk from a request to an answer. The order of the stages stands in `answer`, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from fakeapi.chance import Chance, draws
from fakeapi.contract import decoding
from fakeapi.encoding import body as encoding
from fakeapi.encoding import events, faults, pacing, sse
from fakeapi.encoding.faults import Scene
from fakeapi.encoding.headers import JSON
from fakeapi.encoding.pacing import Pace
from fakeapi.encoding.sse import Frame
from fakeapi.endpoints.admission import admit
from fakeapi.endpoints.asking import hear
from fakeapi.endpoints.outcome import NOTHING, Asked, House, Outcome
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import View
from fakeapi.model import Call, Caller, Draft, Json, Message
from fakeapi.replies import composing, generators, identity, limits, usage
from fakeapi.replies.cost import cost
from fakeapi.wire import Effect, Request, Send

_REMEMBERED, _REMEMBERED_BYTES = 256, 8192


def answer(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The walk: what is said, then how it is sent. Each stage takes values and gives a value, or an ApiError."""
    call, said, bill, dollars, mark, tail = say(house, request, caller)
    asked = hear(house, view, request, caller, call.body)
    message = finish(said, call, bill, luck)
    if asked is NOTHING:
        shared = tail if message.content is said.content else None
        effects = encode(house, call, message, house.pace, mark, shared)
    else:
        effects = encode_struck(house, call, message, asked, mark, Scene(luck, caller.key, message.model))
    content = sse.STREAM if call.body.get("stream") else (JSON,)
    return Outcome(effects, content, True, message.model, said.source, bill, call.warnings, dollars, asked)


class Said(NamedTuple):
    """The answer as far as the request alone decides it.

    Attributes:
        call, draft, usage: what was asked, what is said, and its usage.
        cost: in US dollars, or None.
        mark: what chunks, padding and pace are drawn from: seed and normalised request.
        tail: what was written and is the same for all who ask: the events after message_start, or a body around its id.
    """

    call: Call
    draft: Draft
    usage: Json
    cost: float | None
    mark: str
    tail: list[Effect]


def say(house: House, request: Request, caller: Caller) -> Said:
    """What is said to a request. It depends on bytes and contract alone, so that of small bodies is remembered."""
    ask = _say_again if len(request.body) <= _REMEMBERED_BYTES else _say
    kind, encoding = request.headers.get("content-type"), request.headers.get("content-encoding")
    return ask(house, request.body, kind, encoding, caller.version, caller.betas)


def _say(
    house: House, body: bytes, kind: str | None, encoding: str | None, version: str, betas: frozenset[str]
) -> Said:
    """The first half of the walk."""
    call = admit(house, decoding.decode(body, kind, encoding), Caller("", version, betas))
    resume(call)
    uncut = choose(house, call)
    limited = limits.limit(uncut, call)
    bill = usage.account(limited, call, uncut, house.sizes)
    mark = f"{house.settings.seed}/{generators.fingerprint(call.body)}"
    return Said(call, limited, bill, cost(bill, call.model), mark, [])


_say_again = lru_cache(maxsize=_REMEMBERED)(_say)


def resume(call: Call) -> None:
    """A thread that is continued must be held; none is yet, and the SDKs then send all again (contract.md 17)."""
    thread = call.body.get("thread") or {}
    if thread.get("type") == "continue":
        raise refusal("thread_not_found", id=thread.get("previous_message_id"))


def choose(house: House, call: Call) -> Draft:
    """The documented answer of a documented conversation, else one that fits what was asked."""
    return house.examples.find(call) or composing.compose(call, house.settings.seed, house.settings.tools)


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
        extra=members(draft, call),
        partial=draft.partial,
    )


def members(draft: Draft, call: Call) -> Json:
    """The further members of a message: what the draft brings, and what follows from what was asked (contract.md 6)."""
    found: Json = {}
    if call.body.get("context_management"):
        found["context_management"] = {"applied_edits": []}
    found |= {name: value for name, value in draft.extra.items() if name != "model"}
    if call.body.get("diagnostics"):
        found["diagnostics"] = None
    if "block_binding" in call.model.features:
        found["input_transformations"] = []
    return found


def encode(
    house: House, call: Call, message: Message, speed: Pace, mark: str, tail: list[Effect] | None = None
) -> Iterable[Effect]:
    """The effects that send a message: JSON, or events; both at this pace. `tail`: see Said."""
    if call.body.get("stream"):
        effects = pacing.pace(frames(house, call, message, mark), speed, draws("pace", mark))
        return effects if tail is None or speed != pacing.INSTANT else shared_stream(effects, tail)
    body = encoding.encode_message(message) if tail is None else shared_body(message, tail)
    if speed == pacing.INSTANT:
        return (Send(body),)
    return pacing.pace_whole(body, message.usage["output_tokens"], speed, draws("pace", mark))


def shared_stream(effects: Iterator[Effect], tail: list[Effect]) -> Iterable[Effect]:
    """A stream of which only the first event is new."""
    first = next(effects)
    if not tail:
        tail.extend(effects)
    return (first, *tail)


def shared_body(message: Message, tail: list[Effect]) -> bytes:
    """A JSON body of which only the id is new."""
    if not tail:
        head, _, rest = encoding.encode_message(message).partition(message.id.encode())
        tail += [Send(head), Send(rest)]
    before, after = (part.data for part in tail if isinstance(part, Send))
    return b"%b%b%b" % (before, message.id.encode(), after)


def encode_struck(
    house: House, call: Call, message: Message, asked: Asked, mark: str, scene: Scene
) -> Iterable[Effect]:
    """The same at the pace that was asked for, and struck by the faults."""
    speed = asked.pace or house.pace
    if call.body.get("stream"):
        struck = faults.strike(asked.script, frames(house, call, message, mark), scene)
        return faults.paced(struck, speed, draws("pace", mark))
    return faults.strike_plain(asked.script, encode(house, call, message, speed, mark), scene)


def frames(house: House, call: Call, message: Message, mark: str) -> Iterator[Frame]:
    """The events of a message as bytes."""
    padding = draws("padding", mark) if house.settings.padding == "on" else None
    return sse.frames(events.events(message, call.model.tokenizer, draws("chunks", mark)), padding)
