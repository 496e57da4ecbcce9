"""From text and values to rules: what is read how, and that nothing makes the loader fail."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeapi.rules.loading import covering
from fakeapi.rules.loading.document import RulesError, load, load_values, problems, rules_of
from tests.rules.written import KNOWN, call, matches, rules


def response(respond: str):
    """The Response of a `respond` in YAML flow style."""
    return rules(f"- {{match: a, respond: {respond}}}")[0].turns[0].attempts[0]


def test_the_shortest_rule():
    (rule,) = rules('- {match: weather, respond: "Sunny."}')
    assert rule.turns[0].attempts[0].parts == ({"text": "Sunny."},)
    assert (rule.name, rule.place, rule.endless) == ("rules#1", "rules.yaml:1:3", True)
    assert rule.written == {"match": "weather", "respond": "Sunny."}


def test_a_file_may_name_its_list():
    assert [rule.name for rule in rules("rules:\n- {match: a, respond: A}\n- {name: b, match: b, respond: B}")] == [
        "rules#1",
        "b",
    ]


def test_json_is_read_with_its_places():
    (rule,) = rules('[\n  {"match": "a", "respond": "\\ud83d\\ude00"}\n]', "rules.json")
    assert rule.place == "rules.json:2:3"
    assert rule.turns[0].attempts[0].parts == ({"text": "😀"},)


def test_several_files_are_asked_in_their_order():
    loaded = load([("a.yaml", "- {match: a, respond: A}"), ("b.yaml", "- {match: b, respond: B}")], KNOWN)
    assert [rule.name for rule in loaded.rules] == ["a#1", "b#1"]


def test_names_are_unique_across_files():
    text = "- {name: x, match: %s, respond: A}"
    (problem,) = load([("a.yaml", text % "a"), ("b.yaml", text % "b")], KNOWN).problems
    assert str(problem) == "b.yaml:1:10: the name x is taken by the rule at a.yaml:1:3; give it another"


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "y", "2024-01-01", "1:30", "0777x", "Null-pointer"])
def test_words_that_old_yaml_takes_for_something_else_are_texts(word):
    assert response(f"'{word}'").parts == response(word).parts == ({"text": word},)


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("12", 12), ("-1.5e3", -1500.0), ("0x1f", 31), ("null", None), ("~", None), ("1_000", "1_000")],
)
def test_plain_scalars_are_read_as_yaml_1_2_reads_them(written, value):
    assert response(f"{{json: {written}}}").parts == ({"json": value},)


def test_anchors_and_merges_save_writing():
    text = """
- &base
  match: {text: a}
  respond: &answer {text: A, pace: human}
- <<: *base
  match: b
- match: c
  respond: {<<: *answer, text: C}
