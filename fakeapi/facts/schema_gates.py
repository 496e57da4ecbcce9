"""What a caller's betas leave of a schema: closed fields, branches and enum members are cut out.

Read here: `x-beta`, `x-beta-values`, `x-closed`, `x-meaning` (see `schema_files`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

Schema: TypeAlias = dict[str, Any]

MAPS = ("properties", "patternProperties")
LISTS = ("oneOf", "anyOf", "allOf")
SINGLES = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_OWN = frozenset({"x-beta", "x-beta-values", "x-closed", "x-meaning"})
_BOUNDS = frozenset(
    [
        *("minLength", "maxLength", "pattern", "format"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "propertyNames", "additionalProperties"),
    ]
)


class Opening(NamedTuple):
    """Which gates are open: those of these betas, or all of them where `betas` is None.

    `shape` also leaves out bounds, patterns, the ban on unknown keys, and keywords that `x-meaning` names: types,
    required fields and enums remain.
    """

    betas: frozenset[str] | None
    shape: bool = False

    def pruned(self, schema: Any) -> Any:
        """A fresh copy of the schema without what is closed."""
        if not isinstance(schema, dict):
            return schema
        left_out = _OWN | _BOUNDS | frozenset(schema.get("x-meaning", ())) if self.shape else _OWN
        kept = {key: self._part(key, value) for key, value in schema.items() if key not in left_out}
        if "enum" in kept:
            kept["enum"] = [member for member in kept["enum"] if self._has(schema, member)]
        if "required" in kept:
            closed = schema.get("properties", {}).keys() - kept.get("properties", {}).keys()
            kept["required"] = [field for field in kept["required"] if field not in closed]
        if "discriminator" in kept:
            kept["discriminator"] = _open_tags(kept["discriminator"], kept["oneOf"])
        return kept

    def _part(self, key: str, value: Any) -> Any:
        if key in MAPS:
            return dict(self._open_fields(value))
        if key in LISTS:
            return [self.pruned(branch) for branch in value if self._opens(branch)]
        return self.pruned(value) if key in SINGLES else value

    def _open_fields(self, fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for field, schema in fields.items():
            if self._opens(schema):
                yield field, self.pruned(schema)
            elif "x-closed" in schema:
                yield field, {"not": {}, "x-words": {"not": schema["x-closed"]}}

    def _opens(self, schema: Any) -> bool:
        return not isinstance(schema, dict) or self._one_of(schema.get("x-beta"))

    def _has(self, schema: Schema, member: Any) -> bool:
        return self._one_of(schema.get("x-beta-values", {}).get(member))

    def _one_of(self, gate: list[str] | None) -> bool:
        return gate is None or self.betas is None or not self.betas.isdisjoint(gate)


def _open_tags(discriminator: Schema, branches: list[Schema]) -> Schema:
    targets = {branch["$ref"] for branch in branches}
    mapping = {tag: target for tag, target in discriminator["mapping"].items() if target in targets}
    return {**discriminator, "mapping": mapping}


def nodes(schema: Any) -> Iterator[Schema]:
    """The schema and every schema inside it; never mistakes a property for a keyword."""
    if not isinstance(schema, dict):
        return
    yield schema
    for child in _children(schema):
        yield from nodes(child)


def _children(schema: Schema) -> Iterator[Any]:
    for key in MAPS:
        yield from schema.get(key, {}).values()
    for key in LISTS:
        yield from schema.get(key, ())
    yield from (schema[key] for key in SINGLES if key in schema)


def betas_of(schema: Schema) -> Iterator[str]:
    """Every beta that opens something in this schema."""
    for node in nodes(schema):
        yield from node.get("x-beta", ())
        for betas in node.get("x-beta-values", {}).values():
            yield from betas
