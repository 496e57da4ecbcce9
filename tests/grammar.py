"""A small parser of message streams: accepts what obeys the grammar, and gathers the message that it spells.

stream  = message_start block* message_delta+ message_stop        (pings between any two events after the start)
block   = content_block_start content_block_delta* content_block_stop     index 0, 1, 2, ... in order
"""

from __future__ import annotations

import json
from typing import Any

_DELTAS = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "tool_use": {"input_json_delta"},
    "server_tool_use": {"input_json_delta"},
    "mcp_tool_use": {"input_json_delta"},
    "compaction": {"compaction_delta"},
}


class GrammarError(Exception):
    """A stream that breaks the grammar; its text says where."""


def frames(text: str) -> list[tuple[str, str]]:
    """The (event, data) pairs of a stream of bytes; every frame has exactly those two lines."""
    found = []
    for number, frame in enumerate(text.replace("\r\n", "\n").split("\n\n")):
        if not frame.strip():
            continue
        lines = frame.strip("\n").split("\n")
        if len(lines) != 2 or not lines[0].startswith("event:") or not lines[1].startswith("data:"):
            raise GrammarError(f"frame {number} is not an event line and a data line: {frame!r}")
        found.append((lines[0][6:].strip(), lines[1][5:].strip()))
    return found


class Parser:
    """Reads events one by one; `message` is what they have spelt so far."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        self.types: list[str] = []
        self._open: int | None = None
        self._json = ""
        self._ended = False

    def read(self, text: str) -> dict[str, Any]:
        """The whole message of a stream; GrammarError where it breaks the grammar or ends early."""
        for event, data in frames(text):
            self.event(event, json.loads(data))
        if self.types[-1] != "message_stop":
            raise GrammarError(f"the stream ends with {self.types[-1]}")
        return self.message

    def event(self, event: str, data: dict[str, Any]) -> None:
        """Take one event."""
        if data["type"] != event:
            raise GrammarError(f"event {event} carries data of type {data['type']}")
        if self.types and self.types[-1] == "message_stop":
            raise GrammarError(f"{event} after message_stop")
        if not self.types and event != "message_start":
            raise GrammarError(f"the stream begins with {event}")
        getattr(self, f"_{event}")(data)
        self.types.append(event)

    def _message_start(self, data: dict[str, Any]) -> None:
        if self.types:
            raise GrammarError("a second message_start")
        self.message = data["message"]
        if self.message["content"] or self.message["stop_reason"] is not None:
            raise GrammarError("message_start says more than the skeleton")

    def _ping(self, data: dict[str, Any]) -> None:
        if data != {"type": "ping"}:
            raise GrammarError("a ping that says more")

    def _content_block_start(self, data: dict[str, Any]) -> None:
        if self._open is not None or self._ended:
            raise GrammarError("a block starts inside another or after the end")
        if data["index"] != len(self.message["content"]):
            raise GrammarError(f"block {data['index']} starts where {len(self.message['content'])} is due")
        self._open = data["index"]
        self._json = ""
        self.message["content"].append(data["content_block"])

    def _content_block_delta(self, data: dict[str, Any]) -> None:
        if data["index"] != self._open:
            raise GrammarError(f"a delta for block {data['index']} while {self._open} is open")
        block, delta = self.message["content"][-1], data["delta"]
        if delta["type"] not in _DELTAS.get(block["type"], ()):
            raise GrammarError(f"{delta['type']} in a {block['type']} block")
        if delta["type"] == "text_delta":
            block["text"] += delta["text"]
        elif delta["type"] == "thinking_delta":
            block["thinking"] += delta["thinking"]
        elif delta["type"] == "signature_delta":
            block["signature"] = delta["signature"]
        elif delta["type"] == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        elif delta["type"] == "input_json_delta":
            self._json += delta["partial_json"]
        else:
            block |= {name: value for name, value in delta.items() if name != "type"}

    def _content_block_stop(self, data: dict[str, Any]) -> None:
        if data["index"] != self._open:
            raise GrammarError(f"block {data['index']} stops while {self._open} is open")
        self._open = None
        if self._json:
            self.message["content"][-1]["input_json"] = self._json

    def _message_delta(self, data: dict[str, Any]) -> None:
        if self._open is not None:
            raise GrammarError("message_delta inside a block")
        self._ended = True
        self.message |= data["delta"]
        self.message["usage"] = {**self.message["usage"], **data["usage"]}
        if "context_management" in data:
            self.message["context_management"] = data["context_management"]

    def _message_stop(self, _: dict[str, Any]) -> None:
        if not self._ended:
            raise GrammarError("message_stop without message_delta")