"""
    found = rules(text)
    assert [rule.turns[0].attempts[0].parts for rule in found] == [({"text": "A"},)] * 2 + [({"text": "C"},)]
    assert found[2].turns[0].attempts[0].pace == "human"


def test_a_bomb_of_aliases_is_refused():
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (problem,) = problems("\n".join(lines), "bomb.yaml")
    assert "more than 1,000,000 values" in problem.message


@pytest.mark.parametrize(
    ("text", "file"), [("[" * 5000, "a.yaml"), ("- " * 5000, "a.yaml"), ("[" * 5000 + "]" * 5000, "a.json")]
)
def test_depth_is_bounded(text, file):
    (problem,) = problems(text, file)
    assert problem.line >= 1


def test_content_comes_in_the_order_of_its_keys():
    parts = response("{tool_use: get_weather, text: A, thinking: Hm, json: {b: 1}}").parts
    assert [next(iter(part)) for part in parts] == ["tool_use", "text", "thinking", "json"]


def test_content_may_be_a_list_in_any_order():
    parts = response("{content: [A, {tool_use: x}, {type: text, text: B}, {text: C}]}").parts
    assert parts == ({"text": "A"}, {"tool_use": "x"}, {"block": {"type": "text", "text": "B"}}, {"text": "C"})


def test_parallel_tool_calls_are_parts_of_their_own():
    parts = response("{tool_use: [a, {name: b, input: {c: 1}, partial: true}]}").parts
    assert parts == ({"tool_use": "a"}, {"tool_use": {"name": "b", "input": {"c": 1}, "partial": True}})


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("529", {"status": 529}),
        ("'529'", {"status": 529}),
        ("overloaded_error", {"status": 529, "type": "overloaded_error"}),
        ("{status: 429, retry_after: 2}", {"status": 429, "headers": {"retry-after": "2"}}),
        ("{type: rate_limit_error, message: Slow.}", {"status": 429, "type": "rate_limit_error", "message": "Slow."}),
        ("{status: 418, type: teapot, headers: {X-A: 1}}", {"status": 418, "type": "teapot", "headers": {"x-a": "1"}}),
        ("{status: 400, error_code: x}", {"status": 400, "error_code": "x"}),
    ],
)
def test_an_error_is_a_status_a_type_or_a_mapping(written, error):
    made = response(f"{{error: {written}}}")
    assert made.error == error
    assert made.breaks


@pytest.mark.parametrize(
    ("written", "text", "breaks"),
    [
        ("cut", "cut", True),
        ("cut=3", "cut; after=3 events", True),
        ("{cut: 3 events, times: 2}", "cut; after=3 events; times=2", True),
        ("[slice, no-ping]", "slice, no-ping", False),
        ("529", "status; status=529", True),
    ],
)
def test_a_fault_is_kept_as_the_header_takes_it(written, text, breaks):
    made = response(f"{{text: A, fault: {written}}}")
    assert (made.fault, made.breaks) == (text, breaks)


def test_endings_and_members_replace_what_would_be():
    made = response("{text: A, usage: {output_tokens: 5}, stop_sequence: END, members: {container: null}}")
    assert (made.usage, made.stop_reason, made.stop_sequence) == ({"output_tokens": 5}, "stop_sequence", "END")
    assert made.extra == {"container": None}


def test_a_stop_reason_that_is_written_stays():
    assert response("{text: A, stop_reason: max_tokens}").stop_reason == "max_tokens"


def test_stopping_for_a_tool_that_is_not_called_is_doubtful_and_still_done():
    loaded = load([("rules.yaml", "- {match: a, respond: {text: A, stop_reason: tool_use}}")], KNOWN)
    assert [problem.severity for problem in loaded.problems] == ["warning"]
    assert loaded.rules[0].turns[0].attempts[0].stop_reason == "tool_use"


@pytest.mark.parametrize(
    "said",
    [
        "text: A, tool_use: get_weather",
        "content: [A, {tool_use: get_weather}]",
        "content: [{type: tool_use, name: get_weather, input: {}}]",
        "generator: default",
        "fixture: hello",
        "pace: instant",
    ],
)
def test_stopping_for_a_tool_that_may_be_called_is_not_doubtful(said):
    assert response(f"{{{said}, stop_reason: tool_use}}").stop_reason == "tool_use"


def test_usage_may_be_large():
    usage = {"output_tokens": 0, "input_tokens": 1_000_000_000, "cache_read_input_tokens": None}
    written = "{text: A, usage: {output_tokens: 0, input_tokens: 1000000000, cache_read_input_tokens: null}}"
    assert response(written).usage == usage


def test_a_response_without_content_is_the_usual_answer_broken():
    made = response("{fault: cut}")
    assert (made.parts, made.error, made.fault) == ((), None, "cut")


@pytest.mark.parametrize(
    ("loop", "told"),
    [
        ("maybe", "loop must be true, or a whole number from 1, and this is the text 'maybe'"),
        ("'true'", "loop must be true, or a whole number from 1, and this is the text 'true'; write it without quotes"),
        ("'3'", "loop must be true, or a whole number from 1, and this is the text '3'; write it without quotes"),
        ("0", "loop must be true, or a whole number from 1, and this is the number 0"),
    ],
)
def test_a_scenario_loops_for_ever_or_a_number_of_times(loop, told):
    (problem,) = problems(f"- {{match: a, respond: [A], loop: {loop}}}", "a.yaml", KNOWN)
    assert str(problem) == f"a.yaml:1:34: {told}"


def test_a_scenario_has_turns_and_attempts():
    (rule,) = rules("- {match: a, respond: [{attempts: [{error: 529}, A]}, B], loop: 2, at_end: pass, alarm: 9}")
    assert [len(turn.attempts) for turn in rule.turns] == [2, 1]
    assert (rule.endless, rule.loops, rule.at_end, rule.alarm) == (False, 2, "pass", 9)


def test_literal_blocks_may_leave_out_what_a_server_makes():
    text = "{content: [{type: thinking, thinking: Hm}, {type: tool_use, name: x}, {type: redacted_thinking}]}"
    assert len(response(text).parts) == 3


def test_values_are_read_as_files_are():
    (rule,) = rules_of([{"match": {"text": ("a", "b")}, "respond": {"text": "A"}}], "tests/test_x.py:3", KNOWN, "s")
    assert (rule.place, rule.session, rule.name) == ("tests/test_x.py:3", "s", "rule#1")


def test_a_single_rule_may_be_given_as_it_is():
    assert rules_of({"match": "a", "respond": "A"}, "here", KNOWN)[0].name == "rule#1"


def test_names_that_are_taken_are_not_given_again():
    taken = {"rule#1": "rules.yaml:1:3", "mine": "rules.yaml:2:3"}
    loaded = load_values(
        [{"match": "a", "respond": "A"}, {"name": "mine", "match": "b", "respond": "B"}], "x", KNOWN, taken=taken
    )
    assert loaded.rules[0].name == "rule#2"
    assert (
        str(loaded.problems[0]) == "x [1].name: the name mine is taken by the rule at rules.yaml:2:3; give it another"
    )


def test_problems_of_values_name_a_path():
    with pytest.raises(RulesError) as caught:
        rules_of({"rules": [{"match": {"txt": "a"}, "respond": 1}]}, "POST /_fakeapi/rules", KNOWN)
    lines = str(caught.value).splitlines()
    assert lines[0] == "POST /_fakeapi/rules rules[0].match.txt: match has no key 'txt'; did you mean text?"
    assert lines[1].startswith("POST /_fakeapi/rules rules[0].respond: respond must be a text or a mapping")


def test_deep_values_are_refused():
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    (problem,) = load_values(value, "here", KNOWN).problems
    assert "nested deeper" in problem.message


def test_rules_with_a_mistake_are_left_out_and_the_others_stay():
    loaded = load([("a.yaml", "- {match: a, respond: A}\n- {match: b}\n- {match: c, respond: C}")], KNOWN)
    assert [rule.name for rule in loaded.rules] == ["a#1", "a#3"]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("weather", "weather in Paris"),
        ("{text: weather}", "{text: {equals: The WEATHER}}"),
        ("{text: {regex: a+}}", "{text: {regex: a+}, stream: true}"),
        ("{stream: true, text: a}", "{text: abc, stream: true, turn: 1}"),
        ("{model: claude-*}", "{model: CLAUDE-*, text: a}"),
    ],
)
def test_a_rule_that_another_shadows_is_told(above, below):
    (problem,) = problems(f"- {{match: {above}, respond: A}}\n- {{match: {below}, respond: B}}", "a.yaml", KNOWN)
    assert (problem.severity, problem.line) == ("warning", 2)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("{match: weather in Paris, respond: A}", "{match: weather, respond: B}"),
        ("{match: weather, respond: A, times: 1}", "{match: weather, respond: B}"),
        ("{match: weather, respond: [A], at_end: pass}", "{match: weather, respond: B}"),
        ("{match: weather, respond: A}", "{match: weather in Paris, respond: B, priority: 1}"),
        ("{match: {text: weather, stream: true}, respond: A}", "{match: weather, respond: B}"),
        ("{match: {any_turn: weather}, respond: A}", "{match: weather, respond: B}"),
    ],
)
def test_a_rule_that_can_be_reached_is_not_told(above, below):
    assert not problems(f"- {above}\n- {below}", "a.yaml", KNOWN)


YAMLISH = st.text(st.sampled_from(list("- {}[]:,'\"\n\t#&*!|>%@abmatchrespond0.~?\\é\x00")), max_size=60)


@settings(max_examples=300)
@given(YAMLISH, st.sampled_from(["a.yaml", "a.json"]))
def test_no_text_makes_the_loader_fail(text, file):
    for problem in problems(text, file, KNOWN):
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1
        assert problem.message


KEYS = [
    *("name", "match", "respond", "text", "regex", "glob", "json", "tools", "turn", "has", "any", "not", "all"),
    *("error", "fault", "usage", "content", "type", "attempts", "tool_use", "input", "members", "refusal"),
    *("fixture", "template", "status", "headers", "$.a"),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(ANY_JSON, ANY_JSON)
def test_no_value_makes_the_loader_fail(match, respond):
    loaded = load_values({"match": match, "respond": respond}, "here", KNOWN)
    assert len(loaded.rules) == (0 if loaded.errors else 1)
    for rule in loaded.rules:
        rule.match.mismatches(call("abc"), {})


def test_a_rule_without_conditions_matches_everything():
    assert matches("{}", call("whatever"))


def test_too_many_rules_are_counted_before_anything_of_them_is_read(monkeypatch):
    monkeypatch.setattr("fakeapi.rules.loading.document.read_rule", None)
    monkeypatch.setattr("fakeapi.rules.loading.document.given", None)
    values: list[Any] = [[{}] * 100_001, {"rules": [{}] * 100_001}]
    for value in values:
        (problem,) = load_values(value, "POST /_fakeapi/rules", KNOWN).problems
        assert str(problem) == "POST /_fakeapi/rules: more than 100,000 rules"


@pytest.mark.parametrize(
    "match",
    ["text {}", {"text": "text {}", "model": "claude-*"}, {"tools": "tool_{}", "model": "claude-*"}],
    ids=["text", "text and model", "tool and model"],
)
def test_what_is_never_reached_is_found_among_many_rules_by_a_few_looks(match, monkeypatch):
    looks = 0
    covers = covering._Kept.covers

    def counted(*asked: Any) -> bool:
        nonlocal looks
        looks += 1
        return covers(*asked)

    monkeypatch.setattr(covering._Kept, "covers", counted)
    written = [orjson.loads(orjson.dumps(match).replace(b"{}", b"%04d" % number)) for number in (*range(500), 123)]
    loaded = load_values([{"match": each, "respond": "A"} for each in written], "here", KNOWN)
    (problem,) = loaded.problems
    assert (problem.where, problem.severity) == ("[500]", "warning")
    assert "rule#124 at here matches before" in problem.message
    assert looks < 2000
