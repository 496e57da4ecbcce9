"""What the journal remembers of one exchange: a request that came, and what was sent as its answer.

Bytes are kept as they were, but for secrets; what they mean is read on demand, since most are never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from fakeapi.facts.nesting import is_deeper
from fakeapi.memory import streams
from fakeapi.memory.redaction import Clean, Kept
from fakeapi.model import Exchange, Json
from fakeapi.wire import HeaderLines

Piece: TypeAlias = tuple[float, bytes]
"""Bytes of the answer that went out at once, and when: seconds after the request came, on the session's clock."""

OPEN = "open"
_DEPTH = 200
"""Levels of nesting up to which JSON is shown as JSON: what is deeper can't be written again."""


class Entry:
    """One exchange. Opened when the request has come, closed when the answer is over; the journal alone changes it.

    Attributes:
        number: counts the requests of a server as they come, from 1; session: the one it belongs to.
        opened, closed: Unix time in seconds on the session's clock; `closed` is None while the answer is under way.
        steady, ended: the same moments in seconds on a clock that only real time moves, for the waits of clients that
            know nothing of the session's clock.
        until: the number of the last request that had come when it was closed: later ones came afterwards.
        method, asked: the request, redacted. lines: the header lines of the answer.
        pieces: the body of the answer as it went out; none before its end where it may repeat a secret of the request.
        size: how many bytes went out; clipped: not all of them are kept, since they are too many.
        exchange: status, model, source, rule, usage, cost, sentence, warning, hint, outcome; None while it is open.
        diagnosis: where no rule matched, those that nearly did, and why they did not: `{"rules", "nearest"}`.
        kept: False once the journal has forgotten it. weight: its bytes, for the bounds.
    """

    number: int
    session: str
    opened: float
    steady: float
    method: str
    pieces: list[Piece]
    asked: Clean
    closed: float | None = None
    ended: float | None = None
    until: int | None = None
    lines: HeaderLines = ()
    size: int = 0
    clipped: bool = False
    exchange: Exchange | None = None
    diagnosis: Json | None = None
    kept: bool = True
    weight: int = 0

    @property
    def path(self) -> str:
        """The path of the request, percent-decoded."""
        return self.asked.path

    @property
    def query(self) -> str:
        """The raw query of the request."""
        return self.asked.query

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request by lower-case name."""
        return self.asked.headers

    @property
    def body(self) -> Kept:
        """The body of the request."""
        return self.asked.body

    @property
    def caller(self) -> str:
        """The digest of the request's key; "" without one."""
        return self.asked.caller

    @property
    def status(self) -> int:
        """The HTTP status of the answer; 0 while none is known."""
        return self.exchange.status if self.exchange else 0

    @property
    def outcome(self) -> str:
        """`open`, `completed`, `cut` or `client left`."""
        return self.exchange.outcome if self.exchange else OPEN

    @property
    def rule(self) -> str:
        """The name of the rule that answered; "" for none."""
        return self.exchange.rule if self.exchange else ""

    @property
    def model(self) -> str:
        """The model that answered; "" where none did."""
        return self.exchange.model if self.exchange else ""

    @property
    def warning(self) -> str:
        """What the real API would have said."""
        return self.exchange.warning if self.exchange else ""

    @property
    def is_message(self) -> bool:
        """Whether it was sent to `POST /v1/messages`."""
        return self.method == "POST" and self.path.endswith("/messages")

    @property
    def attempt(self) -> int:
        """Which retry of an SDK it is, by its `x-stainless-retry-count`; 0 for the first, and where nothing says so."""
        count = self.headers.get("x-stainless-retry-count", "")
        return int(count) if count.isdecimal() and len(count) < 6 else 0

    @property
    def seconds(self) -> float | None:
        """How long it took on the session's clock; None while it is open."""
        return None if self.closed is None else self.closed - self.opened

    @property
    def request(self) -> Any:
        """The parsed body; None where it is no JSON, was cut, or is nested too deep."""
        return None if self.body.cut else parsed(self.body.data)

    @property
    def answer(self) -> bytes:
        """The bytes of the answer's body that are kept."""
        return b"".join(data for _, data in self.pieces)

    @property
    def streamed(self) -> bool:
        """Whether the answer is a stream of events, by its content type."""
        return (self.header("content-type") or "").startswith("text/event-stream")

    def header(self, name: str) -> str | None:
        """A header of the answer by its lower-case name; None without one."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.lines if key.lower() == wanted), None)

    def message(self) -> Json | None:
        """The Message that was answered, put together again where it was streamed; None for anything else.

        A stream that ended early gives what came; its `stop_reason` is then None.
        """
        if self.streamed:
            return streams.message(self.answer)
        found = parsed(self.answer) if self.status == 200 else None
        return found if isinstance(found, dict) and found.get("type") == "message" else None

    def error(self) -> Json | None:
        """The `error` object that was answered, before or amid a stream; None without one."""
        if self.streamed:
            return streams.error(self.answer)
        found = parsed(self.answer)
        error = found.get("error") if isinstance(found, dict) else None
        return error if isinstance(error, dict) else None


def parsed(data: bytes) -> Any:
    """The JSON value of some bytes, or None where they are none, or one that is nested too deep."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return None if is_deeper(value, _DEPTH) else value
