"""How fast an answer comes: frames become effects with waits between them. Seeded, so equal answers take equal time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fakeapi.chance import Draws
from fakeapi.encoding.sse import PING_BYTES, Frame
from fakeapi.errors import FakeapiError
from fakeapi.wire import Effect, Send, Wait

PING_SECONDS = 10.0
"""A stream that is silent for so long gets a ping (recorded: every 10 to 15 s)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer is paced.

    Attributes:
        tokens_per_second: speed of what is said; 0 is at once.
        ttft: seconds until the first token.
        jitter: how far each wait strays from its mean, as a share of it (0 to 1).
        each: one write per event, also where nothing waits.
    """

    tokens_per_second: float = 0.0
    ttft: float = 0.0
    jitter: float = 0.0
    each: bool = False


INSTANT = Pace()
NAMED = {"instant": INSTANT, "each": Pace(each=True), "human": Pace(tokens_per_second=40, ttft=0.6, jitter=0.3)}
_NUMBERS = {"tokens_per_second": 1e9, "ttft": 3600.0, "jitter": 1.0}


def parse(text: str, source: str = "pace") -> Pace:
    """A pace from its text: `instant`, `each`, `human`, or `tokens_per_second=40,ttft=0.4,jitter=0.1`.

    Raises FakeapiError, naming `source`, for anything else.
    """
    if text in NAMED:
        return NAMED[text]
    values: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in _NUMBERS or not re.fullmatch(r"\d+(\.\d+)?|\.\d+", number):
            raise FakeapiError(
                f"{source}: {part.strip()!r} is no pace. Say {', '.join(NAMED)}, or name=number: {', '.join(_NUMBERS)}"
            )
        values[name] = float(number)
        if values[name] > _NUMBERS[name]:
            raise FakeapiError(f"{source}: {name} may be {_NUMBERS[name]:g} at most, not {number}")
    return Pace(values.get("tokens_per_second", 0.0), values.get("ttft", 0.0), values.get("jitter", 0.0))


def pace(frames: Iterable[Frame], speed: Pace, dice: Draws) -> Iterator[Effect]:
    """The frames as effects: what has a token waits for it. The order and the bytes stay as they are."""
    to_first = speed.ttft
    for frame in frames:
        seconds = 0.0
        if frame.tokens:
            seconds = to_first + _seconds(frame.tokens, speed, dice)
            to_first = 0.0
        if seconds:
            yield from _silence(seconds)
        elif speed.each:
            yield Wait(0.0)
        yield Send(frame.data)


def pace_whole(body: bytes, tokens: int, speed: Pace, dice: Draws) -> Iterator[Effect]:
    """An answer that isn't streamed comes when the last token would have come."""
    seconds = speed.ttft + _seconds(tokens, speed, dice)
    if seconds:
        yield Wait(seconds)
    yield Send(body)


def _seconds(tokens: int, speed: Pace, dice: Draws) -> float:
    if not speed.tokens_per_second:
        return 0.0
    mean = tokens / speed.tokens_per_second
    return mean * (1 + speed.jitter * (2 * dice.random() - 1)) if speed.jitter else mean


def _silence(seconds: float) -> Iterator[Effect]:
    """A wait, with pings as long as it lasts."""
    while seconds > PING_SECONDS:
        yield Wait(PING_SECONDS)
        yield Send(PING_BYTES)
        seconds -= PING_SECONDS
    if seconds:
        yield Wait(seconds)
