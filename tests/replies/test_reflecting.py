"""What an answer tells besides what is said: each member is there when the request asks for it, and only then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import pytest

from fakeapi.chance import Chance
from fakeapi.facts import catalogue
from fakeapi.model import Call, Caller, Draft
from fakeapi.replies import iterating, reflecting
from tests.grammar import frames
from tests.street import BASIC, DOOR, NOW, Lines, ask, message, sent

CODE = [{"type": "code_execution_20250825", "name": "code_execution"}]
RAN = (
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "bash_code_execution", "input": {"command": "ls"}},
    {"type": "text", "text": "Done."},
)
WAITS = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "look",
    "input": {},
    "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"},
}


def betas(*names: str) -> Lines:
    return (*DOOR, ("anthropic-beta", ",".join(names)))


def body(model: str = "claude-sonnet-4-6", **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": "How are you?"}], **more}


def members(*content: Any, extra: Any = None, source: str = "test", now: float = NOW, **asked: Any) -> Any:
    model = catalogue.resolve("claude-sonnet-4-6")
    assert model is not None
    draft = Draft(content or ({"type": "text", "text": "Hi"},), source, extra=extra or {})
    return reflecting.members(draft, Call(body(**asked), model, Caller("", "2023-06-01")), Chance(0, 1, now))


def seconds(container: Any) -> float:
    return datetime.fromisoformat(container["expires_at"]).timestamp() - NOW


def test_a_plain_answer_has_no_further_members():
    assert set(message(BASIC)) == {
        *("model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage")
    }


def test_code_that_ran_has_a_container_for_an_hour():
    container = members(*RAN)["container"]
    assert container["id"].startswith("container_01")
    assert seconds(container) == pytest.approx(3600, abs=0.001)


def test_code_that_waits_for_a_tool_keeps_its_container_for_five_minutes():
    assert seconds(members(*RAN, WAITS)["container"]) == pytest.approx(300, abs=0.001)


@pytest.mark.parametrize("asked", ["container_01Own", {"id": "container_01Own"}])
def test_the_container_asked_for_is_used_again_and_renewed(asked):
    first, later = (members(container=asked, now=now)["container"] for now in (NOW, NOW + 100))
    assert (first["id"], later["id"]) == ("container_01Own", "container_01Own")
    assert seconds(later) - seconds(first) == pytest.approx(100, abs=0.001)


def test_skills_are_loaded_into_the_container():
    skills = [{"type": "anthropic", "skill_id": "pdf"}, {"type": "custom", "skill_id": "skill_01", "version": "3"}]
    answer = message(
        body("claude-opus-4-8", container={"skills": skills}, tools=CODE), headers=betas("skills-2025-10-02")
    )
    assert answer["container"]["skills"] == [
        {"type": "anthropic", "skill_id": "pdf", "version": "latest"},
        {"type": "custom", "skill_id": "skill_01", "version": "3"},
    ]


def test_a_stream_tells_the_container_at_its_end():
    request = body(container="container_01Own", tools=CODE, stream=True)
    events = [(kind, orjson.loads(data)) for kind, data in frames(sent(ask(request)).decode())]
    assert events[-2][1]["delta"]["container"]["id"] == "container_01Own"


def test_two_answers_to_equal_requests_have_containers_of_their_own():
    request = body("claude-opus-4-8", container={"skills": [{"type": "anthropic", "skill_id": "pdf"}]}, tools=CODE)
    first, second = (message(request, number=number)["container"]["id"] for number in (1, 2))
    assert first != second


def test_a_container_that_a_rule_describes_is_left_alone():
    own = {"id": "container_mine", "expires_at": "2030-01-01T00:00:00Z"}
    assert members(*RAN, extra={"container": own})["container"] == own


def test_that_of_an_example_lives_now():
    documented = {"id": "container_old", "expires_at": "2020-01-01T00:00:00Z", "skills": [{"skill_id": "pptx"}]}
    container = members(*RAN, extra={"container": documented}, source="example:x")["container"]
    assert seconds(container) == pytest.approx(3600, abs=0.001)
    assert container["skills"] == [{"skill_id": "pptx"}]


@pytest.mark.parametrize("asked", [{"previous_message_id": None}, {}])
def test_diagnostics_that_were_asked_for_are_null_where_there_is_nothing_to_tell(asked):
    answer = message(body("claude-opus-5-5", diagnostics=asked))
    assert answer["diagnostics"] is None


def test_diagnostics_that_were_not_asked_for_are_absent():
    assert "diagnostics" not in message(body("claude-opus-5-5", diagnostics=None))


def test_the_reason_of_a_cache_miss_has_its_place():
    model = catalogue.resolve("claude-opus-5-5")
    assert model is not None
    call = Call(body(diagnostics={"previous_message_id": "msg_1"}), model, Caller("", "2023-06-01"))
    miss = {"type": "model_changed", "cache_missed_input_tokens": 12}
    told = reflecting.members(Draft((), "test"), call, Chance(0, 1, NOW), cache_miss=miss)
    assert told["diagnostics"] == {"cache_miss_reason": miss}


@pytest.mark.parametrize("beta", ["context-management-2025-06-27", "compact-2026-01-12"])
def test_with_its_beta_every_answer_tells_the_edits_of_the_context(beta):
    assert message(body(), headers=betas(beta))["context_management"] == {"applied_edits": []}
    assert "context_management" not in message(body())


def test_changes_to_the_input_are_told_with_their_beta():
    beta = betas("thinking-binding-controls-2026-08-01")
    assert message(body("claude-opus-4-8"), headers=beta)["input_transformations"] == []
    assert "input_transformations" not in message(body("claude-opus-4-8"))


ITERATING = ["compact-2026-01-12", "compact-2026-09-04", "task-budgets-2026-03-13", "advisor-tool-2026-03-01"]


@pytest.mark.parametrize("beta", [*ITERATING, "server-side-fallback-2026-07-01", "fallback-credit-2026-07-01"])
def test_with_these_betas_every_answer_tells_its_iterations(beta):
    usage = message(body(), headers=betas(beta))["usage"]
    (step,) = usage["iterations"]
    assert list(step) == [
        *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"),
        "type",
    ]
    assert (step["input_tokens"], step["output_tokens"]) == (usage["input_tokens"], usage["output_tokens"])
    assert list(usage).index("iterations") < list(usage).index("output_tokens")


def test_editing_alone_does_not_tell_them():
    assert "iterations" not in message(body(), headers=betas("context-management-2025-06-27"))["usage"]


def test_iterations_follow_whoever_changes_the_usage():
    usage = message(body(), headers=betas("compact-2026-01-12"))["usage"]
    cached = {**usage, "input_tokens": 3, "cache_read_input_tokens": 7}
    (step,) = iterating.mirrored(cached)["iterations"]
    assert (step["input_tokens"], step["cache_read_input_tokens"]) == (3, 7)


def test_steps_that_cost_something_beside_the_usage_are_told():
    model = catalogue.resolve("claude-fable-5")
    assert model is not None
    steps = [
        iterating.step("compaction", 9, 1),
        iterating.step("message", 9, 0, "claude-fable-5"),
        iterating.step("message", 9, 4, "claude-opus-5"),
        iterating.step("advisor_message", 9, 1, "claude-opus-4-8"),
        iterating.step("message", 9, 9),
    ]
    apart = [(entry["type"], by.id) for entry, by in iterating.billed_apart({"iterations": steps}, model)]
    assert apart == [
        ("compaction", "claude-fable-5"),
        ("message", "claude-opus-5"),
        ("advisor_message", "claude-opus-4-8"),
    ]


@pytest.mark.parametrize("tier", ["auto", "standard_only"])
def test_the_tier_of_an_answer_is_the_standard_one(tier):
    assert message(body(service_tier=tier))["usage"]["service_tier"] == "standard"


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        ("claude-opus-5-5", "fast", "fast"),
        ("claude-opus-5-5", "standard", "standard"),
        ("claude-opus-4-6", "fast", "standard"),
    ],
)
def test_the_usage_tells_the_speed(model, asked, told):
    answer = message(body(model, speed=asked), headers=betas("fast-mode-2026-02-01"))
    assert answer["usage"]["speed"] == told


def test_a_speed_that_nobody_asked_for_is_not_told():
    assert "speed" not in message(body("claude-opus-5-5"))["usage"]


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        ("claude-opus-5-5", {"inference_geo": "us"}, "us"),
        ("claude-opus-5-5", {}, "global"),
        ("claude-haiku-4-5", {}, "not_available"),
    ],
)
def test_the_usage_tells_where_it_was_computed(model, asked, told):
    assert message(body(model, **asked))["usage"]["inference_geo"] == told


def test_effort_and_metadata_leave_no_trace():
    plain = message(body("claude-opus-4-8"))
    asked = message(body("claude-opus-4-8", output_config={"effort": "low"}, metadata={"user_id": "u"}))
    assert set(asked) == set(plain)
    assert set(asked["usage"]) == set(plain["usage"])


def test_any_single_beta_can_be_asked_for():
    for beta in sorted(catalogue.known_betas()):
        assert ask(body(), betas(beta)).reply.status == 200, beta
