"""Bounds that SDKs move into descriptions, put back: `{minimum: 1, maxItems: 6}` at the end of a description.

`messages.parse`, and what is built on it, takes the keywords that structured outputs don't support out of a schema,
tells them to the model in words, and checks the answer against them (Python SDK 2.12 `transform_schema`, TypeScript SDK
1.12 `transformJSONSchema`). A model heeds the words; whoever samples a schema has to read them.
"""

from __future__ import annotations

import re
import warnings
from ast import literal_eval
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import orjson

from fakeapi.facts import schema_parts
from fakeapi.facts.written import packed
from fakeapi.model import Json

_TAIL = re.compile(r"(?:^|\n\n)\{([A-Za-z$]\w*: .*)\}\Z", re.DOTALL)
_TOLD = re.compile(rb"\{[A-Za-z$]\w*: ")
_BETWEEN = re.compile(r", (?=[A-Za-z$]\w*: )")
_LONGEST = 4000


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_anything(_: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_KEYWORDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_size),
    **dict.fromkeys(("minContains", "maxContains"), _is_size),
    **dict.fromkeys(("pattern", "format"), _is_text),
    "uniqueItems": lambda value: isinstance(value, bool),
    **dict.fromkeys(("items", "contains", "propertyNames"), _is_schema),
    **dict.fromkeys(("prefixItems", "enum", "examples"), lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(("const", "default"), _is_anything),
}
"""The keywords that are put back -> whether a value can be theirs."""


def restored(schema: Any) -> Any:
    """The schema with the bounds that its descriptions tell; the very same where they tell none.

    What fits it fits the schema too. Where what was told makes no schema, it is left alone.
    """
    try:
        content = packed(schema)
    except TypeError:
        return schema
    return (_restored(content) or schema) if _TOLD.search(content) else schema


@lru_cache(maxsize=128)
def _restored(content: bytes) -> Json | None:
    schema = orjson.loads(content)
    whole = _whole(schema)
    return whole if whole != schema and schema_parts.parts(whole).usable else None


def _whole(node: Any) -> Any:
    """A copy in which every description has been read."""
    if isinstance(node, list):
        return [_whole(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _whole(value) for key, value in node.items()}
    description = node.get("description")
    if isinstance(description, str):
        copy |= {key: value for key, value in _told(description) if key not in node}
    if isinstance(node.get("anyOf"), list):
        copy["anyOf"] = _meant(node["anyOf"], copy["anyOf"])
    return copy


def _meant(before: list[Any], after: list[Any]) -> list[Any]:
    """Without the plain texts that stand beside a number with bounds: pydantic writes a `Decimal` that way."""
    bounded = any(_kind(new) in ("number", "integer") and old != new for old, new in zip(before, after, strict=True))
    return [branch for branch in after if not (bounded and _is_plain_text(branch))]


def _is_plain_text(branch: Any) -> bool:
    return _kind(branch) == "string" and set(branch) <= {"type", "title"}


def _kind(branch: Any) -> Any:
    return branch.get("type") if isinstance(branch, dict) else None


def _told(description: str) -> Iterator[tuple[str, Any]]:
    """The keywords at the end of a description, those whose values can be theirs."""
    found = _TAIL.search(description[-_LONGEST:])
    for part in _BETWEEN.split(found[1]) if found else ():
        key, _, text = part.partition(": ")
        if key in _KEYWORDS:
            value = _text(text) if _KEYWORDS[key] is _is_text else _read(text)
            if _KEYWORDS[key](value):
                yield key, value


def _text(written: str) -> Any:
    """A text as the SDKs write it: in JSON, or as it is."""
    return _json(written) if written.startswith('"') else written


def _read(written: str) -> Any:
    """A value as JSON, as Python shows it, or as the text that it is."""
    value = _json(written)
    if value is not _UNREAD:
        return value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = literal_eval(written)
        return orjson.loads(orjson.dumps(value))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return written


_UNREAD = object()


def _json(written: str) -> Any:
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return _UNREAD
