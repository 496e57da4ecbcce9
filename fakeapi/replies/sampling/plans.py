"""A JSON Schema made ready for sampling: where its references lead, what comes to an end, what was worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

import orjson

from fakeapi.facts import schema_parts
from fakeapi.facts.written import packed
from fakeapi.model import Json
from fakeapi.replies.sampling.shapes import Shape, Spot, escaped, listing, mapping

ROOT: Spot = ("#",)
_DEEPEST = 24


class Plan:
    """One schema, its shapes worked out on demand and kept."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.parts = schema_parts.parts(schema)
        self._shapes: dict[Spot, Shape] = {}
        self._ends: dict[tuple[Spot, int], bool] = {}

    def shape(self, spot: Spot) -> Shape:
        """What the pointers of a spot say together."""
        if spot not in self._shapes:
            self._shapes[spot] = self._shaped(spot)
        return self._shapes[spot]

    def ends(self, spot: Spot, levels: int) -> bool:
        """Whether a value at the spot can be finished within so many levels of objects and arrays."""
        key = (spot, levels)
        if key not in self._ends:
            self._ends[key] = False
            self._ends[key] = self._can_end(self.shape(spot), levels)
        return self._ends[key]

    @cached_property
    def height(self) -> int:
        """The fewest levels that the whole schema needs."""
        return next((levels for levels in range(_DEEPEST) if self.ends(ROOT, levels)), _DEEPEST)

    def node(self, pointer: str) -> Any:
        """What stands at a pointer; True (anything goes) where there is nothing."""
        node = self.schema
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                node = node[int(key)] if key.isdigit() and int(key) < len(node) else True
            else:
                node = node.get(key, True) if isinstance(node, dict) else True
        return node

    def _shaped(self, spot: Spot) -> Shape:
        layers: dict[str, Json] = {}
        verdicts = [self._gather(pointer, layers) for pointer in spot]
        return Shape(self, spot, tuple(layers.items()), all(verdicts))

    def _gather(self, pointer: str, layers: dict[str, Json]) -> bool:
        """Collects a node and all that it refers to; False where one of them allows nothing."""
        if pointer in layers:
            return True
        node = self.node(pointer)
        if not isinstance(node, dict):
            return node is not False
        layers[pointer] = node
        more = [f"{pointer}/allOf/{index}" for index in range(len(listing(node.get("allOf"))))]
        if isinstance(reference := node.get("$ref", node.get("$dynamicRef")), str):
            more.insert(0, self._target(reference))
        asked = {name for _, other in layers.items() for name in listing(other.get("required"))}
        for name in mapping(node.get("dependentSchemas")):
            if name in asked:
                more.append(f"{pointer}/dependentSchemas/{escaped(name)}")
        verdicts = [self._gather(other, layers) for other in more]
        return all(verdicts)

    def _target(self, reference: str) -> str:
        """The pointer that a reference means; one to nothing where it leads outside."""
        fragment = unquote(reference.partition("#")[2])
        if reference.startswith("#") and (not fragment or fragment.startswith("/")):
            return f"#{fragment}".rstrip("/") if fragment else "#"
        return next((at for at, node in _walk("#", self.schema) if _is_called(node, reference, fragment)), "#/ /")

    def _can_end(self, shape: Shape, levels: int) -> bool:
        if not shape.possible or levels < 0:
            return False
        if shape.members is not None or shape.examples:
            return bool(shape.members) or bool(shape.examples)
        if shape.groups:
            return any(self.ends(shape.spot + branch, levels) for branch in shape.groups[0])
        if any(kind not in ("object", "array") for kind in shape.types):
            return True
        if "array" in shape.types and not shape.size("minItems") and not shape.every("contains"):
            return True
        return any(self._container_ends(shape, kind, levels - 1) for kind in shape.types)

    def _container_ends(self, shape: Shape, kind: str, levels: int) -> bool:
        if levels < 0:
            return False
        if kind == "array":
            first = min(shape.size("minItems") or 0, 8)
            return all(self._spot_ends(shape.item(index), levels) for index in range(first))
        if not all(self._spot_ends(shape.child(name), levels) for name in shape.required):
            return False
        missing = (shape.size("minProperties") or 0) - len(shape.required)
        return missing <= 0 or self._has_more(shape, missing, levels)

    def _has_more(self, shape: Shape, missing: int, levels: int) -> bool:
        """Whether so many properties more can be had: named ones, or any number of others."""
        optional = [name for name in shape.names if name not in shape.required]
        others = [shape.child("alpha"), *((spot,) for spot in shape.patterned)]
        named = sum(self._spot_ends(shape.child(name), levels) for name in optional)
        return named >= missing or any(self._spot_ends(spot, levels) for spot in others)

    def _spot_ends(self, spot: Spot | None, levels: int) -> bool:
        return spot is not None and self.ends(spot, levels)


def plan(schema: Any) -> Plan:
    """The plan of a schema, kept for equal content."""
    try:
        return _plan(packed(schema))
    except TypeError:
        return Plan(schema)


@lru_cache(maxsize=128)
def _plan(content: bytes) -> Plan:
    return Plan(orjson.loads(content))


def _walk(pointer: str, node: Any) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield pointer, node
        for name, child in node.items():
            yield from _walk(f"{pointer}/{escaped(name)}", child)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _walk(f"{pointer}/{index}", child)


def _is_called(node: Json, reference: str, fragment: str) -> bool:
    by_anchor = bool(fragment) and fragment in (node.get("$anchor"), node.get("$dynamicAnchor"))
    return by_anchor or node.get("$id") == reference
