"""Which tools a request offers: those the model may call now, each with its name and the schema of its input."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about, about_all
from fakeapi.model import Json

_SERVER_TYPES = ("web_search", "web_fetch", "code_execution", "tool_search_tool", "advisor", "mcp_toolset")
_DIRECT = "direct"
_CODE = "code_execution"
_SERVED_CALLS = ("server_tool_use", "mcp_tool_use")
_CHANGING = ("tool_reference", "tool_addition", "tool_removal")


def client_tools(body: Json) -> list[Json]:
    """The tools that the client runs and the model may call: not deferred ones that nothing has referred to yet.

    A tool that Anthropic defines has its known name, schema and examples here; a toolset is its enabled members, each
    with the `toolset_name` that its calls carry.
    """
    referred, added, removed = _changes(body)
    return [
        tool
        for tool in (*about(body.get("tools"), _members_of), *_members_of(added))
        if tool.get("name") not in removed and _is_loaded(tool, referred) and _DIRECT in _callers(tool)
    ]


def server_tools(body: Json) -> list[Json]:
    """The tools that the API runs itself."""
    return [tool for tool in body.get("tools") or [] if is_server_tool(tool)]


def is_server_tool(tool: Json) -> bool:
    """Whether the API runs a tool itself."""
    return str(tool.get("type") or "").startswith(_SERVER_TYPES)


def code_callers(tool: Json) -> list[str]:
    """The versions of code execution that `allowed_callers` lets call a tool."""
    callers = tool.get("allowed_callers")
    return [name for name in callers if str(name).startswith(_CODE)] if isinstance(callers, list) else []


def programmatic_tools(body: Json) -> list[Json]:
    """The tools of the client that only code may call."""
    tools = body.get("tools") or []
    return [tool for tool in tools if code_callers(tool) and _DIRECT not in _callers(tool) and not is_server_tool(tool)]


def deferred_tools(body: Json) -> list[Json]:
    """The tools of the client that are not loaded yet: a search for tools may find them."""
    referred, added, removed = _changes(body)
    declared = [tool for tool in [*(body.get("tools") or []), *added] if not is_server_tool(tool)]
    return [
        as_offered(tool)
        for tool in declared
        if not _is_loaded(tool, referred) and tool.get("name") and tool["name"] not in removed
    ]


_NOBODY: Json = {}


def _members_of(tools: Any) -> tuple[Json, ...]:
    """The tools of the client, toolsets as their members."""
    return tuple(member for tool in tools or () if not is_server_tool(tool) for member in _members(tool))


def may_serve(body: Json) -> bool:
    """Whether tools that the API runs may have any part in an answer: cheap, since most requests offer none."""
    if body.get("mcp_servers") or about(body.get("tools"), _serves):
        return True
    said: Json = next((message for message in reversed(body["messages"]) if message["role"] == "assistant"), _NOBODY)
    return any(block["type"] in _SERVED_CALLS for block in blocks(said.get("content")))


def _serves(tools: Any) -> bool:
    return any(is_server_tool(tool) or code_callers(tool) for tool in tools or ())


def as_offered(tool: Json) -> Json:
    """A tool with its name, schema and examples, also where it is one that Anthropic defines."""
    known = _known().get(str(tool.get("type")))
    return {**known, **tool} if known else tool


def _members(tool: Json) -> Iterator[Json]:
    """The tool itself, or the enabled members of a toolset, the first one the one to begin with."""
    toolset = _toolsets().get(str(tool.get("type")))
    if toolset is None:
        yield as_offered(tool)
        return
    configs = tool.get("configs") or {}
    for name, member in toolset["members"].items():
        config = configs.get(name) or {}
        enabled = config.get("enabled")
        if enabled is not False and (enabled or name not in toolset["off"]):
            said = toolset["said"].get(name, [])
            family = toolset["family"] if name == toolset["first"] else []
            deferred = {"defer_loading": True} if config.get("defer_loading") else {}
            yield {"name": name, "toolset_name": toolset["name"], "said": said, "family": family, **member, **deferred}


def _is_loaded(tool: Json, referred: set[str]) -> bool:
    return not tool.get("defer_loading") or tool.get("name") in referred


def _callers(tool: Json) -> list[str]:
    callers = tool.get("allowed_callers")
    return callers if isinstance(callers, list) else [_DIRECT]


def _changes(body: Json) -> tuple[set[str], list[Json], set[str]]:
    """What the conversation did to the tools: names referred to, tools defined on the way, names removed."""
    referred: set[str] = set()
    added: list[Json] = []
    removed: set[str] = set()
    for block in (block for found in filter(None, about_all(body["messages"], _changing)) for block in found):
        kind = block["type"]
        if kind == "tool_reference":
            referred.add(str(block.get("tool_name")))
        else:
            target = block.get("tool") or {}
            name = str(target.get("name") or (target.get("definition") or {}).get("name"))
            if kind == "tool_removal":
                removed.add(name)
                continue
            removed.discard(name)
            referred.add(name)
            added += [target["definition"]] if isinstance(target.get("definition"), dict) else []
    return referred, added, removed


def _changing(message: Json) -> tuple[Json, ...]:
    """The blocks of a message that change something about the tools."""
    return tuple(block for block in _all_blocks(message) if block.get("type") in _CHANGING)


def _all_blocks(message: Json) -> Iterator[Json]:
    """The blocks of a message, those inside of tool results too."""
    for block in blocks(message.get("content")):
        yield block
        inner = block.get("content")
        if isinstance(inner, dict):
            inner = inner.get("tool_references")
        if isinstance(inner, list):
            yield from (part for part in inner if isinstance(part, dict))


@cache
def _table() -> Any:
    return assets.read_json("fixtures/replies/client_tools.json")


@cache
def _known() -> dict[str, Json]:
    tools = _table()["tools"]
    return {type_: tools[entry] if isinstance(entry, str) else entry for type_, entry in tools.items()}


@cache
def _toolsets() -> dict[str, Json]:
    toolsets: dict[str, Json] = _table()["toolsets"]
    return toolsets
