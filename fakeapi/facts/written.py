"""How a model writes JSON: a space after `:` and `,` (contract.md 7)."""

from __future__ import annotations

import orjson

from fakeapi.model import Json


def written_input(block: Json) -> str:
    """A tool call's input as the model writes it."""
    return written(block["input"])


def written(value: object) -> str:
    """A JSON value as the model writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(str(key))}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return orjson.dumps(value).decode()
