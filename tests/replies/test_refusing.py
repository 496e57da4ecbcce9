"""Triggers and fallback chains, below the street."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi import assets
from fakeapi.facts import catalogue, credit, triggers
from fakeapi.model import Call, Caller, Draft
from fakeapi.replies import refusing

ROWS = assets.read_json("fixtures/replies/triggers.json")["triggers"]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["messages", "content", "text"]), inner)
    ),
    max_leaves=8,
)


def call(model: str = "claude-fable-5", **more: Any) -> Call:
    found = catalogue.resolve(model)
    assert found is not None
    messages = [{"role": "user", "content": "Hi"}]
    return Call({"model": model, "max_tokens": 9, "messages": messages, **more}, found, Caller("", "2023-06-01"))


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:40] for row in ROWS])
def test_every_trigger_is_found_and_can_be_taken_out(row):
    text = f"before {row['text']} after"
    assert triggers.pulled({"messages": [{"role": "user", "content": text}]}) != triggers.NOTHING
    left = triggers.without(text)
    assert (left.startswith("before"), left.endswith("after"), row["text"] in left) == (True, True, False)


@given(ANY)
def test_looking_for_triggers_never_fails(body):
    assert triggers.pulled(body if isinstance(body, dict) else {"messages": body}) == triggers.NOTHING


def test_triggers_add_up():
    text = "FAKEAPI_TRIGGER_REFUSAL_BIO FAKEAPI_TRIGGER_REFUSAL_MIDWAY"
    found = triggers.pulled({"messages": [{"role": "user", "content": text}]})
    assert (found.refuses, found.category, found.midway) == (True, "bio", True)


def test_an_attempt_is_made_as_its_entry_says():
    entry = {"model": "claude-opus-5", "max_tokens": 5, "thinking": None, "output_config": {"effort": "low"}}
    asked = call(fallbacks=[entry], thinking={"type": "adaptive"}, output_config={"effort": "max", "format": None})
    (attempt,) = refusing.attempts(asked)
    assert (attempt.model.id, attempt.body["max_tokens"]) == ("claude-opus-5", 5)
    assert attempt.body["output_config"] == {"effort": "low", "format": None}
    assert not {"fallbacks", "thinking"} & set(attempt.body)


def test_what_refused_is_named_as_it_was_asked_for():
    refused = Draft((), "test", "refusal", stop_details={"type": "refusal", "category": None, "explanation": None})
    chain = [{"model": "claude-opus-5"}, {"model": "claude-opus-4-8"}]
    said = refusing.fall_back(refused, call(fallbacks=chain), lambda _: Draft((), "x"), by_all=True)
    hops = [(block["from"]["model"], block["to"]["model"]) for block in said.content]
    assert hops == [("claude-fable-5", "claude-opus-5"), ("claude-opus-5", "claude-opus-4-8")]


@pytest.mark.parametrize(("after", "good"), [(0, True), (300, True), (301, False)])
def test_a_credit_is_good_for_five_minutes(after, good):
    token = credit.mint(call(), 1000)
    retry = call("claude-opus-5", fallback_credit_token={"token": token, "mode": "best_effort"})
    outcome = credit.redeem(retry, 1000 + after)
    assert outcome is not None
    assert (outcome["status"]["type"] == "redeemed") is good


def test_a_credit_is_for_permitted_models_only():
    retry = call("claude-haiku-4-5", fallback_credit_token={"token": credit.mint(call(), 0), "mode": "best_effort"})
    assert credit.redeem(retry, 0) == {"status": {"type": "not_applied", "reason": "invalid_target_model"}}
