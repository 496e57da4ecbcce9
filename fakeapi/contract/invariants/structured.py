"""Strict tools and structured outputs: schemas that compile, within the limits of one request (contract.md 13)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from fakeapi.contract.invariants import grammar
from fakeapi.contract.invariants.reading import objects
from fakeapi.contract.invariants.survey import Survey
from fakeapi.contract.invariants.tools import tag
from fakeapi.errors import ApiError
from fakeapi.facts.familiar import about
from fakeapi.facts.sentences import refusal
from fakeapi.facts.written import packed
from fakeapi.model import Json

MOST_STRICT_TOOLS = 20
MOST_OPTIONAL = 24
MOST_UNIONS = 16
ONE_FORMAT_SINCE = "2026-10-21"


def supported(seen: Survey) -> None:
    """The model can be held to a schema."""
    if seen.model.structured_outputs:
        return
    if seen.format is not None:
        raise refusal("format_unsupported", model=seen.model.id)
    if about(seen.body.get("tools"), _strict):
        raise refusal("strict_unsupported", model=seen.model.id)


def one_format(seen: Survey) -> None:
    """The format stands in one of its two places."""
    if seen.body.get("output_format") is not None and seen.field("output_config").get("format") is not None:
        raise refusal("format_twice")


def compiles(seen: Survey) -> None:
    """Every schema that binds the answer compiles, and all of them together are not too much."""
    strict = len(about(seen.body.get("tools"), _strict))
    if strict > MOST_STRICT_TOOLS:
        raise refusal("strict_tools_many", count=strict, limit=MOST_STRICT_TOOLS)
    costs = [_cost(location, schema) for location, schema in _binding(seen)]
    optional, unions = sum(cost.optional for cost in costs), sum(cost.unions for cost in costs)
    if optional > MOST_OPTIONAL:
        raise refusal("optional_parameters_many", count=optional, limit=MOST_OPTIONAL)
    if unions > MOST_UNIONS:
        raise refusal("union_parameters_many", count=unions, limit=MOST_UNIONS)
    if any(cost.optional >= MOST_OPTIONAL or cost.unions >= MOST_UNIONS for cost in costs):
        raise refusal("schema_complex")


def _strict(tools: Any) -> tuple[tuple[int, Json], ...]:
    """The strict tools, with their index."""
    return tuple((index, tool) for index, tool in enumerate(objects(tools)) if tool.get("strict") is True)


def _binding(seen: Survey) -> Iterator[tuple[str, Json]]:
    for index, tool in about(seen.body.get("tools"), _strict):
        if tag(tool) == "custom" and type(schema := tool.get("input_schema")) is dict:
            yield f"tools.{index}.custom", schema
    schema = (seen.format or {}).get("schema")
    if type(schema) is dict:
        yield _format_location(seen), schema


def _format_location(seen: Survey) -> str:
    """The older version still speaks of the field that `output_config.format` replaced."""
    old = seen.call.caller.version < ONE_FORMAT_SINCE or seen.body.get("output_format") is not None
    return "output_format.schema" if old else "output_config.format.schema"


def _cost(location: str, schema: Json) -> grammar.Cost:
    verdict = _verdict(packed(schema))
    if isinstance(verdict, str):
        raise ApiError(400, "invalid_request_error", f"{location}: {verdict}")
    return verdict


@lru_cache(maxsize=512)
def _verdict(schema: bytes) -> grammar.Cost | str:
    """By content: the cost, or the reason why there is none."""
    try:
        return grammar.check(orjson.loads(schema))
    except grammar.UnsupportedError as reason:
        return str(reason)
