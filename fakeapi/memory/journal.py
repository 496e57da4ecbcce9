"""The journal of a server: every exchange, in two phases, bounded in count and bytes, always.

    record = journal.open(request, session, now)     the request has come
    record.sent(data, now)                           bytes of the answer have gone out
    record.close(exchange, lines, outcome, now)      the answer is over

    journal.add(request, session, recipe, ...)       all of that in one go, where all of it was there before

What is over is forgotten first, the oldest of it; then the oldest of what is under way.

Nothing secret enters. Small exchanges are cleaned some dozens at a time, since that costs a fraction; until then they
wait outside, and nobody can look before they were cleaned. Not safe for several threads at once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from fakeapi.chance import Chance
from fakeapi.memory import redaction
from fakeapi.memory.entries import Entry
from fakeapi.memory.records import PIECE, WEIGHT, Recipe, Record, Repeated
from fakeapi.memory.redaction import Clean
from fakeapi.wire import Request

MOST_ENTRIES = 10_000
MOST_BYTES = 64 * 1024 * 1024
_SESSIONS = 10_000
"""Sessions of which is known how much was forgotten."""
_TOGETHER = 64
"""Exchanges that are cleaned at once; one by one in journals too small for that."""
_LARGE_JOURNAL = (256, 4 * 1024 * 1024)
_AHEAD = 4096
"""Bytes of an answer under way that are weighed before they are sent, so that the bounds hold at any moment."""
_WAITING = WEIGHT + 2 * _AHEAD + PIECE
"""Bytes that one exchange may weigh that waits to be cleaned, or for those before it."""


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
        together = entries >= _LARGE_JOURNAL[0] and size >= _LARGE_JOURNAL[1]
        self.largest = size // 8
        self.ahead = min(_AHEAD, size // 1024)
        self._together = _TOGETHER if together else 1
        self._most = entries - self._together + 1
        self._size = size - (self._together - 1) * _WAITING
        self._number = 0
        self._bytes = 0
        self._waiting: list[Record | Repeated] = []
        self._open: dict[int, Record] = {}
        self._closed: deque[Record | Repeated] = deque()
        self._forgotten: dict[str, int] = {}

    def open(self, request: Request, session: str = "", now: float = 0.0, steady: float | None = None) -> Record:
        """A request has come, at `now` on the session's clock and at `steady` (seconds) on one that nobody sets."""
        self._number = number = self._number + 1
        record = Record(self, number, request, session, now, now if steady is None else steady)
        waiting = self._waiting
        waiting.append(record)
        if len(waiting) >= self._together or len(request.body) > self.ahead:
            self.write_down()
        return record

    def add(self, request: Request, session: str, recipe: Recipe, luck: Chance, steady: float) -> None:
        """A request has come that `can_repeat`, was answered by this recipe under these ids, and is over."""
        assert request.notes is not None
        self._number = number = self._number + 1
        kept: Clean = request.notes.kept
        repeated = Repeated(number, session, kept, recipe, luck.seed, luck.number, luck.now, luck.salt, steady)
        if self._waiting and repeated.weight <= _WAITING:
            self._wait(repeated)
        else:
            self.write_down()
            self._add(repeated)
            self._make_room(number)

    def _wait(self, repeated: Repeated) -> None:
        """Let it be an entry after those that ended before it."""
        self._waiting.append(repeated)
        if len(self._waiting) >= self._together:
            self.write_down()

    def _add(self, repeated: Repeated) -> None:
        self._closed.append(repeated)
        self._bytes += repeated.weight

    def charge(self, record: Record) -> None:
        """An answer has outgrown what was weighed of it."""
        if record.came is None:
            more = record.spent - record.charged + self.ahead
            record.charged += more
            record.weight += more
            self._bytes += more
            self._make_room(record.number)
        elif record.size > self.ahead or len(record.raw) > 1:
            self.write_down()

    def end(self, record: Record) -> None:
        """An answer is over."""
        record.until = self._number
        waiting = self._waiting
        if record.came is None:
            waiting.append(record)
        if len(waiting) >= self._together or record.size > self.ahead:
            self.write_down()

    def write_down(self) -> None:
        """Make entries of what waits, without secrets."""
        waiting = self._waiting
        if not waiting:
            return
        self._waiting = []
        texts: list[bytes] = []
        for each in waiting:
            if isinstance(each, Record):
                each.tell(texts)
        quiet = not redaction.may_have_secrets(b"\n".join(texts))
        for each in waiting:
            if isinstance(each, Repeated):
                self._add(each)
                continue
            each.write_down(quiet=quiet)
            if each.kept:
                self._shelve(each)
        self._make_room(waiting[-1].number)

    def _shelve(self, record: Record) -> None:
        """Put an entry where it belongs, and weigh it as it is now."""
        weight = WEIGHT + len(record.asked.body.data)
        if record.exchange is None:
            record.charged = record.spent + self.ahead
            self._open[record.number] = record
            weight += record.charged
        else:
            if record.charged:
                self._open.pop(record.number, None)
            self._closed.append(record)
            weight += record.spent
        self._bytes += weight - record.weight
        record.weight = weight

    def _make_room(self, grown: int) -> None:
        """Forget what is over, then what is under way, until the bounds hold; never what has just grown."""
        closed, under_way = self._closed, self._open
        while self._bytes > self._size or len(closed) + len(under_way) > self._most:
            if closed:
                oldest: Record | Repeated = closed.popleft()
            else:
                number = next((number for number in under_way if number != grown), None)
                if number is None:
                    return
                oldest = under_way.pop(number)
            self._let_go(oldest)
            self._forgotten[oldest.session] = self._forgotten.get(oldest.session, 0) + 1
        while len(self._forgotten) > _SESSIONS:
            del self._forgotten[next(iter(self._forgotten))]

    def _let_go(self, each: Record | Repeated) -> None:
        self._bytes -= each.weight
        if isinstance(each, Record):
            each.kept = False

    def __len__(self) -> int:
        self.write_down()
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
        self.write_down()
        return next((record for record in self._all() if record.number == number), None)

    def entries(self, session: str | None = None) -> list[Entry]:
        """All entries, or those of a session, in the order in which the requests came."""
        return list(self._records(session))

    def _records(self, session: str | None) -> list[Record]:
        self.write_down()
        wanted = (record for record in self._all() if session is None or record.session == session)
        return sorted(wanted, key=_number)

    def _all(self) -> Iterator[Record]:
        """What is written down; what was repeated becomes an entry now."""
        records = [each if isinstance(each, Record) else each.record(self) for each in self._closed]
        self._closed = deque(records)
        return chain(records, self._open.values())

    def sessions(self) -> dict[str, int]:
        """How many entries each session has."""
        return dict(Counter(record.session for record in self._records(None)))

    def forgotten(self, session: str | None = None) -> int:
        """How many entries the bounds have pushed out, of all or of a session."""
        self.write_down()
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
        dropped = self._drop(self._records(session))
        self._forgotten.pop(session, None)
        return dropped

    def rollback(self, session: str, mark: int) -> int:
        """Forget what came to a session after a moment that `last` marked; how many entries that were."""
        return self._drop([record for record in self._records(session) if record.number > mark])

    def _drop(self, records: Sequence[Record]) -> int:
        for record in records:
            self._open.pop(record.number, None)
            self._let_go(record)
        if records:
            self._closed = deque(record for record in self._closed if isinstance(record, Repeated) or record.kept)
        return len(records)


_number = attrgetter("number")
