"""A request that came before, byte for byte, to a house that has not changed: its answer is told again.

New are ids, dates and what the prompt cache makes of it; all else follows from the request and the house.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fakeapi.chance import Chance
from fakeapi.encoding import headers
from fakeapi.endpoints import caching
from fakeapi.endpoints.caching import HIT, NOTHING, Counts, Marked
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.endpoints.saying import Said
from fakeapi.memory.changes import Change, View
from fakeapi.model import Caller, Exchange
from fakeapi.wire import HeaderLines, Notes, Request, Send

_ID = 28
"""Characters of the id of a message."""
_UNCACHED = (NOTHING, "")


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """An answer of which nothing but ids and dates is new each time; no secret is in it.

    Attributes:
        before, after: what is written around the id of its message.
        content, more: its header lines, before and after those that all answers have.
        owner: those that tell whose it is.
        exchange: what the log was told of it.
    """

    before: bytes
    after: bytes
    content: HeaderLines
    owner: HeaderLines
    more: HeaderLines
    exchange: Exchange

    @property
    def size(self) -> int:
        """Bytes of its body."""
        return len(self.before) + _ID + len(self.after)

    def again(self, luck: Chance) -> tuple[bytes, Exchange, HeaderLines]:
        """Its body, what the log is told and its header lines, under the ids of an exchange."""
        request_id, told = luck.request_id(), self.exchange
        body = b"%b%b%b" % (self.before, luck.message_id().encode(), self.after)
        exchange = Exchange._make((luck.number, *told[1:4], request_id, *told[5:]))
        lines = headers.answered(luck, self.owner, request_id, shown=True, content=self.content)
        return body, exchange, (*lines, *self.more) if self.more else lines


class Known(NamedTuple):
    """What is known of a request in a house: who asks, what is said and marked for the cache, and how it was told, by
    what the cache did.
    """

    house: House
    caller: Caller
    said: Said
    marked: Marked | None
    told: dict[tuple[Counts, str], Told]


def note(
    notes: Notes,
    house: House,
    caller: Caller,
    owner: HeaderLines,
    outcome: Outcome,
    more: HeaderLines,
    exchange: Exchange,
) -> None:
    """Remember how a request was answered, where its outcome says that it may be told again."""
    again, known = outcome.again, notes.answered
    if again is None:
        return
    if known is None or known.house is not house or known.said is not again.said:
        marked = caching.marked(again.said.prefixes, again.said.call.model.id, caller.key)
        known = notes.answered = Known(house, caller, again.said, marked, {})
        notes.can_repeat = False
    body = b"".join(effect.data for effect in outcome.effects if isinstance(effect, Send))
    before, _, after = body.partition(again.id.encode())
    known.told[again.cached] = Told(before, after, outcome.content, owner, more, exchange)


def recall(house: House, request: Request, view: View, luck: Chance) -> tuple[Told | None, tuple[Change, ...]]:
    """How the answer to a request is told, and what memory has to keep; None where it is not known how."""
    known: Known | None = request.notes.answered if request.notes else None
    if known is None or known.house is not house:
        return None, ()
    said, marked = known.said, known.marked
    if said.prefixes is None:
        return known.told.get(_UNCACHED), ()
    if marked and (told := known.told.get((marked.counts, HIT))) and caching.is_hit(view, marked, luck.now):
        return told, ()
    model, key = said.call.model.id, known.caller.key
    cached = caching.spread(view, said.prefixes, said.usage, model, key, luck.now, 0.0, said.made)
    return known.told.get((cached.counts, cached.state)), cached.changes
