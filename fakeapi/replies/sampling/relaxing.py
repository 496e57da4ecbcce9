"""The nearest schema that something satisfies: for schemas that contradict themselves, which the API compiles all the
same and answers with what they declare."""

from __future__ import annotations

from typing import Any

from fakeapi.model import Json

_UNREAD = frozenset({"const", "default", "examples", "enum"})


def relaxed(schema: Any) -> Any:
    """The schema without what nothing can satisfy: members required of a closed object that doesn't declare them,
    enums without values. The schema itself where there is nothing of the kind."""
    if isinstance(schema, list):
        return [relaxed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value if key in _UNREAD else relaxed(value) for key, value in schema.items()}
    if kept.get("enum") == []:
        del kept["enum"]
    return _attainable(kept)


def _attainable(schema: Json) -> Json:
    required, declared = schema.get("required"), schema.get("properties", {})
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    if not closed or not isinstance(required, list) or not isinstance(declared, dict):
        return schema
    return {**schema, "required": [name for name in required if isinstance(name, str) and name in declared]}
