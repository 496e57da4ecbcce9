"""Which tools are called: forced, asked for, waited for; how often, and what is said once they have answered."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.facts import catalogue, schemas
from fakeapi.model import Call, Caller
from fakeapi.replies import asking
from fakeapi.replies.choosing import choose, tool_calls
from fakeapi.replies.results import about_results
from fakeapi.replies.turns import last_turn
from tests.corpus_rows import rows

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Get the weather for a city", "input_schema": CITY}
CLOCK = {"name": "get_time", "description": "Get the time in a city", "input_schema": CITY}
PERSON = {"name": "Person", "description": "A person.", "input_schema": {"type": "object", "properties": {"name": {}}}}
FINAL = {**PERSON, "name": "final_result", "description": "The final response which ends this conversation"}
ROWS = rows("asking.jsonl")
OFFERED = {row["tools"]: row["offered"] for row in ROWS if "offered" in row}
CASES = [row for row in ROWS if "said" in row]


def call(*messages: Any, model: str = "claude-sonnet-4-5", **more: Any) -> Call:
    """A call; a string is a message of the user, a list its content, an object a message as it is."""
    found = catalogue.resolve(model)
    assert found is not None
    made = [message if isinstance(message, dict) else {"role": "user", "content": message} for message in messages]
    body = {"model": model, "max_tokens": 100, "messages": made, "tools": [WEATHER, CLOCK], **more}
    return Call(body, found, Caller("key", "2023-06-01"))


def named(asked: Call, mode: str = "auto") -> list[str]:
    return [choice.tool["name"] for choice in choose(asked, mode)]


def used(*names: str) -> dict[str, Any]:
    """The assistant's calls of tools."""
    blocks = [{"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}} for name in names]
    return {"role": "assistant", "content": blocks}


def returned(name: str, content: Any = "Sunny, 22 degrees", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"toolu_{name}", "content": content, **more}


@pytest.mark.parametrize("case", CASES, ids=[case["said"][:50] for case in CASES])
def test_a_text_asks_for_tools_or_for_none(case: dict[str, Any]) -> None:
    found = asking.asked_for(case["said"], OFFERED[case["tools"]])
    assert [tool["name"] for tool in found] == case["calls"]


def test_a_tool_that_is_asked_for_is_called_with_what_the_user_said() -> None:
    draft = tool_calls(call("What's the weather in Paris?"), "seed")
    assert draft is not None
    assert draft.stop_reason == "tool_use"
    (block,) = draft.content
    assert {**block, "id": ""} == {
        "type": "tool_use", "id": "", "name": "get_weather", "input": {"city": "Paris"}, "caller": {"type": "direct"},
    }  # fmt: skip


def test_no_tool_is_called_unless_asked_for() -> None:
    assert tool_calls(call("Hello!")) is None
    assert named(call("What's the weather?", tools=[])) == []


def test_none_calls_nothing_and_never_calls_nothing_of_its_own_accord() -> None:
    assert named(call("Use get_weather", tool_choice={"type": "none"})) == []
    assert named(call("Use get_weather"), "never") == []


@pytest.mark.parametrize("mode", ["auto", "never", "each-once"])
def test_a_forced_tool_is_called_in_every_mode(mode: str) -> None:
    assert named(call("Hello!", tool_choice={"type": "tool", "name": "get_time"}), mode) == ["get_time"]
    assert len(named(call("Hello!", tool_choice={"type": "any"}), mode)) == 1


def test_any_prefers_the_tool_that_is_asked_for() -> None:
    assert named(call("What time is it in Rome?", tool_choice={"type": "any"})) == ["get_time"]


def test_a_forced_tool_need_not_be_loaded_or_listed() -> None:
    deferred = {**CLOCK, "defer_loading": True}
    forced = {"type": "tool", "name": "get_time"}
    assert named(call("Hello!", tools=[WEATHER, deferred], tool_choice=forced)) == ["get_time"]
    draft = tool_calls(call("Hello!", tools=[], tool_choice=forced))
    assert draft is not None
    assert draft.content[0]["input"] == {}


def test_a_forced_tool_that_the_api_runs_is_none_of_ours() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    assert named(call("x", tools=[search], tool_choice={"type": "tool", "name": "web_search"})) == []


def test_the_only_tool_of_a_client_that_can_not_force_it_is_called() -> None:
    assert named(call("Ada is 36.", tools=[PERSON], model="claude-opus-5-5")) == ["Person"]
    assert named(call("Ada is 36.", tools=[PERSON], model="claude-sonnet-4-5")) == []
    assert named(call("Ada is 36.", tools=[PERSON, CLOCK], model="claude-opus-5-5")) == []
    assert named(call("Do not use any tools.", tools=[PERSON], model="claude-opus-5-5")) == []


def test_a_tool_that_takes_the_answer_is_called_instead_of_a_text() -> None:
    assert named(call("Who is Ada?", tools=[WEATHER, FINAL])) == ["final_result"]
    assert named(call("What's the weather in Oslo?", tools=[WEATHER, FINAL])) == ["get_weather"]
    loop = call("What's the weather in Oslo?", used("get_weather"), [returned("get_weather")], tools=[WEATHER, FINAL])
    assert named(loop) == ["final_result"]


def test_a_forced_loop_ends_with_the_tool_that_takes_the_answer() -> None:
    asked = ("Weather in Oslo?", used("get_weather"), [returned("get_weather")])
    assert named(call(*asked, tools=[WEATHER, FINAL], tool_choice={"type": "any"})) == ["final_result"]


def test_a_taken_answer_is_the_end_unless_the_user_goes_on() -> None:
    done = ("Who is Ada?", used("final_result"))
    assert named(call(*done, [returned("final_result")], tools=[FINAL])) == []
    further = [returned("final_result"), {"type": "text", "text": "And Bob?"}]
    assert named(call(*done, further, tools=[FINAL])) == ["final_result"]


def test_results_are_answered_in_text() -> None:
    assert named(call("Weather in Oslo?", used("get_weather"), [returned("get_weather")])) == []


def test_a_tool_that_was_searched_for_is_called_once_it_is_found() -> None:
    deferred = {**WEATHER, "defer_loading": True}
    search = {"name": "search_tools", "input_schema": {"type": "object"}}
    found = returned("search_tools", [{"type": "tool_reference", "tool_name": "get_weather"}])
    asked = ("Weather in Oslo?", used("search_tools"), [found])
    assert named(call(*asked, tools=[search, deferred])) == ["get_weather"]
    assert named(call(*asked, used("get_weather"), [returned("get_weather")], tools=[search, deferred])) == []


def test_several_values_are_several_calls() -> None:
    draft = tool_calls(call("What's the weather in Paris, Oslo and San Francisco, CA?"))
    assert draft is not None
    assert [block["input"]["city"] for block in draft.content][:2] == ["Paris", "Oslo"]
    assert len({block["id"] for block in draft.content}) == len(draft.content) >= 3


def test_several_tools_are_called_in_the_order_in_which_they_are_spoken_of() -> None:
    assert named(call("What time is it in Rome, and the weather?")) == ["get_time", "get_weather"]


@pytest.mark.parametrize("kind", ["auto", "any"])
def test_no_two_calls_where_parallel_use_is_disabled(kind: str) -> None:
    choice = {"type": kind, "disable_parallel_tool_use": True}
    assert named(call("Weather in Paris and London, and the time?", tool_choice=choice)) == ["get_weather"]


def test_one_call_where_the_user_wants_one_at_a_time() -> None:
    assert len(named(call("Weather in Paris and in London, one at a time."))) == 1


def test_each_tool_is_called_once_where_that_is_the_mode() -> None:
    first = call("Hello!")
    assert named(first, "each-once") == ["get_weather"]
    second = call("Hello!", used("get_weather"), [returned("get_weather")])
    assert named(second, "each-once") == ["get_time"]
    third = call("Hello!", used("get_weather"), [returned("get_weather")], used("get_time"), [returned("get_time")])
    assert named(third, "each-once") == []


def test_system_messages_are_no_turn() -> None:
    assert named(call("Weather in Rome?", {"role": "system", "content": []})) == ["get_weather"]


def test_a_prefill_is_continued_without_calls() -> None:
    assert named(call("Weather in Rome?", {"role": "assistant", "content": "In Rome"})) == []


def test_a_member_of_a_toolset_carries_its_family() -> None:
    draft = tool_calls(call("Open https://example.com/a and click.", tools=[{"type": "browser_toolset_20260801"}]))
    assert draft is not None
    (block,) = draft.content
    assert (block["name"], block["toolset_name"]) == ("navigate", "browser")
    assert block["input"] == {"url": "https://example.com/a"}


def test_inputs_are_the_same_for_the_same_seed_and_valid_for_every_one() -> None:
    asked = call("Hello!", tool_choice={"type": "any"})
    drafts = [tool_calls(asked, seed) for seed in range(9)]
    assert drafts[3] == tool_calls(asked, 3)
    assert all(draft and schemas.conforms(draft.content[0]["input"], CITY) for draft in drafts)


def test_the_text_after_a_result_mentions_tool_and_result() -> None:
    turn = last_turn(call("Weather?", used("get_weather"), [returned("get_weather")]).body)
    for seed in range(6):
        said = about_results(turn, seed)
        assert "get_weather" in said
        assert "Sunny, 22 degrees" in said
    assert about_results(turn, 1) == about_results(turn, 1)


@pytest.mark.parametrize(
    ("content", "more", "mentioned"),
    [
        ("No such city", {"is_error": True}, "No such city"),
        ([{"type": "text", "text": "a\n\n b"}, {"type": "image"}], {}, "a b"),
        ([{"type": "image"}, {"type": "image"}, {"type": "document"}], {}, "an image and a document"),
        ([{"type": "tool_reference", "tool_name": "later"}], {}, "later"),
        ("", {}, "get_weather"),
        (None, {"is_error": True}, "get_weather"),
    ],
)
def test_any_result_is_mentioned(content: Any, more: dict[str, Any], mentioned: str) -> None:
    turn = last_turn(call("Weather?", used("get_weather"), [returned("get_weather", content, **more)]).body)
    assert mentioned in about_results(turn)


def test_a_long_result_is_mentioned_in_short_and_many_are_counted() -> None:
    many = [returned("get_weather", "word " * 500) for _ in range(9)]
    said = about_results(last_turn(call("Weather?", used("get_weather"), many).body))
    assert len(said) < 1500
    assert "5 more results" in said


def test_there_is_nothing_to_say_of_results_where_there_are_none() -> None:
    assert about_results(last_turn(call("Hello!").body)) == ""


def test_the_question_is_what_the_user_said_before_the_tools_were_called() -> None:
    turn = last_turn(
        call("First.", used("get_weather"), [returned("get_weather")], used("get_time"), [returned("get_time")]).body
    )
    assert turn.question == "First."
    assert [block["name"] for block in turn.called] == ["get_weather", "get_time"]
    assert len(turn.results) == 1
