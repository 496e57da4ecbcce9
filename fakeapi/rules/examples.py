"""The documented examples as default rules: a conversation that the documentation shows gets the documented answer.

They match on what was said, whatever model and system prompt (`fixtures/examples/`, docs/examples.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakeapi import assets
from fakeapi.facts import conversation
from fakeapi.model import Call, Draft, Json

_DOCUMENTS = frozenset({"document", "search_result"})


@dataclass(frozen=True, slots=True)
class Example:
    """One documented pair: the conversation in normal form, what else it needs, and the answer."""

    name: str
    said: bytes
    when: Json
    draft: Draft


class Examples:
    """All documented pairs, found by the last text first: most requests are told apart by that alone."""

    def __init__(self, rows: list[Json]) -> None:
        self._by_text: dict[str, list[Example]] = {}
        for row in sorted(rows, key=lambda row: -len(row.get("when", {}))):
            example = _example(row)
            self._by_text.setdefault(conversation.last_text(row), []).append(example)

    @classmethod
    def documented(cls) -> Examples:
        """The examples that come with fakeapi."""
        return cls([assets.read_json(name) for name in assets.names("fixtures/examples")])

    def find(self, call: Call) -> Draft | None:
        """The documented answer to this call, or None."""
        candidates = self._by_text.get(conversation.last_text(call.body))
        if not candidates:
            return None
        said = conversation.normal_form(call.body["messages"])
        for example in candidates:
            if example.said == said and _suits(example, call):
                return example.draft
        return None


def _example(row: Json) -> Example:
    draft = Draft(
        content=tuple(row["content"]),
        source=f"example:{row['name']}",
        stop_reason=row["stop_reason"],
        stop_sequence=row.get("stop_sequence"),
        stop_details=row.get("stop_details"),
        extra={key: row[key] for key in ("container", "context_management") if key in row},
        documented=tuple(row.get("documented", ())),
    )
    return Example(row["name"], conversation.normal_form(row["messages"]), row.get("when", {}), draft)


def _suits(example: Example, call: Call) -> bool:
    conditions = (_CONDITIONS[name](wanted, call) for name, wanted in example.when.items())
    return _fits_tool_choice(example, call) and all(conditions)


def _fits_tool_choice(example: Example, call: Call) -> bool:
    choice = call.body.get("tool_choice") or {"type": "auto"}
    called = [block["name"] for block in example.draft.content if block["type"] == "tool_use"]
    if choice["type"] == "none":
        return not called
    if choice["type"] == "any":
        return bool(called)
    return choice["type"] != "tool" or choice["name"] in called


def _offers(wanted: list[str], call: Call) -> bool:
    return set(wanted) <= {str(tool.get("name")) for tool in call.body.get("tools") or []}


def _thinks(wanted: bool, call: Call) -> bool:
    kind = (call.body.get("thinking") or {"type": call.model.thinking_default})["type"]
    return wanted == (kind not in ("disabled", "off"))


def _formats(wanted: bool, call: Call) -> bool:
    config = call.body.get("output_config") or {}
    return wanted == bool(config.get("format") or call.body.get("output_format"))


def _cites(wanted: bool, call: Call) -> bool:
    parts = (part for message in call.body["messages"] for part in conversation.blocks(message["content"]))
    return wanted == any(part["type"] in _DOCUMENTS and (part.get("citations") or {}).get("enabled") for part in parts)


def _shows(url: str, call: Call) -> bool:
    parts = (part for message in call.body["messages"] for part in conversation.blocks(message["content"]))
    return any(part["type"] == "image" and part["source"].get("url") == url for part in parts)


_CONDITIONS: dict[str, Any] = {
    "tools": _offers,
    "thinking": _thinks,
    "output_format": _formats,
    "citations": _cites,
    "image_url": _shows,
}
