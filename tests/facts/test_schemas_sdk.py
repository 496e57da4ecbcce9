"""Our schemas against the types of the newest official SDK, both ways: names, required fields, enums, unions.

The differences that are meant stand in tests/corpus/shape_sdk_differences.jsonl, each with its reason. A new SDK
release shows what is new as differences that are not in that file; an outdated row fails as well.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import pydantic
import pytest
import typing_extensions
from anthropic import types as ga
from anthropic.types import (
    beta,
    message_count_tokens_params,
    message_create_params,
)
from anthropic.types.beta import message_count_tokens_params as beta_count
from anthropic.types.beta import message_create_params as beta_create
from anthropic.types.beta import messages as beta_messages

from fakeapi.facts import schemas
from tests.corpus_rows import rows

SDK_VERSION = "2026-10-21"
NULL = type(None)
JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
NOT_IN_THE_BODY = {"betas", "workspace_id", "user_profile_id"}
"""Parameters that the SDK sends as headers."""

REQUESTS: list[tuple[str, Any, frozenset[str] | None]] = [
    ("request/message_request", message_create_params.MessageCreateParamsBase, frozenset()),
    ("request/count_tokens_request", message_count_tokens_params.MessageCountTokensParams, frozenset()),
    ("request/message_request", beta_create.MessageCreateParamsBase, None),
    ("request/count_tokens_request", beta_count.MessageCountTokensParams, None),
]
ANSWERS: list[tuple[str, Any]] = [
    ("answer/message", beta.BetaMessage),
    ("answer/stream_event", beta.BetaRawMessageStreamEvent),
    ("answer/tokens_count", beta.BetaMessageTokensCount),
    ("answer/model", beta.BetaModelInfo),
    ("answer/message_batch", beta_messages.BetaMessageBatch),
    ("answer/batch_result_line", beta_messages.BetaMessageBatchIndividualResponse),
    ("answer/deleted_message_batch", beta_messages.BetaDeletedMessageBatch),
    ("answer/file", ga.FileMetadata),
    ("answer/deleted_file", ga.DeletedFile),
]


def test_requests_and_answers_have_the_fields_of_the_sdk_and_no_others() -> None:
    found = {line for name, kind, betas in REQUESTS for line in differences(name, kind, betas)}
    found |= {line for name, kind in ANSWERS for line in differences(name, kind, None)}
    allowed = {row["difference"] for row in rows("shape_sdk_differences.jsonl")}
    assert sorted(found - allowed) == [], "new in the SDK, or lost in schemas/"
    assert sorted(allowed - found) == [], "no longer a difference: drop the row"


def test_every_allowed_difference_says_why() -> None:
    assert all(row["reason"] for row in rows("shape_sdk_differences.jsonl"))


@pytest.mark.parametrize("beta_only", ["mcp_servers", "thread", "context_management"])
def test_a_field_of_the_beta_types_alone_is_closed_without_its_beta(beta_only: str) -> None:
    assert beta_only not in schemas.bundled("request/message_request", SDK_VERSION, frozenset())["properties"]
    assert beta_only in schemas.bundled("request/message_request", SDK_VERSION, None)["properties"]


def differences(name: str, kind: Any, betas: frozenset[str] | None) -> set[str]:
    """One line per difference, placed by the SDK's type: `request/message_request · BetaMetadataParam.user_id: ...`."""
    surface = f"{name.partition('/')[0]}{'' if betas is None else ' without betas'}"
    bundle = schemas.bundled(name, SDK_VERSION, betas)
    return {f"{surface} · {line}" for line in _Comparison(bundle["$defs"]).compare(name, kind, bundle)}


