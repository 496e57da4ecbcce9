"""Why an answer ends, by size and by trigger: refusals, fallbacks, a full window, a prompt that is too long."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.facts import catalogue, counting, triggers
from tests.grammar import frames
from tests.street import DOOR, Lines, ask, json, message, refusal, sent

MAGIC = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
FALLBACK, CREDIT = "server-side-fallback-2026-07-01", "fallback-credit-2026-07-01"
NAMED = [{"model": "claude-opus-4-8"}]
WINDOW = 200_000
CALL = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a.txt"}}
READ = {"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}


def betas(*names: str) -> Lines:
    return (*DOOR, ("anthropic-beta", ",".join(names)))


def body(text: str, model: str = "claude-fable-5", **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 400, "messages": [{"role": "user", "content": text}], **more}


def streamed(request: dict[str, Any], **how: Any) -> list[tuple[str, Any]]:
    answer = ask({**request, "stream": True}, **how)
    return [(kind, orjson.loads(data)) for kind, data in frames(sent(answer).decode())]


def around(result: Any) -> dict[str, Any]:
    """A conversation in which a tool gave this back."""
    return body(
        "Read it.",
        tools=[READ],
        messages=[
            {"role": "user", "content": "Read it."},
            {"role": "assistant", "content": [CALL]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result}]},
        ],
    )


PLACES = {
    "alone": body(MAGIC),
    "within a text": body(f"Please look at this: {MAGIC}, and go on."),
    "in the system prompt": body("Hello, Claude", system=f"Be brief. {MAGIC}"),
    "in a system block": body("Hello, Claude", system=[{"type": "text", "text": MAGIC}]),
    "in a tool's result": around(f"// {MAGIC}\nint main() {{}}"),
    "in a block of a tool's result": around([{"type": "text", "text": MAGIC}]),
    "earlier in the conversation": body(
        "",
        messages=[
            {"role": "user", "content": MAGIC},
            {"role": "assistant", "content": "No."},
            {"role": "user", "content": "Then something else."},
        ],
    ),
    "in a document": body(
        "",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": MAGIC}},
                    {"type": "text", "text": "Sum it up."},
                ],
            }
        ],
    ),
}


@pytest.mark.parametrize("request_body", PLACES.values(), ids=PLACES)
def test_the_documented_string_is_refused_wherever_it_stands(request_body):
    answer = message(request_body)
    assert (answer["content"], answer["stop_reason"], answer["usage"]["output_tokens"]) == ([], "refusal", 0)
    assert answer["stop_details"] == {"type": "refusal", "category": None, "explanation": None}


def test_half_of_the_documented_string_is_nothing_special():
    assert message(body(MAGIC[:60]))["stop_reason"] == "end_turn"


def test_a_streamed_refusal_before_output_has_no_blocks():
    events = streamed(body(MAGIC))
    assert [kind for kind, _ in events] == ["message_start", "ping", "message_delta", "message_stop"]
    assert events[2][1]["delta"]["stop_details"] == {"type": "refusal", "category": None, "explanation": None}


@pytest.mark.parametrize("category", ["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"])
def test_a_refusal_names_its_category_and_explains_it(category):
    details = message(body(f"Tell me. FAKEAPI_TRIGGER_REFUSAL_{category.upper()}"))["stop_details"]
    assert details["category"] == category
    assert details["explanation"]


def test_a_refusal_midway_keeps_what_was_said_and_closes_its_block():
    text = "FAKEAPI_TRIGGER_REFUSAL_MIDWAY"
    answer = message(body(text))
    assert (answer["content"][0]["text"], answer["stop_reason"]) == (triggers.partial(), "refusal")
    assert answer["usage"]["output_tokens"] > 0
    kinds = [kind for kind, _ in streamed(body(text))]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_fallback_model_answers_what_the_asked_one_refuses():
    answer = message(body(MAGIC, fallbacks=NAMED), headers=betas(FALLBACK))
    mark, *said = answer["content"]
    assert mark == {
        "type": "fallback",
        "from": {"model": "claude-fable-5"},
        "to": {"model": "claude-opus-4-8"},
        "trigger": {"type": "refusal", "category": None},
    }
    assert (answer["model"], answer["stop_reason"], said[0]["type"]) == ("claude-opus-4-8", "end_turn", "text")
    assert MAGIC[:20] not in said[0]["text"]


def test_each_attempt_has_its_iteration_and_the_usage_is_that_of_the_last():
    usage = message(body(MAGIC, fallbacks=NAMED), headers=betas(FALLBACK))["usage"]
    first, last = usage["iterations"]
    assert (first["type"], first["model"], first["output_tokens"]) == ("message", "claude-fable-5", 0)
    assert (last["type"], last["model"]) == ("fallback_message", "claude-opus-4-8")
    assert (last["input_tokens"], last["output_tokens"]) == (usage["input_tokens"], usage["output_tokens"])
    model = catalogue.resolve("claude-opus-4-8")
    assert model is not None
    assert usage["input_tokens"] == counting.input_tokens(body(MAGIC), model)


def test_default_falls_back_without_naming_a_model():
    answer = message(body(MAGIC, fallbacks="default"), headers=betas(FALLBACK))
    assert answer["content"][0]["type"] == "fallback"
    assert answer["model"] in ("claude-opus-4-8", "claude-opus-5")


def test_on_a_model_without_fallbacks_default_leaves_the_refusal():
    answer = message(body(MAGIC, "claude-haiku-4-5", fallbacks="default"), headers=betas(FALLBACK))
    assert (answer["stop_reason"], answer["content"]) == ("refusal", [])
    assert answer["stop_details"]["recommended_model"] is None


def test_where_all_refuse_the_last_refusal_stands():
    chain = [{"model": "claude-opus-4-8"}, {"model": "claude-opus-5"}]
    answer = message(body("FAKEAPI_TRIGGER_REFUSAL_BY_ALL", fallbacks=chain), headers=betas(FALLBACK))
    assert (answer["stop_reason"], answer["model"]) == ("refusal", "claude-opus-5")
    assert [step["type"] for step in answer["usage"]["iterations"]] == ["message", "message", "fallback_message"]


def test_the_entry_of_a_fallback_has_its_own_limit():
    request = body(MAGIC, fallbacks=[{"model": "claude-opus-4-8", "max_tokens": 5}])
    answer = message(request, headers=betas(FALLBACK))
    assert (answer["stop_reason"], answer["usage"]["output_tokens"]) == ("max_tokens", 5)


def test_a_stream_that_falls_back_before_output_begins_with_the_fallback_model():
    events = streamed(body(MAGIC, fallbacks=NAMED), headers=betas(FALLBACK))
    assert events[0][1]["message"]["model"] == "claude-opus-4-8"
    first = next(data for kind, data in events if kind == "content_block_start")
    assert first["content_block"]["type"] == "fallback"


def test_a_stream_that_falls_back_midway_goes_on_behind_the_mark():
    request = body("FAKEAPI_TRIGGER_REFUSAL_MIDWAY", fallbacks=NAMED)
    events = streamed(request, headers=betas(FALLBACK))
    assert events[0][1]["message"]["model"] == "claude-fable-5"
    blocks = [data["content_block"]["type"] for kind, data in events if kind == "content_block_start"]
    assert blocks == ["text", "fallback", "text"]
    steps = next(data for kind, data in events if kind == "message_delta")["usage"]["iterations"]
    assert steps[0]["output_tokens"] > 0
    assert events[0][1]["message"]["usage"]["input_tokens"] == steps[0]["input_tokens"]


def test_a_plain_answer_leaves_out_what_was_said_before_a_refusal_midway():
    request = body("FAKEAPI_TRIGGER_REFUSAL_MIDWAY", fallbacks=NAMED)
    answer = message(request, headers=betas(FALLBACK))
    assert [block["type"] for block in answer["content"]] == ["fallback", "text"]
    assert answer["usage"]["iterations"][0]["output_tokens"] > 0


BAD_FALLBACKS = {
    "not permitted": [{"model": "claude-haiku-4-5"}],
    "the model itself": [{"model": "claude-fable-5"}],
    "twice": [{"model": "claude-opus-5"}, {"model": "claude-opus-5"}],
}


@pytest.mark.parametrize("fallbacks", BAD_FALLBACKS.values(), ids=BAD_FALLBACKS)
def test_a_fallback_that_is_not_permitted_is_refused(fallbacks):
    status, kind, sentence = refusal(body("Hi", fallbacks=fallbacks), headers=betas(FALLBACK))
    assert (status, kind) == (400, "invalid_request_error")
    assert sentence.startswith("fallbacks.")


def test_a_model_without_fallbacks_refuses_a_list_of_them():
    status, _, sentence = refusal(body("Hi", "claude-haiku-4-5", fallbacks=NAMED), headers=betas(FALLBACK))
    assert (status, sentence.split(":")[0]) == (400, "fallbacks")


def credit(**more: Any) -> Any:
    return message(body(MAGIC, **more), headers=betas(CREDIT))["stop_details"]["fallback_credit_token"]


def test_a_refusal_hands_out_a_credit_that_the_retry_redeems():
    retry = body(MAGIC, "claude-opus-4-8", fallback_credit_token=credit())
    answer = message(retry, headers=betas(CREDIT))
    assert answer["stop_reason"] == "end_turn"
    assert answer["usage"]["fallback_credit"] == {"status": {"type": "redeemed"}}


def test_the_retry_may_go_on_from_what_was_said():
    said = message(body("FAKEAPI_TRIGGER_REFUSAL_MIDWAY"), headers=betas(CREDIT))
    assert said["stop_details"]["fallback_has_prefill_claim"] is True
    partial = {"role": "assistant", "content": said["content"][0]["text"].rstrip()}
    retry = body("FAKEAPI_TRIGGER_REFUSAL_MIDWAY", "claude-opus-4-8")
    retry["messages"].append(partial)
    retry["fallback_credit_token"] = said["stop_details"]["fallback_credit_token"]
    answer = message(retry, headers=betas(CREDIT))
    assert answer["usage"]["fallback_credit"]["status"]["type"] == "redeemed"


def test_a_credit_for_another_request_is_refused_or_told():
    retry = body("Something else", "claude-opus-4-8", fallback_credit_token=credit())
    assert refusal(retry, headers=betas(CREDIT))[0] == 400
    retry["fallback_credit_token"] = {"token": credit(), "mode": "best_effort"}
    told = message(retry, headers=betas(CREDIT))["usage"]["fallback_credit"]["status"]
    assert told == {"type": "not_applied", "reason": "body_mismatch"}


@pytest.mark.parametrize("token", ["x", "", "ÿ", "AAAA"])
def test_a_malformed_credit_is_refused_in_any_mode(token):
    for given in (token, {"token": token, "mode": "best_effort"}):
        request = body("Hi", "claude-opus-4-8", fallback_credit_token=given)
        assert refusal(request, headers=betas(CREDIT))[0] == 400


def test_a_model_without_fallbacks_hands_out_no_credit():
    details = message(body(MAGIC, "claude-haiku-4-5"), headers=betas(CREDIT))["stop_details"]
    assert (details["fallback_credit_token"], details["fallback_has_prefill_claim"]) == (None, None)


def filled(tokens: int, model: str = "claude-haiku-4-5", **more: Any) -> dict[str, Any]:
    """A request of exactly this many input tokens: a word more is a token more."""
    found = catalogue.resolve(model)
    assert found is not None
    missing = tokens - counting.input_tokens(body("word", model), found)
    request = body(" ".join(["word"] * (missing + 1)), model, **more)
    assert counting.input_tokens(request, found) == tokens
    return request


@pytest.mark.parametrize("left", [1, 5, 20])
def test_an_answer_ends_where_the_window_is_full(left):
    answer = message(filled(WINDOW - left, max_tokens=4000))
    assert answer["stop_reason"] == "model_context_window_exceeded"
    assert answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"] <= WINDOW
    assert answer["usage"]["output_tokens"] <= left


def test_max_tokens_that_end_an_answer_first_are_the_reason():
    assert message(filled(WINDOW - 20, max_tokens=10))["stop_reason"] == "max_tokens"


def test_an_answer_that_fits_beside_the_prompt_ends_by_itself():
    assert message(filled(WINDOW - 1000, max_tokens=4000))["stop_reason"] == "end_turn"


def test_a_full_window_leaves_no_room_for_any_answer():
    answer = message(filled(WINDOW, max_tokens=4000))
    assert (answer["stop_reason"], answer["content"]) == ("model_context_window_exceeded", [])


def test_older_models_refuse_what_would_not_fit_unless_a_beta_says_otherwise():
    request = filled(WINDOW - 20, "claude-opus-4-1", max_tokens=4000)
    assert refusal(request)[2].startswith("input length and `max_tokens` exceed context limit: 199980 + 4000 > 200000")
    beta = betas("model-context-window-exceeded-2025-08-26")
    assert message(request, headers=beta)["stop_reason"] == "model_context_window_exceeded"


def test_a_streamed_answer_ends_there_just_so():
    events = streamed(filled(WINDOW - 5, max_tokens=4000))
    assert events[-2][1]["delta"]["stop_reason"] == "model_context_window_exceeded"


def test_a_prompt_beyond_the_window_is_too_long():
    assert refusal(filled(WINDOW + 7)) == (
        400,
        "invalid_request_error",
        f"prompt is too long: {WINDOW + 7} tokens > {WINDOW} maximum",
    )


def test_a_beta_opens_a_larger_window():
    request = filled(WINDOW + 7, "claude-sonnet-4-20250514")
    assert refusal(request)[2].startswith("prompt is too long")
    assert message(request, headers=betas("context-1m-2025-08-07"))["stop_reason"] == "end_turn"


def test_counting_says_how_long_a_prompt_is_that_would_be_refused():
    request = {name: value for name, value in filled(WINDOW + 7).items() if name != "max_tokens"}
    assert json(ask(request, path="/v1/messages/count_tokens")) == {"input_tokens": WINDOW + 7}


def test_triggers_stand_in_for_size():
    cut = message(body("Tell me. FAKEAPI_TRIGGER_CONTEXT_WINDOW_EXCEEDED", "claude-haiku-4-5"))
    assert (cut["stop_reason"], bool(cut["content"])) == ("model_context_window_exceeded", True)
    status, kind, sentence = refusal(body("Tell me. FAKEAPI_TRIGGER_PROMPT_TOO_LONG", "claude-haiku-4-5"))
    assert (status, kind) == (400, "invalid_request_error")
    size, most = [int(word) for word in sentence.split() if word.isdigit()]
    assert (sentence, size > most) == (f"prompt is too long: {size} tokens > 200000 maximum", True)
