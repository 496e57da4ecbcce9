"""Answers of rules on the whole walk: errors, faults and pace, warnings, limits, thinking that comes back."""

from __future__ import annotations

from json import dumps
from typing import Any

import orjson
import pytest

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.endpoints import ruling
from fakeapi.endpoints.asking import dressed
from fakeapi.engine import Answer
from fakeapi.rules.loading.document import load_values
from fakeapi.settings import Settings
from fakeapi.wire import Cut, Request, Wait, joined
from tests import street
from tests.grammar import frames
from tests.replies.occasions import WEATHER

HELLO: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hello"}],
}


def asked(
    respond: Any, body: dict[str, Any] = HELLO, *headers: tuple[str, str], settings: Settings = Settings()
) -> Answer:
    """The answer to a request, given by a rule that answers them all."""
    rules = load_values({"match": {}, "respond": respond}, "here", ruling.known())
    assert not rules.problems, [str(problem) for problem in rules.problems]
    house = engine.furnish(street.house(settings), settings, rules.rules)
    request = Request("POST", "/v1/messages", "", joined((*street.DOOR, *headers)), dumps(body).encode())
    answer = engine.handle(house, request, Chance(settings.seed, 1, street.NOW))
    answer = answer._replace(reply=answer.reply._replace(effects=tuple(answer.reply.effects)))
    street.check_answer(answer)
    return answer


def message(respond: Any, **body: Any) -> Any:
    answer = asked(respond, {**HELLO, **body})
    assert answer.reply.status == 200, street.sent(answer)
    return street.json(answer)


def streamed(**more: Any) -> dict[str, Any]:
    return {**HELLO, "stream": True, **more}


# Errors


