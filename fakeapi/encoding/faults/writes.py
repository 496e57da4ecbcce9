"""Faults in how the bytes of an answer are written: effects -> effects, after all pacing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fakeapi.wire import Effect, Send, Wait

_PING = b"event: ping"
_LINE_END = re.compile(rb"(?<!\r)\n")
_WITHIN_CHARACTER = re.compile(rb"(?<=[\xc0-\xff])(?=[\x80-\xbf])")
_WITHIN_LINE_END = re.compile(rb"(?<=\r)(?=\n)")


def slices(effects: Iterable[Effect], *, size: int = 1, through: str = "", every: float = 0.0) -> Iterator[Effect]:
    """The bytes come in slices of `size`, or cut `through` each character or line end, one every so many seconds."""
    for effect in crlf(effects) if through == "crlf" else effects:
        if not isinstance(effect, Send):
            yield effect
            continue
        for piece in _pieces(effect.data, size, through):
            yield Send(piece)
            yield Wait(every)


def _pieces(data: bytes, size: int, through: str) -> Iterable[bytes]:
    if through:
        return (_WITHIN_CHARACTER if through == "character" else _WITHIN_LINE_END).split(data)
    return (data[start : start + size] for start in range(0, len(data), size))


def one_chunk(effects: Iterable[Effect]) -> Iterator[Effect]:
    """All events come at once, when the last of them would have come."""
    seconds, held = 0.0, []
    rest = iter(effects)
    for effect in rest:
        if isinstance(effect, Send):
            held.append(effect.data)
        elif isinstance(effect, Wait):
            seconds += effect.seconds
        else:
            rest = iter([effect])
            break
    if seconds:
        yield Wait(seconds)
    yield Send(b"".join(held))
    yield from rest


def crlf(effects: Iterable[Effect]) -> Iterator[Effect]:
    """Lines end with CR LF, as the format of event streams allows."""
    for effect in effects:
        yield Send(_LINE_END.sub(b"\r\n", effect.data)) if isinstance(effect, Send) else effect


def no_ping(effects: Iterable[Effect]) -> Iterator[Effect]:
    """No ping comes, however long the silence."""
    return (effect for effect in effects if not _is_ping(effect))


def double_ping(effects: Iterable[Effect]) -> Iterator[Effect]:
    """Each ping comes twice."""
    for effect in effects:
        yield effect
        if _is_ping(effect):
            yield effect


def slow_headers(effects: Iterable[Effect], *, seconds: float = 5.0) -> Iterator[Effect]:
    """Nothing at all comes for so many seconds, not even the status."""
    yield Wait(seconds)
    yield from effects


def _is_ping(effect: Effect) -> bool:
    return isinstance(effect, Send) and effect.data.startswith(_PING)
