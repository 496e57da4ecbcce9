"""A request whose parts came before is answered as if all of it were new."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.contract import decoding
from fakeapi.endpoints import saying
from fakeapi.facts import catalogue, counting, familiar, openings
from fakeapi.facts.prefixes import prefixes
from fakeapi.memory.store import EMPTY
from fakeapi.wire import Request, Send, joined
from tests.corpus_rows import CORPUS
from tests.street import DOOR, NOW, house

PLAIN = {"model": "claude-haiku-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(autouse=True)
def _every_part_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_LONG", 0)
    monkeypatch.setattr(openings, "_GRAIN", 8)
    monkeypatch.setattr(saying, "_REMEMBERED_BYTES", 0)


Writing: TypeAlias = Callable[[Any], bytes]
WRITINGS: list[Writing] = [orjson.dumps, lambda body: json.dumps(body).encode()]
"""As official clients write their bodies, and with spaces, which are parsed as a whole each time."""
AS_WRITTEN = pytest.mark.parametrize("writing", WRITINGS, ids=["packed", "with spaces"])


def answered(body: Any, headers: Any, writing: Writing = orjson.dumps) -> tuple[int, bytes]:
    request = Request("POST", "/v1/messages", "", joined(headers), writing(body))
    reply = engine.handle(house(), request, Chance(0, 1, NOW), EMPTY).reply
    return reply.status, b"".join(effect.data for effect in reply.effects if isinstance(effect, Send))


def cold(body: Any, headers: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    monkeypatch.setattr(familiar, "_memory", familiar._Memory())
    return answered(body, headers)


def asked(row: dict[str, Any]) -> tuple[Any, Any]:
    body = {**PLAIN, **row.get("with", {})}
    betas = ",".join(row.get("betas", ()))
    return body, (*DOOR, ("anthropic-beta", betas)) if betas else DOOR


@AS_WRITTEN
@pytest.mark.parametrize("file", sorted(CORPUS.glob("refusals_*.jsonl")), ids=lambda path: path.stem)
def test_what_came_before_changes_no_verdict_and_no_answer(
    file: Path, writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [asked(json.loads(line)) for line in file.read_text().splitlines()]
    anew = [cold(body, headers, monkeypatch) for body, headers in requests]
    for _ in range(2):
        assert [answered(body, headers, writing) for body, headers in requests] == anew


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


MODELS = ["claude-opus-4-8", "claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-5-5"]


@AS_WRITTEN
@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_that_grows_and_forks_is_answered_as_if_it_were_new(
    model: str, writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (1, 2, 3, 4, 8, 5, 12, 12, 3)
    anew = [cold(agent(turn, model), DOOR, monkeypatch) for turn in turns]
    assert {status for status, _ in anew} == {200}
    assert [answered(agent(turn, model), DOOR, writing) for turn in turns] == anew


def test_a_body_that_is_nested_too_deep_is_refused_each_time() -> None:
    deep = json.loads("[" * 198 + "]" * 198)
    body = {**PLAIN, "messages": [{"role": "user", "content": deep}], "tools": []}
    for _ in range(3):
        assert answered(body, DOOR)[0] == 400
        assert b"nested" in answered(body, DOOR)[1] or b"deep" in answered(body, DOOR)[1]


def thinking_agent(turns: int, **changed: Any) -> Any:
    """A conversation in which the model thinks, and its thinking comes back."""
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("t0", "t1")]
    body: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 2000, "thinking": {"type": "adaptive"}}
    body["tools"] = tools
    body |= {"system": "Be quick.", "messages": [{"role": "user", "content": "Begin."}]}
    for number in range(turns):
        answer = json.loads(answered(body, DOOR)[1])["content"]
        body["messages"] += [
            {"role": "assistant", "content": answer},
            {"role": "user", "content": [{"type": "text", "text": f"Go on, {number}."}]},
        ]
    return {**body, **changed}


def test_thinking_is_bound_to_what_is_before_it_whatever_was_found_before() -> None:
    other = [{"name": "t2", "input_schema": {"type": "object"}}]
    changes: list[Any] = [{}, {"system": "Be slow."}, {"tools": other}, {"model": "claude-opus-4-8"}]
    said = [answered(thinking_agent(3, **change), DOOR) for change in changes]
    assert [status for status, _ in said] == [200, 400, 400, 200]
    for _ in range(2):
        assert [answered(thinking_agent(3, **change), DOOR) for change in changes] == said


def block(dice: Random, number: int) -> Any:
    """Something that a user says."""
    made: list[Callable[[], Any]] = [
        *[lambda: {"type": "text", "text": f"And {number}?"}] * 5,
        lambda: {"type": "text", "text": dice.choice(["", " ", "x\n"])},
        lambda: {"type": "image", "source": {"type": "url", "url": "https://a.com/b.png"}},
        lambda: {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "It is. So."}},
    ]
    said = dice.choice(made)()
    return {**said, "cache_control": {"type": "ephemeral"}} if dice.random() < 0.1 else said


def result(dice: Random, id: str) -> Any:
    contents: list[Any] = [
        "done",
        [],
        [{"type": "text", "text": "see"}],
        [{"type": "tool_reference", "tool_name": "t0"}],
    ]
    return {"type": "tool_result", "tool_use_id": id, "content": dice.choices(contents, [8, 1, 3, 1])[0]}


def turn(dice: Random, number: int, answer: Any) -> list[Any]:
    """What the model is said to have said, and what the user says to that; now and then it isn't right."""
    ids = [f"toolu_{dice.choice([1, number, number])}_{place}" for place in range(dice.randint(0, 2))]
    calls = [{"type": "tool_use", "id": id, "name": dice.choice(["t0", "t1"]), "input": {"n": number}} for id in ids]
    content = answer or calls or dice.choice([f"Well, {number}.", "", [{"type": "compaction", "content": "So far."}]])
    called = [part["id"] for part in content if part["type"] == "tool_use"] if isinstance(content, list) else []
    results = [result(dice, id) for id in called if dice.random() < 0.97]
    more = [block(dice, number) for _ in range(dice.randint(0 if results else 1, 2))]
    again = [{"role": "user", "content": dice.choice(["More.", "", []])}] if dice.random() < 0.1 else []
    return [{"role": "assistant", "content": content}, {"role": "user", "content": [*results, *more]}, *again]


