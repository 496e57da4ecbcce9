"""What a test reads of the requests that came, the same on all three ways."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.adapters.desk import ASKED, ask, told_tool


def test_calls_show_what_was_sent_and_answered(tester):
    tester.reply("Hi")
    ask(tester, "Hello", system="Be brief.", tools=[told_tool()])
    call = tester.calls[-1]
    assert call.messages[-1].text == call.text == "Hello"
    assert (call.model, call.system, call.tools, call.stream) == ("claude-opus-5", "Be brief.", ["get_weather"], False)
    assert (call.status, call.outcome, call.rule, call.answer_text) == (200, "completed", "rule#1", "Hi")
    assert call.headers["anthropic-version"]
    assert call.usage
    assert call.cost
    assert call.error is None


def test_calls_show_errors(tester):
    tester.fail(529)
    ask(tester, "Hello")
    call = tester.last_call
    assert call.error == {"type": "overloaded_error", "message": "Overloaded"}
    assert (call.status, call.answer, call.answer_text) == (529, None, "")


def test_calls_show_streams_put_together(tester):
    tester.reply("Hello there, this is a stream.")
    asked: Any = {**ASKED, "messages": [{"role": "user", "content": "x"}]}
    with tester.client() as client, client.messages.stream(**asked) as stream:
        text = stream.get_final_text()
    assert tester.last_call.answer_text == text
    assert tester.last_call.stream
    assert tester.last_call.outcome == "completed"


def test_calls_show_tool_results(tester):
    tester.script([{"tool_use": {"name": "get_weather", "input": {}}}, "Done."])
    with tester.client() as client:
        asked: list[Any] = [{"role": "user", "content": "x"}]
        message = client.messages.create(**ASKED, messages=asked, tools=[told_tool()])
        result = {"type": "tool_result", "tool_use_id": message.content[-1].id, "content": "18°C"}
        asked += [{"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
        client.messages.create(**ASKED, messages=asked, tools=[told_tool()])
    assert tester.calls[1].messages[-1].tool_results == [result]
    assert tester.calls[1].text == "x"


def test_calls_leave_out_what_is_no_message(tester):
    with tester.client() as client:
        client.models.list()
    ask(tester, "Hello")
    assert [call.text for call in tester.calls] == ["Hello"]
    assert [call.entry["path"].rpartition("/")[2] for call in tester.exchanges] == ["models", "messages"]


def test_calls_stand_one_in_a_line(tester):
    assert repr(tester.calls) == "<0 calls>"
    tester.reply("Hi")
    ask(tester, "Hello")
    number = tester.last_call.number
    lines = repr(tester.calls).splitlines()
    assert lines[0] == "<1 call>"
    assert re.fullmatch(rf"  <Call {number}: POST .*/v1/messages 200 'Hello'>", lines[1])


def test_there_is_no_last_call_before_the_first(tester):
    with pytest.raises(AssertionError, match="no request for a message has come"):
        _ = tester.last_call


def test_what_came_is_told(tester):
    tester.reply("Hi")
    for text in ("Hello", "Goodbye"):
        ask(tester, text)
    assert "Hello" in tester.tell()
    assert "Goodbye" in tester.tell(1)
    assert "asked     Hello" not in tester.tell(1)


def test_more_calls_than_a_page_has(tester):
    tester.reply("Hi")
    with tester.client() as client:
        for number in range(510):
            client.messages.create(**ASKED, messages=[{"role": "user", "content": str(number)}])
    assert [call.text for call in tester.calls] == [str(number) for number in range(510)]
