"""Which rule answers: by priority, in order, as often as it may, and a scenario that has begun goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakeapi.model import Call, Mismatch
from fakeapi.rules.choosing import Chosen, choose
from fakeapi.rules.scenarios import State
from fakeapi.rules.seen import Seen
from tests.rules.written import call, rules, tool_turns


class Own:
    """A pattern that somebody else wrote."""

    def mismatches(self, _: Call, headers: Mapping[str, str]) -> tuple[Mismatch, ...]:
        return () if headers.get("x-mine") else (Mismatch("x-mine", "1", ""),)

    def groups(self, *_: object) -> Mapping[str, str]:
        return {"mine": "yes"}


class Asking:
    """One session that asks some rules."""

    def __init__(self, text: str) -> None:
        self.rules = rules(text)
        self.states: dict[str, State] = {}
        self.used: dict[str, int] = {}

    def ask(self, asked: Call, headers: Mapping[str, str] = {}) -> Chosen:
        seen = Seen(asked, headers)
        chosen = choose(self.rules, seen, self.states.get, lambda name: self.used.get(name, 0))
        if chosen.rule is not None:
            self.used[chosen.rule.name] = self.used.get(chosen.rule.name, 0) + 1
            if chosen.state is not None:
                self.states[chosen.rule.name] = chosen.state
        return chosen

    def said(self, *texts: Any, **headers: str) -> Any:
        """The first part of the answer, or why there is none."""
        chosen = self.ask(call(*texts), {name.replace("_", "-"): value for name, value in headers.items()})
        if chosen.rule is None or chosen.response is None:
            return chosen.why or None
        return chosen.response.error or next(iter(chosen.response.parts[0].values()))


def test_the_first_rule_that_matches_answers():
    asking = Asking("- {match: weather in Paris, respond: Rainy.}\n- {match: weather, respond: Sunny.}")
    assert asking.said("weather in Paris") == "Rainy."
    assert asking.said("weather in Rome") == "Sunny."
    assert asking.said("time") is None


def test_a_higher_priority_is_asked_first():
    asking = Asking("- {match: weather, respond: A}\n- {match: weather in Paris, respond: B, priority: 1}")
    assert asking.said("weather in Paris") == "B"


def test_a_rule_answers_as_often_as_it_may():
    asking = Asking("- {match: weather, respond: {error: 529}, times: 2}\n- {match: weather, respond: Sunny.}")
    assert [asking.said("weather") for _ in range(3)] == [{"status": 529}, {"status": 529}, "Sunny."]


def test_a_scenario_goes_on_when_the_text_that_began_it_is_in_an_earlier_turn():
    asking = Asking("- {match: weather, respond: [{tool_use: get_weather}, Sunny.]}")
    assert asking.said("What is the weather?") == "get_weather"
    assert asking.said(*tool_turns("18°C")) == "Sunny."


def test_a_scenario_does_not_begin_in_the_middle_of_a_conversation():
    asking = Asking("- {match: weather, respond: [{tool_use: get_weather}, Sunny.]}")
    assert asking.said(*tool_turns("18°C")) is None


def test_a_scenario_that_has_begun_does_not_answer_other_conversations():
    asking = Asking("- {match: weather, respond: [one, two]}")
    asking.said("weather")
    assert asking.said("time") is None
    assert asking.said("weather") == "two"


def test_a_condition_on_the_turn_holds_for_the_turn_that_began_the_scenario():
    asking = Asking("- {match: {text: weather, turn: 1}, respond: [{tool_use: get_weather}, Sunny.]}")
    asking.said("weather")
    assert asking.said(*tool_turns("18°C")) == "Sunny."


def test_groups_are_those_of_the_turn_that_began_the_scenario():
    asking = Asking("- {match: {text: {regex: 'the (\\w+)'}}, respond: [{tool_use: get_weather}, Sunny.]}")
    asking.ask(call("What is the weather?"))
    assert asking.ask(call(*tool_turns("18°C"))).groups["1"] == "weather"


def test_the_clients_retry_count_decides_the_attempt():
    asking = Asking("- {match: weather, respond: [{attempts: [{error: 529}, Sunny.]}, Rainy.]}")
    assert asking.said("weather", x_stainless_retry_count="0") == {"status": 529}
    assert asking.said("weather", x_stainless_retry_count="1") == "Sunny."
    assert asking.said("weather", x_stainless_retry_count="0") == "Rainy."


def test_a_retry_that_is_not_streamed_any_more_is_still_the_same_request():
    asking = Asking("- {match: weather, respond: [{attempts: [{text: a, fault: cut}, b]}, c]}")
    asking.ask(call("weather", stream=True))
    assert asking.said("weather") == "b"


def test_a_retry_count_that_is_no_number_counts_as_none():
    asking = Asking("- {match: weather, respond: [one, two]}")
    assert asking.said("weather", x_stainless_retry_count="often") == "one"


def test_at_end_pass_lets_other_rules_answer():
    asking = Asking("- {match: weather, respond: [one], at_end: pass}\n- {match: weather, respond: other}")
    assert [asking.said("weather") for _ in range(3)] == ["one", "other", "other"]


def test_a_script_that_is_over_answers_nothing_and_says_why():
    asking = Asking("- {match: weather, respond: [one]}")
    assert [asking.said("weather") for _ in range(2)] == ["one", "ended"]


def test_positions_belong_to_the_session():
    text = "- {match: weather, respond: [one, two]}"
    first, second = Asking(text), Asking(text)
    assert [first.said("weather"), second.said("weather"), first.said("weather")] == ["one", "one", "two"]


def test_a_rule_that_another_made_is_asked_as_it_is():
    (rule,) = rules("- {match: {}, respond: A}")
    own = replace(rule, match=Own())
    seen = Seen(call(), {"x-mine": "1"})
    assert choose((own,), seen, lambda _: None, lambda _: 0).groups == {"mine": "yes"}
    assert choose((own,), Seen(call(), {}), lambda _: None, lambda _: 0).rule is None


def test_many_rules_and_a_long_text_find_the_same_rule():
    text = "\n".join(f"- {{match: subject-{1000 + n}, respond: Answer {n}.}}" for n in range(300))
    asking = Asking(text + "\n- {match: {any: [gold, silver]}, respond: Metal.}")
    filler = "lorem ipsum " * 200
    assert asking.said(f"{filler} SUBJECT-1123 {filler}") == "Answer 123."
    assert asking.said(f"{filler} silver {filler}") == "Metal."
    assert asking.said(filler) is None
