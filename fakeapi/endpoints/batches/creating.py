"""POST /v1/messages/batches: what is wrong with a batch as a whole is refused at once, its items are walked later."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from fakeapi.chance import Chance
from fakeapi.contract import decoding, validation
from fakeapi.encoding import headers
from fakeapi.encoding.headers import JSON
from fakeapi.endpoints import caching
from fakeapi.endpoints.asking import FAULT, PACE
from fakeapi.endpoints.batches.record import KEPT, QUEUE, Batch, list_key
from fakeapi.endpoints.outcome import House, Outcome, Remembered
from fakeapi.errors import ApiError
from fakeapi.facts.sentences import refusal
from fakeapi.memory import blobs
from fakeapi.memory.changes import Change, Put, View
from fakeapi.memory.redaction import clean_headers
from fakeapi.model import Caller, Json
from fakeapi.wire import Request, Send

BODY_LIMIT = 256 * 1024 * 1024
"""Bytes of a batch's body (contract.md 15)."""
MOST_ITEMS = 100_000
"""Items of a batch (contract.md 14)."""
_SCHEMA = "request/batch_request"
_CHECKED_AT_ONCE = 1_000
_LISTED_AT_MOST = 10_000
_MEGABYTE = 1_000_000
_OF_THE_CALL = (
    *(FAULT, PACE, "host", "connection", "cookie", "authorization", "proxy-", "x-api-key"),
    *("content-", "accept", "transfer-", "x-stainless-", "x-forwarded-", "forwarded"),
)
"""Headers, by how they begin, that concern the creating request alone."""


def create(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """A new batch, all of whose items are `processing`.

    ApiError 400 for a body that is no batch, 413 for one that is too large.
    """
    with _nothing_collected():
        body = _read(request)
        warnings = check(house, body, caller)
        if len(request.body) > house.settings.batch_mb * _MEGABYTE:
            raise refusal("batch_no_room")
        batch, changes = _begun(house, body["requests"], request, caller, luck)
    ids = (batch.id, *(view.get(list_key(batch.owner)) or ()))[:_LISTED_AT_MOST]
    queue = (*(view.get(QUEUE) or ()), (batch.owner, batch.id))
    kept = (batch.put(), Put(list_key(batch.owner), ids), Put(QUEUE, queue), *changes)
    return Outcome(
        (Send(orjson.dumps(batch.shown(luck.now, ""))),),
        (JSON, *headers.batch_limits(luck.now)),
        source=f"batch of {batch.count}",
        warnings=warnings,
        remembered=Remembered(kept),
    )


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Meanwhile, nobody looks for circles of garbage: a large body is a million objects, every one of them in use, and
    to look through them again and again takes as long as all else."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read(request: Request) -> Any:
    kind, encoding = request.headers.get("content-type"), request.headers.get("content-encoding")
    return decoding.decode(request.body, kind, encoding, BODY_LIMIT)


def check(house: House, body: Any, caller: Caller) -> tuple[str, ...]:
    """What the real API would have said, where the contract mode doesn't refuse it; ApiError where it does.

    A body that can't be read as a batch is refused in every mode.
    """
    if house.settings.contract == "strict":
        _strictly(body, caller)
        return ()
    _check_shape(body, caller, "shape")
    if house.settings.contract != "warn":
        return ()
    try:
        _strictly(body, caller)
    except ApiError as fault:
        return (f"{fault.status} {fault.type}: {fault.message}",)
    return ()


def _strictly(body: Any, caller: Caller) -> None:
    _check_shape(body, caller, "strict")
    seen = set[str]()
    for item in body["requests"]:
        if item["custom_id"] in seen:
            raise refusal("batch_id_twice", custom_id=item["custom_id"])
        seen.add(item["custom_id"])


def _check_shape(body: Any, caller: Caller, mode: str) -> None:
    """The schema's verdict, on some items at a time: it needs as much memory again as what it looks at."""
    items = body.get("requests") if isinstance(body, dict) else None
    slices: list[Any] = [body]
    if isinstance(items, list) and _CHECKED_AT_ONCE < len(items) <= MOST_ITEMS:
        starts = range(0, len(items), _CHECKED_AT_ONCE)
        slices = [{**body, "requests": items[at : at + _CHECKED_AT_ONCE]} for at in starts]
    try:
        for each in slices:
            validation.check_shape(each, schema=_SCHEMA, caller=caller, mode=mode)
    except ApiError:
        validation.check_shape(body, schema=_SCHEMA, caller=caller, mode=mode)
        raise


def _begun(
    house: House, items: list[Json], request: Request, caller: Caller, luck: Chance
) -> tuple[Batch, tuple[Change, ...]]:
    """The batch, and what keeps its items."""
    count, parts = len(items), list(blobs.split(_consumed(items)))
    batch = Batch(
        id=luck.identity("msgbatch"),
        owner=caching.workspace(caller.key),
        number=luck.number,
        created=luck.now,
        seconds=float(house.settings.batch_time),
        count=count,
        parts=len(parts),
        version=caller.version,
        betas=caller.betas,
        headers=_headers(request.headers),
        looked=luck.now,
    )
    until = luck.now + KEPT
    return batch, tuple(blobs.put(batch.requests, number, part, until) for number, part in enumerate(parts))


def _consumed(items: list[Json]) -> Iterator[list[Any]]:
    """Each item's id and parameters; the list is emptied on the way, so that a large one isn't held twice."""
    items.reverse()
    while items:
        item = items.pop()
        yield [item["custom_id"], item["params"]]


def _headers(lines: Mapping[str, str]) -> dict[str, str]:
    """The headers that an item comes with, as rules see them; without secrets, since they are remembered."""
    return {name: value for name, value in clean_headers(lines).items() if not name.startswith(_OF_THE_CALL)}
