"""How JSON is written: by a model, with a space after `:` and `,` (contract.md 7); by us, where it is to be kept."""

from __future__ import annotations

import orjson

from fakeapi.model import Json


def packed(value: object, option: int | None = None) -> bytes:
    """A JSON value in bytes that are to be kept: those of orjson hold on to several times the memory they need."""
    return bytes(memoryview(orjson.dumps(value, option=option)))


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


def writable(value: object) -> object:
    """The value with whole numbers that no JSON writer takes (over 64 bits) as floats."""
    if isinstance(value, dict):
        return {key: writable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [writable(item) for item in value]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < 10**308 else 1e308
    return value
