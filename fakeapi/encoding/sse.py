"""Events as the bytes of a stream, byte for byte in the recorded form (contract.md 7).

Every event but a ping carries 0 to 15 spaces before its last brace: padding that hides how long the text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from fakeapi.chance import Draws
from fakeapi.encoding.events import PING, Event
from fakeapi.wire import HeaderLines

STREAM: HeaderLines = (
    (b"Content-Type", b"text/event-stream; charset=utf-8"),
    (b"Cache-Control", b"no-cache"),
)
"""The content headers of a stream."""
PING_BYTES = b'event: ping\ndata: {"type": "ping"}\n\n'
_PADS = tuple(b" " * width + b"}\n\n" for width in range(16))


class Frame(NamedTuple):
    """One event on the wire, its type, and how many tokens it brings."""

    data: bytes
    type: str
    tokens: int


def frames(events: Iterable[Event], padding: Draws | None) -> Iterator[Frame]:
    """The events as bytes; `padding` draws the width of each pad, None leaves it out."""
    for event in events:
        yield Frame(encode(event, int(padding.random() * 16) if padding else 0), event.type, event.tokens)


def encode(event: Event, width: int = 0) -> bytes:
    """One event as bytes, with a pad of this width (0 to 15 spaces)."""
    if event.type == PING:
        return PING_BYTES
    return b"event: %b\ndata: %b%b" % (event.type.encode(), orjson.dumps(event.data)[:-1], _PADS[width])


def error_event(type: str, message: str, request_id: str) -> bytes:
    """An error in mid-stream, as recorded: `details` is null."""
    error = {"details": None, "type": type, "message": message}
    return encode(Event("error", {"type": "error", "error": error, "request_id": request_id}))
