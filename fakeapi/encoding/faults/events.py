"""Faults that strike the body of an answer, event by event: parts -> parts. A plain body is a single part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakeapi.encoding import sse
from fakeapi.encoding.events import Event
from fakeapi.encoding.faults.answers import status_of, worded
from fakeapi.encoding.faults.values import FIRST_TEXT, Part, Place, Scene, placed
from fakeapi.encoding.sse import Frame
from fakeapi.wire import Cut, Wait


def cut(parts: Iterable[Part], *, after: Place = FIRST_TEXT) -> Iterator[Part]:
    """The connection is dropped; after 0, before the first byte of the answer."""
    for part in placed(parts, after):
        if part is None:
            yield Cut()
            return
        yield part


def truncate(parts: Iterable[Part], *, after: Place = FIRST_TEXT) -> Iterator[Part]:
    """The answer ends early, but in good order: the last chunk is sent, the rest never was."""
    for part in placed(parts, after):
        if part is None:
            return
        yield part


def stall(parts: Iterable[Part], *, seconds: float = 5.0, after: Place = FIRST_TEXT) -> Iterator[Part]:
    """Nothing comes for so many seconds, not even a ping; then the answer goes on."""
    for part in placed(parts, after):
        yield Wait(seconds) if part is None else part


def error(
    parts: Iterable[Part],
    *,
    type: str = "overloaded_error",
    message: str = "",
    after: Place = FIRST_TEXT,
    scene: Scene | None = None,
) -> Iterator[Part]:
    """An `error` event, and the stream is over; a plain answer becomes the HTTP error of that type."""
    for part in placed(parts, after):
        if part is None:
            assert scene is not None
            said = message or worded(status_of(type), scene).message
            yield Frame(sse.error_event(type, said, scene.luck.request_id()), "error", 0)
            return
        yield part


def malformed(parts: Iterable[Part], *, after: Place = Place(FIRST_TEXT.number - 1)) -> Iterator[Part]:
    """The JSON of the event that comes next lacks its last brace."""
    here = False
    for part in placed(parts, after):
        if part is None:
            here = True
        elif here and isinstance(part, Frame):
            yield part._replace(data=b"".join(part.data.rpartition(b"}")[::2]))
            here = False
        else:
            yield part


def unknown_event(parts: Iterable[Part], *, type: str = "fakeapi_event", after: Place = FIRST_TEXT) -> Iterator[Part]:
    """An event of a type that no client knows."""
    for part in placed(parts, after):
        yield Frame(sse.encode(Event(type, {"type": type})), type, 0) if part is None else part


def no_stop(parts: Iterable[Part]) -> Iterator[Part]:
    """The `message_stop` never comes."""
    return (part for part in parts if not (isinstance(part, Frame) and part.type == "message_stop"))


def empty(parts: Iterable[Part]) -> Iterator[Part]:
    """The headers come, and no body."""
    return iter(())
