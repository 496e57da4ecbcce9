"""POST /v1/messages/count_tokens says what usage says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.street import BASIC, ask, header, json, message, refusal

TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
BODIES: dict[str, dict[str, Any]] = {
    "documented": BASIC,
    "another model": {**BASIC, "model": "claude-haiku-4-5"},
    "a system prompt": {**BASIC, "system": "You are a poet."},
    "tools": {**BASIC, "tools": [TOOL]},
    "a forced tool": {**BASIC, "tools": [TOOL], "tool_choice": {"type": "any"}},
    "several turns": {**BASIC, "messages": [*BASIC["messages"], {"role": "assistant", "content": "Hi"}]},
}


def counted(body: dict[str, Any]) -> int:
    answer = ask({key: value for key, value in body.items() if key != "max_tokens"}, path="/v1/messages/count_tokens")
    assert answer.reply.status == 200, json(answer)
    return int(json(answer)["input_tokens"])


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_count_equals_the_input_of_the_usage(body):
    assert counted(body) == message(body)["usage"]["input_tokens"]


@pytest.mark.parametrize("limit", [1, 10, 1000])
def test_it_does_so_whatever_the_limit(limit):
    assert counted(BASIC) == message({**BASIC, "max_tokens": limit})["usage"]["input_tokens"]


def test_a_count_has_no_rate_limit_headers():
    answer = ask({key: BASIC[key] for key in ("model", "messages")}, path="/v1/messages/count_tokens")
    assert header(answer, "anthropic-ratelimit-requests-limit") is None
    assert header(answer, "anthropic-workspace-id")


@pytest.mark.parametrize(("field", "value"), [("max_tokens", 10), ("stream", True), ("metadata", {"user_id": "x"})])
def test_what_only_a_message_takes_is_refused(field, value):
    body = {"model": BASIC["model"], "messages": BASIC["messages"], field: value}
    assert refusal(body, path="/v1/messages/count_tokens")[2] == f"{field}: Extra inputs are not permitted"


def test_an_unknown_model_is_404():
    body = {"model": "claude-does-not-exist", "messages": BASIC["messages"]}
    assert refusal(body, path="/v1/messages/count_tokens") == (404, "not_found_error", "model: claude-does-not-exist")
