"""Batches move along: what has come due is walked, slice by slice, and batches end."""

from __future__ import annotations

from collections.abc import Iterable
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
    """Walk what has come due, at most `budget` items, and end what is over.

    The batch with the fewest items left goes first, so that a small one doesn't wait for a large one.
    """
    queue: tuple[tuple[str, str], ...] = view.get(QUEUE) or ()
    if not queue:
        return NOTHING_TO_DO
    seen, under_way = Overlay(view), _under_way(view, queue)
    while budget > 0 and (batch := _next(under_way.values(), now)) is not None:
        further = _walk_on(house, seen, batch, now, budget)
        if further is None:
            del under_way[batch.id]
            continue
        under_way[batch.id] = further
        budget -= further.done - batch.done
    left = _end(seen, under_way.values(), now)
    if len(left) < len(queue):
        seen.apply((Put(QUEUE, tuple((batch.owner, batch.id) for batch in left)),))
    return Progress(seen.changes, min((batch.next_moment(now) for batch in left), default=inf))


def _under_way(view: View, queue: tuple[tuple[str, str], ...]) -> dict[str, Batch]:
    """The batches of the queue by id."""
    found: Iterable[Batch | None] = (view.get(key(owner, id)) for owner, id in queue)
    return {batch.id: batch for batch in found if batch is not None and batch.ended_at is None}


def _next(under_way: Iterable[Batch], now: float) -> Batch | None:
    waiting = [batch for batch in under_way if batch.done < batch.due(now)]
    return min(waiting, key=lambda batch: batch.due(now) - batch.done, default=None)


def _end(seen: Overlay, under_way: Iterable[Batch], now: float) -> list[Batch]:
    """End what is over; the batches that are still under way."""
    left = []
    for batch in under_way:
        if batch.is_over(now):
            seen.apply((batch.ended(now).put(),))
        else:
            left.append(batch)
    return left


def _walk_on(house: House, seen: Overlay, batch: Batch, now: float, most: float) -> Batch | None:
    """Walk what is due of the part that comes next, at most so many items; the batch with these done.

    One whose items memory has let go of is forgotten: None.
    """
    part = blobs.get(seen, batch.requests, batch.part)
    if part is None:
        seen.apply((Drop(key(batch.owner, batch.id)),))
        return None
    items = _due(part, batch, now, most)
    walked = [_walked(house, seen, batch, batch.done + at, item, now) for at, item in enumerate(items)]
    lines = b"".join(line(item[0], each.result) for item, each in zip(items, walked, strict=True))
    written = blobs.get(seen, batch.results, batch.part) or Part(part.first, 0, b"")
    written = written._replace(items=written.items + len(items), data=written.data + lines)
    seen.apply((blobs.put(batch.results, batch.part, written, batch.created + KEPT),))
    is_through = batch.done + len(items) == part.first + part.items
    if is_through:
        seen.apply(blobs.drop(batch.requests, (batch.part,)))
    further = _further(batch, walked, is_through)
    seen.apply((further.put(),))
    return further


def _due(part: Part, batch: Batch, now: float, most: float) -> list[list[Any]]:
    """The next items of a part: the id and the parameters of each."""
    done, due = batch.done - part.first, batch.due(now) - part.first
    items: list[list[Any]] = orjson.loads(part.data)[done:due]
    return items if most >= len(items) else items[: int(most)]


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
