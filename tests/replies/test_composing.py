"""With no rules at all, answers fit what was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakeapi.facts import schemas, signatures
from fakeapi.settings import Settings
from tests.pictures import PNG_BASE64
from tests.street import BASIC, message, refusal

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the current weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
        "required": ["city"],
    },
}
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "email": {"type": "string", "format": "email"},
    },
    "required": ["age", "name"],
    "additionalProperties": False,
}
DOCUMENT: dict[str, Any] = {
    "type": "document",
    "title": "facts",
    "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green. The sky is blue."},
    "citations": {"enabled": True},
}


def asked(content: Any, model: str = "claude-haiku-4-5", **more: Any) -> dict[str, Any]:
    messages = content if isinstance(content, list) and "role" in content[0] else [{"role": "user", "content": content}]
    return {"model": model, "max_tokens": 4096, "messages": messages, **more}


def text(answer: Any) -> str:
    return "".join(block["text"] for block in answer["content"] if block["type"] == "text")


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
def test_a_forced_tool_is_called_with_a_valid_input(choice):
    answer = message(asked("Hi there", tools=[WEATHER], tool_choice=choice))
    (block,) = answer["content"]
    assert (block["type"], block["name"], answer["stop_reason"]) == ("tool_use", "get_weather", "tool_use")
    assert schemas.conforms(block["input"], WEATHER["input_schema"])


def test_a_tool_is_called_when_the_user_asks_for_it_with_what_the_user_said():
    answer = message(asked("What is the weather in Paris?", tools=[WEATHER]))
    assert answer["content"][0]["input"]["city"] == "Paris"


def test_small_talk_calls_no_tool():
    assert message(asked("Thank you, that was nice of you.", tools=[WEATHER]))["stop_reason"] == "end_turn"


def test_no_tool_is_called_where_none_may_be():
    body = asked("What is the weather in Paris?", tools=[WEATHER])
    assert message({**body, "tool_choice": {"type": "none"}})["stop_reason"] == "end_turn"
    assert message(body, settings=Settings(tools="never"))["stop_reason"] == "end_turn"


def test_a_tool_result_is_answered_with_a_text_that_mentions_it():
    call = message(asked("What is the weather in Paris?", tools=[WEATHER]))["content"][0]
    turns = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees"}]},
    ]
    answer = message(asked(turns, tools=[WEATHER]))
    assert answer["stop_reason"] == "end_turn"
    assert "18 degrees" in text(answer)


def test_a_structured_output_parses_and_fits_its_schema_required_members_first():
    body = asked("Who is it?", output_config={"format": {"type": "json_schema", "schema": PERSON}})
    value = json.loads(text(message(body)))
    assert schemas.conforms(value, PERSON)
    assert set(list(value)[:2]) == {"age", "name"}


def test_a_structured_output_that_is_cut_breaks():
    body = asked("Who is it?", output_config={"format": {"type": "json_schema", "schema": PERSON}})
    answer = message({**body, "max_tokens": 5})
    assert answer["stop_reason"] == "max_tokens"
    with pytest.raises(json.JSONDecodeError):
        json.loads(text(answer))


def test_thinking_comes_first_signed_and_counted():
    answer = message(asked("Why is the sky blue?", thinking={"type": "enabled", "budget_tokens": 1024}))
    thought, said = answer["content"]
    assert (thought["type"], said["type"]) == ("thinking", "text")
    assert signatures.verify(thought["signature"], thought["thinking"]).accepted
    assert 0 < answer["usage"]["output_tokens_details"]["thinking_tokens"] < answer["usage"]["output_tokens"]


def test_thinking_that_is_omitted_has_a_signature_and_no_text():
    answer = message(asked("Why is the sky blue?", model="claude-opus-4-8", thinking={"type": "adaptive"}))
    assert answer["content"][0]["thinking"] == ""
    assert len(answer["content"][0]["signature"]) > 100


def test_nobody_thinks_unasked():
    assert [block["type"] for block in message(asked("Why?", model="claude-opus-5"))["content"]] == ["text"]


def test_thinking_is_accepted_when_it_comes_back_and_refused_when_it_was_changed():
    thinking = {"type": "enabled", "budget_tokens": 1024}
    content = message(asked("Why is the sky blue?", thinking=thinking))["content"]
    turns = [
        {"role": "user", "content": "Why is the sky blue?"},
        {"role": "assistant", "content": content},
        {"role": "user", "content": "And the sea?"},
    ]
    assert message(asked(turns, thinking=thinking))["stop_reason"] == "end_turn"
    content[0]["thinking"] += " And more."
    assert "blocks in the latest assistant message cannot be modified" in refusal(asked(turns, thinking=thinking))[2]
    turns += [{"role": "assistant", "content": "Also blue."}, {"role": "user", "content": "Why?"}]
    sentence = refusal(asked(turns, thinking=thinking))[2]
    assert sentence == "messages.1.content.0: Invalid `signature` in `thinking` block"


def test_a_quote_points_at_text_that_is_really_there():
    answer = message(asked([DOCUMENT, {"type": "text", "text": "What colour is grass?"}]))
    (citation,) = answer["content"][1]["citations"]
    data = DOCUMENT["source"]["data"]
    assert data[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]
    assert (citation["type"], citation["document_title"]) == ("char_location", "facts")


def test_a_search_result_is_quoted_by_its_block():
    result = {
        "type": "search_result",
        "source": "https://example.com/a",
        "title": "A",
        "content": [{"type": "text", "text": "Tea is hot."}],
        "citations": {"enabled": True},
    }
    (citation,) = message(asked([result, {"type": "text", "text": "Tea?"}]))["content"][1]["citations"]
    assert citation == {
        "type": "search_result_location",
        "cited_text": "Tea is hot.",
        "source": "https://example.com/a",
        "title": "A",
        "search_result_index": 0,
        "start_block_index": 0,
        "end_block_index": 1,
    }


def test_without_citations_nothing_is_quoted():
    plain = {**DOCUMENT, "citations": {"enabled": False}}
    assert len(message(asked([plain, {"type": "text", "text": "Colour?"}]))["content"]) == 1


def test_a_picture_is_named_by_kind_and_size():
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_BASE64}}
    assert "PNG picture of 64 x 64 pixels" in text(message(asked([picture, {"type": "text", "text": "Describe it."}])))


def test_a_thread_that_is_not_held_is_sent_back_to_its_start():
    from tests.street import DOOR, ask
    from tests.street import json as content

    body = {**BASIC, "thread": {"type": "continue", "previous_message_id": "msg_1"}}
    answer = ask(body, (*DOOR, ("anthropic-beta", "message-threads-2026-08-12")))
    assert answer.reply.status == 404
    assert content(answer)["error"]["details"] == {"error_code": "thread_not_found"}
