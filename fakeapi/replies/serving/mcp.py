"""The MCP connector: which tool of which server is called, and what it returns. No server is ever asked."""

from __future__ import annotations

from typing import Any

from fakeapi.model import Json
from fakeapi.replies import asking
from fakeapi.replies.sampling import sample_input
from fakeapi.replies.serving.data import filled, phrase, table, text_block
from fakeapi.replies.serving.situation import Situation, Step
from fakeapi.replies.serving.topics import topic

_LISTS = "mcp-client-2026-09-15"
_ASKS_FOR_TOOLS = ("what tools", "which tools", "list the tools", "list your tools", "available tools")
_EXCERPT = 240


def plan(now: Situation) -> list[Step]:
    """One call of the tool that fits the question best, of the server that it names or the first; none where only the
    tools themselves are asked about."""
    if asks_for_tools(now):
        return []
    servers = _servers(now)
    named = [server for server in servers if server.lower() in now.question.lower()]
    choices = [(server, tool) for server in named or servers for tool in tools_of(now, server)]
    if not choices:
        return []
    chosen = asking.asked_for(now.question, [tool for _, tool in choices])
    server, tool = next((pair for pair in choices if chosen and pair[1] is chosen[0]), choices[0])
    given = sample_input(tool, *now.seed, server, hints=now.question)
    return [Step(str(tool["name"]), _about(given, tool, now), server)]


def asks_for_tools(now: Situation) -> bool:
    """Whether the question is which tools there are."""
    said = now.question.lower()
    return any(phrase in said for phrase in _ASKS_FOR_TOOLS)


def result_block(now: Situation, call: Json) -> Json:
    """The block of a call's result."""
    server, name = str(call.get("server_name", "")), str(call.get("name", ""))
    failed = "mcp" in now.triggers.errors
    results: dict[str, str] = table("mcp")["results"]
    given = call.get("input") or {}
    query = next((value for value in given.values() if isinstance(value, str)), "") or topic(now.question)
    text = table("mcp")["failed"] if failed else results.get(name, results[""])
    content = [{"type": "text", "text": filled(text, server=server, query=query)}]
    return {"type": "mcp_tool_result", "tool_use_id": call["id"], "is_error": failed, "content": content}


def listings(now: Situation) -> list[Json]:
    """The listings that come with the answer, with the beta that has them: of servers whose tools neither the request
    nor the conversation tells."""
    if _LISTS not in now.call.caller.betas:
        return []
    messages = [block for message in now.call.body["messages"] for block in _blocks(message)]
    known = {block.get("mcp_server_name") for block in messages if block.get("type") == "mcp_tool_listing"}
    pinned = {tool["mcp_server_name"] for tool in _toolsets(now) if tool.get("tools") is not None}
    names = [name for name in _servers(now) if name not in known | pinned]
    return [{"type": "mcp_tool_listing", "mcp_server_name": name, "tools": tools_of(now, name)} for name in names]


def tools_of(now: Situation, server: str) -> list[Json]:
    """The enabled tools of a server: pinned by the request, named by it, else those that every server has."""
    toolset = next((tool for tool in _toolsets(now) if tool["mcp_server_name"] == server), {})
    configs = toolset.get("configs") or {}
    enabled = (toolset.get("default_config") or {}).get("enabled", True) is not False
    declared = next((each for each in _declared(now) if each.get("name") == server), {})
    older = declared.get("tool_configuration") or {}
    if older.get("enabled") is False:
        return []
    known: list[Json] = (
        toolset.get("tools") or _named(older.get("allowed_tools") or list(configs)) or table("mcp")["tools"]
    )
    return [tool for tool in known if (configs.get(tool["name"]) or {}).get("enabled", enabled) is not False]


def tell(now: Situation, results: list[Json], calls: list[Json]) -> list[Json]:
    """What is said of a server's answer."""
    last, dice = results[-1], now.dice("mcp")
    servers = {call["id"]: str(call.get("server_name", "")) for call in calls}
    content = last.get("content")
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content or ())
    words = " ".join(text.split())
    excerpt = words if len(words) <= _EXCERPT else words[:_EXCERPT].rsplit(" ", 1)[0] + " …"
    said = "mcp_failed" if last.get("is_error") else "mcp_said"
    return [text_block(phrase(said, dice, topic=servers.get(last["tool_use_id"], "The server"), result=excerpt))]


def tell_tools(now: Situation) -> list[Json]:
    """What is said where the question is which tools there are."""
    said = []
    for server in _servers(now):
        names = ", ".join(f"`{tool['name']}`" for tool in tools_of(now, server)) or "none"
        said.append(phrase("mcp_tools", now.dice("listing", server), topic=server, result=names))
    return [text_block("\n".join(said))]


def _servers(now: Situation) -> list[str]:
    names = [str(each.get("name")) for each in _declared(now)] or [tool["mcp_server_name"] for tool in _toolsets(now)]
    return list(dict.fromkeys(names))


def _declared(now: Situation) -> list[Json]:
    return now.call.body.get("mcp_servers") or []


def _toolsets(now: Situation) -> list[Json]:
    return [tool for tool in now.offered if tool.get("type") == "mcp_toolset"]


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _named(names: list[str]) -> list[Json]:
    """Tools of which only the names are known."""
    known = {tool["name"]: tool for tool in table("mcp")["tools"]}
    unlisted = table("mcp")["unlisted"]
    return [known.get(name) or {"name": name, "description": None, "input_schema": unlisted} for name in names]


def _about(given: Json, tool: Json, now: Situation) -> Json:
    """An input whose free text is what the question is about."""
    schema: Any = tool.get("input_schema") or {}
    required = schema.get("required") or []
    free = [name for name in required if (schema.get("properties") or {}).get(name, {}).get("type") == "string"]
    if len(free) != 1 or "enum" in schema["properties"][free[0]]:
        return given
    return {**given, free[0]: topic(now.question) or "overview"}
