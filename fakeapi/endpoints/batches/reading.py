"""The roads of batches that exist: one, all, their results; canceling and deleting them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NoReturn

import orjson

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.encoding import headers
from fakeapi.encoding.headers import JSON
from fakeapi.endpoints import caching
from fakeapi.endpoints.batches import invented
from fakeapi.endpoints.batches.record import POLL_SECONDS, Batch, key, list_key
from fakeapi.endpoints.batches.site import site
from fakeapi.endpoints.batches.walking import line
from fakeapi.endpoints.outcome import FORGETFUL, House, Outcome, Remembered
from fakeapi.endpoints.paging import Query, page
from fakeapi.facts.sentences import refusal
from fakeapi.memory import blobs
from fakeapi.memory.blobs import Part
from fakeapi.memory.changes import Change, Drop, Put, View
from fakeapi.model import Caller, Json
from fakeapi.wire import Effect, HeaderLines, Request, Send, Wait

_PATH = "/messages/batches"
_AT_ONCE = 65_536


def show(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """One batch; while it is under way, with the advice when to ask again. ApiError 404 where there is none."""
    batch = _found(house, view, parameters, caller, luck)
    if batch.ended_at is not None:
        return _answered(_shown(batch, request, luck), luck)
    wait = (b"retry-after", b"%d" % POLL_SECONDS)
    return _answered(_shown(batch, request, luck), luck, (batch.seen(luck.now).put(),), (wait,))


def list_batches(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """One page of the caller's batches, newest first."""
    owner = caching.workspace(caller.key)
    kept = {id: batch for id in view.get(list_key(owner)) or () if (batch := view.get(key(owner, id))) is not None}
    rows: list[Json] = [{"id": id} for id in kept]
    body = page(rows, Query(request.query), {}, any_cursor=_takes_any(house))
    return _answered({**body, "data": [_shown(kept[row["id"]], request, luck) for row in body["data"]]}, luck)


def cancel(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The batch, whose cancellation has begun; ApiError 400 where it has ended."""
    batch = _found(house, view, parameters, caller, luck, invented.canceling)
    if batch.ended_at is not None:
        raise refusal("batch_over", id=batch.id)
    if batch.canceled_at is not None:
        return _answered(_shown(batch, request, luck), luck)
    batch = batch.canceling(luck.now)
    return _answered(_shown(batch, request, luck), luck, () if invented.is_invented(batch) else (batch.put(),))


def delete(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The id of the batch that is gone from now on; ApiError 400 while it is under way."""
    batch = _found(house, view, parameters, caller, luck)
    if batch.ended_at is None:
        raise refusal("batch_under_way")
    ids = tuple(id for id in view.get(list_key(batch.owner)) or () if id != batch.id)
    numbers = range(batch.parts)
    changes = (
        Drop(key(batch.owner, batch.id)),
        Put(list_key(batch.owner), ids),
        *blobs.drop(batch.requests, range(batch.part, batch.parts)),
        *blobs.drop(batch.results, numbers),
    )
    return _answered({"id": batch.id, "type": "message_batch_deleted"}, luck, changes)


def results(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The results, a line of JSON each, in an order that chance decides; ApiError 404 while there are none."""
    batch = _found(house, view, parameters, caller, luck)
    if batch.ended_at is None:
        raise refusal("batch_no_results", id=batch.id)
    walked = [blobs.get(view, batch.results, number) or _gone(batch) for number in range(batch.part)]
    parts = [*walked, *(_left(view, batch, number) for number in range(batch.part, batch.parts))]
    name = f"attachment; filename*=utf-8''{batch.id}_results.jsonl"
    content = ((b"Content-Type", b"application/x-jsonl"), (b"content-disposition", name.encode()))
    return Outcome(
        _streamed(_shuffled(parts, batch.count, house.settings.seed, batch.id)),
        (*content, *headers.batch_limits(luck.now)),
        source=f"batch of {batch.count}",
        cost=batch.cost,
    )


def _found(
    house: House,
    view: View,
    parameters: tuple[str, ...],
    caller: Caller,
    luck: Chance,
    otherwise: Callable[[str, Caller, float], Batch] = invented.ended,
) -> Batch:
    """The caller's batch of that id; where the contract mode asks for shapes only, any id names one."""
    (id,) = parameters
    batch: Batch | None = view.get(key(caching.workspace(caller.key), id))
    if batch is not None:
        return batch
    if _takes_any(house):
        return otherwise(id, caller, luck.now)
    raise refusal("batch_unknown", id=id)


def _takes_any(house: House) -> bool:
    return house.settings.contract in ("shape", "off")


def _shown(batch: Batch, request: Request, luck: Chance) -> Json:
    return batch.shown(luck.now, f"{site(request, _PATH)}/v1{_PATH}/{batch.id}/results")


def _answered(body: Json, luck: Chance, changes: tuple[Change, ...] = (), more: HeaderLines = ()) -> Outcome:
    said = body.get("processing_status") or ("batch deleted" if "type" in body else "batches")
    remembered = Remembered(changes) if changes else FORGETFUL
    content = (JSON, *more, *headers.batch_limits(luck.now))
    return Outcome((Send(orjson.dumps(body)),), content, source=said, remembered=remembered)


def _left(view: View, batch: Batch, number: int) -> Part:
    """A part of the results with the lines of what was never walked; ApiError 404 where memory has let go of it."""
    unwalked, written = blobs.get(view, batch.requests, number), blobs.get(view, batch.results, number)
    if unwalked is None:
        _gone(batch)
    walked, lines = (written.items, written.data) if written else (0, b"")
    if unwalked.first + walked < batch.done:
        _gone(batch)
    left = orjson.loads(unwalked.data)[walked:]
    lines += b"".join(line(item[0], {"type": batch.left}) for item in left)
    return Part(unwalked.first, unwalked.items, lines)


def _gone(batch: Batch) -> NoReturn:
    raise refusal("batch_no_results", id=batch.id, hint="Memory has let go of them; see --batch-mb.")


def _shuffled(parts: list[Part], count: int, *seed: object) -> Iterator[bytes]:
    """Every line once, in an order that the seed decides; drawn line by line, so that nobody waits for all."""
    draw, firsts, places = chance.random("results", *seed), [part.first for part in parts], list(range(count))
    for left in range(count, 0, -1):
        at = draw.randrange(left)
        place, places[at] = places[at], places[left - 1]
        part = parts[bisect_right(firsts, place) - 1]
        yield part.data.split(b"\n", place - part.first + 1)[place - part.first] + b"\n"


def _streamed(lines: Iterator[bytes]) -> Iterator[Effect]:
    """The lines in chunks; between them, others have their turn."""
    held, size = list[bytes](), 0
    for each in lines:
        held.append(each)
        size += len(each)
        if size >= _AT_ONCE:
            yield Send(b"".join(held))
            yield Wait(0.0)
            held, size = [], 0
    yield Send(b"".join(held))
