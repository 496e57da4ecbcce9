"""What a `match` matches."""

from __future__ import annotations

import pytest

from fakeapi.rules.loading.document import rules_of
from fakeapi.rules.loading.reader import Known
from tests.rules.written import IMAGE, call, condition, matches, mismatches, rules, tool_turns

WEATHER = call("What is the WEATHER in Paris?")


@pytest.mark.parametrize(
    "match",
    [
        "weather",
        "Weather in paris",
        "{text: weather}",
        "{text: {contains: [weather, PARIS]}}",
        "{text: [weather, paris]}",
        "{text: {equals: 'What is the WEATHER in Paris?'}}",
        "{text: {regex: 'WEATHER in (\\w+)'}}",
        "{text: {glob: 'what is*paris?'}}",
        "{text: {any: [snow, weather]}}",
        "{text: {not: snow}}",
        "{text: {not: [snow, rain]}}",
        "{text: {all: [{regex: Paris}, weather]}}",
        "{}",
        "{any: [snow, weather]}",
        "{all: [{text: weather}, {model: claude-*}]}",
        "{not: snow}",
        "{not: [snow, {stream: true}]}",
    ],
)
def test_the_text_of_the_last_user_turn_matches(match):
    assert matches(match, WEATHER)


@pytest.mark.parametrize(
    "match",
    [
        "wether",
        "{text: {contains: [weather, London]}}",
        "{text: {equals: what is the weather in paris?}}",
        "{text: {regex: weather}}",
        "{text: {glob: weather}}",
        "{text: {any: [snow, rain]}}",
        "{text: {not: weather}}",
        "{text: {contains: weather, regex: '^Paris'}}",
        "{any: [snow, rain]}",
        "{not: weather}",
        "{not: [snow, weather]}",
        "{text: weather, stream: true}",
    ],
)
def test_the_text_of_the_last_user_turn_does_not_match(match):
    assert not matches(match, WEATHER)


def test_only_the_last_turn_counts_for_text():
    asked = call("What is the weather?", "Sunny.", "Thank you!")
    assert not matches("weather", asked)
    assert matches("thank", asked)


def test_neighbouring_user_messages_are_one_turn():
    messages = [{"role": "user", "content": "weather"}, {"role": "user", "content": "in Paris"}]
    assert matches("{text: [weather, paris], turn: 1}", call(messages=messages))


def test_any_turn_looks_at_what_user_and_assistant_said():
    asked = call("What is the weather?", "Sunny.", "Thank you!")
    assert matches("{any_turn: sunny}", asked)
    assert matches("{any_turn: {regex: '^What'}}", asked)
    assert not matches("{any_turn: rainy}", asked)


@pytest.mark.parametrize("system", ["You are a pirate.", [{"type": "text", "text": "You are a pirate."}]])
def test_system_looks_at_the_system_prompt(system):
    assert matches("{system: a pirate}", call(system=system))
    assert not matches("{system: a pirate}", call())


def test_system_looks_at_system_messages_of_the_conversation_too():
    messages = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Speak French."}]
    assert matches("{system: french}", call(messages=messages))


@pytest.mark.parametrize("name", ["claude-opus-4-1-20250805", "claude-opus-4-1", "claude-OPUS-*", "*opus*"])
def test_a_model_goes_by_id_alias_and_glob(name):
    assert matches(f"{{model: '{name}'}}", call(model="claude-opus-4-1"))


def test_a_model_that_is_another_does_not_match():
    assert not matches("{model: claude-haiku-*}", call(model="claude-opus-4-1"))


TOOLS = [{"name": "get_weather", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}]


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ("get_weather", True),
        ("[get_weather, web_search]", True),
        ("[get_weather, send_mail]", False),
        ("{any: [send_mail, web_search]}", True),
        ("{not: send_mail}", True),
        ("{not: get_*}", False),
        ("web_*", True),
        ("{regex: '^get_'}", True),
    ],
)
def test_tools_are_those_on_offer(tools, expected):
    assert matches(f"{{tools: {tools}}}", call(tools=TOOLS)) is expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("18°C", True),
        ("{content: 18°c}", True),
        ("{name: get_weather}", True),
        ("{name: get_*, content: 18°C, is_error: false}", True),
        ("{is_error: true}", False),
        ("{name: send_mail}", False),
        ("{}", True),
    ],
)
def test_a_tool_result_of_the_last_turn_matches_by_name_content_and_error(wanted, expected):
    assert matches(f"{{tool_result: {wanted}}}", call(*tool_turns("It is 18°C."))) is expected


