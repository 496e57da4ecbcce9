"""Tool search: what to search for, which deferred tools match, and the call of the tool that was found."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from fakeapi.model import Json
from fakeapi.replies import asking, choosing, offering
from fakeapi.replies.asking import stem
from fakeapi.replies.choosing import Choice
from fakeapi.replies.sampling.naming import words
from fakeapi.replies.serving import blocks
from fakeapi.replies.serving.data import phrase, text_block
from fakeapi.replies.serving.situation import Situation, Step

REGEX = "tool_search_tool_regex"
_LONGEST_PATTERN = 200
_MOST_FOUND = 5
_HIDING = frozenset({"defer_loading", "allowed_callers"})
_GIVEN = re.compile(
    r"\b(?:pattern|regex|regular expression|query)\b[^`'\"\n]{0,20}(?:`([^`\n]+)`|\"([^\"\n]+)\"|'([^'\n]+)')", re.I
)
_WORD = re.compile(r"[^\W_]+")


def plan(now: Situation) -> list[Step]:
    """One search: for the pattern that the question gives, for the tools it asks for, else for its words."""
    tool = now.tool("tool_search") or {}
    name = str(tool.get("name") or REGEX)
    given = _GIVEN.search(now.question)
    said = next((part for part in given.groups() if part), "") if given else ""
    if name == REGEX:
        return [Step(name, {"pattern": said or _pattern(now)})]
    return [Step(name, {"query": said or _query(now), "limit": _MOST_FOUND})]


def result(now: Situation, call: Json) -> Json:
    """The content of a search's result: references to deferred tools, or an error."""
    name, given = call["name"], call["input"]
    code = blocks.triggered(now, name)
    if code:
        return blocks.error(name, code)
    sought = given.get("pattern" if name == REGEX else "query")
    if not isinstance(sought, str) or not sought:
        return blocks.error(name, "invalid_tool_input", "A search needs a pattern or a query")
    tools = offering.deferred_tools(now.call.body)
    try:
        found = _matching(sought, tools) if name == REGEX else _ranked(sought, tools)
    except re.error as fault:
        return blocks.error(name, "invalid_tool_input", f"Invalid regular expression pattern: {_told(fault)}")
    if len(sought) > _LONGEST_PATTERN and name == REGEX:
        message = f"Pattern exceeds the maximum length of {_LONGEST_PATTERN} characters"
        return blocks.error(name, "invalid_tool_input", message)
    limit = given.get("limit")
    most = min(limit, _MOST_FOUND) if isinstance(limit, int) and limit > 0 else _MOST_FOUND
    references = [{"type": "tool_reference", "tool_name": tool["name"]} for tool in found[:most]]
    return {"type": "tool_search_tool_search_result", "tool_references": references}


def found(now: Situation, results: list[Json]) -> list[Choice]:
    """The calls of tools that the searches found and the question asks for."""
    names = set(_names(results))
    return calls_for(now, [tool for tool in offering.deferred_tools(now.call.body) if tool["name"] in names])


def calls_for(now: Situation, tools: list[Json]) -> list[Choice]:
    """The calls of those of these tools that the question asks for, as if they were loaded and the model might call."""
    asked = asking.asked_for(now.question, tools)
    if not asked:
        return []
    loaded = [{key: value for key, value in tool.items() if key not in _HIDING} for tool in asked]
    alone = bool((now.call.body.get("tool_choice") or {}).get("disable_parallel_tool_use"))
    choice = {"type": "auto", "disable_parallel_tool_use": alone}
    messages = [{"role": "user", "content": now.question}]
    body = {**now.call.body, "messages": messages, "tools": loaded, "tool_choice": choice}
    return choosing.choose(replace(now.call, body=body))


def tell(now: Situation, results: list[Json], *, calls: bool) -> list[Json]:
    """What is said of searches, before the found tool is called or instead of that."""
    dice = now.dice("tools")
    failed = next((code for each in results if (code := blocks.error_code(each))), "")
    if failed:
        return [text_block(phrase(f"failures.{failed}", dice))]
    names = ", ".join(f"`{name}`" for name in _names(results))
    said = "no_tools" if not names else "tools_found" if calls else "tools_known"
    return [text_block(phrase(said, dice, topic=names))]


def _names(results: list[Json]) -> list[str]:
    contents = (each["content"] for each in results if isinstance(each.get("content"), dict))
    return [reference["tool_name"] for content in contents for reference in content.get("tool_references") or ()]


def _wanted(now: Situation) -> list[Json]:
    return asking.asked_for(now.question, offering.deferred_tools(now.call.body))


def _pattern(now: Situation) -> str:
    """The words of the wanted tools' names as a pattern."""
    spoken = {stem(word) for word in _WORD.findall(now.question.lower())}
    names = [words(tool["name"]) for tool in _wanted(now)]
    said = [word for parts in names for word in parts if stem(word) in spoken] or [parts[-1] for parts in names]
    return "|".join(dict.fromkeys(said))[:_LONGEST_PATTERN] or ".*"


def _query(now: Situation) -> str:
    names = [" ".join(words(tool["name"])) for tool in _wanted(now)]
    return " ".join(names) or " ".join(_WORD.findall(now.question))[:_LONGEST_PATTERN] or "tools"


def _matching(sought: str, tools: list[Json]) -> list[Json]:
    """The tools that a pattern is found in: names, descriptions, names and descriptions of arguments (documented)."""
    if len(sought) > _LONGEST_PATTERN:
        return []
    rule = re.compile(sought, re.I)
    return [tool for tool in tools if any(rule.search(text) for text in _texts(tool))]


def _ranked(sought: str, tools: list[Json]) -> list[Json]:
    """The tools that share words with a query, those that share most first."""
    spoken = {stem(word) for word in _WORD.findall(sought.lower())}
    scored = [(len(spoken & _stems(tool)), tool) for tool in tools]
    return [tool for score, tool in sorted(scored, key=lambda pair: -pair[0]) if score]


def _stems(tool: Json) -> set[str]:
    named = {stem(word) for word in words(str(tool["name"]))}
    return named | {stem(word) for text in _texts(tool) for word in _WORD.findall(text.lower())}


def _texts(tool: Json) -> list[str]:
    schema = tool.get("input_schema")
    properties: Any = schema.get("properties") if isinstance(schema, dict) else None
    given = properties if isinstance(properties, dict) else {}
    described = [str(each.get("description", "")) for each in given.values() if isinstance(each, dict)]
    return [str(tool["name"]), str(tool.get("description") or "")[:2000], *given, *described]


def _told(fault: re.error) -> str:
    """The fault of a pattern as the API tells it (documented: `missing ) at position 1`, the end of the pattern)."""
    if "missing )" in fault.msg:
        return f"missing ) at position {len(str(fault.pattern))}"
    return f"{fault.msg} at position {fault.pos}" if fault.pos is not None else fault.msg
