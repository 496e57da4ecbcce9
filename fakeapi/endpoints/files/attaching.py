"""Files in messages: blocks that name one are read as if its content stood in them; and the files that answers make."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from fakeapi.chance import Chance
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.endpoints.caching import workspace
from fakeapi.endpoints.files.record import File, find, ids, is_fresh, list_key, may_be_elsewhere
from fakeapi.endpoints.files.uploading import data
from fakeapi.endpoints.outcome import House
from fakeapi.facts.familiar import about_all
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Change, Put, View
from fakeapi.model import Call, Caller, Json, Message

_PDF, _TEXT = "application/pdf", "text/plain"
_MEDIA = frozenset({"image", "document"})
_ELSEWHERE = "answered, but file {id} was never uploaded here: its content is not known"


def attach(house: House, view: View, key: str, call: Call, strict: bool) -> Call:
    """The call with the content of the files that it names; itself, where it names none.

    Args:
        key: the caller's.
        strict: a file that there isn't, or that doesn't fit its block, is refused; else it is left as it is. One that
            may have been uploaded to the real API is left as it is, with a warning, so that recorded requests can be
            played.

    Raises:
        ApiError: 404 for a file that isn't there, 400 for one of the wrong kind, 413 for more than a body may weigh.
    """
    messages = call.body.get("messages")
    if not isinstance(messages, list) or not any(about_all(messages, _may_name)):
        return call
    seeker = _Seeker(house, view, workspace(key), strict)
    found = seeker.each(messages, "messages", seeker.message)
    if seeker.warnings:
        call = replace(call, warnings=(*call.warnings, *dict.fromkeys(seeker.warnings)))
    if found is messages:
        return call
    return replace(call, body={**call.body, "messages": found}, sent=call.sent or call.body)


def _may_name(message: Any) -> bool:
    """A quick look: what names a file has this member somewhere."""
    return b'"file_id"' in orjson.dumps(message)


def created(view: View, message: Message, caller: Caller, luck: Chance) -> tuple[Change, ...]:
    """What memory has to keep of the files that code has made in this answer: they can be downloaded."""
    if "container" not in message.extra:
        return ()
    owner = workspace(caller.key)
    made = [id for id in dict.fromkeys(_made(message.content)) if find(view, owner, id) is None]
    if not made:
        return ()
    about = data()["created"]
    body = about["content"].encode()
    files = [File(id, about["filename"], about["mime_type"], len(body), luck.now, None, True, "", body) for id in made]
    puts = [put for file in files for put in file.puts(owner)]
    return (*puts, Put(list_key(owner), (*made, *ids(view, owner))))


def _made(value: Any) -> Iterator[str]:
    """The ids of files in the outputs of code, however deep."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _made(item)
    elif isinstance(value, dict):
        if str(value.get("type")).endswith("code_execution_output") and isinstance(value.get("file_id"), str):
            yield value["file_id"]
        yield from _made(value.get("content"))


@dataclass(slots=True)
class _Seeker:
    """Goes through messages and puts the content of files into the blocks that name them.

    What names none stays the very same.
    """

    house: House
    view: View
    owner: str
    strict: bool
    weight: int = 0
    warnings: list[str] = field(default_factory=list)

    def each(self, items: list[Any], place: str, change: Callable[[Any, str], Any]) -> list[Any]:
        """The items, changed; the very same list where none was."""
        changed = [change(item, f"{place}.{position}") for position, item in enumerate(items)]
        return items if all(new is old for new, old in zip(changed, items, strict=True)) else changed

    def message(self, message: Any, place: str) -> Any:
        return self._inside(message, "content", place)

    def _inside(self, holder: Any, name: str, place: str) -> Any:
        """An object with the blocks of one of its members changed."""
        blocks = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(blocks, list):
            return holder
        changed = self.each(blocks, f"{place}.{name}", self._block)
        return holder if changed is blocks else {**holder, name: changed}

    def _block(self, block: Any, place: str) -> Any:
        if not isinstance(block, dict):
            return block
        source = block.get("source")
        if block.get("type") in _MEDIA and isinstance(source, dict):
            return self._medium(block, source, f"{place}.source")
        if block.get("type") == "container_upload" and isinstance(block.get("file_id"), str):
            file = self._file(block["file_id"])
            return block if file is None else {**block, "filename": file.name}
        return self._inside(block, "content", place)

    def _medium(self, block: Json, source: Json, place: str) -> Json:
        if source.get("type") == "content":
            inner = self._inside(source, "content", place)
            return block if inner is source else {**block, "source": inner}
        if source.get("type") != "file" or not isinstance(source.get("file_id"), str):
            return block
        file = self._file(source["file_id"])
        if file is None or not self._fits(block["type"], file, place):
            return block
        told = {"file_id": file.id, "filename": file.name}
        return {**block, "source": {**self._source(file), **told}}

    def _file(self, id: str) -> File | None:
        """The file of an id; None where there is none, and that is let through."""
        file = find(self.view, self.owner, id)
        if file is not None and is_fresh(self.view, self.owner, file):
            return file
        if not self.strict:
            return None
        if not may_be_elsewhere(self.view, id):
            raise refusal("file_unknown", id=id)
        self.warnings.append(_ELSEWHERE.format(id=id))
        return None

    def _fits(self, block: str, file: File, place: str) -> bool:
        """Whether the block takes a file of this kind."""
        wanted = data()["pictures" if block == "image" else "documents"]
        if file.kind in wanted:
            return True
        if not self.strict:
            return False
        if block == "image":
            name = "file_pdf_as_picture" if file.kind == _PDF else "file_as_picture"
            raise refusal(name, place=place, kind=file.kind)
        picture = file.kind in data()["pictures"]
        raise refusal("file_picture_as_document" if picture else "file_as_document", place=place, kind=file.kind)

    def _source(self, file: File) -> Json:
        """The source that the content of a file would have been sent in."""
        body = self._read(file)
        if file.kind == _TEXT:
            return {"type": "text", "media_type": _TEXT, "data": body.decode("utf-8", "replace")}
        return {"type": "base64", "media_type": file.kind, "data": b64encode(body).decode()}

    def _read(self, file: File) -> bytes:
        """The bytes of a file, as long as all files together aren't more than a body may weigh."""
        self.weight += file.size if file.kind == _TEXT else file.size * 4 // 3
        if self.weight > BODY_LIMIT:
            raise refusal("files_too_large")
        return b"".join(self.house.read_upload(file.blob)) if file.blob else file.body
