"""What rules look at in a request, each thing read once, when the first rule asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from fakeapi import chance
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Json

_NOT_SAID = frozenset({"stream"})
"""Members without meaning for equality: Claude Code asks again without streaming when a stream broke."""
_MARKS = ("cache_control", "citations")


class Text(NamedTuple):
    """A text as it came, and folded for comparing without case."""

    raw: str
    folded: str

    @classmethod
    def of(cls, raw: str) -> Text:
        """A text."""
        return cls(raw, raw.casefold())


class Result(NamedTuple):
    """A tool result: the tool's name, "" where the conversation doesn't say; its text; whether it is an error."""

    name: str
    content: Text
    is_error: bool


class Turn(NamedTuple):
    """What the user says until the assistant answers: neighbouring user messages are one turn."""

    text: Text
    results: tuple[Result, ...]


class Seen:
    """One request, as rules see it.

    `number` is the user turn that counts as the last: by itself the last there is.
    """

    def __init__(self, call: Call, headers: Mapping[str, str], number: int | None = None) -> None:
        self.call = call
        self.body = call.body
        self.headers = headers
        self._number = number

    def at(self, number: int) -> Seen:
        """The same request as if the conversation ended with this user turn (from 1)."""
        earlier = Seen(self.call, self.headers, number)
        shared = ("turns", "any_texts", "system", "models", "tools", "betas", "has", "digest")
        earlier.__dict__ |= {name: self.__dict__[name] for name in shared if name in self.__dict__}
        return earlier

    def with_results(self, results: tuple[Result, ...]) -> Seen:
        """The same request as if these were the only tool results of its last turn."""
        alone = Seen(self.call, self.headers, self._number)
        alone.__dict__ |= {**self.__dict__, "results": results}
        return alone

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """All user turns."""
        return tuple(_turns(self.body))

    @cached_property
    def turn(self) -> int:
        """The number of the last user turn, from 1; 0 where the user said nothing yet."""
        return len(self.turns) if self._number is None else self._number

    @cached_property
    def text(self) -> Text:
        """The text of the last user turn, its blocks joined by blank lines."""
        return self.turns[self.turn - 1].text if self.turn else Text("", "")

    @cached_property
    def folded(self) -> str:
        """The same, folded."""
        return self.text.folded

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The tool results of the last user turn."""
        return self.turns[self.turn - 1].results if self.turn else ()

    @cached_property
    def any_texts(self) -> tuple[Text, ...]:
        """The text of every message of user and assistant."""
        said = (_text_of(message.get("content")) for message in self._messages if message.get("role") != "system")
        return tuple(Text.of(text) for text in said if text)

    @cached_property
    def system(self) -> Text:
        """The system prompt, and what system messages say in the conversation."""
        said = [_text_of(self.body.get("system"))]
        said += [_text_of(message.get("content")) for message in self._messages if message.get("role") == "system"]
        return Text.of("\n\n".join(text for text in said if text))

    @cached_property
    def models(self) -> tuple[Text, ...]:
        """The name asked for, the id that it means, and its other names."""
        names = (str(self.body.get("model", "")), self.call.model.id, *self.call.model.aliases)
        return tuple(Text.of(name) for name in dict.fromkeys(names))

    @cached_property
    def tools(self) -> tuple[Text, ...]:
        """The names of the tools on offer; of those without a name, the type."""
        offered = self.body.get("tools") or []
        return tuple(Text.of(str(tool.get("name") or tool.get("type") or "")) for tool in offered)

    @cached_property
    def betas(self) -> tuple[Text, ...]:
        """The values of `anthropic-beta`, sorted."""
        return tuple(Text.of(beta) for beta in sorted(self.call.caller.betas))

    @cached_property
    def has(self) -> frozenset[str]:
        """The types of all blocks, those inside tool results too, and the marks that anything has."""
        found: set[str] = set()
        for part in [self.body.get("messages"), self.body.get("system"), self.body.get("tools")]:
            _gather(part, found)
        return frozenset(found | {name for name in ("tools", "system") if self.body.get(name)})

    @cached_property
    def digest(self) -> str:
        """What is equal for requests that ask the same."""
        said = {name: value for name, value in self.body.items() if name not in _NOT_SAID}
        return chance.digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hex()

    @property
    def retry(self) -> int:
        """How often the client has tried already: `x-stainless-retry-count`, 0 where there is none."""
        count = self.headers.get("x-stainless-retry-count", "")
        return int(count) if count.isdecimal() and len(count) < 10 else 0

    @property
    def _messages(self) -> list[Json]:
        messages: list[Json] = self.body.get("messages") or []
        return messages


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(str(part.get("text", "")) for part in blocks(content) if part.get("type") == "text")


def _turns(body: Json) -> list[Turn]:
    """The user turns, in order."""
    names: dict[str, str] = {}
    turns: list[list[Json]] = []
    before = ""
    for message in body.get("messages") or []:
        role, parts = message.get("role"), blocks(message.get("content"))
        names |= {str(part.get("id")): str(part.get("name")) for part in parts if part.get("type") == "tool_use"}
        if role == "user" and before == "user":
            turns[-1] += parts
        elif role == "user":
            turns.append([*parts])
        before = role if role != "system" else before
    return [Turn(Text.of(_text_of(parts)), tuple(_results(parts, names))) for parts in turns]


def _results(parts: list[Json], names: dict[str, str]) -> list[Result]:
    return [
        Result(
            names.get(str(part.get("tool_use_id")), ""),
            Text.of(_text_of(part.get("content"))),
            bool(part.get("is_error")),
        )
        for part in parts
        if part.get("type") == "tool_result"
    ]


def _gather(value: Any, found: set[str]) -> None:
    """The block types and marks of a part of a request, without descending into inputs and schemas."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if isinstance(node.get("type"), str):
                found.add(node["type"])
            found.update(mark for mark in _MARKS if node.get(mark))
            if isinstance(node.get("content"), list):
                waiting += node["content"]
