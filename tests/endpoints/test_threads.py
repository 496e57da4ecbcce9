"""Message threads: what is held, who may continue it, and what a continued conversation costs."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi import assets
from fakeapi.endpoints import threads
from fakeapi.facts import catalogue
from fakeapi.memory.changes import Put
from fakeapi.model import Call, Caller, Message
from fakeapi.settings import Settings
from tests.endpoints.talking import LONG, Talk, counts

Body = dict[str, Any]

MARK = {"type": "ephemeral"}
TOOL = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {}},
}
CREATE: Body = {
    "model": "claude-opus-5-5",
    "max_tokens": 500,
    "system": "Be brief.",
    "thread": {"type": "create"},
    "messages": [{"role": "user", "content": "Tell me about bridges"}],
}


def going_on(previous: Any, text: str = "Go on", **members: Any) -> Body:
    """The next turn after an answer."""
    turn: Body = {name: CREATE[name] for name in ("model", "max_tokens")}
    thread = {"type": "continue", "previous_message_id": previous if isinstance(previous, str) else previous["id"]}
    return {**turn, "thread": thread, "messages": [{"role": "user", "content": text}], **members}


def code(error: Any) -> str:
    return str(error["details"]["error_code"])


@pytest.mark.parametrize("stream", [False, True])
def test_a_thread_says_and_costs_what_the_whole_conversation_does(stream: bool) -> None:
    threaded, sent = Talk(), Talk()
    whole = [*CREATE["messages"]]
    answer = threaded.say(CREATE)
    for turn in range(10):
        sent.say({**CREATE, "thread": None, "messages": whole})
        whole += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": f"Go on {turn}"}]
        answer = threaded.say(going_on(answer, f"Go on {turn}", stream=stream))
        expected = sent.say({**CREATE, "thread": None, "messages": whole, "stream": stream})
        sent.number -= 1
        assert counts(answer) == counts(expected)
        assert answer["content"] == expected["content"]


def test_a_threads_tools_are_held_and_its_calls_are_answered() -> None:
    talk = Talk()
    call = talk.say({**CREATE, "tools": [TOOL], "messages": [{"role": "user", "content": "Weather in Paris?"}]})
    assert call["stop_reason"] == "tool_use"
    use = next(block for block in call["content"] if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "Sunny"}
    done = talk.say(going_on(call, messages=[{"role": "user", "content": [result]}]))
    assert done["stop_reason"] == "end_turn"


def test_rules_hold_for_the_whole_conversation() -> None:
    talk = Talk()
    call = talk.say({**CREATE, "tools": [TOOL], "messages": [{"role": "user", "content": "Weather in Paris?"}]})
    error = talk.refused(going_on(call, "No result"))
    assert "`tool_use` ids were found without `tool_result` blocks" in error["message"]
    result = {"type": "tool_result", "tool_use_id": "toolu_else", "content": "Sunny"}
    error = talk.refused(going_on(call, messages=[{"role": "user", "content": [result]}]))
    assert "toolu_" in error["message"]


def test_a_refused_continuation_leaves_the_thread_as_it_was() -> None:
    talk = Talk()
    first = talk.say(CREATE)
    talk.refused(going_on(first, max_tokens=10**7))
    talk.say(going_on(first))


def test_an_unknown_thread_is_not_found() -> None:
    error = Talk().refused(going_on("msg_unknown"))
    assert (error["type"], code(error)) == ("not_found_error", "thread_not_found")


def test_a_thread_of_another_key_is_not_found() -> None:
    talk = Talk()
    first = talk.say(CREATE)
    assert code(talk.refused(going_on(first), key="sk-ant-other")) == "thread_not_found"


def test_an_answer_outside_threads_cannot_be_continued() -> None:
    talk = Talk()
    first = talk.say({**CREATE, "thread": None})
    assert code(talk.refused(going_on(first))) == "thread_not_found"


def test_each_answer_is_continued_once() -> None:
    talk = Talk()
    first = talk.say(CREATE)
    second = talk.say(going_on(first))
    error = talk.refused(going_on(first))
    assert (error["type"], code(error)) == ("invalid_request_error", "thread_already_continued")
    talk.say(going_on(second))


def test_a_thread_is_continued_by_one_request_at_a_time() -> None:
    talk = Talk()
    first = talk.say(CREATE)
    running = talk.begin(going_on(first, stream=True))
    assert code(talk.refused(going_on(first))) == "thread_continue_in_flight"
    talk.end(running)
    assert code(talk.refused(going_on(first))) == "thread_already_continued"


@pytest.mark.parametrize("outcome", ["cut", "client left"])
def test_an_answer_that_breaks_off_is_not_held_and_the_one_before_it_still_is(outcome: str) -> None:
    talk = Talk()
    first = talk.say(CREATE)
    broken = talk.begin(going_on(first))
    talk.end(broken, outcome)
    talk.say(going_on(first))
    created = talk.begin(CREATE)
    talk.end(created, outcome)
    assert talk.last is created


def test_a_created_thread_that_breaks_off_is_not_held() -> None:
    talk = Talk()
    broken = talk.begin(CREATE)
    talk.end(broken, "cut")
    assert not [key for key in talk.store.snapshot("") if key[0] == "thread"]


DIFFERENCES: dict[str, dict[str, Any]] = {
    "model": {"model": "claude-sonnet-5-5"},
    "output_config": {"output_config": {"effort": "low"}},
    "thinking": {"thinking": {"type": "adaptive", "display": "summarized"}},
}


@pytest.mark.parametrize(("name", "members"), DIFFERENCES.items(), ids=DIFFERENCES)
def test_what_must_stay_the_same_is_named_where_it_differs(name: str, members: Body) -> None:
    talk = Talk()
    first = talk.say(CREATE)
    error = talk.refused(going_on(first, **members))
    assert code(error) == "thread_fingerprint_mismatch"
    assert f"differing field(s): {name}." in error["message"]
    talk.say(going_on(first))


def test_everything_that_differs_is_named() -> None:
    talk = Talk()
    first = talk.say(CREATE)
    error = talk.refused(going_on(first, **DIFFERENCES["model"], **DIFFERENCES["output_config"]))
    assert "differing field(s): model, output_config." in error["message"]


def test_what_belongs_to_a_turn_may_differ() -> None:
    talk = Talk()
    first = talk.say({**CREATE, "tools": [TOOL], "tool_choice": {"type": "none"}})
    talk.say(going_on(first, max_tokens=7, stop_sequences=["bridge"], metadata={"user_id": "u"}, stream=True))


@pytest.mark.parametrize(("name", "value"), [("system", "Be brief."), ("tools", [TOOL])])
def test_what_the_thread_holds_is_not_sent_again(name: str, value: Any) -> None:
    talk = Talk()
    first = talk.say(CREATE)
    assert talk.refused(going_on(first, **{name: value}))["message"].startswith(f"{name}: cannot be sent when")


@pytest.mark.parametrize("thread", [{"type": "create"}, {"type": "continue"}])
def test_what_does_not_go_with_threads_is_named(thread: Body) -> None:
    talk = Talk()
    first = talk.say(CREATE)
    if thread["type"] == "continue":
        thread = {**thread, "previous_message_id": first["id"]}
    edits = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    error = talk.refused({**going_on(first), **edits, "thread": thread})
    assert code(error) == "thread_unsupported_request"
    assert error["details"]["unsupported"] == ["context_management"]


def test_a_thread_is_over_when_it_was_not_used_for_long_enough() -> None:
    talk = Talk(Settings(thread_ttl=300))
    answer = talk.say(CREATE)
    for _ in range(3):
        talk.now += 299
        answer = talk.say(going_on(answer))
    talk.now += 300
    assert code(talk.refused(going_on(answer))) == "thread_not_found"


def test_a_refusal_is_not_held() -> None:
    talk = Talk()
    asked = assets.read_json("fixtures/examples/refusal_test_string.json")["messages"]
    refused = talk.say({**CREATE, "messages": asked})
    assert refused["stop_reason"] == "refusal"
    assert code(talk.refused(going_on(refused))) == "thread_not_found"


@pytest.mark.parametrize(
    "changed",
    [
        {"stop_reason": "refusal"},
        {"model": "claude-opus-5"},
        {"usage": {"iterations": [{"type": "message"}, {"type": "fallback_message"}]}},
    ],
    ids=["refusal", "another model", "fallback"],
)
def test_what_is_not_held_leaves_the_answer_before_it_to_be_continued(changed: Body) -> None:
    talk = Talk()
    first, sent = talk.say(CREATE), going_on("")
    sent["thread"]["previous_message_id"] = first["id"]
    view, model = talk.store.view("", talk.now), catalogue.resolve(CREATE["model"])
    assert model is not None
    call = threads.resume(view, Call(sent, model, Caller("sk-ant-fake", "2023-06-01")), "sk-ant-fake")
    said = Message("msg_1", model.id, (), "end_turn", None, None, {}, {})._replace(**changed)
    found = threads.remember(view, sent, call, said, "sk-ant-fake", talk.now, 300)
    assert found.when_completed == found.when_broken
    assert [put.value.state for put in (*found.changes, *found.when_completed) if isinstance(put, Put)] == [
        "busy",
        "free",
    ]


def test_the_prompt_cache_counts_the_whole_conversation() -> None:
    talk = Talk()
    first = talk.say({**CREATE, "system": LONG, "cache_control": MARK})
    second = talk.say(going_on(first, cache_control=MARK))
    assert counts(second)[0] == counts(first)[1] > 4000
    third = talk.say(going_on(second, cache_control=MARK))
    assert counts(third)[0] == counts(second)[0] + counts(second)[1]


def test_the_marks_of_earlier_turns_do_not_use_up_the_four() -> None:
    talk = Talk()

    def marked(text: str) -> list[Body]:
        return [{"role": "user", "content": [{"type": "text", "text": text, "cache_control": MARK}]}]

    answer = talk.say({**CREATE, "messages": marked("Hello")})
    for turn in range(6):
        answer = talk.say(going_on(answer, messages=marked(f"Turn {turn}")))


def test_a_turn_may_bring_no_message() -> None:
    talk = Talk()
    body = {**CREATE, "model": "claude-haiku-4-5", "max_tokens": 5}
    first = talk.say(body)
    more = talk.say({**going_on(first, model="claude-haiku-4-5"), "messages": []})
    assert more["stop_reason"] in ("end_turn", "max_tokens")


@pytest.mark.parametrize("mode", ["warn", "shape", "off"])
def test_in_the_lenient_modes_threads_are_held_too(mode: str) -> None:
    talk = Talk(Settings(contract=mode))
    first = talk.say({**CREATE, "verbose": True} if mode != "shape" else CREATE)
    second = talk.say(going_on(first, system="Else", output_config={"effort": "low"}))
    assert counts(second)[2] > counts(first)[2]
    assert code(talk.refused(going_on(first))) == "thread_already_continued"


def test_of_a_continued_answer_only_the_fact_is_held() -> None:
    talk = Talk()
    answer = talk.say({**CREATE, "system": LONG})
    before = talk.store.weight("thread")
    for _ in range(5):
        answer = talk.say(going_on(answer))
    count, weight = talk.store.weight("thread")
    assert (before[0], count) == (1, 6)
    assert weight < before[1] + 10_000


def test_the_weight_of_a_thread_is_that_of_its_json() -> None:
    talk = Talk()
    talk.say({**CREATE, "system": LONG})
    assert len(LONG) < talk.store.weight("thread")[1] < len(LONG) + 2000