def test_all_that_is_asked_of_a_tool_result_is_asked_of_one():
    used: list[object] = [{"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}} for name in ("a", "b")]
    came = [
        {"type": "tool_result", "tool_use_id": "toolu_a", "content": "fine"},
        {"type": "tool_result", "tool_use_id": "toolu_b", "content": "broken", "is_error": True},
    ]
    asked = call("Go", used, came)
    assert matches("{tool_result: {name: b, is_error: true}}", asked)
    assert not matches("{tool_result: {name: a, is_error: true}}", asked)


def test_a_tool_result_of_an_earlier_turn_does_not_count():
    assert not matches("{tool_result: 18°C}", call(*tool_turns("18°C"), "It is 18°C.", "Thank you!"))


@pytest.mark.parametrize(
    ("turn", "expected"),
    [("2", True), ("1", False), ("{at_least: 2}", True), ("{at_least: 3}", False), ("{at_least: 1, at_most: 2}", True)],
)
def test_turns_are_counted_from_one_and_those_of_tool_results_count(turn, expected):
    assert matches(f"{{turn: {turn}}}", call(*tool_turns("18°C"))) is expected


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ("image", True),
        ("[image, cache_control]", True),
        ("document", False),
        ("tools", False),
        ("text", True),
    ],
)
def test_has_looks_for_content_blocks_and_marks(has, expected):
    said = [IMAGE, {"type": "text", "text": "What is it?", "cache_control": {"type": "ephemeral"}}]
    assert matches(f"{{has: {has}}}", call(said)) is expected


def test_has_looks_into_tool_results():
    assert matches("{has: image}", call(*tool_turns([IMAGE])))


def test_metadata_goes_by_member_and_glob():
    assert matches("{metadata: {user_id: 'u-*'}}", call(metadata={"user_id": "u-17"}))
    assert not matches("{metadata: {user_id: 'u-*'}}", call(metadata={"user_id": "x"}))
    assert not matches("{metadata: {user_id: 'u-*'}}", call())


def test_headers_go_by_name_whatever_the_case():
    assert matches("{headers: {X-Team: blue}}", call(), {"x-team": "Blue"})
    assert not matches("{headers: {x-team: {equals: blue}}}", call(), {"x-team": "Blue"})
    assert not matches("{headers: {x-team: blue}}", call())


def test_betas_are_those_of_the_header():
    asked = call(betas=frozenset({"files-api-2025-04-14", "context-1m-2025-08-07"}))
    assert matches("{beta: files-api-*}", asked)
    assert matches("{beta: [files-api-2025-04-14, context-1m-2025-08-07]}", asked)
    assert not matches("{beta: skills-*}", asked)


@pytest.mark.parametrize(("stream", "expected"), [("true", True), ("false", False)])
def test_stream_is_whether_a_stream_was_asked_for(stream, expected):
    assert matches(f"{{stream: {stream}}}", call(stream=True)) is expected
    assert matches(f"{{stream: {stream}}}", call()) is not expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("{$.max_tokens: 100}", True),
        ("{$.max_tokens: '100'}", False),
        ("{$.max_tokens: true}", False),
        ("{$.max_tokens: {at_least: 50, at_most: 100}}", True),
        ("{$.max_tokens: {at_least: 101}}", False),
        ("{'$.tools[*].name': get_weather}", True),
        ("{'$.tools[*].name': {contains: WEATHER}}", True),
        ("{'$.tools[*].name': {regex: WEATHER}}", False),
        ("{'$.tools[?@.name == ''get_weather''].input_schema': {}}", True),
        ("{$.temperature: {exists: false}}", True),
        ("{$.model: {exists: false}}", False),
        ("{$.model: {any: [a, {glob: claude-*}]}}", True),
        ("{$.model: {not: claude-opus-4-8}}", False),
        ("{$.tool_choice: {type: auto}}", True),
        ("{$.tool_choice: {equals: {type: auto}}}", True),
        ("{$.max_tokens: 100, $.model: claude-haiku-4-5}", False),
    ],
)
def test_json_goes_by_path_and_value(wanted, expected):
    asked = call(tools=TOOLS, tool_choice={"type": "auto"})
    assert matches(f"{{json: {wanted}}}", asked) is expected


