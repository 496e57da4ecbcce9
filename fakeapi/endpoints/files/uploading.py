"""POST /v1/files: what is wrong with an upload is refused; else there is a file."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import orjson

from fakeapi import assets
from fakeapi.chance import Chance
from fakeapi.endpoints.caching import workspace
from fakeapi.endpoints.files.record import File, ids, list_key
from fakeapi.endpoints.outcome import House, Outcome, Remembered
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Put, View
from fakeapi.model import Caller
from fakeapi.wire import Request, Send, Upload

BETA = "files-api-2025-04-14"
"""With it, files have the shapes that they had before they were generally available (contract.md 1)."""
SIZE_LIMIT = 500 * 1024 * 1024
"""Bytes of a file (contract.md 15)."""
SHORTEST, LONGEST = 3600, 7_776_000
"""Seconds after which a file may expire (contract.md 1)."""
_NAME_LIMIT = 255
_LISTED_AT_MOST = 10_000
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)


def upload(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """A new file. ApiError 400 for a body that brings none, or a name or expiry that can't be; 413 for a large one."""
    sent = _received(request)
    lenient = house.settings.contract in ("shape", "off")
    kind = _kind(sent)
    file = File(
        id=luck.file_id(),
        name=_name(sent, kind, lenient=lenient),
        kind=kind,
        size=sent.size,
        created=luck.now,
        expires=_expires(sent, luck.now, lenient=lenient),
        downloadable=False,
        blob=sent.blob,
    )
    owner = workspace(caller.key)
    listed = Put(list_key(owner), (file.id, *ids(view, owner))[:_LISTED_AT_MOST])
    body = file.shown(beta=BETA in caller.betas)
    return Outcome((Send(orjson.dumps(body)),), source="upload", remembered=Remembered((*file.puts(owner), listed)))


def _received(request: Request) -> Upload:
    """The upload, with its file; ApiError where there is none."""
    sent = request.upload
    if sent is None:
        raise refusal("file_not_multipart", value=request.headers.get("content-type", ""))
    if sent.problem:
        raise refusal(sent.problem, value=request.headers.get("content-type", ""))
    if not sent.blob:
        raise refusal("file_missing")
    return sent


def _kind(sent: Upload) -> str:
    """The media type: as it was sent, or by the name."""
    unknown: str = data()["unknown_kind"]
    kind = sent.kind.partition(";")[0].strip().lower()
    if kind and kind != unknown:
        return kind[:_NAME_LIMIT]
    return str(data()["kinds"].get(_ending(sent.filename), unknown))


def _ending(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return (dot + ending).lower()


def _name(sent: Upload, kind: str, *, lenient: bool) -> str:
    """The last part of the name that was sent; of a file without one, `unnamed` and what its kind ends in (SDK)."""
    name = re.split(r"[/\\]", sent.filename)[-1]
    if not name:
        return "unnamed" + next((ending for ending, known in data()["kinds"].items() if known == kind), "")
    if lenient:
        return name
    if len(name) > _NAME_LIMIT:
        raise refusal("file_name_too_long", most=_NAME_LIMIT)
    if _FORBIDDEN.search(name):
        raise refusal("file_name_forbidden")
    return name


def _expires(sent: Upload, now: float, *, lenient: bool) -> float | None:
    text = sent.fields.get("expires_in_seconds")
    if text is None:
        return None
    if not _WHOLE.fullmatch(text.strip()):
        raise refusal("file_expiry_no_number")
    seconds = int(text)
    if seconds < SHORTEST and not lenient:
        raise refusal("file_expiry_too_small", least=SHORTEST)
    if seconds > LONGEST and not lenient:
        raise refusal("file_expiry_too_large", most=LONGEST)
    return now + seconds


@cache
def data() -> Any:
    """`fixtures/files.json`."""
    return assets.read_json("fixtures/files.json")
