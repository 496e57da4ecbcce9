"""Batches move along: what has come due is walked, slice by slice, and batches end."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

import orjson

from fakeapi.chance import Chance
from fakeapi.endpoints import caching
from fakeapi.endpoints.batches.creating import MOST_ITEMS
from fakeapi.endpoints.batches.record import KEPT, QUEUE, Batch, key
from fakeapi.endpoints.batches.walking import Walked, line, walk
from fakeapi.endpoints.outcome import House
from fakeapi.memory import blobs
from fakeapi.memory.blobs import Part
from fakeapi.memory.changes import Change, Drop, Put, View
from fakeapi.memory.overlay import Overlay
from fakeapi.model import Caller


class Progress(NamedTuple):
    """What was done: the changes to apply, and when there is more to do (Unix time in seconds on the session's clock).

    `due` is in the past, or now, where work was left; infinite where no batch is under way.
    """

    changes: tuple[Change, ...] = ()
    due: float = inf


NOTHING_TO_DO = Progress()


def tick(house: House, view: View, now: float, budget: float) -> Progress:
    """Walk what has come due, at most `budget` parts of a few items each, and end what is over.

    The batch with the fewest items left goes first, so that a small one doesn't wait for a large one.
    """
    queue: tuple[tuple[str, str], ...] = view.get(QUEUE) or ()
    if not queue:
        return NOTHING_TO_DO
    seen = Overlay(view)
    while budget > 0 and (batch := _next(seen, queue, now)) is not None:
        seen.apply(_slice(house, seen, batch, now))
        budget -= 1
    under_way = _end(seen, queue, now)
    return Progress(seen.changes, min((batch.next_moment(now) for batch in under_way), default=inf))


def _batches(view: View, queue: tuple[tuple[str, str], ...]) -> list[Batch]:
    found = (view.get(key(owner, id)) for owner, id in queue)
    return [batch for batch in found if batch is not None and batch.ended_at is None]


def _next(view: View, queue: tuple[tuple[str, str], ...], now: float) -> Batch | None:
    waiting = [batch for batch in _batches(view, queue) if batch.done < batch.due(now)]
    return min(waiting, key=lambda batch: batch.due(now) - batch.done, default=None)


def _end(seen: Overlay, queue: tuple[tuple[str, str], ...], now: float) -> list[Batch]:
    """End what is over; those that are under way, which alone stay in the queue."""
    under_way = []
    for batch in _batches(seen, queue):
        if batch.is_over(now):
            seen.apply((batch.ended(now).put(),))
        else:
            under_way.append(batch)
    if len(under_way) < len(queue):
        seen.apply((Put(QUEUE, tuple((batch.owner, batch.id) for batch in under_way)),))
    return under_way


def _slice(house: House, view: View, batch: Batch, now: float) -> tuple[Change, ...]:
    """Walk what is due of the part that comes next. A batch whose items memory has let go of is forgotten."""
    part = blobs.get(view, batch.requests, batch.part)
    if part is None:
        return (Drop(key(batch.owner, batch.id)),)
    seen = Overlay(view)
    items = orjson.loads(part.data)[batch.done - part.first : batch.due(now) - part.first]
    walked = [_walked(house, seen, batch, batch.done + at, item, now) for at, item in enumerate(items)]
    lines = b"".join(line(item[0], each.result) for item, each in zip(items, walked, strict=True))
    written = blobs.get(view, batch.results, batch.part) or Part(part.first, 0, b"")
    written = written._replace(items=written.items + len(items), data=written.data + lines)
    seen.apply((blobs.put(batch.results, batch.part, written, batch.created + KEPT),))
    is_through = batch.done + len(items) == part.first + part.items
    if is_through:
        seen.apply(blobs.drop(batch.requests, (batch.part,)))
    seen.apply((_further(batch, walked, is_through).put(),))
    return seen.changes


def _walked(house: House, seen: Overlay, batch: Batch, index: int, item: list[Any], now: float) -> Walked:
    """The result of an item, walked at its own moment; what it changes is seen by the next."""
    number = -(batch.number * MOST_ITEMS + index + 1)
    luck = Chance(house.settings.seed, number, min(batch.moment(index), now))
    caller = Caller(caching.key_of(batch.owner), batch.version, batch.betas)
    result = walk(house, seen, item[1], caller, batch.headers, luck)
    seen.apply(result.changes)
    return result


def _further(batch: Batch, walked: list[Walked], is_through: bool) -> Batch:
    """The batch with these items done."""
    costs = [batch.cost, *(each.cost for each in walked)]
    return replace(
        batch,
        done=batch.done + len(walked),
        part=batch.part + is_through,
        succeeded=batch.succeeded + sum(each.succeeded for each in walked),
        cost=None if None in costs else sum(cost or 0.0 for cost in costs),
    )
