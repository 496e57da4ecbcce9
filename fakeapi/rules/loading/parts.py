"""What an answer says: each key of `respond` that adds content is a small function in a registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fakeapi.model import Json
from fakeapi.rules.loading import contract
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader, did_you_mean, shown

_OF_MESSAGES = ("container", "context_management", "model")


class Part(NamedTuple):
    """What a key adds: parts of the content, fields of the Response, further members of the message."""

    parts: list[Json]
    values: dict[str, Any] = {}  # noqa: RUF012 - never changed
    extra: Json = {}  # noqa: RUF012 - never changed


def _text(kind: str) -> Callable[[Node, Reader], Part | None]:
    def read(node: Node, reader: Reader) -> Part | None:
        text = reader.text(node, kind) if kind == "text" else reader.full_text(node, kind)
        return None if text is None else Part([{kind: text}])

    return read


def _template(node: Node, reader: Reader) -> Part | None:
    text = reader.full_text(node, "template")
    if text is None or not reader.check(node, lambda: (reader.known.template(text),)):
        return None
    return Part([{"template": text}])


def _tool_use(node: Node, reader: Reader) -> Part | None:
    if isinstance(node.value, list):
        if not node.items:
            reader.problem(node, "tool_use is an empty list", "name at least one tool")
            return None
        calls = [_call(item, reader) for item in node.items]
    else:
        calls = [_call(node, reader)]
    return Part([{"tool_use": call} for call in calls]) if all(calls) else None


def _call(node: Node, reader: Reader) -> str | Json | None:
    """A tool's name, or `{name, input, partial}`."""
    if not isinstance(node.value, dict):
        return reader.full_text(node, "tool_use")
    members = reader.mapping(node, "tool_use", ("name", "input", "partial"), _BESIDE_CALLS)
    if "name" not in members:
        if len(members) == len(node.members):
            reader.problem(node, "tool_use has no name", "write {name: get_weather, input: {...}}")
        return None
    name = reader.full_text(members["name"], "tool_use.name")
    if "input" in members and not isinstance(members["input"].value, dict):
        reader.wrong(members["input"], "tool_use.input", "a mapping", "for example {city: Paris}")
        return None
    if "partial" in members:
        if reader.flag(members["partial"], "partial") is None:
            return None
        if "input" not in members:
            reader.problem(members["partial"], "partial without input", "a name alone has its whole input sampled")
    return {key: member.value for key, member in members.items()} if name else None


_BESIDE_CALLS = {
    "type": "drop it, or write a literal block in content: [{type: tool_use, ...}]",
    "id": "drop it: ids are made for each answer",
    "parameters": "did you mean input?",
}


def _json(node: Node, _: Reader) -> Part:
    return Part([{"json": node.value}])


def _echo(node: Node, reader: Reader) -> Part | None:
    wanted = reader.flag(node, "echo")
    return None if wanted is None else Part([{"echo": True}] if wanted else [])


def _generator(node: Node, reader: Reader) -> Part | None:
    """A name, or `{name, arguments}`, or `{name, option: value}`."""
    if not isinstance(node.value, dict):
        if reader.full_text(node, "generator") is None:
            return None
    else:
        members = node.members
        if "name" not in members:
            reader.problem(node, "generator has no name", "write {name: prose}")
            return None
        if reader.full_text(members["name"], "generator") is None:
            return None
        if "arguments" in members and not isinstance(members["arguments"].value, dict):
            reader.wrong(members["arguments"], "generator.arguments", "a mapping")
            return None
    good = reader.check(node, lambda: (reader.known.generator(node.value),))
    return Part([{"generator": node.value}]) if good else None


def _refusal(node: Node, reader: Reader) -> Part | None:
    if not isinstance(node.value, dict):
        text = reader.full_text(node, "refusal")
        return Part([{"refusal": text}]) if text else None
    members = reader.mapping(node, "refusal", ("category", "explanation"))
    texts = {
        key: member.value if member.value is None else reader.full_text(member, f"refusal.{key}")
        for key, member in members.items()
    }
    good = len(members) == len(node.members) and contract.check_refusal(node, reader)
    return Part([{"refusal": texts}]) if good else None


def _fixture(node: Node, reader: Reader) -> Part | None:
    name = reader.full_text(node, "fixture")
    if name is None:
        return None
    if name.endswith(".json") or "/" in name:
        return _recorded(name, node, reader)
    known = reader.known.fixtures
    if known is not None and name not in known():
        mend = did_you_mean(name, known()) or "docs/examples.md lists them; a file begins with ./"
        reader.problem(node, f"there is no documented example {shown(name)}", mend)
        return None
    return Part([{"fixture": name}])


def _recorded(name: str, node: Node, reader: Reader) -> Part | None:
    """A recorded message in a file beside the rules: its blocks, and how it ended. Its usage is counted anew."""
    recorded = reader.known.recorded
    if recorded is None:
        reader.problem(node, f"{shown(name)}: files can't be read here", "write the answer itself, or a named example")
        return None
    read = recorded
    found = reader.check(node, lambda: read(reader.file, name))
    message = _message_in(found) if found is not None else None
    if found is None or not contract.check_message(message, node, reader) or message is None:
        return None
    values = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if message.get(key)}
    extra = {key: message[key] for key in _OF_MESSAGES if message.get(key)}
    return Part([{"block": block} for block in message["content"]], values, extra)


def _message_in(found: Any) -> Any:
    """The message of a file: itself, or what answers in an exchange."""
    for name in ("response", "body"):
        if isinstance(found, dict) and name in found and "content" not in found:
            found = found[name]
    if isinstance(found, dict) and "content" not in found:
        return {**found, "content": None}
    return found


def _content(node: Node, reader: Reader) -> Part | None:
    """Content in any order: texts, `{kind: value}`, and literal blocks."""
    if not isinstance(node.value, list):
        reader.wrong(node, "content", "a list", "for a single text write text")
        return None
    parts: list[Json] = []
    for item in node.items:
        parts += _item(item, reader)
    return Part(parts)


def _item(node: Node, reader: Reader) -> list[Json]:
    if isinstance(node.value, str):
        return [{"text": node.value}]
    if not isinstance(node.value, dict):
        reader.wrong(node, "an entry of content", "a text or a mapping")
        return []
    if "type" in node.members:
        return [{"block": node.value}] if contract.check_block(node, reader) else []
    known = [key for key in PARTS if key != "content"]
    found = [PARTS[key](member, reader) for key, member in reader.mapping(node, "an entry of content", known).items()]
    if not node.members:
        reader.problem(node, "an entry of content is empty", "say a text, or {tool_use: ...}")
    return [part for each in found if each for part in each.parts]


PARTS: dict[str, Callable[[Node, Reader], Part | None]] = {
    "thinking": _text("thinking"),
    "text": _text("text"),
    "template": _template,
    "tool_use": _tool_use,
    "json": _json,
    "content": _content,
    "echo": _echo,
    "fixture": _fixture,
    "generator": _generator,
    "refusal": _refusal,
}
"""What can be said, by its key."""
