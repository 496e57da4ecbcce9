"""What a rule answers: every kind of part, and how an answer ends."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.errors import ApiError
from fakeapi.facts import schemas, signatures
from fakeapi.model import Draft
from fakeapi.replies.parts import PARTS
from fakeapi.replies.proving import breach
from tests.replies.occasions import WEATHER, answer, call, said, usual

OFFERED = call("What is the weather in Rome?", tools=[WEATHER])


def refused(*parts: dict[str, Any], **how: Any) -> ApiError:
    with pytest.raises(ApiError) as fault:
        answer(*parts, **how)
    assert (fault.value.status, fault.value.type) == (400, "invalid_request_error")
    return fault.value


def fixtures(name: str) -> Draft | None:
    content = ({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "text", "text": "Documented."})
    extra = {"container": {"id": "container_1", "expires_at": "2026-01-01T00:00:00Z", "skills": None}}
    return Draft(content, f"example:{name}", "pause_turn", extra=extra) if name == "paused" else None


def input_of(draft: Draft) -> Any:
    return draft.content[-1]["input"]


@pytest.mark.parametrize("kind", PARTS)
def test_every_kind_of_part_makes_content_that_the_api_could_send(kind):
    values = {
        "text": "Sunny.",
        "template": "{{ user_text }}",
        "json": {"a": 1},
        "echo": True,
        "tool_use": "get_weather",
        "thinking": "Let me see.",
        "block": {"type": "text", "text": "Sunny."},
        "fixture": "paused",
        "generator": "prose",
        "refusal": "No.",
    }
    assert breach(answer({kind: values[kind]}, to=OFFERED, fixtures=fixtures).content) is None


def test_parts_stand_in_the_order_given():
    draft = answer({"text": "One"}, {"tool_use": "get_weather"}, {"text": "Two"}, {"text": "Three"}, to=OFFERED)
    assert [block["type"] for block in draft.content] == ["text", "tool_use", "text", "text"]


def test_a_plain_text_ends_the_turn():
    draft = answer({"text": "Sunny."})
    assert (said(draft), draft.stop_reason, draft.source, draft.warnings) == ("Sunny.", "end_turn", "rule:x", ())


def test_an_empty_text_is_an_answer_without_content():
    assert answer({"text": ""}).content == ()


def test_json_is_written_as_a_model_writes_it():
    assert said(answer({"json": {"a": [1, None], "b": "ü"}})) == '{"a": [1, null], "b": "ü"}'


def test_an_echo_is_what_the_user_said_last():
    assert said(answer({"echo": True}, to=call("Hello there"))) == "Hello there"


def test_an_echo_after_tool_results_is_the_question_before_them():
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "18°C"}]},
    ]
    assert said(answer({"echo": True}, to=call(messages=messages))) == "Weather?"


def test_a_template_is_filled_with_what_was_captured():
    assert said(answer({"template": "Hi {{ groups.name }}"}, groups={"name": "Bob"})) == "Hi Bob"


def test_a_template_that_can_not_be_filled_names_rule_and_reason():
    fault = refused({"template": "{{ groups.name }}"})
    assert fault.message == "rules.yaml:3:5: the template can't be filled: there is no 'name' here, there is nothing"


def test_a_named_tool_gets_an_input_that_fits_its_schema():
    draft = answer({"tool_use": "get_weather"}, to=OFFERED)
    assert schemas.conforms(input_of(draft), WEATHER["input_schema"])
    assert input_of(draft)["city"] == "Rome"
    assert (draft.stop_reason, draft.warnings) == ("tool_use", ())


def test_a_literal_input_stays_as_it_is():
    given = {"city": "Oslo", "unit": "celsius", "when": {"from": "2025-01-01", "days": 2}}
    draft = answer({"tool_use": {"name": "get_weather", "input": given}}, to=OFFERED)
    assert (input_of(draft), draft.warnings) == (given, ())


@pytest.mark.parametrize(
    "given",
    [
        {"city": "Oslo"},
        {"when": {"days": 7}},
        {"unit": "celsius", "when": {"from": "2025-01-01"}},
        {"city": "Oslo", "unit": "celsius", "when": {"from": "2025-01-01", "days": 2}},
        {},
    ],
)
def test_a_partial_input_keeps_what_is_given_and_samples_the_rest(given):
    draft = answer({"tool_use": {"name": "get_weather", "input": given, "partial": True}}, to=OFFERED)
    value = input_of(draft)
    assert schemas.conforms(value, WEATHER["input_schema"])
    for name, wanted in given.items():
        assert value[name] == ({**value[name], **wanted} if isinstance(wanted, dict) else wanted)


def test_a_partial_input_decides_which_branch_of_a_union_is_taken():
    branches = [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}, member: {"type": "integer"}},
            "required": ["kind", member],
            "additionalProperties": False,
        }
        for kind, member in (("circle", "radius"), ("square", "side"))
    ]
    tool = {"name": "draw", "input_schema": {"type": "object", "oneOf": branches}}
    for kind, member in (("circle", "radius"), ("square", "side")):
        wanted = {"name": "draw", "input": {"kind": kind}, "partial": True}
        assert input_of(answer({"tool_use": wanted}, to=call(tools=[tool]))).keys() == {"kind", member}


def test_a_partial_input_that_can_not_be_made_valid_is_given_with_a_warning():
    wanted = {"name": "get_weather", "input": {"unit": "kelvin"}, "partial": True}
    draft = answer({"tool_use": wanted}, to=OFFERED)
    assert input_of(draft)["unit"] == "kelvin"
    assert draft.warnings == ("rules.yaml:3:5: the input of 'get_weather' doesn't fit the tool's schema",)


def test_several_calls_have_ids_of_their_own():
    draft = answer({"tool_use": ["get_weather", "get_weather"]}, {"tool_use": "get_weather"}, to=OFFERED)
    assert len({block["id"] for block in draft.content}) == 3
    assert draft.warnings == ()


def test_the_member_of_a_toolset_is_called_with_its_toolset():
    draft = answer({"tool_use": "left_click"}, to=call(tools=[{"type": "computer_toolset_20260801"}]))
    assert draft.content[0]["toolset_name"] == "computer"


def test_thinking_verifies_when_it_comes_back():
    asked = call(thinking={"type": "enabled", "budget_tokens": 1024})
    block = answer({"thinking": "Let me see."}, {"text": "Sunny."}, to=asked).content[0]
    assert block["thinking"] == "Let me see."
    assert signatures.verify(block["signature"], "Let me see.").accepted
    assert not signatures.verify(block["signature"], "Something else.").accepted


def test_thinking_is_not_shown_where_the_request_omits_it():
    asked = call(thinking={"type": "enabled", "budget_tokens": 1024, "display": "omitted"})
    draft = answer({"thinking": "Let me see."}, to=asked)
    assert (draft.content[0]["thinking"], draft.warnings) == ("", ())


def test_thinking_that_a_model_does_not_show_by_itself_is_told():
    warnings = answer({"thinking": "Hm."}, to=call(model="claude-opus-4-8", thinking={"type": "adaptive"})).warnings
    assert warnings == (
        "rules.yaml:3:5: thinks, but claude-opus-4-8 shows no thinking by itself: ask with thinking.display summarized",
    )


def test_a_literal_block_may_leave_out_what_only_a_server_knows():
    draft = answer(
        {"block": {"type": "thinking", "thinking": "Hm."}},
        {"block": {"type": "redacted_thinking"}},
        {"block": {"type": "server_tool_use", "name": "web_search", "input": {"query": "x"}}},
        {"block": {"type": "web_search_tool_result", "content": []}},
        {"block": {"type": "tool_use", "name": "get_weather"}},
    )
    assert breach(draft.content) is None
    assert draft.content[3]["tool_use_id"] == draft.content[2]["id"]
    assert signatures.verify_sealed(draft.content[1]["data"], "redacted_thinking").accepted


def test_a_refusal_has_its_details():
    draft = answer({"refusal": "Not this."})
    assert (draft.content, draft.stop_reason) == ((), "refusal")
    assert draft.stop_details == {"type": "refusal", "category": None, "explanation": "Not this."}


def test_a_refusal_may_come_midway():
    draft = answer({"text": "You can"}, {"refusal": {"category": "cyber"}})
    assert (said(draft), draft.stop_reason) == ("You can", "refusal")
    assert (draft.stop_details or {})["category"] == "cyber"


def test_a_fixture_brings_content_end_and_members():
    draft = answer(
        {"fixture": "paused"}, fixtures=fixtures, to=call(thinking={"type": "enabled", "budget_tokens": 1024})
    )
    assert (said(draft), draft.stop_reason, draft.source) == ("Documented.", "pause_turn", "rule:x (example:paused)")
    assert draft.extra["container"]["id"] == "container_1"


def test_an_unknown_fixture_is_told():
    assert "there is no documented example 'paysed'" in refused({"fixture": "paysed"}, fixtures=fixtures).message


def test_a_generator_takes_options():
    draft = answer({"generator": {"name": "prose", "arguments": {"sentences": 12}}})
    assert said(draft).count(". ") >= 10
    assert said(draft) == said(answer({"generator": {"name": "prose", "sentences": 12}}))


def test_the_generator_default_says_what_fakeapi_says_by_itself():
    assert answer({"generator": "default"}, to=OFFERED).content == usual(OFFERED).content


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("prosa", "there is no generator 'prosa', did you mean prose?; there is default, prose"),
        ({"name": "prose", "sentence": 2}, "the generator 'prose' has no option 'sentence', did you mean sentences?"),
        (
            {"name": "prose", "sentences": "two"},
            "the generator 'prose': sentences must be a whole number, and this is 'two'",
        ),
        (
            {"name": "prose", "sentences": True},
            "the generator 'prose': sentences must be a whole number, and this is True",
        ),
    ],
)
def test_a_generator_that_can_not_be_asked_for_is_told(spec, told):
    assert refused({"generator": spec}).message.startswith(f"rules.yaml:3:5: {told}")


def test_a_rule_that_says_nothing_gives_the_usual_answer():
    draft = answer(to=OFFERED, fault="cut")
    assert (draft.content, draft.stop_reason) == (usual(OFFERED).content, "tool_use")
    assert draft.source == "rule:x (generator:tool_calls)"


def test_an_error_has_no_content():
    assert answer(error={"status": 529}).content == ()


def test_the_end_of_an_answer_can_be_said():
    assert answer({"text": "a"}, stop_reason="max_tokens").stop_reason == "max_tokens"
    draft = answer({"text": "a"}, stop_sequence="END", to=call(stop_sequences=["END"]))
    assert (draft.stop_reason, draft.stop_sequence, draft.warnings) == ("stop_sequence", "END", ())
    draft = answer({"refusal": "No."}, stop_reason="end_turn")
    assert (draft.stop_reason, draft.stop_details) == ("end_turn", None)


def test_usage_and_members_are_handed_on():
    draft = answer({"text": "a"}, usage={"input_tokens": 7}, extra={"container": None})
    assert (draft.usage, draft.extra) == ({"input_tokens": 7}, {"container": None})


def test_equal_requests_get_equal_answers():
    parts = ({"tool_use": "get_weather"}, {"template": "{{ faker.name() }}"}, {"generator": "prose"})
    assert answer(*parts, to=OFFERED) == answer(*parts, to=OFFERED)
    assert answer(*parts, to=OFFERED) != answer(*parts, to=OFFERED, seed=1)
