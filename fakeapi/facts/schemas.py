"""The contract's schemas, compiled: jsonschema-rs accepts or refuses, `jsonschema` says where and why.

Together with the other `facts/schema_*` modules the only importer of the two libraries; both are loaded on first use.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from fakeapi.facts import familiar, schema_files
from fakeapi.facts.schema_files import gates, names
from fakeapi.facts.schema_gates import Opening, Schema

__all__ = [
    "BASE_VERSION",
    "Compiled",
    "Fault",
    "bundled",
    "compiled",
    "conforms",
    "gates",
    "is_json_schema",
    "names",
]

BASE_VERSION = "2023-06-01"
MODES = ("strict", "shape")
_KNOWN_PARTS = ("tools", "system")
_APART = frozenset(
    [
        *("$schema", "$id", "$defs", "title", "description", "type"),
        *("properties", "required", "additionalProperties", "x-words", "x-up"),
    ]
)
_OF_A_LIST = frozenset({"type", "items", "minItems", "maxItems", "title", "description", "x-words", "x-up"})
"""Keywords beside which each member of an object, and each item of a list, is looked at by itself."""


class Fault(NamedTuple):
    """The first thing wrong with an instance.

    Attributes:
        location: where, as the API writes it: field names, indexes, and the tags of unions.
        rule: the row of the wording table: a JSON Schema keyword, with the type for type faults
            (`type:string`, `type:model`, `required`, `maxLength`, `discriminator`, ...).
        values: what the sentence may name: `value`, `limit`, `actual`, `expected`, `tag`, `property`.
        words: a sentence of the schema's own (`x-words`), or None for the table's.
        place: where it really is, tags included; `location` may name something further up (`x-up`).
    """

    location: tuple[str | int, ...]
    rule: str
    values: Mapping[str, Any]
    words: str | None = None
    place: tuple[str | int, ...] = ()


@dataclass(frozen=True, eq=False)
class Compiled:
    """One schema of one version under some betas, ready to use. `schema` is the bundle it was made of."""

    schema: Schema

    def accepts(self, instance: Any) -> bool:
        """The verdict; final."""
        return bool(self._verdict.is_valid(instance))

    def first_fault(self, instance: Any) -> Fault | None:
        """The fault that the API reports, or None for an instance that is accepted."""
        if self.accepts(self._unsettled(instance)):
            self._settle(instance)
            return None
        return self.explain(instance) or self._bare_fault(instance)

    def _unsettled(self, instance: Any) -> Any:
        """An instance that is accepted if the whole one is, and only then: a conversation without the messages that
        were accepted before, and without the tools that were."""
        if not self._reads_messages or type(instance) is not dict:
            return instance
        messages: Any = instance.get("messages")
        since = familiar.settled(messages, self)
        if not since:
            return instance
        known = [name for name in _KNOWN_PARTS if familiar.settled(instance.get(name), self)]
        rest = {name: part for name, part in instance.items() if name not in known}
        rest["messages"] = messages[min(since, len(messages) - 1) :] if self._most >= len(messages) else messages
        return rest

    def _settle(self, instance: Any) -> None:
        """What was accepted need not be looked at when it comes again as the very same."""
        if self._reads_messages and familiar.conversation(instance.get("messages")) is not None:
            for name in (*_KNOWN_PARTS, "messages"):
                familiar.settle(instance.get(name), self)

    @cached_property
    def _reads_messages(self) -> bool:
        """Whether it looks at each message, and each other member, by itself."""
        messages = self._member("messages")
        return (
            self.schema.keys() <= _APART
            and "items" in messages
            and messages.keys() <= _OF_A_LIST
            and messages.get("minItems", 0) <= 1
            and not {*_KNOWN_PARTS}.intersection(self.schema.get("required", ()))
        )

    @cached_property
    def _most(self) -> int:
        most: int = self._member("messages").get("maxItems", sys.maxsize)
        return most

    def _member(self, name: str) -> Schema:
        found: Schema = self.schema.get("properties", {}).get(name, {})
        return found

    def explain(self, instance: Any) -> Fault | None:
        """The first fault that the explainer alone finds; a test holds it to the verdict."""
        fault: Fault | None = self._explainer.first_fault(instance)
        return fault

    def _bare_fault(self, instance: Any) -> Fault:
        """Where the two libraries disagree, the verdict stands and its own path is all there is to say."""
        path = next(iter(self._verdict.iter_errors(instance))).instance_path
        return Fault(tuple(path), "type:model", {}, place=tuple(path))

    @cached_property
    def _verdict(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.validator_for(self.schema, offline=True)

    @cached_property
    def _explainer(self) -> Any:
        from fakeapi.facts.schema_explainer import Explainer

        return Explainer(self.schema)


def compiled(name: str, version: str, betas: frozenset[str] = frozenset(), mode: str = "strict") -> Compiled:
    """The validator of a schema, cached by what makes a difference: betas that gate nothing share one.

    Args:
        name: as in `names()`, for example `request/message_request`; KeyError where there is none.
        version: the `anthropic-version`.
        betas: the values of `anthropic-beta`.
        mode: `strict`, or `shape`: types, required fields and enums only, everything beta open.
    """
    if mode not in MODES:
        raise ValueError(mode)
    version = _known(version)
    return _compiled(name, version, frozenset() if mode == "shape" else _that_matter(name, version, betas), mode)


def _known(version: str) -> str:
    """The version, or the base for one that has no patches: two strings are not to make two validators."""
    return version if version in schema_files.versions() else BASE_VERSION


@lru_cache(maxsize=512)
def _that_matter(name: str, version: str, betas: frozenset[str]) -> frozenset[str]:
    return betas & gates(name, version)


@lru_cache(maxsize=24)
def _compiled(name: str, version: str, betas: frozenset[str], mode: str) -> Compiled:
    opening = Opening(None, shape=True) if mode == "shape" else Opening(betas)
    return Compiled(schema_files.bundle(name, version, opening))


def bundled(name: str, version: str = BASE_VERSION, betas: frozenset[str] | None = None) -> Schema:
    """A schema in one piece, for people and other tools; `betas=None` opens every gate.

    Raises:
        KeyError: there is no schema of that name.
    """
    return schema_files.bundle(name, _known(version), Opening(betas))


def is_json_schema(schema: Any) -> bool:
    """Whether this is a JSON Schema of draft 2020-12, as the API asks of a tool's `input_schema`."""
    import jsonschema_rs

    dialect = {"$schema": schema_files.DIALECT}
    return bool(jsonschema_rs.meta.is_valid({**schema, **dialect} if isinstance(schema, dict) else schema))


def conforms(instance: Any, schema: Schema) -> bool:
    """Whether a value fits a caller's own JSON Schema; False where the schema itself is none."""
    import jsonschema_rs

    try:
        return bool(jsonschema_rs.Draft202012Validator(schema, offline=True).is_valid(instance))
    except (ValueError, jsonschema_rs.ReferencingError):
        return False
