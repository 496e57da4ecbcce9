"""Reads the contract's schema files and makes one schema of them, as a version and its betas have it.

`schemas/<folder>/<object>.json` is the contract of 2023-06-01; `schemas/versions/<version>/...` holds RFC 7386 merge
patches with the same relative names. Our own annotations in these files:

    x-extends        this file is a merge patch on another one ("message_request.json")
    x-beta           a field or a branch that is open only under one of these `anthropic-beta` values
    x-beta-values    the same for members of an enum: member -> betas
    x-closed         the sentence for a field that is not open, where "unknown key" is not what the API says

The rest (`x-words`, `x-up`, `x-tag`, `x-default-tag`) is for the explainer and stays in the result.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

from fakeapi import assets

Schema: TypeAlias = dict[str, Any]
Opens: TypeAlias = Callable[[list[str]], bool]
"""Whether a gate with these betas is open."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ROOT = "schemas"
_VERSIONS = f"{_ROOT}/versions"
_MAPS = ("properties", "patternProperties")
_LISTS = ("oneOf", "anyOf", "allOf")
_SINGLES = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_BOUNDS = frozenset(
    "pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems "
    "propertyNames format additionalProperties".split()
)


@cache
def names() -> tuple[str, ...]:
    """Every schema's name: its path below `schemas/` without the suffix, such as `request/message_request`."""
    found = (name.removeprefix(f"{_ROOT}/").removesuffix(".json") for name in assets.names(_ROOT))
    return tuple(name for name in found if name.startswith(("request/", "answer/")))


@cache
def gates(name: str, version: str) -> frozenset[str]:
    """The betas that open or close anything in this schema and in all it refers to."""
    return frozenset(beta for file in _closure(name, version) for beta in _betas(_read(file, version)))


def bundle(name: str, version: str, opens: Opens, *, shape: bool = False) -> Schema:
    """One self-contained schema: the named file at the root, what it refers to under `$defs`, closed gates pruned.

    Args:
        name: as in `names()`; KeyError where there is none of that name.
        version: an `anthropic-version`; one without a folder of its own is the base.
        opens: decides each gate.
        shape: leave out bounds, patterns and the ban on unknown keys: types, required fields and enums only.
    """
    if name not in names():
        raise KeyError(name)
    definitions: dict[str, Schema] = {}
    root = _pruned(_read(name, version), opens, shape)
    waiting = [(name, root)]
    while waiting:
        folder, schema = posixpath.dirname(waiting[-1][0]), waiting.pop()[1]
        for node in _nodes(schema):
            for target in _point(node, folder):
                if target not in definitions:
                    definitions[target] = _pruned(_read(target, version), opens, shape)
                    waiting.append((target, definitions[target]))
    return {"$schema": DIALECT, **root, "$defs": {_key(target): definitions[target] for target in sorted(definitions)}}


@cache
def _read(name: str, version: str) -> Schema:
    """The file as this version has it: what it extends, its own text, the version's patch. Never change it."""
    schema: Schema = assets.read_json(f"{_ROOT}/{name}.json")
    schema.pop("$schema", None)
    base = schema.pop("x-extends", None)
    if base is not None:
        schema = patched(_read(_target(posixpath.dirname(name), base), version), schema)
    if name in _overlays(version):
        schema = patched(schema, assets.read_json(f"{_VERSIONS}/{version}/{name}.json"))
    return schema


@cache
def _overlays(version: str) -> frozenset[str]:
    folder = f"{_VERSIONS}/{version}/"
    found = (name for name in assets.names(_VERSIONS) if name.startswith(folder))
    return frozenset(name.removeprefix(folder).removesuffix(".json") for name in found)


def patched(document: Any, patch: Any) -> Any:
    """RFC 7386: objects merge key by key, null removes, anything else replaces. The order of keys is kept."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = patched(merged.get(key), value)
    return merged


@cache
def _closure(name: str, version: str) -> frozenset[str]:
    seen = {name}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        folder = posixpath.dirname(current)
        references = (node["$ref"] for node in _nodes(_read(current, version)) if "$ref" in node)
        fresh = {_target(folder, reference) for reference in references} - seen
        seen |= fresh
        waiting += fresh
    return frozenset(seen)


def _nodes(schema: Any) -> Iterator[Schema]:
    """The schema and every schema inside it; never mistakes a property for a keyword."""
    if isinstance(schema, dict):
        yield schema
        for _, child in _children(schema):
            yield from _nodes(child)


def _children(schema: Schema) -> Iterator[tuple[str, Any]]:
    for key in _MAPS:
        yield from ((key, child) for child in schema.get(key, {}).values())
    for key in _LISTS:
        yield from ((key, child) for child in schema.get(key, ()))
    for key in _SINGLES:
        if key in schema:
            yield key, schema[key]


def _betas(schema: Schema) -> Iterator[str]:
    for node in _nodes(schema):
        yield from node.get("x-beta", ())
        for betas in node.get("x-beta-values", {}).values():
            yield from betas


def _target(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, reference)).removesuffix(".json")


def _key(name: str) -> str:
    return name.replace("/", ".")


def _point(node: Schema, folder: str) -> Iterator[str]:
    """Rewrites the references of a (fresh) node to the bundle's own `$defs`; yields the files they meant."""
    mapping = node.get("discriminator", {}).get("mapping", {})
    for holder, key in [(node, "$ref")] if "$ref" in node else [(mapping, tag) for tag in mapping]:
        target = _target(folder, holder[key])
        holder[key] = f"#/$defs/{_key(target)}"
        yield target


def _pruned(schema: Any, opens: Opens, shape: bool) -> Any:
    """A fresh copy of the schema without what is closed."""
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if not key.startswith("x-beta") and key != "x-closed"}
    if shape:
        kept = {key: value for key, value in kept.items() if key not in _BOUNDS}
    if "enum" in kept:
        kept["enum"] = [member for member in kept["enum"] if _has(schema, member, opens)]
    for key in _LISTS:
        if key in kept:
            kept[key] = [_pruned(branch, opens, shape) for branch in kept[key] if _is_open(branch, opens)]
    for key in _SINGLES:
        if key in kept:
            kept[key] = _pruned(kept[key], opens, shape)
    for key in _MAPS:
        if key in kept:
            kept[key] = dict(_open_fields(kept[key], opens, shape))
    if "required" in kept:
        closed = schema.get("properties", {}).keys() - kept.get("properties", {}).keys()
        kept["required"] = [field for field in kept["required"] if field not in closed]
    if "discriminator" in kept:
        kept["discriminator"] = _open_tags(kept["discriminator"], kept["oneOf"])
    return kept


def _has(schema: Schema, member: Any, opens: Opens) -> bool:
    betas = schema.get("x-beta-values", {}).get(member)
    return betas is None or opens(betas)


def _is_open(schema: Any, opens: Opens) -> bool:
    return not isinstance(schema, dict) or "x-beta" not in schema or opens(schema["x-beta"])


def _open_fields(fields: dict[str, Any], opens: Opens, shape: bool) -> Iterator[tuple[str, Any]]:
    for field, schema in fields.items():
        if _is_open(schema, opens):
            yield field, _pruned(schema, opens, shape)
        elif "x-closed" in schema:
            yield field, {"not": {}, "x-words": {"not": schema["x-closed"]}}


def _open_tags(discriminator: Schema, branches: list[Schema]) -> Schema:
    targets = {branch["$ref"] for branch in branches}
    mapping = {tag: target for tag, target in discriminator["mapping"].items() if target in targets}
    return {**discriminator, "mapping": mapping}
