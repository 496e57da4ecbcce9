"""The stream of thinking under the beta that counts it as it goes (recorded 2026-08)."""

from __future__ import annotations

from typing import Any

from fakeapi.chance import draws
from fakeapi.encoding import events
from fakeapi.facts import signatures
from fakeapi.model import Message

BETA = frozenset({"thinking-token-count-2026-05-13"})
SAID = "First I look at what is given, then at what is missing. " * 40
USAGE = {
    "input_tokens": 1,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 600,
}


def deltas(text: str, betas: frozenset[str]) -> list[dict[str, Any]]:
    signature = signatures.sign(SAID, shown=bool(text))
    content = ({"type": "thinking", "thinking": text, "signature": signature},)
    message = Message("msg_1", "claude-opus-5-5", content, "end_turn", None, None, USAGE, {})
    said = [event.data or {} for event in events.events(message, "2026", draws("x"), betas)]
    return [event["delta"] for event in said if event.get("type") == "content_block_delta"]


def test_hidden_thinking_is_estimated_in_steps_of_fifty_and_a_last_step_without_news() -> None:
    *thinking, signature = deltas("", BETA)
    estimates = [delta["estimated_tokens"] for delta in thinking]
    assert {delta["thinking"] for delta in thinking} == {""}
    assert estimates.pop() is None
    assert sum(estimates) > 300
    assert all(estimate > 0 and estimate % 50 == 0 for estimate in estimates)
    assert signature["type"] == "signature_delta"


def test_shown_thinking_has_no_estimates() -> None:
    *thinking, _ = deltas(SAID, BETA)
    assert {delta["estimated_tokens"] for delta in thinking} == {None}
    assert "".join(delta["thinking"] for delta in thinking) == SAID


def test_without_the_beta_nothing_is_estimated() -> None:
    assert [delta["type"] for delta in deltas("", frozenset())] == ["signature_delta"]
    assert all("estimated_tokens" not in delta for delta in deltas(SAID, frozenset()))


def test_what_was_taken_out_of_the_request_is_told_at_the_start() -> None:
    dropped = [{"type": "thinking_dropped", "path": "messages.1.content.0", "reason": "prefix_binding_mismatch"}]
    extra = {"input_transformations": dropped}
    message = Message("msg_1", "claude-opus-5-5", (), "end_turn", None, None, USAGE, extra)
    start = next(events.events(message, "2026", draws("x")))
    assert start.data is not None
    assert start.data["message"]["input_transformations"] == dropped
