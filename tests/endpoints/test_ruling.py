"""Rules on the road: what the engine answers with them, and what it remembers."""

from __future__ import annotations

from fakeapi.endpoints import ruling
from fakeapi.rules.examples import Examples
from tests.rules.served import Server
from tests.rules.written import tool_turns
from tests.street import json

SHORTEST = '- {match: weather, respond: "Sunny."}'


def test_the_shortest_rule_answers():
    answer = Server(SHORTEST).ask("What is the Weather?")
    assert json(answer)["content"][0]["text"] == "Sunny."
    assert answer.exchange.source == "rule:rules#1"
    assert answer.exchange.rule == "rules#1"


def test_without_a_match_the_answer_is_the_usual_one():
    assert Server(SHORTEST).said("Hello, Claude") != 400


def test_unmatched_error_names_the_nearest_rules():
    answer = Server(SHORTEST, unmatched="error").ask("What is the wether?")
    error = json(answer)["error"]
    assert answer.reply.status == 400
    assert error["type"] == "invalid_request_error"
    assert error["message"] == (
        "fakeapi: no rule matches this request. Nearest: rules#1 (rules.yaml:1:3) wants text.contains 'weather', "
        "came 'What is the wether?' (you have 'wether', the rule wants 'weather')"
    )
    assert answer.diagnosis is not None
    assert answer.diagnosis.nearest[0].rule.name == "rules#1"


def test_unmatched_error_without_rules_says_so():
    assert json(Server("[]", unmatched="error").ask("Hi"))["error"]["message"].endswith("since there are no rules")


def test_the_contract_comes_first():
    server = Server("- {match: {}, respond: [one, two]}")
    assert server.said("Hi", max_tokens=-1) == 400
    assert server.said("Hi") == "one"


def test_a_script_that_is_over_is_a_loud_400_that_names_rule_and_turns():
    server = Server("- {name: agent, match: go, respond: [one, {tool_use: get_weather}]}")
    tools = [{"name": "get_weather", "input_schema": {"type": "object"}}]
    for _ in range(2):
        server.ask("go", tools=tools)
    error = json(server.ask("go", tools=tools))["error"]
    assert error["message"] == (
        "fakeapi: rule agent (rules.yaml:1:3) has no answer left: all 2 turns have been taken. "
        "The turns: 1. 'one'; 2. tool_use get_weather"
    )


def test_the_alarm_is_a_loud_400():
    server = Server("- {name: agent, match: go, respond: [one], loop: true, alarm: 2}")
    assert [server.said("go") for _ in range(3)] == ["one", "one", 400]


def test_an_error_takes_its_turn_and_a_retry_the_next_attempt():
    server = Server("- {match: go, respond: [{attempts: [{error: 529}, Fixed.]}, Done.]}")
    assert server.said("go", headers={"x-stainless-retry-count": "0"}) == 529
    assert server.said("go", headers={"x-stainless-retry-count": "1"}) == "Fixed."
    assert server.said("go", headers={"x-stainless-retry-count": "0"}) == "Done."


def test_a_scenario_goes_on_through_tool_results():
    server = Server("- {match: weather, respond: [{tool_use: get_weather}, Sunny.]}")
    tools = [{"name": "get_weather", "input_schema": {"type": "object"}}]
    assert server.said("What is the weather?", tools=tools) == "get_weather"
    assert server.said(*tool_turns("18°C"), tools=tools) == "Sunny."


def test_times_are_counted_with_errors_too():
    server = Server("- {match: go, respond: {error: 529}, times: 2}\n- {match: go, respond: Done.}")
    assert [server.said("go") for _ in range(3)] == [529, 529, "Done."]


def test_a_fault_that_a_header_asks_for_gives_the_turn_back_to_the_retry():
    server = Server("- {match: go, respond: [one, two]}")
    assert server.said("go", headers={"x-fakeapi-fault": "529; times=1"}) == 529
    assert server.said("go", headers={"x-fakeapi-fault": "529; times=1", "x-stainless-retry-count": "1"}) == "one"
    assert server.said("go") == "two"


def test_the_source_says_turn_and_attempt():
    server = Server("- {name: agent, match: go, respond: [{attempts: [{error: 529}, Fixed.]}, Done.]}")
    server.ask("go")
    source = server.ask("go", headers={"x-stainless-retry-count": "1"}).exchange.source
    assert source.startswith("rule:agent 1/2 attempt 2")


def test_every_documented_example_can_be_named():
    documented = Examples.documented()
    assert all(documented.named(name) for name in ruling.examples())
    assert Server("- {match: go, respond: {fixture: hello}}").said("go") == "Hello!"
