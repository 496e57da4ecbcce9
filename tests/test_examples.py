"""Every documented example is answered as documented, from the first start."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fakeapi import assets
from tests.pictures import PNG_BASE64
from tests.street import BASIC, message

OPUS = "claude-opus-4-1-20250805"
TURNS = [
    {"role": "user", "content": "Hello, Claude"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "Can you describe LLMs to me?"},
]
ANT = [
    {"role": "user", "content": "What is latin for Ant? (A) Apoidea, (B) Rhopalocera, (C) Formicidae"},
    {"role": "assistant", "content": "The answer is ("},
]
BASE64_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_BASE64}}
URL_IMAGE = {
    "type": "image",
    "source": {
        "type": "url",
        "url": "https://upload.wikimedia.org/wikipedia/commons/a/a7/Camponotus_flavomarginatus_ant.jpg",
    },
}
QUESTION = {"type": "text", "text": "What is in the above image?"}


def asked(messages: list[Any], max_tokens: int = 1024, model: str = OPUS, **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": max_tokens, "messages": messages, **more}


def counts(answer: Any) -> tuple[int, int]:
    return answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]


def text(answer: Any) -> str:
    return "".join(block["text"] for block in answer["content"])


def test_the_basic_request_is_answered_as_documented():
    answer = message(BASIC)
    assert answer["content"] == [{"type": "text", "text": "Hello!"}]
    assert (answer["stop_reason"], answer["stop_sequence"], counts(answer)) == ("end_turn", None, (12, 6))
    assert answer["model"] == OPUS


def test_several_turns_are_answered_as_documented():
    answer = message(asked(TURNS))
    assert text(answer) == "Sure, I'd be happy to provide..."
    assert (answer["stop_reason"], answer["stop_sequence"], counts(answer)) == ("end_turn", None, (30, 309))


def test_a_prefill_is_answered_with_one_letter_as_documented():
    answer = message(asked(ANT, 1))
    assert answer["content"] == [{"type": "text", "text": "C"}]
    assert (answer["stop_reason"], answer["stop_sequence"], counts(answer)) == ("max_tokens", None, (42, 1))


def test_with_more_tokens_the_prefill_goes_on():
    answer = message(asked(ANT, 100))
    assert text(answer).startswith("C")
    assert len(text(answer)) > 1
    assert answer["stop_reason"] == "end_turn"


@pytest.mark.parametrize("image", [BASE64_IMAGE, URL_IMAGE], ids=["base64", "url"])
def test_an_image_is_answered_as_documented(image):
    answer = message(asked([{"role": "user", "content": [image, QUESTION]}]))
    assert text(answer).startswith("This image shows an ant, specifically a close-up view of an ant.")
    assert (answer["stop_reason"], counts(answer)) == ("end_turn", (1551, 71))


def test_the_newer_page_has_an_answer_of_its_own_to_its_own_image():
    image = {
        "type": "image",
        "source": {"type": "url", "url": "https://platform.claude.com/docs/images/vision-example.jpg"},
    }
    answer = message(asked([{"role": "user", "content": [image, QUESTION]}], model="claude-opus-5"))
    assert "sunset" in text(answer)
    assert counts(answer) == (1030, 350)


@pytest.mark.parametrize("model", ["claude-opus-5", "claude-haiku-4-5", "claude-3-haiku-20240307", "claude-opus-5-5"])
def test_an_example_is_recognised_whatever_the_model_and_system_prompt(model):
    assert text(message(asked(BASIC["messages"], model=model, system="Be brief."))) == "Hello!"


def test_a_string_equals_one_text_block():
    blocks = [{"role": "user", "content": [{"type": "text", "text": "Hello, Claude"}]}]
    assert text(message(asked(blocks))) == "Hello!"


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": ""}, *TURNS],
        [{"role": "user", "content": "Hello, "}, {"role": "user", "content": "Claude"}, *TURNS[1:]],
        [*TURNS[:1], {"role": "assistant", "content": []}, *TURNS[1:]],
    ],
)
def test_empty_items_are_dropped_and_split_texts_joined(messages):
    assert text(message(asked(messages))) == "Sure, I'd be happy to provide..."


def test_a_prefill_may_come_in_pieces():
    pieces = [ANT[0], {"role": "assistant", "content": "The answer is"}, {"role": "assistant", "content": " ("}]
    assert text(message(asked(pieces, 1))) == "C"


def test_for_another_model_the_usage_is_counted():
    answer = message(asked(BASIC["messages"], model="claude-haiku-4-5"))
    assert counts(answer) != (12, 6)
    assert 5 <= answer["usage"]["input_tokens"] <= 15


def test_with_a_system_prompt_the_usage_is_counted():
    answer = message(asked(BASIC["messages"], system="You are a helpful assistant, and you answer at length."))
    assert answer["usage"]["input_tokens"] > 12


def test_what_a_stop_sequence_cuts_is_counted():
    answer = message(asked(BASIC["messages"], stop_sequences=["lo"]))
    assert text(answer) == "Hel"
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "lo")


def test_the_members_of_a_message_are_in_wire_order():
    answer = message(BASIC)
    assert list(answer) == [
        "model",
        "id",
        "type",
        "role",
        "content",
        "stop_reason",
        "stop_sequence",
        "stop_details",
        "usage",
    ]
    assert list(answer["usage"]) == [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cache_creation",
        "output_tokens",
        "service_tier",
        "inference_geo",
    ]


FIXTURES = [assets.read_json(name) for name in assets.names("fixtures/examples")]


def _request(fixture: dict[str, Any]) -> dict[str, Any]:
    """The documented request of a fixture, as far as the fixture needs it."""
    when = fixture.get("when", {})
    body = asked(copy.deepcopy(fixture["messages"]), 8192, model="claude-opus-4-5-20251101")
    if when.get("tools"):
        body["tools"] = [{"name": name, "input_schema": {"type": "object"}} for name in when["tools"]]
    if when.get("thinking"):
        body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    if when.get("output_format"):
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return body
