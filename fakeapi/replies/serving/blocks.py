"""The blocks of calls and results in wire form, and which error a call gets."""

from __future__ import annotations

from typing import Any

from fakeapi.model import Json
from fakeapi.replies.serving.asked import family
from fakeapi.replies.serving.situation import Situation, Step

_DIRECT: Json = {"type": "direct"}
_TELL_CALLER = ("web_search", "web_fetch")
_WITH_MESSAGE = ("text_editor_code_execution", "tool_search_tool")


def call_block(step: Step, number: int, caller: Json | None = None) -> Json:
    """The block of a call. Its id is a placeholder, for `identity.renew`, that no sent id equals."""
    if step.server:
        mcp = {"type": "mcp_tool_use", "id": f"mcptoolu_new_{number}", "name": step.name, "input": step.input}
        return {**mcp, "server_name": step.server}
    block = {"type": "server_tool_use", "id": f"srvtoolu_new_{number}", "name": step.name, "input": step.input}
    return {**block, "caller": caller} if caller else block


def result_block(call: Json, content: Any, caller: Json | None = None) -> Json:
    """The block of a result, for any call but one of MCP; those of web tools tell the caller (recorded)."""
    block = {"type": result_type(call["name"]), "tool_use_id": call["id"], "content": content}
    return {**block, "caller": caller or _DIRECT} if call["name"] in _TELL_CALLER else block


def result_type(name: str) -> str:
    """The type of the result block of a call."""
    return "tool_search_tool_result" if name.startswith("tool_search_tool") else f"{name}_tool_result"


def error(name: str, code: str, message: str | None = None) -> Json:
    """The content of a result that failed."""
    content: Json = {"type": f"{result_type(name)}_error", "error_code": code}
    return {**content, "error_message": message} if name.startswith(_WITH_MESSAGE) else content


def error_code(result: Json) -> str:
    """The error code of a result block; "" where it went well."""
    content = result.get("content")
    return str(content.get("error_code") or "") if isinstance(content, dict) else ""


def triggered(now: Situation, name: str) -> str:
    """The error code that the question gives calls of this name, "" where it gives none."""
    code = now.triggers.errors.get(family(name), "")
    return code if code in _known(name) or family(name) != "code_execution" else ""


def _known(name: str) -> frozenset[str]:
    """The codes that go with the three kinds of code execution (the answer schemas)."""
    common = {"invalid_tool_input", "unavailable", "too_many_requests", "execution_time_exceeded"}
    own = {"bash_code_execution": {"output_file_too_large"}, "text_editor_code_execution": {"file_not_found"}}
    return frozenset(common | own.get(name, set()))


def is_used_up(now: Situation, name: str, used: int) -> bool:
    """Whether a request has used a tool as often as its `max_uses` lets it."""
    tool = now.tool(family(name)) or {}
    return tool.get("max_uses") is not None and used >= tool["max_uses"]
