"""What a test says will be answered, the same on all three ways."""

from __future__ import annotations

import re

import anthropic
import pytest

from tests.adapters.desk import ASKED, ask, said, told_tool


def test_a_reply_answers_everything(tester):
    tester.reply("Hi")
    assert [ask(tester, "Hello"), ask(tester, "Anything")] == ["Hi", "Hi"]


def test_a_reply_leaves_what_a_rule_matches_to_the_rule(tester):
    tester.on("weather").reply("Sunny.")
    tester.reply("Hi")
    assert [ask(tester, "the weather?"), ask(tester, "Hello")] == ["Sunny.", "Hi"]


def test_the_last_word_counts(tester):
    tester.on("weather").reply("Sunny.")
    tester.on("weather").reply("Rainy.")
    assert ask(tester, "the weather?") == "Rainy."


def test_a_reply_has_parts(tester):
    tester.reply(json={"a": 1})
    assert ask(tester, "Hello") == '{"a": 1}'
    tester.reply("And", stop_reason="max_tokens")
    with tester.client() as client:
        message = client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
    assert (said(message), message.stop_reason) == ("And", "max_tokens")


def test_a_tool_is_called(tester):
    tester.on(text="weather").call_tool("get_weather", city="Paris")
    assert ask(tester, "the weather?", tools=[told_tool()]) == "get_weather {'city': 'Paris'}"


def test_a_tool_may_take_an_input_that_is_called_name(tester):
    tester.on("who").call_tool("find", name="Ada", times=2)
    tool = {"name": "find", "input_schema": {"type": "object"}}
    assert ask(tester, "who?", tools=[tool]) == "find {'name': 'Ada', 'times': 2}"


def test_conditions_go_together(tester):
    tester.on("weather", model="claude-opus-*").reply("Sunny.")
    tester.reply("Hi")
    assert ask(tester, "the weather?") == "Sunny."
    assert ask(tester, "the weather?", model="claude-haiku-4-5") == "Hi"


def test_a_match_may_be_given_as_a_rule_has_it(tester):
    tester.on({"any": ["snow", "rain"]}).reply("Wet.")
    tester.on({"not": "snow"}, text="sun").reply("Dry.")
    assert [ask(tester, "rain?"), ask(tester, "sun?"), ask(tester, "sun or snow?")] == ["Wet.", "Dry.", "Wet."]


def test_failures_come_before_anything_else_and_end(tester):
    tester.reply("Hi")
    tester.fail(529, times=2)
    assert [ask(tester, "Hello") for _ in range(3)] == ["529 overloaded_error"] * 2 + ["Hi"]


def test_failures_have_details(tester):
    tester.fail(429, retry_after=3, message="Slow down.")
    with tester.client(max_retries=0) as client, pytest.raises(anthropic.RateLimitError) as caught:
        client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
    assert caught.value.response.headers["retry-after"] == "3"
    assert "Slow down." in str(caught.value)


def test_a_failure_may_be_of_one_kind_of_request(tester):
    tester.reply("Hi")
    tester.on("weather").fail("api_error", times=1)
    assert [ask(tester, "weather"), ask(tester, "weather"), ask(tester, "x")] == ["500 api_error", "Hi", "Hi"]


def test_a_refusal_is_an_answer(tester):
    tester.on("bomb").refuse("No.", "cyber")
    with tester.client() as client:
        message = client.messages.create(**ASKED, messages=[{"role": "user", "content": "a bomb"}])
    assert message.stop_reason == "refusal"


def test_a_script_plays_turn_after_turn(tester):
    tester.script([{"tool_use": {"name": "get_weather", "input": {"city": "Rome"}}}, "Done."])
    assert ask(tester, "go", tools=[told_tool()]) == "get_weather {'city': 'Rome'}"
    assert ask(tester, "go on") == "Done."
    assert ask(tester, "and now?").startswith("400")


def test_a_script_of_some_requests(tester):
    tester.on("count").script(["one", "two"], at_end="repeat")
    assert [ask(tester, f"count {n}") for n in range(3)] == ["one", "two", "two"]


def test_rules_are_given_as_in_a_file(tester):
    tester.add([{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    tester.add("- {match: c, respond: C}\n- {match: d, respond: D}\n")
    assert [ask(tester, text) for text in ("a", "b", "c", "d")] == ["A", "B", "C", "D"]


def test_rules_without_a_name_never_take_anothers(tester):
    for text in ("a", "b", "c"):
        tester.add(f"- {{match: {text}, respond: {text.upper()}}}\n")
        tester.on(text * 2).reply("both")
    assert len({rule["name"] for rule in tester.rules}) == 6
    assert [ask(tester, text) for text in ("a", "b", "c")] == ["A", "B", "C"]


def test_a_rule_of_the_same_name_stands_in_for_the_first_and_begins_anew(tester):
    for _ in range(2):
        tester.on("x", name="mine", times=1).reply("once")
        assert [ask(tester, "x") == "once", ask(tester, "x") == "once"] == [True, False]
    assert [rule["name"] for rule in tester.rules] == ["mine"]


def test_a_rule_is_taken_back(tester):
    tester.reply("Hi")
    rule = tester.on("x").reply("X")
    assert ask(tester, "x") == "X"
    assert rule.used == 1
    rule.remove()
    assert ask(tester, "x") == "Hi"
    again = tester.fail(500, times=1)
    assert again != rule
    assert ask(tester, "x") == "500 api_error"


def test_rules_say_how_often_they_answered_and_who_added_them(tester):
    tester.reply("Hi")
    ask(tester, "x")
    (rule,) = tester.rules
    assert (rule["name"], rule["used"], rule["owner"], rule["priority"]) == ("rule#1", 1, "session", -10)
    assert re.fullmatch(r".*test_tester_rules\.py:\d+", rule["place"])
