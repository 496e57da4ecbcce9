"""A finished Message, or a refusal, as the bytes of a JSON body: compact, keys in wire order (contract.md 6, 16)."""

from __future__ import annotations

from typing import Any

import orjson

from fakeapi.errors import ApiError
from fakeapi.facts.written import packed
from fakeapi.model import Message


def message_json(message: Message) -> dict[str, Any]:
    """The wire form of a message: keys in the order recorded in 2026, a container right after the content."""
    content: dict[str, Any] = {
        "model": message.model,
        "id": message.id,
        "type": "message",
        "role": "assistant",
        "content": message.content,
    }
    extra = message.extra
    if "container" in extra:
        content["container"] = extra["container"]
        extra = {name: value for name, value in extra.items() if name != "container"}
    return {
        **content,
        "stop_reason": message.stop_reason,
        "stop_sequence": message.stop_sequence,
        "stop_details": message.stop_details,
        "usage": message.usage,
        **extra,
    }


def encode_message(message: Message) -> bytes:
    """The JSON body of a message."""
    return packed(message_json(message))


def encode_refusal(fault: ApiError, request_id: str) -> bytes:
    """The error envelope of a refusal; see ApiError.envelope for its three forms."""
    error: dict[str, Any] = {"type": fault.type, "message": fault.message}
    if fault.details is not None:
        error["details"] = fault.details
    envelope: dict[str, Any] = {"error": error}
    if fault.envelope != "edge":
        envelope = {"type": "error", "error": error}
    if fault.envelope == "full":
        envelope["request_id"] = request_id
    return orjson.dumps(envelope, default=str)
