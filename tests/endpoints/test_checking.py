"""The contract without a server."""

from __future__ import annotations

import pytest

from fakeapi.endpoints.checking import Verdict, check
from tests.street import BASIC, message

GOOD = {**BASIC, "model": "claude-haiku-4-5"}
BAD = {**GOOD, "max_tokens": -1}
SENTENCE = "max_tokens: must be greater than or equal to 0"
ANSWER = message(GOOD)


def test_a_request_that_the_api_takes_is_accepted():
    assert check(GOOD) == Verdict("request", True)


def test_a_request_that_it_refuses_gets_its_words():
    assert check(BAD) == Verdict("request", False, 400, "invalid_request_error", SENTENCE)


def test_an_unknown_model_is_told_as_the_api_tells_it():
    assert check({**GOOD, "model": "nope"}) == Verdict("request", False, 404, "not_found_error", "model: nope")


def test_the_version_decides():
    warm = {**GOOD, "temperature": 1.0}
    assert check(warm).accepted
    assert check(warm, version="2026-10-21").message == "temperature: Extra inputs are not permitted"


def test_the_betas_decide():
    edited = {**GOOD, "context_management": {"edits": []}}
    assert check(edited).message == "context_management: Extra inputs are not permitted"
    assert check(edited, betas=["context-management-2025-06-27"]).accepted


def test_an_answer_is_held_against_the_schema_of_answers():
    assert check(ANSWER) == Verdict("answer", True)
    broken = check({**ANSWER, "stop_reason": "bored"})
    assert (broken.kind, broken.accepted, broken.status) == ("answer", False, 0)
    assert broken.message.startswith("stop_reason: ")


def test_an_error_is_an_answer():
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    assert check(error) == Verdict("answer", True)


@pytest.mark.parametrize(
    "exchange",
    [
        {"request": GOOD, "response": ANSWER},
        {"request": {"path": "/v1/messages", "headers": {}, "body": GOOD}, "response": {"status": 200, "body": ANSWER}},
        {"request": GOOD},
    ],
)
def test_an_exchange_is_checked_on_both_sides(exchange):
    assert check(exchange) == Verdict("exchange", True)


def test_the_headers_of_an_exchange_say_which_contract_it_speaks():
    request = {"headers": {"Anthropic-Version": "2026-10-21"}, "body": {**GOOD, "temperature": 1.0}}
    assert check({"request": request}).message == "temperature: Extra inputs are not permitted"


def test_a_broken_answer_makes_a_broken_exchange():
    assert check({"request": GOOD, "response": {**ANSWER, "content": "Hello!"}}).status == 0


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"request": None}, {"type": "message"}])
def test_any_document_gets_a_verdict(document):
    assert not check(document).accepted


def test_a_document_that_is_too_deep_is_refused():
    deep: object = 1
    for _ in range(1000):
        deep = [deep]
    assert "nested deeper than 200 levels" in check({**GOOD, "tools": deep}).message
