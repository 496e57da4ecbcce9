"""An answer about pictures and documents: it names the kind and size of what it was shown."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.facts import media
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Json

_MOST = 20
_SHOWN = ("image", "document", "container_upload")


def about_shown(call: Call) -> str:
    """A sentence about the pictures, documents and files of the last user turn, in their order (the first 20, and how
    many more); "" where there is none."""
    shown = [named(part) for part in _last_turn(call.body["messages"]) if part["type"] in _SHOWN]
    if len(shown) > _MOST:
        shown[_MOST:] = [f"{len(shown) - _MOST} more"]
    return f"You sent {_listed(shown)}." if shown else ""


def named(part: Json) -> str:
    """What a picture, a document or an uploaded file is: its kind, title and size, or where it lies."""
    if part["type"] == "container_upload":
        return f"the file {part.get('filename') or part['file_id']} for the container"
    return _picture(part["source"]) if part["type"] == "image" else _document(part)


def _last_turn(messages: list[Json]) -> list[Json]:
    parts: list[Json] = []
    for message in reversed(messages):
        if message["role"] != "user":
            break
        parts[:0] = blocks(message.get("content"))
    return parts


def _picture(source: Json) -> str:
    if source["type"] != "base64":
        return f"a picture ({_where(source)}), which I can't open here"
    kind = source["media_type"].removeprefix("image/").upper()
    size = media.encoded_image_size(source["data"])
    called = f' "{source["filename"]}"' if "filename" in source else ""
    measured = f" of {size.width} x {size.height} pixels" if size else ""
    return f"a {kind} picture{called}{measured}"


def _document(part: Json) -> str:
    source, title = part["source"], part.get("title") or part["source"].get("filename")
    called = f' "{title}"' if title else ""
    if source["type"] == "base64":
        known = media.encoded_pdf(source["data"])
        return f"a PDF{called} of {_counted(known.pages, 'page')}" if known else f"a PDF{called}"
    if source["type"] == "text":
        return f"a text document{called} of {_counted(len(source['data']), 'character')}"
    if source["type"] == "content":
        return f"a document{called} of {_listed([*_contents(blocks(source['content']))])}"
    return f"a document{called} ({_where(source)}), which I can't open here"


def _contents(parts: list[Json]) -> Iterator[str]:
    """The texts of a document together, then each of its pictures."""
    texts = [part["text"] for part in parts if part["type"] == "text"]
    if texts or not parts:
        size = _counted(sum(map(len, texts)), "character")
        yield size if len(texts) < 2 else f"{_counted(len(texts), 'text')} ({size})"
    yield from (_picture(part["source"]) for part in parts if part["type"] == "image")


def _where(source: Json) -> str:
    return f"the file {source['file_id']}" if source["type"] == "file" else f"{source.get('url', '')}"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
