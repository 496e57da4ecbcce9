"""An answer about pictures and documents: it names the kind and size of what it was shown."""

from __future__ import annotations

from fakeapi.facts import media
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Json

_MOST = 6


def about_shown(call: Call) -> str:
    """A sentence for each picture and document of the last user turn (the first few); "" where there is none."""
    shown = [part for part in _last_turn(call.body["messages"]) if part["type"] in ("image", "document")]
    said = [_picture(part) if part["type"] == "image" else _document(part) for part in shown[:_MOST]]
    if len(shown) > _MOST:
        said.append(f"And {len(shown) - _MOST} more of the kind.")
    return " ".join(said)


def _last_turn(messages: list[Json]) -> list[Json]:
    parts: list[Json] = []
    for message in reversed(messages):
        if message["role"] != "user":
            break
        parts[:0] = blocks(message.get("content"))
    return parts


def _picture(part: Json) -> str:
    source = part["source"]
    if source["type"] != "base64":
        return f"You sent a picture, {_where(source)}, which I can't open here."
    kind = source["media_type"].removeprefix("image/").upper()
    size = media.encoded_image_size(source["data"])
    measured = f" of {size.width} x {size.height} pixels" if size else ""
    return f"You sent a {kind} picture{measured}."


def _document(part: Json) -> str:
    source, title = part["source"], part.get("title")
    named = f' "{title}"' if title else ""
    if source["type"] == "base64":
        known = media.encoded_pdf(source["data"])
        return f"You sent a PDF{named} of {_counted(known.pages, 'page')}." if known else f"You sent a PDF{named}."
    if source["type"] == "text":
        return f"You sent a text document{named} of {_counted(len(source['data']), 'character')}."
    if source["type"] == "content":
        return f"You sent a document{named} of {_counted(len(blocks(source['content'])), 'block')}."
    return f"You sent a document{named}, {_where(source)}, which I can't open here."


def _where(source: Json) -> str:
    return f"the file {source['file_id']}" if source["type"] == "file" else f"{source.get('url', '')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
