"""A server with rules, in process: asked one request after the other, it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.endpoints import ruling
from fakeapi.engine import Answer
from fakeapi.memory.store import Store
from fakeapi.rules.loading.document import load
from fakeapi.settings import Settings
from fakeapi.wire import Request, joined
from tests.street import DOOR, NOW, check_answer, json


class Server:
    """The rules of one file, which has no problems."""

    def __init__(self, text: str, unmatched: str = "default") -> None:
        loaded = load([("rules.yaml", text)], ruling.known())
        assert not loaded.problems, [str(problem) for problem in loaded.problems]
        settings = Settings(unmatched=unmatched)
        self.house = engine.furnish(engine.build(settings), settings, loaded.rules)
        self.store = Store()
        self.number = 0

    def ask(self, *said: Any, headers: Mapping[str, str] = {}, **body: Any) -> Answer:
        """The answer to what user and assistant say in turn, and other members of the body."""
        self.number += 1
        messages = [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(said)]
        whole = {"model": "claude-opus-4-8", "max_tokens": 1024, "messages": messages, **body}
        request = Request("POST", "/v1/messages", "", {**joined(DOOR), **headers}, orjson.dumps(whole))
        answer = engine.handle(self.house, request, Chance(0, self.number, NOW), self.store.view("", NOW))
        answer = answer._replace(reply=answer.reply._replace(effects=tuple(answer.reply.effects)))
        check_answer(answer)
        self.store.apply("", answer.changes)
        return answer

    def said(self, *said: Any, **how: Any) -> Any:
        """The text of the answer, or the status of an error."""
        answer = self.ask(*said, **how)
        if answer.reply.status != 200:
            return answer.reply.status
        return "".join(block.get("text", block.get("name", "")) for block in json(answer)["content"])
