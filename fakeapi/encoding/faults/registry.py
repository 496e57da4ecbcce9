"""Every fault by name: where it strikes, and the function that does it. A new one is a line and a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fakeapi.encoding.faults import answers, events, writes

INSTEAD, HEADERS, BODY, WRITES = "instead", "headers", "body", "writes"
_GIVEN = "scene"


class Kind(NamedTuple):
    """A kind of fault.

    Attributes:
        stage: where it strikes: `instead` of the answer (scene -> Instead), its `headers` (header lines -> header
            lines), its `body` before pacing (parts -> parts), or its `writes` after it (effects -> effects).
        play: the function. Its keyword arguments, with their defaults, are the fault's options.
        main: the option that `name=value` sets; "" if none.
        streams_only: whether an answer that isn't streamed has nothing that it could break.
        instead: for an answer that isn't streamed, what is answered instead (scene -> Instead), or None.
        resizes: whether it changes the length of a plain body.
        spares: whether a client still gets the whole answer.
    """

    stage: str
    play: Callable[..., Any]
    main: str = ""
    streams_only: bool = False
    instead: Callable[..., answers.Instead] | None = None
    resizes: bool = False
    spares: bool = False

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that may be given, with their defaults."""
        defaults = getattr(self.play, "__kwdefaults__", None) or {}
        return {name: value for name, value in defaults.items() if name != _GIVEN}

    @property
    def takes_scene(self) -> bool:
        """Whether the function asks to know whose answer it is."""
        return _GIVEN in (getattr(self.play, "__kwdefaults__", None) or {})


FAULTS: dict[str, Kind] = {
    "status": Kind(INSTEAD, answers.error_answer, "status"),
    "html": Kind(INSTEAD, answers.html, "status"),
    "error": Kind(BODY, events.error, "type", instead=answers.error_of_type),
    "cut": Kind(BODY, events.cut, "after"),
    "truncate": Kind(BODY, events.truncate, "after", resizes=True),
    "stall": Kind(BODY, events.stall, "seconds", spares=True),
    "malformed": Kind(BODY, events.malformed, "after", resizes=True),
    "unknown-event": Kind(BODY, events.unknown_event, "type", streams_only=True, spares=True),
    "no-stop": Kind(BODY, events.no_stop, streams_only=True),
    "empty": Kind(BODY, events.empty, resizes=True),
    "content-type": Kind(HEADERS, answers.content_type, "value", spares=True),
    "slow-headers": Kind(WRITES, writes.slow_headers, "seconds", spares=True),
    "slice": Kind(WRITES, writes.slices, "size", spares=True),
    "one-chunk": Kind(WRITES, writes.one_chunk, streams_only=True, spares=True),
    "crlf": Kind(WRITES, writes.crlf, streams_only=True, spares=True),
    "no-ping": Kind(WRITES, writes.no_ping, streams_only=True, spares=True),
    "double-ping": Kind(WRITES, writes.double_ping, streams_only=True, spares=True),
}
"""Every fault by name. `529` is short for `status=529`."""
