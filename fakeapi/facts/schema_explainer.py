"""Finds the first fault of an instance in the API's order, with the API's path.

An object is checked as the API does it: its declared fields in the order of the file, a missing one at its own place,
then unknown keys in the order of the body. A tagged union is entered by its `discriminator`, and the tag joins the
path (`messages.0.content.1.image.source.base64.data`); the sibling `oneOf`, which says the same to every other tool,
is skipped. Of an untagged union the branch is taken that the value's type points to, else the first that is no scalar;
a branch that is a model adds its name, `x-tag`, to the path (`container.ContainerParams`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from fakeapi.facts.schema_gates import Schema
from fakeapi.facts.schemas import Fault

_SCALARS = {"string", "number", "integer", "boolean", "null"}
_Faults: TypeAlias = Iterator[ValidationError]
_extend: Any = extend


class Explainer:
    """Explains refusals by one bundled schema: draft 2020-12 with seven keywords read the API's way."""

    def __init__(self, schema: Schema) -> None:
        self._definitions = {f"#/$defs/{name}": body for name, body in schema["$defs"].items()}
        dialect: Any = _extend(
            Draft202012Validator,
            {
                "$ref": self._reference,
                "properties": _fields,
                "required": _beside_fields("required"),
                "additionalProperties": _beside_fields("additionalProperties"),
                "discriminator": self._tagged,
                "oneOf": self._one_of,
                "anyOf": self._untagged,
                "pattern": _pattern,
                "propertyNames": _key_names,
            },
        )
        self._validator = dialect(schema)

    def first_fault(self, instance: Any) -> Fault | None:
        """The first fault, or None where this library sees none."""
        error = next(self._validator.iter_errors(instance), None)
        return None if error is None else _fault(error)

    def _reference(self, validator: Any, target: str, instance: Any, _schema: Schema) -> _Faults:
        yield from validator.descend(instance, self._definitions[target])

    def _tagged(self, validator: Any, union: Schema, instance: Any, schema: Schema) -> _Faults:
        if not isinstance(instance, dict):
            yield ValidationError("", validator="type", validator_value="object", schema={})
            return
        name = union["propertyName"]
        tag = instance.get(name)
        if tag is None:
            tag = schema.get("x-default-tag")
        target = union["mapping"].get(tag) if isinstance(tag, str) else None
        if target is not None:
            yield from validator.descend(instance, self._definitions[target], path=tag)
        elif name in instance:
            yield ValidationError("", validator="discriminator")
        else:
            yield ValidationError("", validator="required", path=(name,))

    def _one_of(self, validator: Any, branches: list[Any], instance: Any, schema: Schema) -> _Faults:
        if "discriminator" not in schema:
            yield from self._untagged(validator, branches, instance, schema)

    def _untagged(self, validator: Any, branches: list[Any], instance: Any, _schema: Schema) -> _Faults:
        fitting = [branch for branch in branches if self._fits(validator, branch, instance)]
        if len(fitting) > 1 and any(validator.evolve(schema=branch).is_valid(instance) for branch in fitting):
            return
        branch = fitting[0] if fitting else self._speaker(branches)
        yield from validator.descend(instance, branch, path=branch.get("x-tag"))

    def _speaker(self, branches: list[Any]) -> Any:
        """The branch that complains where none fits: the first that is no scalar, else the first."""
        return next((branch for branch in branches if not self._types(branch) <= _SCALARS), branches[0])

    def _fits(self, validator: Any, branch: Any, instance: Any) -> bool:
        return any(validator.is_type(instance, name) for name in self._types(branch))

    def _types(self, branch: Schema) -> set[str]:
        while "$ref" in branch:
            branch = self._definitions[branch["$ref"]]
        types = branch.get("type", "object" if "discriminator" in branch else "string")
        return {types} if isinstance(types, str) else set(types)


def _fields(validator: Any, fields: Mapping[str, Any], instance: Any, schema: Schema) -> _Faults:
    if not isinstance(instance, dict):
        return
    missing = [name for name in _required(validator, instance, schema) if name not in instance]
    for name, field in fields.items():
        if name in instance:
            yield from validator.descend(instance[name], field, path=name)
        elif name in missing:
            yield ValidationError("", validator="required", path=(name,))
    yield from (ValidationError("", validator="required", path=(name,)) for name in missing if name not in fields)
    if schema.get("additionalProperties") is False:
        unknown = (name for name in instance if name not in fields)
        yield from (ValidationError("", validator="additionalProperties", path=(name,)) for name in unknown)


def _required(validator: Any, instance: Any, schema: Schema) -> list[str]:
    """The fields that must be there, those of a conditional included: each is reported at its own place."""
    required: list[str] = schema.get("required", [])
    if "if" not in schema:
        return required
    holds = validator.evolve(schema=schema["if"]).is_valid(instance)
    return [*required, *schema.get("then" if holds else "else", {}).get("required", [])]


def _beside_fields(keyword: str) -> Any:
    """A keyword that `properties` has already answered for, where there is one."""
    plain = Draft202012Validator.VALIDATORS[keyword]

    def check(validator: Any, value: Any, instance: Any, schema: Schema) -> Any:
        return () if "properties" in schema else plain(validator, value, instance, schema)

    return check


def _pattern(validator: Any, pattern: str, instance: Any, schema: Schema) -> _Faults:
    if isinstance(instance, str) and not _compiled(pattern).is_valid(instance):
        yield ValidationError("")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    """The pattern as the verdict reads it: one dialect of regular expressions for both."""
    return jsonschema_rs.validator_for({"pattern": pattern})


def _key_names(validator: Any, names: Schema, instance: Any, schema: Schema) -> _Faults:
    if isinstance(instance, dict) and not all(validator.evolve(schema=names).is_valid(name) for name in instance):
        yield ValidationError("")


def _fault(error: Any) -> Fault:
    schema = error.schema if isinstance(error.schema, dict) else {}
    keyword = str(error.validator)
    location = tuple(error.absolute_path)
    up = schema.get("x-up", {}).get(keyword, 0)
    return Fault(
        location[: len(location) - up],
        _rule(keyword, error.validator_value, schema),
        _values(keyword, error.validator_value, error.instance),
        schema.get("x-words", {}).get(keyword),
        location,
    )


def _rule(keyword: str, value: Any, schema: Schema) -> str:
    if keyword != "type":
        return keyword
    if "properties" in schema:
        return "type:model"
    return f"type:{value if isinstance(value, str) else value[0]}"


def _values(keyword: str, value: Any, instance: Any) -> Mapping[str, Any]:
    match keyword:
        case "enum":
            return {"value": instance, "expected": [member for member in value if member is not None]}
        case "const":
            return {"value": instance, "expected": [value]}
        case "discriminator":
            name = value["propertyName"]
            return {"property": name, "tag": instance[name], "expected": list(value["mapping"])}
        case "propertyNames":
            return {"limit": value["pattern"]}
        case "minItems" | "maxItems":
            return {"limit": value, "actual": len(instance)}
        case _:
            return {"value": instance, "limit": value}
