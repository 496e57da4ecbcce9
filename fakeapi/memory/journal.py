"""The journal of a server: every exchange, in two phases, bounded in count and bytes, always.

    record = journal.open(request, session, now)     the request has come
    record.sent(data, now)                           bytes of the answer have gone out
    record.close(exchange, lines, outcome, now)      the answer is over

What is over is forgotten first, the oldest of it; then the oldest of what is under way. Nothing secret enters.
Not safe for several threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from fakeapi.memory import redaction
from fakeapi.memory.entries import Entry
from fakeapi.memory.redaction import Literals
from fakeapi.memory.secrets import Span, find, marker
from fakeapi.model import Exchange, Json
from fakeapi.wire import HeaderLines, Request

MOST_ENTRIES = 10_000
MOST_BYTES = 64 * 1024 * 1024
_WEIGHT = 1500
"""Bytes that an entry costs beside its bodies: headers, numbers, places in tables."""
_PIECE = 120
"""Bytes that a piece of an answer costs beside its data."""
_SESSIONS = 10_000
"""Sessions of which is known how much was forgotten."""


class Page(NamedTuple):
    """A part of the journal.

    Attributes:
        entries: by number, the lowest first.
        following, preceding: the `after` and the `before` that give the next and the previous page; None without one.
        forgotten: how many entries of what was asked for (a session, or all) the bounds have pushed out.
    """

    entries: list[Entry]
    following: int | None
    preceding: int | None
    forgotten: int


class Journal:
    """The exchanges of one server.

    Args:
        entries, size: how many are kept, and how many bytes they may weigh in all. One body, of a request or of an
            answer, is kept up to an eighth of that; of a larger one, its beginning and its true size.

    Raises:
        ValueError: a bound below 1 entry or 10,000 bytes.
    """

    def __init__(self, entries: int = MOST_ENTRIES, size: int = MOST_BYTES) -> None:
        if entries < 1 or size < 10_000:
            raise ValueError(f"a journal keeps at least 1 entry and 10,000 bytes, not {entries} and {size:,}")
        self._most, self._size = entries, size
        self.largest = size // 8
        self._number = 0
        self._bytes = 0
        self._open: OrderedDict[int, Entry] = OrderedDict()
        self._closed: OrderedDict[int, Entry] = OrderedDict()
        self._sessions: dict[str, dict[int, Entry]] = {}
        self._forgotten: OrderedDict[str, int] = OrderedDict()

    def open(
        self, request: Request, session: str = "", now: float = 0.0, steady: float | None = None, caller: str = ""
    ) -> Record:
        """A request has come, at `now` on the session's clock and at `steady` (seconds) on one that nobody sets.

        `caller` stands for its key; by default the digest of what it sends.
        """
        clean, literals = redaction.clean_request(request, self.largest)
        self._number = number = self._number + 1
        entry = Entry(
            number,
            session,
            now,
            now if steady is None else steady,
            request.method,
            clean.path,
            clean.query,
            clean.headers,
            clean.body,
            caller or clean.caller,
        )
        self._open[number] = entry
        entries = self._sessions.get(session)
        if entries is None:
            entries = self._sessions[session] = {}
        entries[number] = entry
        self.weigh(entry, _WEIGHT + len(clean.body.data))
        return Record(self, entry, literals, clean.tainted)

    def over(self, entry: Entry) -> None:
        """An entry is closed: from now on it is the first to go."""
        entry.until = self._number
        if entry.kept:
            del self._open[entry.number]
            self._closed[entry.number] = entry

    def weigh(self, entry: Entry, more: int) -> None:
        """An entry has grown; others make room."""
        entry.weight += more
        self._bytes += more
        if self._bytes > self._size or len(self._open) + len(self._closed) > self._most:
            self._make_room(entry)

    def _make_room(self, entry: Entry) -> None:
        """Forget what is over, then what is under way, until the bounds hold; never the entry that grew."""
        while self._bytes > self._size or len(self) > self._most:
            shelf = self._closed or self._open
            number, oldest = shelf.popitem(last=False)
            if oldest is entry:
                shelf[number] = oldest
                if len(shelf) == 1:
                    return
                continue
            self._let_go(oldest)
            self._count_forgotten(oldest.session)

    def __len__(self) -> int:
        return len(self._open) + len(self._closed)

    @property
    def weight(self) -> tuple[int, int]:
        """How many entries there are, and their bytes."""
        return len(self), self._bytes

    @property
    def last(self) -> int:
        """The number of the last request that came; 0 before the first. It marks a moment, for `rollback`."""
        return self._number

    def get(self, number: int) -> Entry | None:
        """The entry of that number, or None where there is none, or none any more."""
        return self._closed.get(number) or self._open.get(number)

    def entries(self, session: str | None = None) -> list[Entry]:
        """All entries, or those of a session, in the order in which the requests came."""
        if session is not None:
            return list(self._sessions.get(session, {}).values())
        return sorted([*self._closed.values(), *self._open.values()], key=lambda entry: entry.number)

    def sessions(self) -> dict[str, int]:
        """How many entries each session has."""
        return {session: len(entries) for session, entries in self._sessions.items()}

    def forgotten(self, session: str | None = None) -> int:
        """How many entries the bounds have pushed out, of all or of a session."""
        return sum(self._forgotten.values()) if session is None else self._forgotten.get(session, 0)

    def page(
        self,
        session: str | None = None,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
        wanted: Callable[[Entry], bool] | None = None,
    ) -> Page:
        """The first entries with a number above `after`; or, with `before`, the last ones below it.

        `wanted` chooses among them. ValueError for a limit below 1.
        """
        if limit < 1:
            raise ValueError(f"limit: a page has at least 1 entry, not {limit}")
        chosen = [
            entry
            for entry in self.entries(session)
            if (after is None or entry.number > after)
            and (before is None or entry.number < before)
            and (wanted is None or wanted(entry))
        ]
        shown = chosen[:limit] if before is None else chosen[-limit:]
        first, last = (shown[0], shown[-1]) if shown else (None, None)
        following = last.number if last and last is not chosen[-1] else None
        preceding = first.number if first and first is not chosen[0] else None
        return Page(shown, following, preceding, self.forgotten(session))

    def drop(self, session: str) -> int:
        """Forget all of a session, also what is under way; how many entries that were."""
        self._forgotten.pop(session, None)
        return self._drop(self.entries(session))

    def rollback(self, session: str, mark: int) -> int:
        """Forget what came to a session after a moment that `last` marked; how many entries that were."""
        return self._drop([entry for entry in self.entries(session) if entry.number > mark])

    def _drop(self, entries: Sequence[Entry]) -> int:
        for entry in entries:
            self._forget(entry)
        return len(entries)

    def _forget(self, entry: Entry) -> None:
        (self._open if entry.number in self._open else self._closed).pop(entry.number)
        self._let_go(entry)

    def _let_go(self, entry: Entry) -> None:
        """What is to be done of an entry that stands on no shelf any more."""
        entry.kept = False
        self._bytes -= entry.weight
        entries = self._sessions[entry.session]
        del entries[entry.number]
        if not entries:
            del self._sessions[entry.session]

    def _count_forgotten(self, session: str) -> None:
        self._forgotten[session] = self._forgotten.get(session, 0) + 1
        self._forgotten.move_to_end(session)
        while len(self._forgotten) > _SESSIONS:
            self._forgotten.popitem(last=False)


class Record:
    """An exchange that is under way: what its porter holds until the answer is over."""

    __slots__ = ("_journal", "_literals", "_tainted", "entry")

    def __init__(self, journal: Journal, entry: Entry, literals: Literals, tainted: bool) -> None:
        self.entry = entry
        self._journal = journal
        self._literals = literals
        self._tainted = tainted

    def sent(self, data: bytes, now: float) -> None:
        """These bytes of the answer's body have gone out, at `now` on the session's clock."""
        entry = self.entry
        if data and entry.kept:
            room = self._journal.largest - entry.sent
            entry.sent += len(data)
            if len(data) > room:
                entry.clipped = True
            if room > 0:
                kept = data if len(data) <= room else data[:room]
                entry.pieces.append((now - entry.opened, kept))
                self._journal.weigh(entry, len(kept) + _PIECE)

    def close(
        self,
        exchange: Exchange,
        lines: HeaderLines,
        outcome: str,
        now: float,
        steady: float | None = None,
        diagnosis: Json | None = None,
    ) -> Entry:
        """The answer is over: `completed`, `cut` or `client left`. Its secrets are taken out, and it is kept.

        `lines` are the header lines of the answer, `diagnosis` says why no rule matched.
        """
        entry, literals = self.entry, self._literals
        if outcome != exchange.outcome:
            exchange = exchange._replace(outcome=outcome)
        entry.closed, entry.ended = now, now if steady is None else steady
        if entry.pieces:
            self._clean_answer(entry)
        if self._tainted or exchange.sentence or exchange.warning or exchange.hint:
            said = redaction.clean_exchange(exchange, literals)
            if self._tainted or said is not exchange:
                exchange, lines = said, redaction.clean_lines(lines, literals)
        entry.exchange, entry.lines = exchange, lines
        if diagnosis is not None:
            entry.diagnosis = redaction.clean_json(diagnosis, literals)
        self._literals = ()
        self._journal.over(entry)
        return entry

    def _clean_answer(self, entry: Entry) -> None:
        pieces = entry.pieces
        whole = pieces[0][1] if len(pieces) == 1 else b"".join(data for _, data in pieces)
        spans = find(whole, self._literals)
        if (self._tainted or self._literals) and b"_delta" in whole:
            spans = [*spans, *redaction.secrets_of_stream(whole, self._literals)]
        if spans:
            entry.pieces = list(_masked(entry.pieces, _apart(spans)))


def _apart(spans: Sequence[Span]) -> Iterator[Span]:
    """The spans in order; what of one lies within another is left out."""
    end = 0
    for span in sorted(spans):
        if span.end > end:
            yield span._replace(start=max(span.start, end))
            end = span.end


def _masked(pieces: list[tuple[float, bytes]], spans: Iterator[Span]) -> Iterator[tuple[float, bytes]]:
    """The pieces of an answer, the spans of the whole masked in them: the marker stands where a span begins."""
    found = list(spans)
    at = 0
    for offset, data in pieces:
        parts, begin = [], 0
        for span in found:
            first, last = max(span.start - at, 0), min(span.end - at, len(data))
            if first < last:
                parts += [data[begin:first], marker(span.name) if span.start >= at else b""]
                begin = last
        yield offset, b"".join([*parts, data[begin:]]) if parts else data
        at += len(data)
