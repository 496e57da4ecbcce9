"""A request whose parts came before is answered as if all of it were new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.contract import decoding
from fakeapi.endpoints import saying
from fakeapi.facts import familiar
from fakeapi.memory.store import EMPTY
from fakeapi.wire import Request, Send, joined
from tests.corpus_rows import CORPUS
from tests.street import DOOR, NOW, house

PLAIN = {"model": "claude-haiku-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(autouse=True)
def _every_part_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_LONG", 0)
    monkeypatch.setattr(saying, "_REMEMBERED_BYTES", 0)


def answered(body: Any, headers: Any) -> tuple[int, bytes]:
    request = Request("POST", "/v1/messages", "", joined(headers), json.dumps(body).encode())
    reply = engine.handle(house(), request, Chance(0, 1, NOW), EMPTY).reply
    return reply.status, b"".join(effect.data for effect in reply.effects if isinstance(effect, Send))


def cold(body: Any, headers: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    monkeypatch.setattr(familiar, "_memory", familiar._Memory())
    return answered(body, headers)


def asked(row: dict[str, Any]) -> tuple[Any, Any]:
    body = {**PLAIN, **row.get("with", {})}
    betas = ",".join(row.get("betas", ()))
    return body, (*DOOR, ("anthropic-beta", betas)) if betas else DOOR


@pytest.mark.parametrize("file", sorted(CORPUS.glob("refusals_*.jsonl")), ids=lambda path: path.stem)
def test_what_came_before_changes_no_verdict_and_no_answer(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [asked(json.loads(line)) for line in file.read_text().splitlines()]
    anew = [cold(body, headers, monkeypatch) for body, headers in requests]
    for _ in range(2):
        assert [answered(body, headers) for body, headers in requests] == anew


def agent(turns: int, model: str) -> dict[str, Any]:
    """An agent's request after so many turns, with marks, calls in parallel, pictures, documents and failures."""
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("read", "write")]
    messages: list[Any] = [{"role": "user", "content": "Read it."}]
    for turn in range(turns):
        calls = [{"type": "tool_use", "id": f"toolu_{turn}_{n}", "name": tools[n]["name"], "input": {}} for n in (0, 1)]
        calls = calls[: 1 + turn % 2]
        results: list[Any] = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": f"{turn} done", "is_error": turn % 3 == 0}
            for call in calls
        ]
        cited = {"type": "text", "media_type": "text/plain", "data": f"Line {turn}. It ends."}
        if turn % 4 == 2:
            results[0]["content"] = [{"type": "text", "text": "see"}, {"type": "document", "source": cited}]
        more = [{"type": "text", "text": f"And now {turn}?"}] if turn % 3 else []
        messages += [{"role": "assistant", "content": calls}, {"role": "user", "content": [*results, *more]}]
    messages[-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
    return {"model": model, "max_tokens": 100, "tools": tools, "system": "Be quick. " * 400, "messages": messages}


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-5-5"])
def test_a_conversation_that_grows_and_forks_is_answered_as_if_it_were_new(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (1, 2, 3, 4, 8, 5, 12, 12, 3)
    anew = [cold(agent(turn, model), DOOR, monkeypatch) for turn in turns]
    assert {status for status, _ in anew} == {200}
    assert [answered(agent(turn, model), DOOR) for turn in turns] == anew


def test_a_body_that_is_nested_too_deep_is_refused_each_time() -> None:
    deep = json.loads("[" * 198 + "]" * 198)
    body = {**PLAIN, "messages": [{"role": "user", "content": deep}], "tools": []}
    for _ in range(3):
        assert answered(body, DOOR)[0] == 400
        assert b"nested" in answered(body, DOOR)[1] or b"deep" in answered(body, DOOR)[1]
