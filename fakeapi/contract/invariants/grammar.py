"""The part of JSON Schema that structured outputs and strict tools compile, and what is said of the rest.

Source: contract.md 13, and answers of the API to schemas beyond it, recorded and measured 2026-02 to 2026-09.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from fakeapi.facts import schemas
from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

_ANNOTATIONS = frozenset({
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "$schema", "$id", "$anchor", "$comment", "$defs", "definitions",
})  # fmt: skip
_SHARED = _ANNOTATIONS | {"type", "enum", "const"}
_OWN = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems"}),
    "string": frozenset({"format", "pattern"}),
}
_BESIDE_UNION = _ANNOTATIONS | {"anyOf", "allOf"}
FORMATS = frozenset({
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
})  # fmt: skip
_UNCOMPILED = re.compile(r"\(\?<?[=!]|(?<!\\)(?:\\\\)*\\[1-9bB]")
_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_SCALARS = (str, int, float, bool, type(None))


class Cost(NamedTuple):
    """What a schema asks of the compiler: parameters that may be left out, parameters of several types."""

    optional: int
    unions: int


class UnsupportedError(Exception):
    """The schema can't be compiled; the text is the API's reason, without a location."""


def check(schema: Json) -> Cost:
    """The cost of a schema that compiles; UnsupportedError for one that doesn't."""
    _check_circles(schema)
    nodes = list(_checked(schema, schema, root=True))
    optional = sum(len(_properties(node)) - len(_required(node)) for node in nodes)
    unions = sum(_is_union(child) for node in nodes for child in _properties(node).values())
    return Cost(optional, unions)


def _fail(name: str, /, **values: Any) -> UnsupportedError:
    return UnsupportedError(refusal(f"grammar_{name}", **values).message)


def _checked(node: Any, whole: Json, *, root: bool = False) -> Iterator[Json]:
    """The node and those below it, each checked before it is passed on."""
    _check_node(node, whole, root)
    yield node
    for name in ("$defs", "definitions"):
        for child in _mapping(node.get(name)).values():
            yield from _checked(child, whole)
    for child in _properties(node).values():
        yield from _checked(child, whole)
    for name in ("anyOf", "allOf"):
        for child in _items(node.get(name)):
            yield from _checked(child, whole)
    if "items" in node:
        yield from _checked(node["items"], whole)


def _check_node(node: Any, whole: Json, root: bool) -> None:
    if type(node) is not dict:
        raise _fail("keyword", type="object", name="properties")
    for keyword in ("oneOf", "not"):
        if keyword in node:
            raise _fail(keyword)
    if "$ref" in node:
        _check_reference(node["$ref"], whole)
    elif "anyOf" in node or "allOf" in node:
        _check_union(node)
    else:
        _check_typed(node, root)


def _check_reference(reference: Any, whole: Json) -> None:
    if type(reference) is not str or not reference.startswith("#"):
        raise _fail("external", reference=reference)
    if reference == "#":
        raise _fail("circular", trail="# -> #")
    if _resolve(reference, whole) is None:
        raise _fail("dangling", reference=reference)


def _resolve(reference: str, whole: Json) -> Any:
    node: Any = whole
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if type(node) is dict else None
    return node


def _check_union(node: Json) -> None:
    beside = sorted(set(node) - _BESIDE_UNION)
    if beside:
        raise _fail("beside_union", names=", ".join(beside))
    if any(type(part) is dict and "$ref" in part for part in _items(node.get("allOf"))):
        raise _fail("reference_in_allOf")


def _check_typed(node: Json, root: bool) -> None:
    kinds, told = _kinds(node), "enum" in node or "const" in node
    if not kinds and not root and not told:
        if not set(node) - _ANNOTATIONS:
            raise _fail("empty")
        kinds = [_implied(node)]
    for name in kinds:
        if name not in _TYPES:
            raise _fail("type", type=name)
    kind = next((name for name in kinds if name != "null"), "object" if root and not told else "string")
    _check_values(node)
    if kind == "object":
        _check_object(node)
    _check_keywords(node, kind, kinds or [kind])
    if kind == "array":
        _check_array(node)
    if kind == "string":
        _check_string(node)


