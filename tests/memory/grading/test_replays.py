"""What of an answer has to come back: thinking, signatures, tool results."""

from __future__ import annotations

import pytest

from fakeapi.model import Json
from tests.memory.diary import STREAM, Diary, assistant, body, call, plain, result, streamed, text, thinking, user
from tests.memory.grading.judging import names, verdicts

THINKS: Json = {
    "thinking": {"type": "adaptive"},
    "tools": [{"name": "get_weather", "input_schema": {"type": "object"}}],
}
HIDDEN = {"type": "redacted_thinking", "data": "b3BhcXVl"}


def after(
    *answer: Json, then: list[Json], asks: Json = THINKS, goes_on: Json = THINKS, stop_reason: str = "tool_use"
) -> Diary:
    """A tool's turn, and a request that goes on with these messages."""
    diary = Diary()
    diary.ask(body(user("Weather?"), **asks), plain(*answer, stop_reason=stop_reason))
    diary.ask(body(user("Weather?"), *then, **goes_on))
    return diary


def test_thinking_that_comes_back_is_fine():
    turn = [thinking(), text("Let me see"), call("toolu_1")]
    assert names(after(*turn, then=[assistant(turn), user([result("toolu_1")])])) == []


@pytest.mark.parametrize("thought", [thinking(), HIDDEN])
def test_thinking_that_was_left_out_is_reported(thought):
    diary = after(thought, call("toolu_1"), then=[assistant([call("toolu_1")]), user([result("toolu_1")])])
    (verdict,) = verdicts(diary)
    assert (verdict.name, verdict.severity, verdict.evidence) == ("thinking_not_sent_back", "failure", (1, 2))
    assert "(1 block)" in verdict.sentence


@pytest.mark.parametrize("signature", ["", "b3RoZXI="])
def test_thinking_without_its_signature_is_reported(signature):
    turn = [thinking(signature), call("toolu_1")]
    diary = after(thinking(), call("toolu_1"), then=[assistant(turn), user([result("toolu_1")])])
    assert names(diary) == ["signature_not_sent_back"]


def test_a_streamed_signature_is_known_too():
    turn = [thinking("bG9uZ2Vy"), call("toolu_1")]
    diary = Diary()
    diary.ask(body(user("Weather?"), **THINKS), streamed(*turn, stop_reason="tool_use"), lines=STREAM)
    diary.ask(body(user("Weather?"), assistant(turn), user([result("toolu_1")]), **THINKS))
    assert names(diary) == []


def test_a_turn_that_was_split_into_several_messages_is_one():
    then = [assistant([thinking()]), assistant([call("toolu_1")]), user([result("toolu_1")])]
    assert names(after(thinking(), call("toolu_1"), then=then)) == []


def test_thinking_may_go_once_the_tools_are_done():
    diary = after(thinking(), text("Sunny"), then=[assistant("Sunny"), user("Thanks")], stop_reason="end_turn")
    assert names(diary) == []


def test_thinking_may_go_in_later_turns():
    turn = [thinking(), call("toolu_1")]
    diary = after(*turn, then=[assistant(turn), user([result("toolu_1")])])
    loop = [assistant([call("toolu_1")]), user([result("toolu_1")])]
    diary.ask(body(user("Weather?"), *loop, assistant("Hi"), user("And now?"), **THINKS))
    assert names(diary) == []


@pytest.mark.parametrize("goes_on", [{"thinking": {"type": "disabled"}}, {}, {**THINKS, "model": "claude-opus-4-7"}])
def test_thinking_may_go_where_the_next_request_does_not_think_or_asks_another_model(goes_on):
    then = [assistant([call("toolu_1")]), user([result("toolu_1")])]
    assert names(after(thinking(), call("toolu_1"), then=then, goes_on=goes_on)) == []


def test_models_that_think_unasked_want_their_thinking_back():
    then = [assistant([call("toolu_1")]), user([result("toolu_1")])]
    own = {"model": "claude-opus-5-5"}
    assert names(after(thinking(), call("toolu_1"), then=then, asks=own, goes_on=own)) == ["thinking_not_sent_back"]


