"""Reads the contract's schema files and makes one schema of them, as a version and its betas have it.

`schemas/<folder>/<object>.json` is the contract of 2023-06-01; `schemas/versions/<version>/...` holds RFC 7386 merge
patches with the same relative names. Our own annotations in these files:

    x-extends        this file is a merge patch on another one ("message_request.json")
    x-beta           a field or a branch that is open only under one of these `anthropic-beta` values
    x-beta-values    the same for members of an enum: member -> betas
    x-meaning        keywords that are about meaning: `--contract shape` leaves them out
    x-closed         the sentence for a field that is not open, where "unknown key" is not what the API says
    x-words, x-up    keyword -> a sentence of its own, and how many steps above the value it is reported
    x-tag            the name that a branch of an untagged union has in the API's paths
    x-default-tag    the tag of a member without one: a tool without `type` is `custom`
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.facts.schema_gates import Opening, Schema, betas_of, nodes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ROOT = "schemas"
_VERSIONS = f"{_ROOT}/versions"


@cache
def names() -> tuple[str, ...]:
    """Every schema's name: its path below `schemas/` without the suffix, such as `request/message_request`."""
    found = (name.removeprefix(f"{_ROOT}/").removesuffix(".json") for name in assets.names(_ROOT))
    return tuple(name for name in found if name.startswith(("request/", "answer/")))


@cache
def versions() -> frozenset[str]:
    """The versions that change anything: those with a folder of patches."""
    return frozenset(name.removeprefix(f"{_VERSIONS}/").partition("/")[0] for name in assets.names(_VERSIONS))


@cache
def gates(name: str, version: str) -> frozenset[str]:
    """The betas that open or close anything in this schema and in all it refers to."""
    return frozenset(beta for file in _closure(name, version) for beta in betas_of(_read(file, version)))


def bundle(name: str, version: str, opening: Opening) -> Schema:
    """One self-contained schema: the named file at the root, what it refers to under `$defs`, closed gates pruned.

    Args:
        name: as in `names()`.
        version: an `anthropic-version`; one without a folder of its own is the base.
        opening: which gates are open.

    Raises:
        KeyError: there is no schema of that name.
    """
    if name not in names():
        raise KeyError(name)
    definitions: dict[str, Schema] = {}
    root = opening.pruned(_read(name, version))
    waiting = [(name, root)]
    while waiting:
        owner, schema = waiting.pop()
        for target in _point(schema, posixpath.dirname(owner)):
            if target not in definitions:
                definitions[target] = opening.pruned(_read(target, version))
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
        references = (node["$ref"] for node in nodes(_read(current, version)) if "$ref" in node)
        fresh = {_target(folder, reference) for reference in references} - seen
        seen |= fresh
        waiting += fresh
    return frozenset(seen)


def _point(schema: Schema, folder: str) -> Iterator[str]:
    """Rewrites the references of a (fresh) schema to the bundle's own `$defs`; yields the files they meant."""
    for node in nodes(schema):
        mapping = node.get("discriminator", {}).get("mapping", {})
        for holder, key in [*((node, key) for key in ("$ref",) if key in node), *((mapping, tag) for tag in mapping)]:
            target = _target(folder, holder[key])
            holder[key] = f"#/$defs/{_key(target)}"
            yield target


def _target(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, reference)).removesuffix(".json")


def _key(name: str) -> str:
    return name.replace("/", ".")
