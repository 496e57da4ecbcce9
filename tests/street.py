"""Asking the engine without a socket: a request in, an answer out."""

from __future__ import annotations

from functools import cache
from json import dumps
from typing import Any

import orjson

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.endpoints.outcome import House
from fakeapi.engine import Answer
from fakeapi.settings import Settings
from fakeapi.wire import Request, Send, joined

Lines = tuple[tuple[str, str], ...]

NOW = 1787150053.864
DOOR: Lines = (
    ("x-api-key", "sk-ant-fake"),
    ("anthropic-version", "2023-06-01"),
    ("content-type", "application/json"),
)
BASIC: dict[str, Any] = {
    "model": "claude-opus-4-1-20250805",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hello, Claude"}],
}


@cache
def house(settings: Settings = Settings()) -> House:
    """A house of these settings, built once for all tests."""
    return engine.build(settings)


def ask(
    body: Any = BASIC,
    headers: Lines = DOOR,
    *,
    path: str = "/v1/messages",
    method: str = "POST",
    query: str = "",
    settings: Settings = Settings(),
    number: int = 1,
) -> Answer:
    """The engine's answer to a request; a body that isn't bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else dumps(body).encode()
    request = Request(method, path, query, joined(headers), data)
    return engine.handle(house(settings), request, Chance(settings.seed, number, NOW))


def sent(answer: Answer) -> bytes:
    """The bytes of an answer's body."""
    return b"".join(effect.data for effect in answer.reply.effects if isinstance(effect, Send))


def json(answer: Answer) -> Any:
    """The JSON of an answer's body."""
    return orjson.loads(sent(answer))


def message(body: Any = BASIC, **how: Any) -> Any:
    """The message that answers a request; fails where it is refused."""
    answer = ask(body, **how)
    assert answer.reply.status == 200, sent(answer)
    return json(answer)


def refusal(body: Any = BASIC, **how: Any) -> tuple[int, str, str]:
    """Status, type and sentence of a refusal."""
    answer = ask(body, **how)
    error = json(answer)["error"]
    return answer.reply.status, error["type"], error["message"]


def header(answer: Answer, name: str) -> str | None:
    """A response header by its lower-case name."""
    return next((value.decode() for key, value in answer.reply.headers if key.decode().lower() == name), None)
