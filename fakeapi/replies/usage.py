"""What an answer costs in tokens, as the `usage` object of 2026 (contract.md 6, 10)."""

from __future__ import annotations

from fakeapi.facts import conversation, counting
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft, Json

_THOUGHTS = ("thinking", "redacted_thinking")
_GEO_UNKNOWN = "not_available"


def account(draft: Draft, call: Call, uncut: Draft, sizes: Sizes) -> Json:
    """The usage of a limited draft: documented where that holds, else counted."""
    return _written(input_tokens(uncut, call, sizes), _output(draft, call, uncut), _thinking(draft, call), call)


def input_tokens(uncut: Draft | None, call: Call, sizes: Sizes) -> int:
    """The whole input count: the documented one for a documented request to a documented model, else counted.

    It doesn't depend on max_tokens, so POST /v1/messages/count_tokens always says the same.
    """
    for row in uncut.documented if uncut else ():
        if _is_for(row, call):
            return int(row["usage"]["input_tokens"])
    return counting.input_tokens(call.body, call.model, sizes)


def _output(draft: Draft, call: Call, uncut: Draft) -> int:
    limit = conversation.most_tokens(call.body)
    if draft.stop_reason == "max_tokens":
        return limit
    if draft.content == uncut.content and draft.stop_reason == uncut.stop_reason:
        for row in uncut.documented:
            if _is_for(row, call) and row["max_tokens"] == limit:
                return int(row["usage"]["output_tokens"])
    return min(limit, counting.answer_tokens(draft.content, draft.stop_reason, call.body, call.model))


def _thinking(draft: Draft, call: Call) -> int | None:
    """What of the output was thinking; newer models say so even where none was (recorded), older ones only then."""
    thought = any(block["type"] in _THOUGHTS for block in draft.content)
    if not thought and "output_details" not in call.model.features:
        return None
    return counting.thinking_tokens(draft.content, call.model.tokenizer)


def _is_for(row: Json, call: Call) -> bool:
    """A documented usage is a fact about the documented model and prompt: an own system prompt changes it."""
    return row["model"] == call.model.id and bool(row.get("system")) == bool(call.body.get("system"))


def _written(input_tokens: int, output_tokens: int, thinking: int | None, call: Call) -> Json:
    details = {} if thinking is None else {"output_tokens_details": {"thinking_tokens": min(thinking, output_tokens)}}
    usage: Json = {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        **details,
        "service_tier": "standard",
        "inference_geo": (call.body.get("inference_geo") or "global") if call.model.inference_geo else _GEO_UNKNOWN,
    }
    if call.body.get("speed"):
        usage["speed"] = call.body["speed"]
    return usage