class _Comparison:
    """Walks an SDK type and a schema side by side; every pair of types is entered once."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._seen: set[tuple[str, int]] = set()

    def compare(self, place: str, kind: Any, schema: dict[str, Any]) -> Iterator[str]:
        theirs, ours = _Theirs(kind), _Ours(schema, self._definitions)
        yield from _sides(f"{place}: type", theirs.types, ours.types)
        if ours.opaque:
            return
        if theirs.values and ours.values:
            yield from _sides(f"{place}: value", theirs.values, ours.values)
        yield from _sides(f"{place}: branch", set(theirs.models), set(ours.models))
        for models, model in _pairs(theirs.models, ours.models):
            yield from self._fields(models, model)
        for item, node in zip(theirs.items, ours.items, strict=False):
            yield from self.compare(f"{place}[]", item, node)

    def _fields(self, models: list[Any], schema: dict[str, Any]) -> Iterator[str]:
        place = "|".join(model.__name__ for model in models)
        if (place, id(schema)) in self._seen:
            return
        self._seen.add((place, id(schema)))
        theirs, required = _merged(models)
        ours = schema["properties"]
        yield from _sides(f"{place}: field", theirs.keys() - NOT_IN_THE_BODY, ours.keys() - NOT_IN_THE_BODY)
        yield from _sides(f"{place}: required", required, set(schema.get("required", ())))
        for name in theirs.keys() & ours.keys() - NOT_IN_THE_BODY:
            yield from self.compare(f"{place}.{name}", theirs[name], ours[name])


def _pairs(theirs: dict[str, list[Any]], ours: dict[str, Any]) -> Iterator[tuple[list[Any], Any]]:
    """Each schema with the SDK types that it stands for: several, where one schema has several tags."""
    schemas_met = {id(ours[tag]): ours[tag] for tag in ours if tag in theirs}
    for key, schema in schemas_met.items():
        models = [model for tag in theirs if id(ours.get(tag)) == key for model in theirs[tag]]
        yield list(dict.fromkeys(models)), schema


def _sides(what: str, theirs: set[Any], ours: set[Any]) -> Iterator[str]:
    yield from (f"{what} {name} is missing" for name in theirs - ours)
    yield from (f"{what} {name} is surplus" for name in ours - theirs)


def _merged(models: list[Any]) -> tuple[dict[str, Any], set[str]]:
    """The fields of models that one schema stands for (the messages of three roles), and what all of them require."""
    fields: dict[str, Any] = {}
    for model in models:
        for name, kind in _fields_of(model).items():
            fields[name] = Union[fields[name], kind] if name in fields else kind  # noqa: UP007
    return fields, set.intersection(*(_required_of(model) for model in models))


def _fields_of(model: Any) -> dict[str, Any]:
    if issubclass(model, pydantic.BaseModel):
        return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return typing_extensions.get_type_hints(model)


def _required_of(model: Any) -> set[str]:
    if issubclass(model, pydantic.BaseModel):
        return {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
    hints = typing_extensions.get_type_hints(model, include_extras=True)
    markers: tuple[Any, ...] = (typing.Required, typing_extensions.Required)
    return {name for name, hint in hints.items() if get_origin(hint) in markers}


def _parts(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin in (typing.Annotated, typing.Required, typing_extensions.Required):
        yield from _parts(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _parts(part)
    else:
        yield kind


def _is_model(part: Any) -> bool:
    return typing_extensions.is_typeddict(part) or (isinstance(part, type) and issubclass(part, pydantic.BaseModel))


class _Theirs:
    """What an SDK type allows. A request's union also lists the answer's classes: those say nothing of their own."""

    def __init__(self, kind: Any) -> None:
        parts = list(_parts(kind))
        params = [part for part in parts if typing_extensions.is_typeddict(part)]
        self.models: dict[str, list[Any]] = {}
        for model in params or [part for part in parts if _is_model(part)]:
            for tag in _tags(model):
                self.models.setdefault(tag, []).append(model)
        plain = [part for part in parts if not _is_model(part)]
        self.values = {value for part in plain if get_origin(part) is Literal for value in get_args(part)}
        self.types = set(filter(None, map(_json_type, plain))) | ({"object"} if self.models else set())
        if any(part is str for part in plain):
            self.values = set()
        self.items = [get_args(part)[0] for part in plain if _json_type(part) == "array"]


def _json_type(part: Any) -> str | None:
    if part is NULL:
        return "null"
    if get_origin(part) is Literal:
        return JSON_TYPES[type(get_args(part)[0])]
    origin = get_origin(part) or part
    name = getattr(origin, "__name__", "")
    if name in ("Iterable", "Sequence", "List", "SequenceNotStr"):
        return "array"
    return "string" if name == "datetime" else JSON_TYPES.get(origin)


def _tags(model: Any) -> tuple[str, ...]:
    kind = _fields_of(model).get("type")
    return tuple(value for part in _parts(kind) if get_origin(part) is Literal for value in get_args(part)) or ("",)


class _Ours:
    """What a schema allows, in the same terms."""

    def __init__(self, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
        leaves = list(_leaves(schema, definitions))
        models = [leaf for leaf in leaves if "properties" in leaf]
        self.models = {tag: model for model in models for tag in _own_tags(model)}
        self.opaque = not models and any(leaf.get("type") == "object" for leaf in leaves)
        self.values = {value for leaf in leaves for value in _values(leaf) if value is not None}
        self.types = {name for leaf in leaves for name in _own_types(leaf)}
        self.items = [leaf["items"] for leaf in leaves if "items" in leaf]


def _leaves(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        yield from _leaves(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    elif branches := schema.get("oneOf", schema.get("anyOf")):
        for branch in branches:
            yield from _leaves(branch, definitions)
    else:
        yield schema


def _values(leaf: dict[str, Any]) -> list[Any]:
    return [leaf["const"]] if "const" in leaf else leaf.get("enum", [])


def _own_types(leaf: dict[str, Any]) -> set[str]:
    named = leaf.get("type", [])
    implied = {"null" if value is None else JSON_TYPES[type(value)] for value in _values(leaf)}
    return set([named] if isinstance(named, str) else named) | implied


def _own_tags(model: dict[str, Any]) -> list[str]:
    return [tag for tag in _values(model["properties"].get("type", {})) if tag is not None] or [""]
