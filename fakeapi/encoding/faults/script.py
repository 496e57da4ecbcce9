"""Which of the faults that were asked for an answer plays, and the playing of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeapi.encoding.faults.answers import Instead
from fakeapi.encoding.faults.registry import BODY, FAULTS, HEADERS, INSTEAD, WRITES, Kind
from fakeapi.encoding.faults.values import Fault, Part, Place, Scene
from fakeapi.encoding.pacing import Pace, pace
from fakeapi.encoding.sse import Frame
from fakeapi.wire import Effect, Reply, Send

if TYPE_CHECKING:
    from fakeapi.chance import Draws


class Script(NamedTuple):
    """The faults that one answer plays, in the order in which they were asked for.

    `played` are those that come into play, `idle` those that find nothing to break. While one answers `instead`, the
    events of the right answer aren't sent, and other faults that would answer instead wait for their turn.
    """

    streamed: bool = False
    played: tuple[Fault, ...] = ()
    idle: tuple[Fault, ...] = ()
    instead: Fault | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What the log says of it."""
        return tuple(fault.label for fault in self.played)

    @property
    def breaks(self) -> bool:
        """Whether the client doesn't get the whole answer."""
        return not all(FAULTS[fault.name].spares for fault in self.played)


def cast(faults: Iterable[Fault], streamed: bool) -> Script:
    """The script of an answer for which these faults are due."""
    asked = tuple(faults)
    instead = next((fault for fault in asked if _answers(FAULTS[fault.name], streamed)), None)
    idle = () if streamed else tuple(fault for fault in asked if FAULTS[fault.name].streams_only)
    played = tuple(fault for fault in asked if fault not in idle and _plays(fault, instead, streamed))
    return Script(streamed and instead is None, played, idle, instead)


def _answers(kind: Kind, streamed: bool) -> bool:
    return kind.stage == INSTEAD or (kind.instead is not None and not streamed)


def _plays(fault: Fault, instead: Fault | None, streamed: bool) -> bool:
    if instead is None or fault is instead:
        return True
    kind = FAULTS[fault.name]
    return not _answers(kind, streamed) and not kind.streams_only and kind.instead is None


def answer_instead(script: Script, scene: Scene) -> Instead | None:
    """The answer in place of the right one, if the script has one."""
    if script.instead is None:
        return None
    kind = FAULTS[script.instead.name]
    options = dict(script.instead.options)
    if kind.instead is None:
        made: Instead = kind.play(scene, **options)
        return made
    options.pop("after", None)
    return kind.instead(scene, **options)


def strike(script: Script, parts: Iterable[Part], scene: Scene) -> Iterable[Part]:
    """The events of a stream with the faults that strike them: before pacing."""
    struck: Iterable[Part] = _through(script, BODY, parts, lambda fault: _options(fault, scene))
    return struck


def strike_plain(script: Script, effects: Iterable[Effect], scene: Scene) -> Iterator[Effect]:
    """An answer that isn't streamed, likewise; a place in events or tokens is the middle of its body (0: before it)."""
    parts = [Frame(effect.data, "", 0) if isinstance(effect, Send) else effect for effect in effects]
    size = sum(len(part.data) for part in parts if isinstance(part, Frame))
    for part in _through(script, BODY, parts, lambda fault: _in_bytes(_options(fault, scene), size)):
        yield Send(part.data) if isinstance(part, Frame) else part


def _in_bytes(options: dict[str, Any], size: int) -> dict[str, Any]:
    place = options.get("after")
    if isinstance(place, Place) and place.unit != "bytes":
        options["after"] = Place(size // 2 if place.number else 0, "bytes")
    return options


def paced(parts: Iterable[Part], speed: Pace, dice: Draws) -> Iterator[Effect]:
    """The events at their pace; the waits and cuts that faults put between them stay where they are."""
    held: list[Effect] = []

    def frames() -> Iterator[Frame]:
        for part in parts:
            if isinstance(part, Frame):
                yield part
            else:
                held.append(part)

    for effect in pace(frames(), speed, dice):
        yield from held
        held.clear()
        yield effect
    yield from held


def finish(script: Script, reply: Reply) -> Reply:
    """The reply with the faults that strike its headers and the writing of its bytes: last of all."""
    lines = _through(script, HEADERS, reply.headers, lambda fault: dict(fault.options))
    if any(FAULTS[fault.name].resizes for fault in script.played):
        lines = tuple(line for line in lines if line[0].lower() != b"content-length")
    effects = _through(script, WRITES, reply.effects, lambda fault: dict(fault.options))
    return reply._replace(headers=lines, effects=effects)


def _through(script: Script, stage: str, what: Any, options: Callable[[Fault], dict[str, Any]]) -> Any:
    """What comes out when it has passed the faults of a stage, one after the other."""
    for fault in script.played:
        kind = FAULTS[fault.name]
        if kind.stage == stage and fault is not script.instead:
            what = kind.play(what, **options(fault))
    return what


def _options(fault: Fault, scene: Scene) -> dict[str, Any]:
    """The options as given or by default, and the scene where the fault asks for it."""
    kind = FAULTS[fault.name]
    return {**kind.options, **dict(fault.options), **({"scene": scene} if kind.takes_scene else {})}
