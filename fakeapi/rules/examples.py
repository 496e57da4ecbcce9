"""The documented examples as default rules: a conversation that the documentation shows gets the documented answer.

They match on what was said, whatever model and system prompt (`fixtures/examples/`, docs/examples.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fakeapi import assets
from fakeapi.facts import conversation, described, schemas
from fakeapi.model import Call, Draft, Json

_DOCUMENTS = frozenset({"document", "search_result"})
_MEMBERS = ("model", "container", "context_management")
"""Members of a message that an example may give; `model` where another model than the one asked answers."""


@dataclass(frozen=True, slots=True)
class Example:
    """One documented pair: the conversation in normal form, what else it needs, and the answer."""

    name: str
    said: bytes | str
    when: Json
    draft: Draft


class Examples:
    """All documented pairs, found by the last text first: most requests are told apart by that alone."""

    def __init__(self, rows: list[Json]) -> None:
        self._by_text: dict[str, list[Example]] = {}
        self._by_name: dict[str, Draft] = {}
        for row in sorted(rows, key=lambda row: -_demands(row.get("when", {}))):
            self.add(row)

    def add(self, row: Json) -> None:
        """One more pair; it is asked after those that are there."""
        example = _example(row)
        self._by_name[example.name] = example.draft
        self._by_text.setdefault(conversation.last_text(row), []).append(example)

    @classmethod
    def documented(cls) -> Examples:
        """The examples that come with fakeapi."""
        return cls([assets.read_json(name) for name in assets.names("fixtures/examples")])

    def named(self, name: str) -> Draft | None:
        """The documented answer of this name (its `name`), or None."""
        return self._by_name.get(name)

    def find(self, call: Call) -> Draft | None:
        """The documented answer to this call, or None."""
        candidates = self._by_text.get(conversation.last_text(call.body))
        if not candidates:
            return None
        said = _said(call.body["messages"])
        for example in candidates:
            if example.said == said and _suits(example, call):
                return example.draft
        return None


def _demands(wanted: Any) -> int:
    """How many things a condition asks for: the example that asks for most comes first."""
    parts = wanted.values() if isinstance(wanted, dict) else wanted if isinstance(wanted, list) else ()
    return sum(map(_demands, parts)) if isinstance(wanted, dict | list) else 1


def _example(row: Json) -> Example:
    draft = Draft(
        content=tuple(row["content"]),
        source=f"example:{row['name']}",
        stop_reason=row["stop_reason"],
        stop_sequence=row.get("stop_sequence"),
        stop_details=row.get("stop_details"),
        extra={key: row[key] for key in _MEMBERS if key in row},
        documented=tuple(row.get("documented", ())),
    )
    return Example(row["name"], _said(row["messages"]), row.get("when", {}), draft)


def _said(messages: list[Json]) -> bytes | str:
    """The normal form; that of a single text from the user is the text itself, since most requests are no more."""
    if len(messages) == 1 and messages[0]["role"] == "user":
        content = messages[0].get("content")
        if isinstance(content, str):
            return content
        if content and len(content) == 1 and content[0]["type"] == "text":
            return str(content[0]["text"])
    return conversation.normal_form(messages)


def _suits(example: Example, call: Call) -> bool:
    conditions = (_CONDITIONS[name](wanted, call) for name, wanted in example.when.items())
    return _fits_tool_choice(example, call) and all(conditions) and _fits_schemas(example, call)


def _fits_tool_choice(example: Example, call: Call) -> bool:
    choice = call.body.get("tool_choice") or {"type": "auto"}
    called = [block["name"] for block in example.draft.content if block["type"] == "tool_use"]
    if choice["type"] == "none":
        return not called
    if choice["type"] == "any":
        return bool(called)
    return choice["type"] != "tool" or choice["name"] in called


def _fits_schemas(example: Example, call: Call) -> bool:
    """A documented tool input or JSON answers only those who ask for its like: the caller's schema decides."""
    offered = {tool.get("name"): tool.get("input_schema") for tool in call.body.get("tools") or []}
    for block in example.draft.content:
        schema = offered.get(block.get("name")) if block["type"] == "tool_use" else None
        if schema is not None and not schemas.conforms(block["input"], schema):
            return False
    wanted = _wanted_schema(call)
    return wanted is None or _says_json(example.draft, wanted)


def _wanted_schema(call: Call) -> Json | None:
    config = call.body.get("output_config") or {}
    asked = config.get("format") or call.body.get("output_format")
    return described.restored(asked["schema"]) if asked else None


def _says_json(draft: Draft, schema: Json) -> bool:
    text = "".join(block["text"] for block in draft.content if block["type"] == "text")
    try:
        return schemas.conforms(orjson.loads(text), schema)
    except orjson.JSONDecodeError:
        return False


def _offers(wanted: list[str], call: Call) -> bool:
    """A tool goes by its name, a toolset by its type."""
    return set(wanted) <= {str(tool.get("name") or tool.get("type")) for tool in call.body.get("tools") or []}


def _holds(wanted: Any, call: Call) -> bool:
    return _within(wanted, call.body)


def _within(wanted: Any, given: Any) -> bool:
    """Every wanted member is there with its value; every wanted item of a list has its like in the list."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(name in given and _within(wanted[name], given[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(given, list) and all(any(_within(item, one) for one in given) for item in wanted)
    return bool(wanted == given)


def _thinks(wanted: bool, call: Call) -> bool:
    kind = (call.body.get("thinking") or {"type": call.model.thinking_default})["type"]
    return wanted == (kind not in ("disabled", "off"))


def _formats(wanted: bool, call: Call) -> bool:
    config = call.body.get("output_config") or {}
    return wanted == bool(config.get("format") or call.body.get("output_format"))


def _cites(wanted: bool, call: Call) -> bool:
    parts = (part for message in call.body["messages"] for part in conversation.blocks(message.get("content")))
    sources = [part for part in parts if part["type"] in _DOCUMENTS] + (call.body.get("tools") or [])
    return wanted == any((source.get("citations") or {}).get("enabled", False) for source in sources)


def _shows(url: str, call: Call) -> bool:
    parts = (part for message in call.body["messages"] for part in conversation.blocks(message.get("content")))
    return any(part["type"] == "image" and part["source"].get("url") == url for part in parts)


_CONDITIONS: dict[str, Any] = {
    "tools": _offers,
    "thinking": _thinks,
    "output_format": _formats,
    "citations": _cites,
    "image_url": _shows,
    "body": _holds,
}