def test_regular_expressions_capture_groups_by_name_and_number():
    (rule,) = rules("- {match: {text: {regex: 'order #(?P<number>\\d+) (\\w+)'}, model: '*'}, respond: A}")
    groups = rule.match.groups(call("My order #17 please"), {})
    assert groups == {"0": "order #17 please", "1": "17", "2": "please", "number": "17"}


def test_groups_come_from_the_alternative_that_matches():
    (rule,) = rules("- {match: {any: [{text: {regex: 'a(.)'}}, {text: {regex: 'b(.)'}}]}, respond: A}")
    assert rule.match.groups(call("b7"), {})["1"] == "7"


def test_a_plug_in_pattern_is_asked_with_its_value():
    def longer_than(wanted, asked, headers):
        length = len(asked.body["messages"][-1]["content"])
        return length > wanted or f"{length} characters"

    (rule,) = rules_of(
        {"match": {"longer_than": 3}, "respond": "A"}, "here", Known(patterns={"longer_than": longer_than})
    )
    assert not rule.match.mismatches(call("Hello"), {})
    (lack,) = rule.match.mismatches(call("Hi"), {})
    assert lack[:3] == ("longer_than", "3", "2 characters")


def test_a_plug_in_pattern_that_fails_does_not_match_and_says_why():
    def broken(wanted, asked, headers):
        raise KeyError("oops")

    (rule,) = rules_of({"match": {"odd": 1}, "respond": "A"}, "here", Known(patterns={"odd": broken}))
    assert "KeyError" in rule.match.mismatches(call(), {})[0].came


@pytest.mark.parametrize(
    ("match", "asked", "hint"),
    [
        ("weather", "What is the Wether?", "you have 'Wether', the rule wants 'weather'"),
        ("weather in Paris", "Paris weather please, in July", "all these words are there, but not in a row"),
        ("weather in Paris", "weather in Rome", "missing: 'paris'"),
        ("{text: {equals: Hello}}", "hello", "only upper and lower case differ"),
        ("{text: {equals: 'Hello  you'}}", "Hello you", "only the white space differs"),
        ("{text: {equals: say hello again}}", "say hallo again", "you have 'hallo', the rule wants 'hello'"),
        ("{text: {regex: Order}}", "my order", "(?i)"),
        ("{text: {glob: weather}}", "the weather today", "a glob must cover the whole text: *weather*"),
    ],
)
def test_a_near_miss_names_the_difference_that_matters(match, asked, hint):
    (lack,) = mismatches(match, call(asked))
    assert hint in lack.hint
    assert 0 < lack.distance < 0.6


def test_what_is_near_is_nearer_than_what_is_far():
    near, far = (mismatches("weather", call(text))[0].distance for text in ("the wether", "the time"))
    assert near < far == 1.0


def test_long_texts_are_elided_around_the_place_that_matters():
    (lack,) = mismatches("weather", call("x " * 3000 + "the wether today " + "y " * 3000))
    assert len(lack.came) < 100
    assert "wether" in lack.came


@pytest.mark.parametrize("name", ["x-api-key", "Authorization"])
def test_secrets_are_never_shown(name):
    (lack,) = mismatches(f"{{headers: {{{name}: abc}}}}", call(), {name.lower(): "sk-real-secret"})
    assert "sk-real-secret" not in str(lack)
    assert "abc" not in str(lack)


def test_equal_conditions_have_equal_keys():
    assert condition("{text: Weather, stream: true}").key == condition("{stream: true, text: weather}").key
    assert condition("{text: {regex: a}}").key != condition("{text: {regex: A}}").key
