"""The four contract modes: strict refuses, warn tells, shape checks shapes, off takes any object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakeapi.settings import Settings
from tests.street import BASIC, DOOR, ask, header, json, message, refusal
from tests.test_door_fuzz import mutated, values, well_formed

WARN, SHAPE, OFF = (Settings(contract=mode) for mode in ("warn", "shape", "off"))
CURRENT: dict[str, Any] = {**BASIC, "model": "claude-haiku-4-5"}

FAULTY: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong type": ({**CURRENT, "max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
    "an unknown field": ({**CURRENT, "verbose": True}, "verbose: Extra inputs are not permitted"),
    "a missing field": ({"model": "claude-haiku-4-5", "messages": BASIC["messages"]}, "max_tokens: Field required"),
    "no messages": ({**CURRENT, "messages": []}, "messages: at least one message is required"),
    "an unknown model": ({**CURRENT, "model": "gpt-4"}, "model: gpt-4"),
    "a lone tool result": (
        {
            **CURRENT,
            "messages": [
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]}
            ],
        },
        "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
}


@pytest.mark.parametrize(("body", "sentence"), FAULTY.values(), ids=FAULTY)
def test_strict_refuses_and_warn_answers_with_the_same_sentence(body, sentence):
    assert sentence in refusal(body)[2]
    answer = ask(body, settings=WARN)
    assert answer.reply.status == 200
    assert json(answer)["type"] == "message"
    assert sentence in (header(answer, "fakeapi-warning") or "")
    assert sentence in answer.exchange.warning


@pytest.mark.parametrize(("body", "sentence"), FAULTY.values(), ids=FAULTY)
def test_off_answers_and_says_nothing(body, sentence):
    answer = ask(body, settings=OFF)
    assert answer.reply.status == 200
    assert header(answer, "fakeapi-warning") is None


@pytest.mark.parametrize("name", ["a wrong type", "a missing field"])
def test_shape_refuses_wrong_types_and_missing_fields(name):
    body, sentence = FAULTY[name]
    assert refusal(body, settings=SHAPE)[2] == sentence


@pytest.mark.parametrize("name", ["an unknown model", "a lone tool result"])
def test_shape_takes_any_model_and_any_meaning(name):
    assert ask(FAULTY[name][0], settings=SHAPE).reply.status == 200


def test_what_can_be_read_of_a_faulty_body_is_answered():
    body = {**CURRENT, "temperature": "hot", "messages": [{"role": "user", "content": "Hello, Claude"}, {"role": 7}]}
    assert message(body, settings=OFF)["content"] == [{"type": "text", "text": "Hello!"}]


def test_an_unknown_model_is_echoed():
    assert message({**CURRENT, "model": "gpt-4"}, settings=OFF)["model"] == "gpt-4"


@pytest.mark.parametrize("settings", [SHAPE, OFF], ids=["shape", "off"])
def test_shape_and_off_take_any_beta(settings):
    assert ask(CURRENT, (*DOOR, ("anthropic-beta", "string")), settings=settings).reply.status == 200


def test_warn_tells_of_an_unknown_beta_and_version():
    headers = (("x-api-key", "k"), ("anthropic-version", "2020-01-01"), ("anthropic-beta", "string"))
    answer = ask(CURRENT, headers, settings=WARN)
    assert answer.reply.status == 200
    assert '"2020-01-01" is not a valid version' in answer.exchange.warning
    assert "Unexpected value(s) `string`" in answer.exchange.warning


@pytest.mark.parametrize("settings", [WARN, SHAPE, OFF], ids=["warn", "shape", "off"])
def test_a_key_is_needed_and_json_too_in_every_mode(settings):
    assert refusal(CURRENT, headers=DOOR[1:], settings=settings)[0] == 401
    assert refusal(b"{", settings=settings)[0] == 400
    assert refusal([], settings=settings)[0] == 400


def test_a_retired_model_answers_with_a_warning():
    answer = ask(BASIC)
    assert answer.reply.status == 200
    assert "retired on 2026-08-05" in (header(answer, "fakeapi-warning") or "")


def test_only_current_models_answer_where_that_is_asked_for():
    current = Settings(models="current")
    assert refusal(BASIC, settings=current) == (404, "not_found_error", "model: claude-opus-4-1-20250805")
    assert ask(CURRENT, settings=current).reply.status == 200


def test_a_living_model_has_no_warning():
    assert header(ask(CURRENT), "fakeapi-warning") is None


@pytest.mark.parametrize("mode", ["warn", "shape", "off"])
def test_any_body_is_answered_or_refused_in_every_mode(mode):
    @hypothesis_settings(
        max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    @given(mutated() | st.dictionaries(st.sampled_from([*BASIC, "system", "tools", "stream"]), values), st.booleans())
    def holds(body, count):
        path = "/v1/messages/count_tokens" if count else "/v1/messages"
        answer = ask(body, settings=Settings(contract=mode), path=path)
        well_formed(answer)
        assert mode == "shape" or answer.reply.status == 200

    holds()
