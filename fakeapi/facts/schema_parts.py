"""A caller's own JSON Schema, compiled once: its verdict on a value, and the verdicts of its parts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from fakeapi.facts.schema_gates import Schema
from fakeapi.facts.written import packed


class Parts:
    """The verdicts of one schema of draft 2020-12. Where it, or what it refers to, is no schema, nothing fits."""

    __slots__ = ("_parts", "_whole")

    def __init__(self, schema: Schema | bool) -> None:
        import jsonschema_rs

        bare = {key: value for key, value in schema.items() if key != "$schema"} if isinstance(schema, dict) else schema
        try:
            self._whole: Any = jsonschema_rs.Draft202012Validator(bare, offline=True)
            self._parts: Any = jsonschema_rs.validator_map_for(bare, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError):
            self._whole, self._parts = None, {}

    @property
    def usable(self) -> bool:
        """Whether this is a schema, and all that it refers to is there."""
        return self._whole is not None

    def accepts(self, value: Any) -> bool:
        """The verdict of the whole schema."""
        return self._whole is not None and bool(self._whole.is_valid(value))

    def part_accepts(self, pointer: str, value: Any) -> bool:
        """The verdict of the part at a JSON pointer (`#/properties/city`); True where the schema holds no such part."""
        part = self._parts.get(pointer)
        return part is None or bool(part.is_valid(value))


def parts(schema: Schema | bool) -> Parts:
    """The verdicts of a schema, compiled once for equal content."""
    try:
        return _parts(packed(schema))
    except TypeError:
        return Parts(schema)


@lru_cache(maxsize=256)
def _parts(content: bytes) -> Parts:
    return Parts(orjson.loads(content))
