"""A talk with the engine that is remembered from request to request, at a time that tests choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.engine import Answer
from fakeapi.memory.store import Store
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined
from tests import street
from tests.grammar import Parser, frames

BETAS = "message-threads-2026-08-12,context-management-2025-06-27,cache-diagnosis-2026-04-07"
LONG = "All bridges carry loads to the ground by one of a few means. " * 400
"""A text that every model caches."""


@dataclass
class Talk:
    """One session: its memory, its time in Unix seconds, its requests so far, and the last answer."""

    settings: Settings = field(default_factory=Settings)
    now: float = street.NOW
    store: Store = field(default_factory=Store)
    number: int = 0
    last: Answer | None = None

    def begin(self, body: dict[str, Any], key: str = "sk-ant-fake") -> Answer:
        """The answer to a request, of which nothing has been played yet."""
        self.number += 1
        lines = (*street.DOOR[1:], ("x-api-key", key), ("anthropic-beta", BETAS))
        request = Request("POST", "/v1/messages", "", joined(lines), orjson.dumps(body))
        house, luck = street.house(self.settings), Chance(self.settings.seed, self.number, self.now)
        answer = engine.handle(house, request, luck, self.store.view("", self.now))
        self.store.apply("", answer.changes)
        self.last = answer._replace(reply=answer.reply._replace(effects=tuple(answer.reply.effects)))
        street.check_answer(self.last)
        return self.last

    def end(self, answer: Answer, outcome: str = "completed") -> None:
        """An answer is over."""
        self.store.apply("", engine.finish(answer, outcome))

    def say(self, body: dict[str, Any], key: str = "sk-ant-fake") -> Any:
        """The message that answers a request, played to its end."""
        answer = self.begin(body, key)
        assert answer.reply.status == 200, street.sent(answer)
        self.end(answer)
        return gathered(answer)

    def refused(self, body: dict[str, Any], key: str = "sk-ant-fake") -> Any:
        """The error that answers a request."""
        answer = self.begin(body, key)
        assert answer.reply.status >= 400, street.sent(answer)
        self.end(answer)
        return street.json(answer)["error"]


def gathered(answer: Answer) -> Any:
    """The message of an answer, streamed or not; both usages of a stream agree."""
    if (street.header(answer, "content-type") or "").startswith("application/json"):
        return street.json(answer)
    text = street.sent(answer).decode()
    events = [orjson.loads(data) for name, data in frames(text) if name in ("message_start", "message_delta")]
    start, ending = events[0]["message"]["usage"], events[-1]["usage"]
    assert {name: start[name] for name in COUNTED} == {name: ending[name] for name in COUNTED}
    whole = Parser().read(text)
    for block in whole["content"]:
        if "input_json" in block:
            block["input"] = orjson.loads(block.pop("input_json"))
    return {**whole, "usage": {**start, **ending}}


COUNTED = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def counts(message: Any) -> tuple[int, int, int]:
    """What was read, what was written, and the rest of the prompt."""
    usage = message["usage"]
    written = usage["cache_creation"]
    assert sum(written.values()) == usage["cache_creation_input_tokens"]
    return usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"], usage["input_tokens"]