def _check_keywords(node: Json, kind: str, kinds: list[str]) -> None:
    known = _SHARED.union(*(_OWN.get(name, frozenset()) for name in kinds))
    unknown = sorted(name for name in node if name not in known)
    if len(unknown) == 1:
        raise _fail("keyword", type=kind, name=unknown[0])
    if unknown:
        raise _fail("keywords", type=kind, names=", ".join(unknown))


def _check_values(node: Json) -> None:
    if any(not isinstance(value, _SCALARS) for value in _items(node.get("enum"))):
        raise _fail("enum")


def _check_object(node: Json) -> None:
    """Closed, and said to be so; the question of an open one comes before its other keywords."""
    given = node.get("additionalProperties")
    if given is True or type(given) is dict:
        raise _fail("open", what="true" if given is True else "object")
    if given is not False:
        raise _fail("not_closed")
    if any(type(child) is not dict for child in _mapping(node.get("properties")).values()):
        raise _fail("keyword", type="object", name="properties")


def _check_array(node: Json) -> None:
    if "items" in node and type(node["items"]) is not dict:
        raise _fail("items")
    least = node.get("minItems")
    if least is not None and least not in (0, 1):
        raise _fail("minItems", values=[least])


def _check_string(node: Json) -> None:
    given, pattern = node.get("format"), node.get("pattern")
    if given is not None and (type(given) is not str or given not in FORMATS):
        raise _fail("format", format=given)
    if type(pattern) is str and (_UNCOMPILED.search(pattern) or not _is_expression(pattern)):
        raise _fail("pattern")


def _is_expression(pattern: str) -> bool:
    """Whether a pattern is one to us or to the engine of the schemas: each knows some that the other doesn't."""
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return schemas.conforms("", {"anyOf": [True, {"pattern": pattern}]})
    return True


def _check_circles(schema: Json) -> None:
    if trail := circle(schema):
        raise _fail("circular", trail=" -> ".join(trail))


def circle(schema: Json) -> tuple[str, ...]:
    """The way from a definition of a schema back to itself; () where none leads back."""
    for container in ("$defs", "definitions"):
        edges = {name: set(_references(node, container)) for name, node in _mapping(schema.get(container)).items()}
        for name in edges:
            if trail := _circle(name, edges):
                return trail
    return ()


def _circle(start: str, edges: dict[str, set[str]]) -> tuple[str, ...]:
    """The shortest way from a definition back to itself; () where there is none."""
    seen = {start}
    trails: list[tuple[str, ...]] = [(start,)]
    for trail in trails:
        for target in sorted(edges.get(trail[-1], ())):
            if target == start:
                return (*trail, start)
            if target not in seen:
                seen.add(target)
                trails.append((*trail, target))
    return ()


def _references(node: Any, container: str) -> Iterator[str]:
    if type(node) is dict:
        reference = node.get("$ref")
        if type(reference) is str and reference.startswith(f"#/{container}/"):
            yield reference.removeprefix(f"#/{container}/").split("/")[0]
        for child in node.values():
            yield from _references(child, container)
    elif type(node) is list:
        for child in node:
            yield from _references(child, container)


def _is_union(node: Any) -> bool:
    return type(node) is dict and ("anyOf" in node or type(node.get("type")) is list)


def _kinds(node: Json) -> list[str]:
    kind = node.get("type")
    return [name for name in (kind if type(kind) is list else [kind]) if type(name) is str]


def _implied(node: Json) -> str:
    """The type that the keywords of an untyped node speak of."""
    return next((kind for kind, own in _OWN.items() if own & set(node)), "object")


def _properties(node: Json) -> Json:
    return _mapping(node.get("properties"))


def _required(node: Json) -> set[str]:
    return {name for name in _items(node.get("required")) if type(name) is str} & set(_properties(node))


def _mapping(value: Any) -> Json:
    return value if type(value) is dict else {}


def _items(value: Any) -> list[Any]:
    return value if type(value) is list else []