@pytest.mark.parametrize(
    ("error", "status", "kind", "sentence"),
    [
        (529, 529, "overloaded_error", "Overloaded"),
        ("overloaded_error", 529, "overloaded_error", "Overloaded"),
        ("rate_limit_error", 429, "rate_limit_error", "This request would exceed your organization's rate limit"),
        ({"status": 500}, 500, "api_error", "Internal server error"),
        ({"status": 503, "message": "Back soon."}, 503, "api_error", "Back soon."),
        (
            {"status": 400, "type": "conflict_error", "message": "Odd; very, odd=1"},
            400,
            "conflict_error",
            "Odd; very, odd=1",
        ),
        ({"type": "timeout_error"}, 504, "timeout_error", "Request timeout"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_an_error_of_a_rule_has_the_status_type_and_sentence_of_the_api(error, status, kind, sentence, stream):
    answer = asked({"error": error}, {**HELLO, "stream": stream})
    told = street.json(answer)["error"]
    assert (answer.reply.status, told["type"]) == (status, kind)
    assert told["message"].startswith(sentence)
    assert answer.exchange.rule == "rule#1"


def test_a_429_of_a_rule_says_when_to_try_again_and_which_limit_is_exhausted():
    answer = asked({"error": 429})
    assert street.header(answer, "retry-after") == "1"
    assert street.header(answer, "anthropic-ratelimit-requests-remaining") == "0"
    assert street.header(asked({"error": {"status": 429, "retry_after": 7}}), "retry-after") == "7"


def test_headers_of_an_error_take_the_place_of_its_own_or_stand_beside_them():
    headers = {"Retry-After-Ms": "3", "X-Team": "blue", "request-id": "req_mine", "x-should-retry": "false"}
    answer = asked({"error": {"status": 529, "headers": headers, "error_code": "busy"}})
    names = [name.decode().lower() for name, _ in answer.reply.headers]
    for name, value in headers.items():
        assert street.header(answer, name.lower()) == value
        assert names.count(name.lower()) == 1
    assert street.json(answer)["error"]["details"] == {"error_code": "busy"}


def test_a_date_as_retry_after_is_sent_as_it_stands():
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    assert street.header(asked({"error": {"status": 503, "headers": {"retry-after": date}}}), "retry-after") == date


def test_headers_are_put_on_whatever_their_case():
    lines = ((b"Server", b"a"), (b"x-b", b"b"))
    assert dressed(lines, ((b"server", b"c"),)) == ((b"x-b", b"b"), (b"server", b"c"))


# Faults and pace


def test_a_fault_of_a_rule_breaks_what_the_rule_says():
    answer = asked({"text": "Once upon a time there was a server.", "fault": "cut=5"}, streamed())
    assert isinstance(list(answer.reply.effects)[-1], Cut)
    assert b"Once" in street.sent(answer)
    assert answer.exchange.source == "rule:rule#1 + cut"


def test_a_fault_of_a_rule_breaks_the_usual_answer_where_the_rule_says_nothing():
    answer = asked({"fault": "no-stop"}, {**street.BASIC, "stream": True})
    assert b"message_stop" not in street.sent(answer)
    assert b"Hello!" in street.sent(answer)


def test_faults_of_request_and_rule_are_joined():
    answer = asked({"text": "a", "fault": "no-ping"}, streamed(), ("x-fakeapi-fault", "no-stop"))
    assert b"event: ping" not in street.sent(answer)
    assert b"message_stop" not in street.sent(answer)


def test_the_error_that_a_request_asks_for_goes_before_that_of_the_rule():
    assert asked({"error": 500}, HELLO, ("x-fakeapi-fault", "529")).reply.status == 529


def test_what_a_rule_asks_for_holds_on_a_locked_server():
    locked = Settings(locked="on")
    assert asked({"error": 529}, HELLO, settings=locked).reply.status == 529
    assert asked("a", HELLO, ("x-fakeapi-fault", "529"), settings=locked).reply.status == 200


def test_a_pace_of_a_rule_holds_for_its_answer():
    answer = asked({"text": "One two three four five six.", "pace": "ttft=3"}, streamed())
    assert sum(effect.seconds for effect in answer.reply.effects if isinstance(effect, Wait)) == pytest.approx(3)


def test_the_pace_that_a_request_asks_for_goes_before_that_of_the_rule():
    answer = asked({"text": "One two.", "pace": "ttft=3"}, streamed(), ("x-fakeapi-pace", "ttft=1"))
    assert sum(effect.seconds for effect in answer.reply.effects if isinstance(effect, Wait)) == pytest.approx(1)


# What is said


def test_json_and_stream_of_a_rule_say_the_same():
    respond = {"text": "Let me look.", "tool_use": {"name": "get_weather", "input": {"city": "Rome"}, "partial": True}}
    whole = message(respond, tools=[WEATHER])
    events = [data for _, data in frames(street.sent(asked(respond, streamed(tools=[WEATHER]))).decode())]
    joined_input = "".join(
        event["delta"]["partial_json"]
        for event in map(orjson.loads, events)
        if event.get("delta", {}).get("type") == "input_json_delta"
    )
    assert orjson.loads(joined_input) == whole["content"][1]["input"]
    assert whole["stop_reason"] == "tool_use"


def test_ids_are_new_and_results_go_on_pointing_at_their_calls():
    content = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"tool_use": ["get_weather", "get_weather"]},
    ]
    search, result, first, second = message({"content": content}, tools=[WEATHER])["content"]
    assert search["id"].startswith("srvtoolu_01")
    assert result["tool_use_id"] == search["id"]
    assert first["id"].startswith("toolu_01")
    assert first["id"] != second["id"]


def test_max_tokens_cut_the_json_of_a_rule_s_call_in_the_stream_too():
    respond = {"tool_use": {"name": "get_weather", "input": {"city": "Rome " * 40}}}
    whole = message(respond, tools=[WEATHER], max_tokens=50)
    assert (whole["stop_reason"], whole["usage"]["output_tokens"]) == ("max_tokens", 50)
    sent = street.sent(asked(respond, streamed(tools=[WEATHER], max_tokens=50))).decode()
    parts = [orjson.loads(data) for _, data in frames(sent)]
    written = "".join(part["delta"]["partial_json"] for part in parts if "partial_json" in part.get("delta", {}))
    assert written.startswith('{"city": "Rome Rome')
    assert not written.endswith("}")


def test_usage_of_a_rule_replaces_what_was_counted():
    usage = message({"text": "a", "usage": {"input_tokens": 7, "cache_read_input_tokens": 3}})["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (7, 3)
    assert usage["output_tokens"] > 0


def test_what_the_request_can_not_get_comes_with_a_warning_in_a_header():
    answer = asked({"tool_use": {"name": "fly", "input": {}}})
    warning = street.header(answer, "fakeapi-warning") or ""
    assert warning.startswith("here")
    assert "calls the tool 'fly', which the request doesn't offer" in warning
    assert answer.exchange.warning == warning


def test_a_template_that_can_not_be_filled_is_a_refusal_and_never_a_bug():
    status, kind, told = _refusal(asked({"template": "{{ groups.name }}"}))
    assert (status, kind) == (400, "invalid_request_error")
    assert "the template can't be filled: there is no 'name' here" in told


def _refusal(answer: Answer) -> tuple[int, str, str]:
    error = street.json(answer)["error"]
    return answer.reply.status, error["type"], error["message"]


# Thinking that comes back


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 1024}),
        ("claude-opus-4-8", {"type": "adaptive", "display": "summarized"}),
        ("claude-opus-5-5", {"type": "adaptive"}),
        ("claude-fable-5-2", {"type": "adaptive", "display": "summarized"}),
    ],
)
def test_thinking_of_a_rule_is_taken_back_and_refused_where_it_was_changed(model, thinking):
    body = {**HELLO, "model": model, "max_tokens": 4096, "thinking": thinking, "tools": [WEATHER]}
    content = [{"thinking": "First."}, {"thinking": "Then."}, {"tool_use": "get_weather"}]
    said = street.json(asked({"content": content}, body))["content"]
    assert [block["type"] for block in said] == ["thinking", "thinking", "tool_use"]

    def back(blocks: list[Any]) -> Answer:
        result = {"type": "tool_result", "tool_use_id": said[-1]["id"], "content": "18°C"}
        turns = [{"role": "assistant", "content": blocks}, {"role": "user", "content": [result]}]
        return asked("Done.", {**body, "messages": [*HELLO["messages"], *turns]})

    assert back(said).reply.status == 200
    forged = [{**said[0], "thinking": "Another one.", "signature": said[0]["signature"][:-8] + "AAAAAAA="}, *said[1:]]
    assert back(forged).reply.status == 400
