"""The roads of files that exist: one, all, its bytes; deleting it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote

import orjson

from fakeapi.chance import Chance
from fakeapi.endpoints.caching import workspace
from fakeapi.endpoints.files.record import File, find, ids, key, list_key
from fakeapi.endpoints.files.uploading import BETA
from fakeapi.endpoints.outcome import FORGETFUL, House, Outcome, Remembered
from fakeapi.endpoints.paging import Query, page
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Change, Drop, Put, View
from fakeapi.model import Caller, Json
from fakeapi.wire import Effect, Request, Send

MOST_IDS = 100
"""How many files may be asked for by id (contract.md 1)."""
_CURSOR = "page_"


def show(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """One file, expired or not. ApiError 404 where there is none."""
    return _answered(_found(house, view, parameters, caller, luck).shown(beta=_is_beta(caller)))


def list_files(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """One page of the workspace's files, newest first, or those of some ids. ApiError 400 for a query that can't be."""
    query, owner, beta = Query(request.query), workspace(caller.key), _is_beta(caller)
    kept = {id: file for id in ids(view, owner) if (file := find(view, owner, id)) is not None}
    rows = [] if query.one("scope_id") else [file.shown(beta=beta) for file in kept.values()]
    any_cursor = _takes_any(house)
    if wanted := query.several("ids"):
        return _answered(_shaped(_of_ids(rows, wanted, query, any_cursor), beta))
    if beta:
        return _answered(page(rows, query, {}, any_cursor=any_cursor))
    return _answered(_page(rows, query, any_cursor))


def delete(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The id of the file that is gone from now on. ApiError 404 where there is none."""
    file, owner = _found(house, view, parameters, caller, luck), workspace(caller.key)
    left = tuple(id for id in ids(view, owner) if id != file.id)
    changes = (Drop(key(owner, file.id)), Put(list_key(owner), left))
    return _answered({"id": file.id, "type": "file_deleted"}, changes)


def content(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The bytes of a file that a tool has made. ApiError 404 where there is none or it has expired, 400 for others."""
    file = _found(house, view, parameters, caller, luck)
    if file.has_expired(luck.now):
        raise refusal("file_expired", id=file.id)
    if not file.downloadable and not _takes_any(house):
        raise refusal("file_not_downloadable", id=file.id)
    name = f"attachment; filename*=utf-8''{quote(file.name)}"
    lines = ((b"Content-Type", file.kind.encode("latin-1", "replace")), (b"content-disposition", name.encode()))
    return Outcome(_bytes(house, file), lines, source="file")


def _bytes(house: House, file: File) -> Iterable[Effect]:
    if not file.blob:
        return (Send(file.body),)
    return (Send(part) for part in house.read_upload(file.blob))


def _found(house: House, view: View, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> File:
    """The workspace's file of that id; where the contract mode asks for shapes only, any id names one."""
    (id,) = parameters
    file = find(view, workspace(caller.key), id)
    if file is not None:
        return file
    if _takes_any(house):
        return File(id, "file.txt", "text/plain", 0, luck.now)
    raise refusal("file_unknown", id=id)


def _of_ids(rows: list[Json], wanted: list[str], query: Query, lenient: bool) -> list[Json]:
    """The rows of these ids; those of no file are left out (SDK)."""
    different = set(wanted)
    if not lenient and (query.one("limit") or query.one("page")):
        raise refusal("files_ids_alone")
    if not lenient and len(different) > MOST_IDS:
        raise refusal("files_ids_too_many", most=MOST_IDS, count=len(different))
    return [row for row in rows if row["id"] in different]


def _page(rows: list[Json], query: Query, lenient: bool) -> Json:
    """One page, with the cursor of the next."""
    start, limit = _start(rows, query.one("page"), lenient), query.limit()
    shown = rows[start : start + limit]
    more = start + limit < len(rows)
    return {"data": shown, "next_page": _cursor(shown[-1]["id"]) if more else None}


def _start(rows: list[Json], cursor: str | None, lenient: bool) -> int:
    """Where the page of a cursor begins: after the file that it names. One that was deleted since begins at the top."""
    if cursor is None:
        return 0
    last = _named(cursor)
    if last is None and not lenient:
        raise refusal("files_page_unknown", page=cursor)
    return next((place + 1 for place, row in enumerate(rows) if row["id"] == last), 0)


def _cursor(id: str) -> str:
    return _CURSOR + urlsafe_b64encode(id.encode()).decode().rstrip("=")


def _named(cursor: str) -> str | None:
    """The id in a cursor; None for what is no cursor of ours."""
    text = cursor.removeprefix(_CURSOR)
    try:
        id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return id if cursor == _cursor(id) else None


def _shaped(rows: list[Json], beta: bool) -> Json:
    """A whole list in the shape that the caller knows."""
    if not beta:
        return {"data": rows, "next_page": None}
    first, last = (rows[0]["id"], rows[-1]["id"]) if rows else (None, None)
    return {"data": rows, "has_more": False, "first_id": first, "last_id": last}


def _is_beta(caller: Caller) -> bool:
    return BETA in caller.betas


def _takes_any(house: House) -> bool:
    return house.settings.contract in ("shape", "off")


def _answered(body: Json, changes: tuple[Change, ...] = ()) -> Outcome:
    remembered = Remembered(changes) if changes else FORGETFUL
    return Outcome((Send(orjson.dumps(body)),), source="files", remembered=remembered)
