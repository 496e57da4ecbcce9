"""An exchange on its way into the journal: what its porter holds from a request's arrival to the end of its answer.

It keeps what it is told as it was told. The journal writes it down, without secrets, before anybody can look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from fakeapi.chance import Chance
from fakeapi.memory import redaction
from fakeapi.memory.entries import Entry, Piece
from fakeapi.memory.secrets import Span, find, marker
from fakeapi.memory.sessions import DEFAULT
from fakeapi.wire import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakeapi.memory.journal import Journal
    from fakeapi.memory.redaction import Clean, Literals
    from fakeapi.model import Exchange, Json
    from fakeapi.wire import HeaderLines, Notes


_LET_GO = Request("", "", "", {}, b"")
WEIGHT, PIECE = 2_500, 120
"""Bytes that an entry costs beside its bodies (headers, numbers, places in tables), and a piece of an answer beside its
data."""


class Recipe(Protocol):
    """How an answer was told before that is told again under other ids. It holds no secret, and neither do these."""

    @property
    def size(self) -> int:
        """Bytes of its body."""
        ...

    def again(self, luck: Chance) -> tuple[bytes, Exchange, HeaderLines]:
        """Its body, its exchange and its header lines under these ids."""
        ...


class Repeated(NamedTuple):
    """An exchange that was over at once, request and answer as before: what becomes an entry when somebody looks.

    Attributes:
        request: what is kept of the request. recipe: how it was answered.
        seed, nth, opened, salt: what its ids are drawn from; `opened` is Unix time in seconds on the session's clock.
        steady: seconds on a clock that nobody sets.
    """

    number: int
    session: str
    request: Clean
    recipe: Recipe
    seed: int
    nth: int
    opened: float
    salt: bytes
    steady: float

    @property
    def weight(self) -> int:
        """Its bytes as an entry, for the bounds."""
        return WEIGHT + PIECE + self.request.body.size + self.recipe.size

    def record(self, journal: Journal) -> Record:
        """The same as an exchange of which everything is written down."""
        number, session, request, recipe, seed, nth, opened, salt, steady = self
        data, exchange, lines = recipe.again(Chance(seed, nth, opened, salt))
        record = Record(journal, number, _LET_GO, session, opened, steady)
        record.came, record.method, record.asked = None, exchange.method, request
        record.pieces, record.lines = [(0.0, data)], lines
        record.exchange = exchange if session == DEFAULT else exchange._replace(session=session)
        record.size, record.spent, record.weight = len(data), len(data) + PIECE, self.weight
        record.closed, record.ended, record.until = opened, steady, number
        return record


class Record(Entry):
    """An entry, and what only its porter and its journal know of it.

    Attributes:
        came: the request as it came, or what stands for one that came before; None once that is written down.
        notes: those of the request, if it is a small one. known: it came before.
        raw: the answer so far, as it was sent; spent: what it weighs; charged: how much of that the journal knows of.
        ending: the exchange, header lines and diagnosis with which it ended, until they are written down.
        literals, tainted: see `redaction`.
    """

    spent: int = 0
    charged: int = 0
    ending: tuple[Exchange, HeaderLines, Json | None] | None = None
    literals: Literals = ()
    tainted: bool = False
    notes: Notes | None = None
    known: bool = False

    def __init__(
        self, journal: Journal, number: int, request: Request, session: str, opened: float, steady: float
    ) -> None:
        self._journal = journal
        self.number = number
        self.method = request.method
        self.came: Request | None = request
        self.session = session
        self.opened = opened
        self.steady = steady
        self.raw: list[Piece] = []
        if request.notes is not None:
            self._recognize(request.notes)

    def _recognize(self, notes: Notes) -> None:
        """Let go at once of a request that came before, and of which is known what may be kept."""
        self.notes = notes
        if notes.kept is not None:
            self.asked, self.known, self.came = notes.kept, True, _LET_GO

    @property
    def entry(self) -> Entry:
        """The entry, written down as far as it has come."""
        self._journal.write_down()
        return self

    def sent(self, data: bytes, now: float) -> None:
        """These bytes of the answer's body have gone out, at `now` on the session's clock."""
        if not data:
            return
        journal = self._journal
        room = journal.largest - self.size
        self.size += len(data)
        if len(data) > room:
            self.clipped = True
            data = data[: max(0, room)]
        if data and self.kept:
            self.raw.append((now - self.opened, data))
            self.spent += len(data) + PIECE
            if self.spent > self.charged:
                journal.charge(self)

    def close(
        self,
        exchange: Exchange,
        lines: HeaderLines,
        outcome: str,
        now: float,
        steady: float | None = None,
        diagnosis: Json | None = None,
    ) -> None:
        """The answer is over: `completed`, `cut` or `client left`, at `now` on the session's clock.

        `lines` are the header lines of the answer, `diagnosis` says why no rule matched.
        """
        if outcome != exchange.outcome:
            exchange = exchange._replace(outcome=outcome)
        self.ending = exchange, lines, diagnosis
        self.closed = now
        self.ended = now if steady is None else steady
        self._journal.end(self)

    def tell(self, texts: list[bytes]) -> None:
        """All that it has to say and that may be secret, but for what was written down before."""
        if self.came is not None:
            self._tell_request(self.came, texts)
        if self.ending is not None:
            texts.append(redaction.said_of(self.ending[0]))
            texts.extend([data for _, data in self.raw])

    def _tell_request(self, came: Request, texts: list[bytes]) -> None:
        if self.known:
            return
        self.asked, literals, told = redaction.first_look(came)
        if literals:
            self.literals = literals
        texts += [told] if self.notes is None else [told, came.body]

    def write_down(self, *, quiet: bool) -> None:
        """Let go of what came and was said as it was; where what was told is `quiet`, none of it is secret."""
        if self.came is not None:
            if not self.known:
                self._write_request(self.came, quiet)
            self.came = None
            self.pieces = self.raw
            if self.literals or self.asked.tainted:
                self.tainted, self.pieces = self.asked.tainted, []
        if self.ending is not None:
            self.exchange, self.lines, diagnosis = self.ending
            if diagnosis is not None:
                self.diagnosis = redaction.clean_json(diagnosis, self.literals)
            if self.tainted or self.literals or not quiet:
                self._clean_ending(self.exchange)
                self.literals = ()
            elif self.notes is not None and self.notes.kept is not None:
                self.notes.can_repeat = True
            self.ending = self.notes = None

    def _write_request(self, came: Request, quiet: bool) -> None:
        if quiet and self.notes is not None and redaction.is_plain(came, self.literals):
            self.notes.kept = self.asked
        else:
            self.asked = redaction.clean_request(came, self.asked, self.literals, self._journal.largest)

    def _clean_ending(self, exchange: Exchange) -> None:
        self.pieces = _clean_pieces(self.raw, self.literals, self.tainted)
        self.exchange = redaction.clean_exchange(exchange, self.literals)
        if self.tainted or self.exchange is not exchange:
            self.lines = redaction.clean_lines(self.lines, self.literals)
        self.raw = []


def _clean_pieces(pieces: list[Piece], literals: Literals, tainted: bool) -> list[Piece]:
    """The pieces of an answer without the secrets of the whole."""
    whole = b"".join(data for _, data in pieces)
    spans = find(whole, literals)
    if (tainted or literals) and b"_delta" in whole:
        spans = [*spans, *redaction.secrets_of_stream(whole, literals)]
    return list(_masked(pieces, list(_apart(spans)))) if spans else pieces


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in order; what of one lies within another is left out."""
    end = 0
    for span in sorted(spans):
        if span.end > end:
            yield span._replace(start=max(span.start, end))
            end = span.end


def _masked(pieces: list[Piece], spans: list[Span]) -> Iterator[Piece]:
    """The pieces, the spans of the whole masked in them: the marker stands where a span begins."""
    at = 0
    for offset, data in pieces:
        parts, begin = [], 0
        for span in spans:
            first, last = max(span.start - at, 0), min(span.end - at, len(data))
            if first < last:
                parts += [data[begin:first], marker(span.name) if span.start >= at else b""]
                begin = last
        yield offset, b"".join([*parts, data[begin:]]) if parts else data
        at += len(data)
