"""Which families of server tools a question asks for, or would plainly need (`fixtures/server_tools/asking.json`)."""

from __future__ import annotations

from typing import Any

from fakeapi.facts.conversation import blocks
from fakeapi.model import Json
from fakeapi.replies import asking, choosing, offering
from fakeapi.replies.sampling import naming
from fakeapi.replies.serving.data import pattern, table
from fakeapi.replies.serving.situation import CALLS, Situation, made_by_code

_FAMILIES = {
    "web_search": ("web_search",),
    "web_fetch": ("web_fetch",),
    "code_execution": ("code_execution", "bash_code_execution", "text_editor_code_execution"),
    "tool_search": ("tool_search_tool_regex", "tool_search_tool_bm25"),
    "advisor": ("advisor",),
}
"""Families of server tools -> the names that their calls carry."""


def family(name: str) -> str:
    """The family of a call by the name in its block; `mcp` for a tool of an MCP server."""
    return next((family for family, names in _FAMILIES.items() if name in names), "mcp")


def families(now: Situation, mode: str) -> list[str]:
    """The families that the question asks for, in the order in which they are used; none where it wants none.

    What is asked for by name counts always; what it would only need counts where no tool of the client is asked for.
    """
    wanted = now.call.body.get("tool_choice") or {"type": "auto"}
    offered = _offered(now)
    if wanted["type"] == "tool":
        return [name for name in offered if _is_named(now, name, wanted["name"])]
    if wanted["type"] == "none" or mode == "never" or not offered:
        return []
    asked = [name for name in offered if name in _triggered(now, offered)]
    if asking.wants_no_tools(now.question):
        return asked
    asked += [
        name
        for name in [*_explicit(now, offered), *_strong(now, offered), *_repeated(now, offered)]
        if name not in asked
    ]
    if asked:
        return _in_order(asked)
    client = choosing.choose(now.call, mode) if wanted["type"] == "auto" else offering.client_tools(now.call.body)
    if client:
        return []
    needed = [name for name in offered if _needs(now, name)] or _alone(now, offered)
    return _in_order(needed or (offered[:1] if wanted["type"] == "any" else []))


def _offered(now: Situation) -> list[str]:
    found = [name for name in _FAMILIES if now.tool(name)]
    has_mcp = now.call.body.get("mcp_servers") or now.tool("mcp_toolset")
    return [*found, "mcp"] if has_mcp else found


def _in_order(names: list[str]) -> list[str]:
    order = [*_FAMILIES, "mcp"]
    return sorted(dict.fromkeys(names), key=order.index)


def _is_named(now: Situation, name: str, chosen: str) -> bool:
    tool = now.tool(name)
    return bool(tool and tool.get("name") == chosen)


def _triggered(now: Situation, offered: list[str]) -> list[str]:
    """A trigger is a wish, too; one to pause asks for any."""
    return list(now.triggers.errors) or (
        offered[:1] if now.triggers.pauses and not _needed_at_all(now, offered) else []
    )


def _needed_at_all(now: Situation, offered: list[str]) -> bool:
    return bool(_explicit(now, offered) or _strong(now, offered) or any(_needs(now, name) for name in offered))


def _explicit(now: Situation, offered: list[str]) -> list[str]:
    """By name or by a phrase, beside the client's own tools, one of which may fit better."""
    stand_ins = [_stand_in(now, name) for name in offered]
    found = asking.asked_for(now.question, [*offering.client_tools(now.call.body), *stand_ins])
    names = {tool["serves"] for tool in found if "serves" in tool}
    names |= {"mcp"} & set(offered) if _names_server(now) else set()
    return [name for name in offered if name in names]


def _stand_in(now: Situation, name: str) -> Json:
    """A server tool as a tool that a text may ask for."""
    row, tool = _row(name), now.tool(name) or {}
    return {"name": tool.get("name", name), "description": row["description"], "said": row["said"], "serves": name}


def _names_server(now: Situation) -> bool:
    said = now.question.lower()
    names = [str(server.get("name", "")).lower() for server in now.call.body.get("mcp_servers") or ()]
    return any(name and name in said for name in names)


def _strong(now: Situation, offered: list[str]) -> list[str]:
    """What needs a tool beyond doubt: a URL, unless a tool of the client takes it or it was fetched before."""
    found = [name for name in offered if _matches(_row(name).get("strong", ()), now.question)]
    return [name for name in found if name != "web_fetch" or not (_client_fetches(now) or _is_fetched(now))]


def _client_fetches(now: Situation) -> bool:
    return any(_takes_url(choice.tool) for choice in choosing.choose(now.call))


def _takes_url(tool: Json) -> bool:
    properties = (tool.get("input_schema") or {}).get("properties")
    names = properties if isinstance(properties, dict) else {}
    return any(naming.kind(name, str(tool.get("name", ""))) == "url" for name in names)


def _is_fetched(now: Situation) -> bool:
    """Whether every URL of the question was fetched before, and isn't wanted again."""
    if pattern(_row("web_fetch")["again"]).search(now.question):
        return False
    urls = set(pattern(r"https?://[^\s<>\"')\]]+").findall(now.question))
    fetched = {
        block["content"].get("url")
        for message in now.call.body["messages"]
        for block in blocks(message.get("content"))
        if block["type"] == "web_fetch_tool_result" and isinstance(block.get("content"), dict)
    }
    return bool(urls) and {url.rstrip(".,;:!?") for url in urls} <= fetched


def _repeated(now: Situation, offered: list[str]) -> list[str]:
    """`How about Rome?`: the families that the answer before used."""
    if not pattern(table("asking")["follow_up"]).search(now.question):
        return []
    assistant = [message for message in now.call.body["messages"] if message["role"] == "assistant"]
    used = [block for message in assistant[-1:] for block in blocks(message.get("content")) if block["type"] in CALLS]
    names = {family(block["name"]) for block in used if not made_by_code(block)}
    return [name for name in offered if name in names]


def _needs(now: Situation, name: str) -> bool:
    row = _row(name)
    if name == "tool_search":
        return bool(asking.asked_for(now.question, offering.deferred_tools(now.call.body)))
    if name == "code_execution" and _has_upload(now):
        return True
    without = row.get("not")
    if without and pattern(without).search(now.question):
        return False
    return _matches(row["clues"], now.question)


def _has_upload(now: Situation) -> bool:
    last = now.call.body["messages"][-1:]
    return any(block["type"] == "container_upload" for message in last for block in blocks(message.get("content")))


def _alone(now: Situation, offered: list[str]) -> list[str]:
    """Where MCP servers are all there is, what sounds like a request is theirs."""
    return offered if offered == ["mcp"] and pattern(_row("mcp")["alone"]).search(now.question) else []


def _matches(patterns: Any, text: str) -> bool:
    return any(pattern(each).search(text) for each in patterns)


def _row(name: str) -> Any:
    return table("asking")["families"][name]