def test_a_result_that_never_comes_is_reported():
    then = [assistant([call("toolu_1"), call("toolu_2")]), user([result("toolu_1")])]
    (verdict,) = verdicts(after(call("toolu_1"), call("toolu_2"), then=then))
    assert (verdict.name, verdict.evidence) == ("tool_result_missing", (1, 2))
    assert verdict.sentence == "went on without the result of toolu_2"


def test_a_result_after_other_messages_is_late():
    then = [assistant([call("toolu_1")]), user("Wait"), assistant("OK"), user([result("toolu_1")])]
    (verdict,) = verdicts(after(call("toolu_1"), then=then))
    assert (verdict.name, verdict.sentence) == (
        "tool_result_late",
        "sent the result of toolu_1 later than right after the call",
    )


def test_a_result_behind_a_text_is_late():
    then = [assistant([call("toolu_1")]), user([text("Here:"), result("toolu_1")])]
    assert names(after(call("toolu_1"), then=then)) == ["tool_result_late"]


def test_a_result_that_comes_with_the_request_after_is_late():
    diary = after(call("toolu_1"), then=[assistant([call("toolu_1")]), user("Well?")])
    diary.ask(body(user("Weather?"), assistant([call("toolu_1")]), user([result("toolu_1")])))
    assert names(diary) == ["tool_result_late"]


@pytest.mark.parametrize(
    "then",
    [
        [assistant([call("toolu_1")]), user([result("toolu_1"), text("and?")])],
        [assistant([call("toolu_1")]), user([result("toolu_1")]), user("and?")],
        [assistant([text("Let me"), call("toolu_1")]), user([{**result("toolu_1"), "is_error": True}])],
        [assistant("Let me see what the tool says"), user("Never mind")],
    ],
)
def test_results_in_their_place_and_calls_that_were_taken_out_are_fine(then):
    assert names(after(call("toolu_1"), then=then)) == []


def test_a_call_that_was_all_the_client_wanted_needs_no_result():
    """Structured output by a forced tool: the call is the answer, and nothing follows."""
    diary = Diary()
    for number in range(3):
        diary.ask(body(user(f"Extract {number}")), plain(call(f"toolu_{number}"), stop_reason="tool_use"))
    assert names(diary) == []


def test_the_tools_of_the_server_need_no_result():
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    assert names(after(use, text("x"), then=[assistant([use, text("x")]), user("Thanks")])) == []


def test_a_thread_that_is_continued_needs_the_results_alone():
    diary = Diary()
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    diary.ask(body(user("Weather?")), plain(call("toolu_1"), call("toolu_2"), stop_reason="tool_use"))
    diary.ask(body(user([result("toolu_1"), result("toolu_2")]), thread=thread))
    assert names(diary) == []
    diary.ask(body(user("Weather!")), plain(call("toolu_3"), stop_reason="tool_use", id="msg_2"))
    diary.ask(body(user("Never mind"), thread={**thread, "previous_message_id": "msg_2"}))
    assert names(diary) == ["tool_result_missing"]


def test_a_refused_request_that_lacked_a_result_is_reported_too():
    diary = Diary()
    diary.ask(body(user("Weather?")), plain(call("toolu_1"), stop_reason="tool_use"))
    diary.fail(body(user("Weather?"), assistant([call("toolu_1")]), user("Well?")), 400)
    assert names(diary) == ["tool_result_missing"]


@pytest.mark.parametrize(
    "messages",
    [None, 7, "x", [1], [{"role": "assistant"}], [{"role": "user", "content": [1]}], [{"content": {"type": 1}}]],
)
def test_messages_of_any_shape_are_no_reason_to_stumble(messages):
    diary = Diary()
    for _ in range(2):
        diary.ask({"model": "claude-opus-4-8", "messages": messages}, plain(call("toolu_1")))
    assert names(diary) == []