def beginning(dice: Random) -> dict[str, Any]:
    tools = [{"name": f"t{place}", "description": "Does it.", "input_schema": {"type": "object"}} for place in (0, 1)]
    thinking = dice.choice([None, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024}])
    head = {"model": dice.choice(MODELS), "max_tokens": 2000, "tools": tools, "system": [block(dice, 0)]}
    head |= {"thinking": thinking} if thinking else {}
    messages = {"messages": [{"role": "user", "content": "Begin."}]}
    return {**head, **messages} if dice.random() < 0.5 else {**messages, **head}


def gone_on(dice: Random, body: Any, number: int, reply: tuple[int, bytes]) -> Any:
    """The body of the next request: it goes on, goes back, or says something otherwise than it did."""
    messages, kind = body["messages"], dice.random()
    if kind < 0.1:
        return {**body, "messages": messages[: dice.randint(1, len(messages))]}
    if kind < 0.2:
        at = dice.randrange(len(messages))
        return {
            **body,
            "messages": [*messages[:at], {**messages[at], "content": f"No, {number}."}, *messages[at + 1 :]],
        }
    if kind < 0.25:
        return {**body, **{name: value for name, value in beginning(dice).items() if name != "messages"}}
    answer = json.loads(reply[1])["content"] if reply[0] == 200 and dice.random() < 0.7 else None
    more = turn(dice, number, answer) + (turn(dice, number, None) if dice.random() < 0.3 else [])
    return {**body, "messages": [*messages, *more]}


def told(body: Any, reply: tuple[int, bytes]) -> Any:
    """What is counted of a request, part by part, and which prefixes of it can be cached."""
    model = catalogue.resolve(body["model"])
    assert model is not None
    found = prefixes(body, model) if reply[0] == 200 else None
    return counting.parts(body, model), found and (list(found.points), found.whole, found.marks)


@given(st.integers(0, 2**32))
def test_whatever_agents_say_is_answered_and_counted_as_if_it_were_new(seed: int) -> None:
    dice, monkeypatch = Random(seed), pytest.MonkeyPatch()
    agents = [beginning(dice) for _ in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "_LONG", 0)
        patch.setattr(openings, "_GRAIN", 8)
        patch.setattr(saying, "_REMEMBERED_BYTES", 0)
        for number in range(25):
            at, memory = dice.randrange(len(agents)), familiar._memory
            body = agents[at]
            reply = cold(body, DOOR, patch)
            counted = told(decoding.parse(orjson.dumps(body)), reply)
            patch.setattr(familiar, "_memory", memory)
            assert answered(body, DOOR) == reply
            assert told(decoding.parse(orjson.dumps(body)), reply) == counted
            good = agents[at] if reply[0] == 200 else beginning(dice)
            agents[at] = gone_on(dice, good, number, reply)
