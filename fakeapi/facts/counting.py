"""Counts a whole request and a whole answer, part by part, in the order of the prompt: tools, system, messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from fakeapi.facts import media, tokens
from fakeapi.model import Json, Model

TURN_END = 3
"""Tokens that an answer costs beyond its text when it ends by itself."""


class Part(NamedTuple):
    """One part of the prompt, named as the API names places: `tools.0`, `system.1`, `messages.2.content.0`."""

    location: str
    tokens: int


def parts(body: Json, model: Model, sizes: Mapping[str, media.Size] | None = None) -> list[Part]:
    """The tokens of every part of a validated request, in prompt order; they sum to `input_tokens`."""
    return [*_tools(body, model), *_system(body, model), *_messages(body, model)]


def input_tokens(body: Json, model: Model, sizes: Mapping[str, media.Size] | None = None) -> int:
    """The whole input count of a validated request, cached or not."""
    return sum(part.tokens for part in parts(body, model, sizes))


def block_tokens(block: Json, family: str) -> int:
    """Tokens of one content block of an answer."""
    kind = block.get("type")
    if kind == "text":
        return tokens.count(block["text"], family)
    if kind == "thinking":
        return tokens.count(block["thinking"], family)
    if kind == "tool_use":
        return tokens.count(orjson.dumps(block["input"]).decode(), family) + tokens.count(block["name"], family) + 20
    return tokens.count(orjson.dumps(block).decode(), family)


def thinking_tokens(content: list[Json], family: str) -> int:
    """Tokens of an answer's thinking."""
    return sum(block_tokens(block, family) for block in content if block.get("type") == "thinking")


def output_tokens(content: list[Json], family: str, stop_reason: str | None) -> int:
    """The whole output count of an answer, with what its end costs."""
    total = sum(block_tokens(block, family) for block in content)
    return total + (0 if stop_reason == "max_tokens" else TURN_END)


def _tools(body: Json, model: Model) -> Iterator[Part]:
    tools = body.get("tools") or []
    if not tools:
        return
    forced = (body.get("tool_choice") or {}).get("type") in ("any", "tool")
    yield Part("tools", model.tool_overhead[forced])
    for index, tool in enumerate(tools):
        yield Part(f"tools.{index}", tokens.count(orjson.dumps(tool).decode(), model.tokenizer))


def _system(body: Json, model: Model) -> Iterator[Part]:
    system = body.get("system") or []
    if isinstance(system, str):
        yield Part("system", tokens.count(system, model.tokenizer) + 3)
        return
    for index, block in enumerate(system):
        yield Part(f"system.{index}", tokens.count(block["text"], model.tokenizer) + 3)


def _messages(body: Json, model: Model) -> Iterator[Part]:
    for index, message in enumerate(body.get("messages") or []):
        content = message["content"]
        if isinstance(content, str):
            yield Part(f"messages.{index}.content", tokens.count(content, model.tokenizer) + 4)
            continue
        for at, block in enumerate(content):
            yield Part(f"messages.{index}.content.{at}", block_tokens(block, model.tokenizer) + 4)
    yield Part("messages", 3)
