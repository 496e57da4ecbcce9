"""The priority tier and fast mode, organizations that have spent too much, workspaces and user profiles."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi import engine
from fakeapi.settings import Settings
from tests import street
from tests.endpoints.talking import Talk

PRIORITY = Settings(service_tier="priority")
FAST = {"model": "claude-opus-5-5", "speed": "fast"}


def asking(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-4-6",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


def apart(answer: engine.Answer, kind: str) -> list[str]:
    """The names of the headers of a kind, in order."""
    names = [name.decode() for name, _ in answer.reply.headers]
    return [name for name in names if name.startswith(f"anthropic-{kind}-")]


def expected(kind: str) -> list[str]:
    members = ("limit", "remaining", "reset")
    return [f"anthropic-{kind}-{name}-tokens-{member}" for name in ("input", "output") for member in members]


def test_usually_neither_is_shown():
    answer = street.ask(asking())
    assert apart(answer, "priority") == apart(answer, "fast") == []
    assert street.json(answer)["usage"]["service_tier"] == "standard"


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_the_priority_tier_says_so(stream):
    answer = street.ask(asking(stream=stream), settings=PRIORITY)
    assert apart(answer, "priority") == expected("priority")
    assert b'"service_tier":"priority"' in street.sent(answer)
    assert len(apart(answer, "ratelimit")) == 12


def test_what_is_left_of_it_is_shown_to_the_nearest_thousand():
    answer = street.ask(asking("river " * 30_000), settings=PRIORITY)
    used = street.json(answer)["usage"]["input_tokens"]
    limit = int(street.header(answer, "anthropic-priority-input-tokens-limit") or 0)
    assert int(street.header(answer, "anthropic-priority-input-tokens-remaining") or 0) == round(limit - used, -3)


def test_who_asks_for_the_standard_tier_only_gets_it():
    answer = street.ask(asking(service_tier="standard_only"), settings=PRIORITY)
    assert apart(answer, "priority") == []
    assert street.json(answer)["usage"]["service_tier"] == "standard"
    assert street.message(asking(service_tier="auto"), settings=PRIORITY)["usage"]["service_tier"] == "priority"


def test_an_answer_in_fast_mode_shows_its_limits():
    answer = street.ask(asking(**FAST))
    assert street.json(answer)["usage"]["speed"] == "fast"
    assert apart(answer, "fast") == expected("fast")
    assert apart(street.ask(asking(**{**FAST, "speed": "standard"})), "fast") == []


def test_both_are_shown_beside_limits_that_are_enforced():
    talk = Talk(Settings(service_tier="priority", limits="tier1"))
    answer = talk.begin(asking())
    assert apart(answer, "priority") == expected("priority")
    assert street.header(answer, "anthropic-ratelimit-requests-limit") == "50"


SPENT = (
    "You have reached your API usage limits: your organization has crossed its monthly API usage threshold, set based "
    "on your organization's API tier. You will regain access on 2026-09-01 at 00:00 UTC."
)


@pytest.mark.parametrize(
    ("trigger", "status", "kind", "sentence"),
    [
        (
            "SPEND_LIMIT",
            429,
            "rate_limit_error",
            SPENT,
        ),
        (
            "OWN_SPEND_LIMIT",
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits. You will regain access on 2026-09-01 at 00:00 UTC.",
        ),
        (
            "CREDIT_TOO_LOW",
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API. ",
        ),
        ("BILLING", 402, "billing_error", "Billing error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_organization_that_may_not_ask_is_refused(trigger, status, kind, sentence, stream):
    refused = street.refusal(asking(f"Hello FAKEAPI_TRIGGER_{trigger}", stream=stream))
    assert refused[:2] == (status, kind)
    assert refused[2].startswith(sentence)


def test_a_spend_limit_says_its_code_and_no_wait():
    answer = street.ask(asking("FAKEAPI_TRIGGER_SPEND_LIMIT"))
    assert street.json(answer)["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert street.header(answer, "retry-after") is None
    assert street.header(answer, "x-should-retry") == "false"


@pytest.mark.parametrize(("month", "following"), [("2026-12-31", "2027-01-01"), ("2027-01-31", "2027-02-01")])
def test_access_is_regained_with_the_next_month(month, following):
    from datetime import UTC, datetime

    talk = Talk(now=datetime.fromisoformat(month).replace(tzinfo=UTC).timestamp() + 5)
    assert f"regain access on {following} at" in talk.refused(asking("FAKEAPI_TRIGGER_SPEND_LIMIT"))["message"]


OWN = street.header(street.ask(asking()), "anthropic-workspace-id") or ""


@pytest.mark.parametrize(("path", "method"), [("/v1/messages", "POST"), ("/v1/models", "GET"), ("/v1/files", "GET")])
def test_a_request_may_name_the_workspace_of_its_key_and_no_other(path, method):
    def named(workspace: str, **how: Any) -> engine.Answer:
        lines = (*street.DOOR, ("anthropic-workspace-id", workspace))
        return street.ask(asking(), lines, path=path, method=method, **how)

    assert named(OWN).reply.status == 200
    other = named("wrkspc_011CZkZaBF1tNoB5wlCeusgy")
    assert other.reply.status == 400
    assert OWN in other.exchange.hint
    assert named("wrkspc_1", settings=Settings(contract="shape")).reply.status == 200
    warned = street.header(named("wrkspc_1", settings=Settings(contract="warn")), "fakeapi-warning")
    assert (warned or "").startswith('400 invalid_request_error: anthropic-workspace-id: "wrkspc_1"')


def test_a_user_profile_is_taken():
    lines = (*street.DOOR, ("anthropic-user-profile-id", "uprof_011CZkZaBF1tNoB5wlCeusgy"))
    assert street.ask(asking(), lines).reply.status == 200
