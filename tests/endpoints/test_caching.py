"""The prompt cache from request to request: hits, writes and misses, lifetimes, owners, and the reasons of misses."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fakeapi.endpoints import caching
from fakeapi.facts import catalogue, counting
from fakeapi.memory.store import EMPTY
from fakeapi.settings import Settings
from tests.endpoints.talking import LONG, Talk, counts

Body = dict[str, Any]

MARK = {"type": "ephemeral"}
TOOL = {"name": "weather", "description": LONG, "input_schema": {"type": "object", "properties": {}}}
BODY: Body = {
    "model": "claude-sonnet-5",
    "max_tokens": 200,
    "cache_control": MARK,
    "system": [{"type": "text", "text": LONG, "cache_control": MARK}],
    "messages": [{"role": "user", "content": "Tell me about bridges"}],
}


def changed(**members: Any) -> Body:
    return {**deepcopy(BODY), **members}


def whole(body: Body) -> int:
    model = catalogue.resolve(body["model"])
    assert model is not None
    return counting.input_tokens(body, model)


def state(talk: Talk) -> str:
    assert talk.last is not None
    return talk.last.exchange.cache


def test_the_first_request_writes_and_the_next_reads() -> None:
    talk = Talk()
    first, second = counts(talk.say(BODY)), counts(talk.say(BODY))
    assert first[0] == second[1] == 0
    assert first[1] == second[0] > 4000
    assert first[2] == second[2] == 2
    assert sum(first) == whole(BODY)


@pytest.mark.parametrize("stream", [False, True])
def test_the_log_tells_write_hit_partial_and_miss(stream: bool) -> None:
    talk = Talk()
    longer = [*BODY["messages"], {"role": "assistant", "content": "They cross."}, {"role": "user", "content": "And?"}]
    asked = [BODY, BODY, changed(messages=longer), {**BODY, "system": "Short."}, {**BODY, "cache_control": None}]
    states = []
    for body in asked:
        talk.say({**body, "stream": stream})
        states.append(state(talk))
    assert states == ["write", "hit", "partial", "miss", "hit"]
    talk.say({**BODY, "cache_control": None, "system": LONG})
    assert state(talk) == ""


def test_streamed_and_plain_answers_share_the_cache_and_say_the_same() -> None:
    talk = Talk()
    talk.say(BODY)
    assert counts(talk.say({**BODY, "stream": True})) == counts(talk.say(BODY))


def test_a_growing_conversation_reads_what_it_wrote() -> None:
    talk, messages = Talk(), list(BODY["messages"])
    total = 0
    for _ in range(6):
        answer = talk.say(changed(messages=messages))
        read, written, rest = counts(answer)
        assert (read, rest) == (total, 2)
        total = read + written
        assert total + rest == whole(changed(messages=messages))
        messages += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": "Go on"}]


@pytest.mark.parametrize(("ttl", "seconds"), [("5m", 300), ("1h", 3600)])
def test_what_is_not_used_is_over_on_the_clock(ttl: str, seconds: int) -> None:
    talk, body = Talk(), changed(cache_control={**MARK, "ttl": ttl}, system=LONG)
    usage = talk.say(body)["usage"]
    assert usage["cache_creation"][f"ephemeral_{ttl}_input_tokens"] == usage["cache_creation_input_tokens"] > 0
    talk.now += seconds - 1
    assert counts(talk.say(body))[0] > 0
    talk.now += seconds - 1
    assert counts(talk.say(body))[0] > 0
    talk.now += seconds
    assert counts(talk.say(body))[0] == 0


def test_an_hour_for_the_prompt_and_five_minutes_for_the_talk() -> None:
    talk = Talk()
    body = changed(system=[{"type": "text", "text": LONG, "cache_control": {**MARK, "ttl": "1h"}}])
    written = talk.say(body)["usage"]["cache_creation"]
    assert written["ephemeral_1h_input_tokens"] > written["ephemeral_5m_input_tokens"] > 0
    talk.now += 400
    after = talk.say(body)["usage"]
    assert after["cache_read_input_tokens"] == written["ephemeral_1h_input_tokens"]
    assert after["cache_creation"] == {**written, "ephemeral_1h_input_tokens": 0}


def test_another_key_has_a_cache_of_its_own() -> None:
    talk = Talk()
    talk.say(BODY)
    assert counts(talk.say(BODY, key="sk-ant-other"))[0] == 0
    assert counts(talk.say(BODY))[0] > 0


def test_another_model_has_a_cache_of_its_own_but_an_alias_has_not() -> None:
    talk = Talk()
    talk.say(changed(model="claude-haiku-4-5"))
    assert counts(talk.say(changed(model="claude-sonnet-4-6")))[0] == 0
    assert counts(talk.say(changed(model="claude-haiku-4-5-20251001")))[0] > 0


def test_a_warm_up_writes_and_says_nothing() -> None:
    talk = Talk()
    body = changed(cache_control=None)
    warm = talk.say({**body, "max_tokens": 0})
    assert (warm["content"], warm["stop_reason"], warm["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert counts(warm)[1] > 0
    assert counts(talk.say(changed(cache_control=None)))[0] == counts(warm)[1]


def test_a_request_that_is_refused_writes_nothing() -> None:
    talk = Talk()
    talk.refused(changed(max_tokens=10**7))
    assert counts(talk.say(BODY))[0] == 0


def test_parallel_requests_before_the_first_token_all_write() -> None:
    talk = Talk(Settings(pace="tokens_per_second=40,ttft=0.5"))
    first, second = talk.say(BODY), talk.say(BODY)
    assert counts(first) == counts(second)
    assert counts(first)[0] == 0
    talk.now += 0.5
    assert counts(talk.say(BODY))[0] > 0


REASONS: dict[str, tuple[Body, Body, str]] = {
    "model": ({}, {"model": "claude-opus-4-8"}, "model_changed"),
    "tools": ({"tools": [TOOL]}, {"tools": [{**TOOL, "name": "time"}]}, "tools_changed"),
    "system": ({}, {"system": LONG + "!"}, "system_changed"),
    "messages": ({}, {"messages": [{"role": "user", "content": "Tell me about dams"}]}, "messages_changed"),
    "settings": ({}, {"output_config": {"effort": "low"}}, "unavailable"),
}


@pytest.mark.parametrize(("before", "after", "reason"), REASONS.values(), ids=REASONS)
def test_a_miss_is_explained_by_the_first_difference(before: Body, after: Body, reason: str) -> None:
    talk = Talk()
    asked = {"diagnostics": {"previous_message_id": None}}
    first = talk.say(changed(**before, **asked))
    assert first["diagnostics"] is None
    again = {"diagnostics": {"previous_message_id": first["id"]}}
    found = talk.say(changed(**{**before, **after}, **again))["diagnostics"]["cache_miss_reason"]
    assert found["type"] == reason
    if reason != "unavailable":
        read, written, _ = counts(first)
        assert 0 < found["cache_missed_input_tokens"] <= read + written


def test_what_is_only_added_to_is_no_miss() -> None:
    talk = Talk()
    first = talk.say(changed(diagnostics={"previous_message_id": None}))
    longer = [
        *BODY["messages"],
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "And?"},
    ]
    again = changed(messages=longer, diagnostics={"previous_message_id": first["id"]}, stream=True)
    assert talk.say(again)["diagnostics"] is None


@pytest.mark.parametrize("other", ["msg_unknown", "another key", "too late"])
def test_without_the_previous_request_there_is_nothing_to_compare(other: str) -> None:
    talk = Talk()
    first = talk.say(changed(diagnostics={"previous_message_id": None}))
    talk.now += caching.DIAGNOSIS_SECONDS if other == "too late" else 0
    name = other if other.startswith("msg") else first["id"]
    asked = changed(diagnostics={"previous_message_id": name})
    found = talk.say(asked, key="sk-ant-other" if other == "another key" else "sk-ant-fake")
    assert found["diagnostics"] == {"cache_miss_reason": {"type": "previous_message_not_found"}}


def test_a_request_without_marks_costs_no_look_at_memory() -> None:
    bill = {"input_tokens": 7}
    assert caching.spread(EMPTY, None, bill, "claude-sonnet-5", "key", 0.0) == (bill, (0, 0, 0), (), "", "")


def test_no_key_is_in_what_is_remembered() -> None:
    talk = Talk()
    talk.say(changed(diagnostics={"previous_message_id": None}), key="sk-ant-secret")
    assert "sk-ant-secret" not in str(talk.store.snapshot(""))
    assert {key[0] for key in talk.store.snapshot("")} >= {"cache", "diagnosis"}


def test_the_example_of_the_documentation_holds() -> None:
    page = (Path(__file__).parents[2] / "docs" / "caching.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 1
    exec(compile(examples[0], "docs/caching.md", "exec"), {})


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_request_is_diagnosed_anew_each_time(stream: bool) -> None:
    talk = Talk()
    body = changed(system="Short.", cache_control=None, stream=stream)
    first = talk.say({**body, "diagnostics": {"previous_message_id": None}})
    again = {**body, "diagnostics": {"previous_message_id": first["id"]}}
    assert talk.say(again)["diagnostics"] is None
    talk.now += caching.DIAGNOSIS_SECONDS
    assert talk.say(again)["diagnostics"] == {"cache_miss_reason": {"type": "previous_message_not_found"}}
