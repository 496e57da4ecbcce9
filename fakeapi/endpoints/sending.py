"""How a finished message is sent: as JSON or as events, at a pace, struck by the faults that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakeapi.chance import draws
from fakeapi.encoding import body as encoding
from fakeapi.encoding import events, faults, pacing, sse
from fakeapi.encoding.faults import Scene
from fakeapi.encoding.pacing import Pace
from fakeapi.encoding.sse import Frame
from fakeapi.endpoints.outcome import Asked, House
from fakeapi.model import Call, Message
from fakeapi.wire import Effect, Send


def encode(
    house: House, call: Call, message: Message, speed: Pace, mark: str, tail: list[Effect] | None = None
) -> Iterable[Effect]:
    """The effects that send a message: JSON, or events; both at this pace. `tail`: one of Said's tails."""
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
    told = events.events(message, call.model.tokenizer, draws("chunks", mark), call.caller.betas)
    return sse.frames(told, padding)
