"""The declared tools: names, schemas, deferral, callers, types, and what tool_choice names (contract.md 5, 12, 13).

What is a matter of the tools alone is looked at once for tools that came before.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import orjson

from fakeapi import assets
from fakeapi.contract.invariants import grammar
from fakeapi.contract.invariants.reading import as_object, objects, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts import catalogue, schemas
from fakeapi.facts.familiar import about
from fakeapi.facts.sentences import refusal
from fakeapi.facts.written import packed
from fakeapi.model import Json

_COMPOSED = ("oneOf", "allOf", "anyOf")
_TOOLSETS = ("mcp_toolset", "computer_toolset_20260801", "browser_toolset_20260801")
_FILTERING = ("web_search_2026", "web_fetch_2026")
CODE = "code_execution"


def tag(tool: Json) -> str:
    """The tag of a tool in locations: its type, or `custom`."""
    return text_of(tool, "type") or "custom"


def input_schemas(seen: Survey) -> None:
    """An input schema is one of draft 2020-12, not composed at its top, and its examples fit it."""
    about(seen.body.get("tools"), _check_schemas)


def _check_schemas(tools: Any) -> None:
    for index, tool in enumerate(objects(tools)):
        if tag(tool) == "custom" and type(schema := tool.get("input_schema")) is dict:
            _check_schema(index, tool, schema)


def _check_schema(index: int, tool: Json, schema: Json) -> None:
    if any(key in schema for key in _COMPOSED):
        raise refusal("tool_schema_composed", index=index)
    if "dependentSchemas" in schema:
        raise refusal("tool_schema_dependent", index=index)
    if not _is_json_schema(packed(schema)):
        raise refusal("tool_schema_invalid", index=index)
    for place, example in enumerate(objects(tool.get("input_examples"))):
        if not schemas.conforms(example, schema):
            raise refusal("tool_example_invalid", index=index, place=place)


@lru_cache(maxsize=1024)
def _is_json_schema(schema: bytes) -> bool:
    """By content, since an agent sends the same tools with each of its requests."""
    return schemas.is_json_schema(orjson.loads(schema))


def unique_names(seen: Survey) -> None:
    """No two tools share a name."""
    about(seen.body.get("tools"), _check_names)


def _check_names(tools: Any) -> None:
    names = [name for tool in objects(tools) if (name := text_of(tool, "name"))]
    if len(names) != len(set(names)):
        raise refusal("tool_names")


def choice(seen: Survey) -> None:
    """tool_choice goes with tools, and names one of them."""
    chosen = seen.field("tool_choice")
    kind, name = text_of(chosen, "type"), text_of(chosen, "name")
    if kind == "tool" and name not in _known(seen) and not _has_unlisted(seen):
        raise refusal("tool_not_found", name=name)
    if kind == "any" and not seen.tools and not seen.added_names and not _has_unlisted(seen):
        raise refusal("tool_choice_without_tools", kind=kind)


def _known(seen: Survey) -> frozenset[str]:
    return seen.tool_names | seen.added_names


def _has_unlisted(seen: Survey) -> bool:
    """Whether tools may exist that the request doesn't list: a thread's, members of toolsets."""
    held = seen.field("thread").get("type") == "continue"
    return held or any(tag(tool) in _TOOLSETS for tool in seen.tools)


def deferral(seen: Survey) -> None:
    """A deferred tool can't be cached, and one tool at least must not be deferred."""
    about(seen.body.get("tools"), _check_deferral)


def _check_deferral(tools: Any) -> None:
    deferred = [tool for tool in objects(tools) if tool.get("defer_loading") is True]
    for tool in deferred:
        if tool.get("cache_control") is not None:
            raise refusal("deferred_tool_cached", name=text_of(tool, "name"))
    if deferred and len(deferred) == len(objects(tools)):
        raise refusal("all_tools_deferred")


def references(seen: Survey) -> None:
    """A reference to a tool leads to a declared one."""
    if _has_unlisted(seen):
        return
    for name in _referred(seen):
        if name not in _known(seen):
            raise refusal("tool_reference_unresolved", name=name)
    for place in seen.of("tool_addition", "tool_removal"):
        target = as_object(place.body.get("tool"))
        if target.get("type") == "tool_reference" and text_of(target, "name") not in _known(seen):
            raise refusal("tool_change_unresolved", name=text_of(target, "name"))


def _referred(seen: Survey) -> Iterator[str]:
    for place in seen.of("tool_reference"):
        yield text_of(place.body, "tool_name")
    for place in seen.of("tool_search_tool_result"):
        for reference in objects(as_object(place.body.get("content")).get("tool_references")):
            yield text_of(reference, "tool_name")


def types(seen: Survey) -> None:
    """The model takes every Anthropic-defined tool type that is declared."""
    refused = about(seen.body.get("tools"), _tags) & seen.model.refused_tools
    if refused:
        taken = [kind for kind in catalogue.tool_types() if kind not in seen.model.refused_tools]
        known = f" Did you mean one of {', '.join(taken)}?" if taken else ""
        raise refusal("tool_types_unsupported", model=seen.model.id, types=", ".join(sorted(refused)), known=known)


def _tags(tools: Any) -> frozenset[str]:
    return frozenset(map(tag, objects(tools)))


def programmatic(seen: Survey) -> None:
    """Calls from code need a model that can make them, and schemas that end. (Callers may name a tool that isn't
    declared: recorded.)"""
    called = about(seen.body.get("tools"), _called_by_code)
    if called and "programmatic_tools" not in seen.model.features:
        names = ", ".join(text_of(tool, "name") for tool in called)
        raise refusal("programmatic_unsupported", model=seen.model.id, names=names)
    for index, tool in enumerate(seen.tools) if called else ():
        if tag(tool) == "custom" and _code_callers(tool) and grammar.circle(as_object(tool.get("input_schema"))):
            raise refusal("programmatic_circular", index=index)


def _called_by_code(tools: Any) -> tuple[Json, ...]:
    """The tools that code may call."""
    return tuple(tool for tool in objects(tools) if _code_callers(tool))


def _code_callers(tool: Json) -> list[str]:
    """The versions of code execution that may call a tool; newer web tools are filtered by code unless told not to."""
    callers = tool.get("allowed_callers")
    if callers is None:
        return [CODE] if tag(tool).startswith(_FILTERING) else []
    return [name for name in callers if type(name) is str and name.startswith(CODE)] if type(callers) is list else []


def runs_code(seen: Survey) -> bool:
    """Whether the request brings code execution, as a tool of its own or with a filtering web tool."""
    return any(tag(tool).startswith(CODE) or _code_callers(tool) for tool in seen.tools)


def domains(seen: Survey) -> None:
    """A web tool is told which domains to use or which not to, not both."""
    about(seen.body.get("tools"), _check_domains)


def _check_domains(tools: Any) -> None:
    for index, tool in enumerate(objects(tools)):
        if tool.get("allowed_domains") and tool.get("blocked_domains"):
            raise refusal("domains_twice", location=f"tools.{index}.{tag(tool)}")


def countries(seen: Survey) -> None:
    """A search can be placed in the countries that the search knows."""
    about(seen.body.get("tools"), _check_countries)


def _check_countries(tools: Any) -> None:
    for index, tool in enumerate(objects(tools)):
        country = text_of(as_object(tool.get("user_location")), "country")
        if country and tag(tool).startswith("web_search") and country.upper() not in _countries():
            raise refusal("country_unsupported", location=f"tools.{index}.{tag(tool)}", country=country)


@cache
def _countries() -> frozenset[str]:
    return frozenset(assets.read_json("fixtures/web_search.json")["countries"])
