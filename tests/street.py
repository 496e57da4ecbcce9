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
from fakeapi.facts import catalogue, schemas
from fakeapi.settings import Settings
from fakeapi.wire import Request, Send, joined
from tests.grammar import frames

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
    answer = engine.handle(house(settings), request, Chance(settings.seed, number, NOW))
    answer = answer._replace(reply=answer.reply._replace(effects=tuple(answer.reply.effects)))
    check_answer(answer)
    return answer


def check_answer(answer: Answer) -> None:
    """Hold whatever was sent against the schemas of answers."""
    body = sent(answer)
    if header(answer, "content-type") == "application/json" and body:
        content = orjson.loads(body)
        if content != {"message": "hello"}:
            check_content(content)
    elif (header(answer, "content-type") or "").startswith("text/event-stream"):
        for name, data in frames(body.decode()):
            _check("answer/completion" if name == "completion" else "answer/stream_event", orjson.loads(data))
    elif header(answer, "content-type") == "application/x-jsonl":
        for line in body.splitlines():
            _check("answer/batch_result_line", orjson.loads(line))


def check_content(content: Any) -> None:
    """Hold the JSON of an answer against its schema."""
    _check(_schema_of(content), content)


def _schema_of(content: Any) -> str:
    if "next_page" in content:
        return "answer/file_list"
    if "data" in content:
        if any(row["type"] == "file" for row in content["data"]):
            return "answer/file_list_paged"
        holds_batches = any(row["type"] == "message_batch" for row in content["data"])
        return "answer/message_batch_list" if holds_batches else "answer/model_list"
    if "input_tokens" in content:
        return "answer/tokens_count"
    if "error" in content and "type" not in content:
        return "answer/edge_error"
    if content["type"] == "message_batch_deleted":
        return "answer/deleted_message_batch"
    if content["type"] == "file_deleted":
        return "answer/deleted_file"
    return f"answer/{content['type']}"


def _check(schema: str, content: Any) -> None:
    fault = schemas.compiled(schema, "2023-06-01", catalogue.known_betas()).first_fault(content)
    assert fault is None, (schema, fault, content)


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
