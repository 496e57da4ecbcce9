"""What the server holds or reaches for a call: containers, MCP servers, threads (contract.md 5, 12, 17)."""

from __future__ import annotations

from collections import Counter

from fakeapi.contract.invariants.reading import objects, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.contract.invariants.tools import runs_code
from fakeapi.facts.sentences import refusal

_TOOLSET_BETAS = frozenset({"mcp-client-2025-11-20", "mcp-client-2026-09-15"})
_FIRST_MCP_BETA = "mcp-client-2025-04-04"
_HELD = ("system", "tools")
_UNHELD = ("context_management", "fallbacks")


def container(seen: Survey) -> None:
    """A container, skills in it and uploads to it need a tool that runs code."""
    given = seen.body.get("container")
    if runs_code(seen) or _continues(seen):
        return
    for place in seen.of("container_upload"):
        raise refusal("upload_without_code", location=place.location)
    if given is None:
        return
    if isinstance(given, dict) and given.get("skills") and given.get("id") is None:
        raise refusal("skills_without_code")
    raise refusal("container_without_code")


def mcp_servers(seen: Survey) -> None:
    """MCP servers are reached over https under names of their own, each by one toolset."""
    servers = objects(seen.body.get("mcp_servers"))
    if not servers and _TOOLSET_BETAS.isdisjoint(seen.betas):
        return
    for index, server in enumerate(servers):
        if text_of(server, "url") and not text_of(server, "url").startswith("https://"):
            raise refusal("mcp_url", index=index)
    names = [text_of(server, "name") for server in servers]
    for name, uses in Counter(names).items():
        if uses > 1:
            raise refusal("mcp_name_twice", name=name)
    if _TOOLSET_BETAS & seen.betas and _FIRST_MCP_BETA not in seen.betas and not _continues(seen):
        _check_toolsets(seen, names)


def _check_toolsets(seen: Survey, names: list[str]) -> None:
    used = Counter(text_of(tool, "mcp_server_name") for tool in seen.tools if tool.get("type") == "mcp_toolset")
    for name in names:
        if name not in used:
            raise refusal("mcp_server_unused", name=name)
    for name, uses in used.items():
        if name not in names:
            raise refusal("mcp_server_unknown", name=name)
        if uses > 1:
            raise refusal("mcp_toolset_twice", name=name)


def thread(seen: Survey) -> None:
    """A thread that is continued brings its own prompt and tools; some features don't go with threads."""
    if not seen.field("thread"):
        return
    for name in _HELD if _continues(seen) else ():
        if seen.body.get(name) is not None:
            raise refusal("thread_holds", name=name)
    unsupported = [name for name in _UNHELD if seen.body.get(name)]
    if unsupported:
        raise refusal("thread_unsupported", details={"unsupported": unsupported}, names=", ".join(unsupported))


def _continues(seen: Survey) -> bool:
    return seen.field("thread").get("type") == "continue"
