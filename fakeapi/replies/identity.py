"""Fresh ids for a canned answer: every tool call gets its own, and results keep pointing at their calls."""

from __future__ import annotations

from typing import Any

from fakeapi.chance import Chance
from fakeapi.model import Json

_CALL_PREFIXES = {"tool_use": "toolu", "server_tool_use": "srvtoolu", "mcp_tool_use": "mcptoolu"}


def renew(content: tuple[Json, ...], luck: Chance) -> tuple[Json, ...]:
    """The content with new ids (contract.md 4): equal (seed, exchange, clock) give equal ids."""
    names = {
        block["id"]: luck.identity(_CALL_PREFIXES[block["type"]])
        for block in content
        if block["type"] in _CALL_PREFIXES
    }
    return tuple(_renamed(block, names) for block in content) if names else content


def _renamed(block: Json, names: dict[str, str]) -> Json:
    changed: dict[str, Any] = {key: names[block[key]] for key in ("id", "tool_use_id") if block.get(key) in names}
    caller = block.get("caller")
    if isinstance(caller, dict) and caller.get("tool_id") in names:
        changed["caller"] = {**caller, "tool_id": names[caller["tool_id"]]}
    return {**block, **changed} if changed else block
