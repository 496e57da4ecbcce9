"""Near misses: the nearest rules, what each wanted beside what came, and why a rule that matches did not answer."""

from __future__ import annotations

import re

import orjson

from fakeapi.model import Call
from fakeapi.rules.diagnosis import Diagnosis, diagnose
from fakeapi.rules.loading.document import rules_of
from fakeapi.rules.scenarios import State
from fakeapi.rules.seen import Seen
from tests.rules.written import call, rules, tool_turns

FOUR = """
- {name: paris, match: {text: weather in Paris, model: claude-*}, respond: A}
- {name: tools, match: {tools: get_weather, turn: 2, stream: true}, respond: B}
- {name: pirate, match: {system: pirate}, respond: C}
- {name: rome, match: {text: {equals: What is the weather in Rome?}}, respond: D}
"""


def diagnosis(text: str, asked: Call, used: int = 0, state: State | None = None) -> Diagnosis:
    return diagnose(rules(text), Seen(asked, {}), lambda _: state, lambda _: used)


def test_the_three_nearest_come_first():
    found = diagnosis(FOUR, call("What is the wether in Paris?"))
    assert [miss.rule.name for miss in found.nearest] == ["paris", "rome", "tools"]
    assert found.rules == 4


def test_only_what_is_missing_is_told():
    (lack,) = diagnosis(FOUR, call("What is the wether in Paris?")).nearest[0].mismatches
    assert lack.what == "text.contains"
    assert lack.hint == "you have 'wether', the rule wants 'weather'"


def test_the_text_has_both_sides_and_the_hint():
    text = diagnosis(FOUR, call("What is the wether in Paris?")).as_text()
    lines = text.splitlines()
    assert lines[0] == "No rule matches this request. The nearest 3 of 4 rules:"
    assert lines[1] == "  paris  rules.yaml:2:3"
    assert lines[2].split("came:")[0].strip() == "text.contains: weather in Paris"
    assert lines[2].endswith("came: What is the wether in Paris?")
    assert lines[3].strip() == "you have 'wether', the rule wants 'weather'"


def test_the_two_columns_begin_at_the_same_place_in_every_line():
    text = diagnosis(FOUR, call("What is the wether in Paris?")).as_text()
    assert len({line.index("came:") for line in text.splitlines() if "came:" in line}) == 1


def test_it_fits_on_one_screen_whatever_came():
    match = f"{{text: {'word ' * 200}%d, system: {'x' * 500}, turn: 7, stream: true}}"
    wide = "\n".join(f"- {{name: {'n' * 150}{n}, match: {match % n}, respond: A}}" for n in range(9))
    lines = diagnosis(wide, call("word\x1b[31m\n" * 1000)).as_text().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in "".join(lines)


def test_colours_are_put_on_by_whoever_shows_it():
    found = diagnosis(FOUR, call("What is the wether in Paris?"))
    painted = found.as_text(lambda style, text: f"<{style}>{text}</{style}>")
    assert "<name>paris</name>" in painted
    assert "<hint>you have 'wether', the rule wants 'weather'</hint>" in painted
    assert re.sub(r"</?(name|wanted|came|hint|dim)>", "", painted) == found.as_text()


def test_the_value_is_plain_json():
    value = diagnosis(FOUR, call("What is the wether in Paris?")).as_json()
    assert orjson.loads(orjson.dumps(value)) == value
    first = value["nearest"][0]
    assert (first["rule"], first["place"], first["why"]) == ("paris", "rules.yaml:2:3", None)
    assert first["mismatches"][0]["wanted"] == "weather in Paris"
    assert first["mismatches"][0]["came"] == "What is the wether in Paris?"


def test_the_sentence_is_one_line_with_the_rules_names():
    sentence = diagnosis(FOUR, call("What is the wether in Paris?")).as_sentence()
    assert "\n" not in sentence
    assert len(sentence) < 800
    assert "paris (rules.yaml:2:3) wants text.contains 'weather in Paris', came 'What is the wether" in sentence


def test_a_rule_that_is_used_up_comes_first_and_says_so():
    found = diagnosis("- {match: a, respond: A, times: 2}", call("a"), used=2)
    assert found.nearest[0].why == "it matches, but has answered 2 times, as often as it may (times: 2)"
    assert found.nearest[0].distance == 0


def test_a_scenario_that_is_over_says_so():
    (rule,) = rules("- {match: a, respond: [A, B], at_end: pass}")
    state = State(rule.mark, 2)
    found = diagnose((rule,), Seen(call("a"), {}), lambda _: state, lambda _: 2)
    assert found.nearest[0].why == "it matches, but its script is over: all 2 turns have been taken"


def test_a_rule_of_another_session_says_whose_it_is():
    mine = rules_of({"match": "a", "respond": "A"}, "tests/test_x.py:12", session="test-7")
    found = diagnose((), Seen(call("a"), {}), lambda _: None, lambda _: 0, mine)
    assert found.nearest[0].why == "it matches, but belongs to the session test-7"
    assert "belongs to the session test-7" in found.as_text()


def test_a_rule_of_another_session_that_does_not_match_is_not_told():
    mine = rules_of({"match": "a", "respond": "A"}, "tests/test_x.py:12", session="test-7")
    assert diagnose((), Seen(call("b"), {}), lambda _: None, lambda _: 0, mine).nearest == ()


def test_a_scenario_that_goes_on_is_no_near_miss_of_its_match():
    (rule,) = rules("- {match: weather, respond: [A], at_end: pass}")
    found = diagnose((rule,), Seen(call(*tool_turns("18°C")), {}), lambda _: State(rule.mark, 1), lambda _: 1)
    assert "script is over" in found.nearest[0].why


def test_without_rules_it_says_so():
    assert diagnosis("[]", call()).as_text() == "No rule matches this request: there are none."


def test_of_many_rules_those_with_words_in_common_are_found():
    many = "\n".join(f"- {{match: subject{1000 + n} matter, respond: A}}" for n in range(500))
    found = diagnosis(many + "\n- {name: it, match: weather, respond: B}", call("the wether"))
    assert found.nearest[0].rule.name == "it"
