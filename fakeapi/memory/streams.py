"""A stream of events read back: the events with their places in the bytes, and the message that they spell.

It takes whatever was sent, broken streams too: an event that can't be read is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from fakeapi.model import Json

_FRAME = re.compile(rb"(?:[^\r\n]+(?:\r\n|\n|\r|\Z))+")
_LINE = re.compile(rb"[^\r\n]+")
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "compaction_delta": "content"}


class Event(NamedTuple):
    """One event: where it begins in the bytes, its type, and its data (None where that is no JSON object)."""

    start: int
    type: str
    data: Json | None


def events(data: bytes) -> Iterator[Event]:
    """The events of a stream, in order."""
    for frame in _FRAME.finditer(data):
        fields: dict[bytes, bytes] = {}
        for line in _LINE.findall(frame[0]):
            name, _, value = line.partition(b":")
            fields[name] = value.removeprefix(b" ")
        yield Event(frame.start(), fields.get(b"event", b"message").decode("utf-8", "replace"), _object(fields))


def message(data: bytes) -> Json | None:
    """The message that a stream spells; None where it never began one.

    The input of a tool is an object, or, where its JSON never became whole, the text so far.
    """
    reading = _Reading()
    for event in events(data):
        if event.data is not None:
            reading.take(event.type, event.data)
    return reading.whole()


def error(data: bytes) -> Json | None:
    """The `error` object of the first error event, or None."""
    for event in events(data):
        if event.type == "error" and event.data is not None and isinstance(event.data.get("error"), dict):
            return dict(event.data["error"])
    return None


def _object(fields: dict[bytes, bytes]) -> Json | None:
    try:
        found = orjson.loads(fields.get(b"data", b""))
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


class _Reading:
    """A message as far as its events have come."""

    def __init__(self) -> None:
        self._message: Json | None = None
        self._blocks: dict[Any, Json] = {}
        self._inputs: dict[Any, str] = {}

    def take(self, kind: str, data: Json) -> None:
        """Take one event; one that says nothing of the message changes nothing."""
        if kind == "message_start" and isinstance(data.get("message"), dict):
            self._message = dict(data["message"])
        elif kind == "content_block_start" and isinstance(data.get("content_block"), dict):
            self._blocks[data.get("index")] = dict(data["content_block"])
        elif kind == "content_block_delta" and isinstance(data.get("delta"), dict):
            self._add(data.get("index"), data["delta"])
        elif kind == "message_delta" and self._message is not None:
            self._end(data)

    def _add(self, index: Any, delta: Json) -> None:
        block, kind = self._blocks.get(index), delta.get("type")
        if block is None:
            return
        if kind == "input_json_delta":
            self._inputs[index] = self._inputs.get(index, "") + str(delta.get("partial_json", ""))
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        elif kind in _TEXTS:
            name = _TEXTS[kind]
            block[name] = (block.get(name) or "") + str(delta.get(name) or "")
        else:
            block |= {name: value for name, value in delta.items() if name != "type"}

    def _end(self, data: Json) -> None:
        assert self._message is not None
        further = {name: data[name] for name in ("delta", "usage") if isinstance(data.get(name), dict)}
        self._message |= further.get("delta", {})
        self._message["usage"] = {**(self._message.get("usage") or {}), **further.get("usage", {})}
        if "context_management" in data:
            self._message["context_management"] = data["context_management"]

    def whole(self) -> Json | None:
        """The message so far."""
        if self._message is None:
            return None
        for index, text in self._inputs.items():
            self._blocks[index]["input"] = _value(text)
        self._message["content"] = list(self._blocks.values())
        return self._message


def _value(text: str) -> Any:
    """The input that a text spells, or the text where it is no JSON; no text is no input."""
    try:
        return orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return text
