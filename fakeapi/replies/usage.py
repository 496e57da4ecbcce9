"""What an answer costs in tokens, as the `usage` object of 2026 (contract.md 6, 10)."""

from __future__ import annotations

from dataclasses import replace

from fakeapi.facts import conversation, counting, editing
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import compacting, iterating, offering, refusing

_THOUGHTS = ("thinking", "redacted_thinking")
_GEO_UNKNOWN = "not_available"


def account(draft: Draft, call: Call, uncut: Draft, sizes: Sizes) -> Json:
    """The usage of a limited draft: documented where that holds, else counted.

    It is that of the answer alone; a summary before it, and models that refused before it, stand in its iterations.
    """
    serving = refusing.serving(draft, call)
    if iterating.only_summarizes(draft, call):
        usage = _written(0, 0, None, serving)
    else:
        said = _answer(draft)
        read = _input_behind(draft, call, sizes) or input_tokens(uncut, call, sizes, serving)
        usage = _written(read, _output(said, serving, draft, uncut, call), _thinking(said, serving), serving)
    usage = _with_iterations(usage, iterating.iterations(usage, draft, call, serving, sizes))
    return _with_server_tools(usage, draft, call, sizes) if offering.may_serve(call.body) else usage


def input_tokens(uncut: Draft | None, call: Call, sizes: Sizes, serving: Call | None = None) -> int:
    """The whole input count: the documented one for a documented request to a documented model, else counted.

    It doesn't depend on max_tokens, so POST /v1/messages/count_tokens always says the same. `serving`: the call that
    was answered, if another one than `call`.
    """
    for row in uncut.documented if uncut else ():
        if _is_for(row, call):
            return int(row["usage"]["input_tokens"])
    read = serving or call
    return editing.input_tokens(read.body, read.model, sizes)


def _input_behind(draft: Draft, call: Call, sizes: Sizes) -> int | None:
    """What an answer behind a summary read: that, instead of the conversation."""
    if not compacting.is_compacted(draft) or draft.documented:
        return None
    return editing.input_tokens(editing.summarized(call.body, draft.content[0]), call.model, sizes)


def _answer(draft: Draft) -> Draft:
    """The answer itself, without what stands before it: a summary, or what other models said."""
    marks = [at for at, block in enumerate(draft.content) if block["type"] in ("fallback", "compaction")]
    return replace(draft, content=draft.content[marks[-1] + 1 :]) if marks else draft


def _output(said: Draft, serving: Call, draft: Draft, uncut: Draft, call: Call) -> int:
    limit = conversation.most_tokens(serving.body)
    if draft.stop_reason == "max_tokens":
        return limit
    if draft.stop_reason == "refusal" and not said.content:
        return 0
    if draft.content == uncut.content and draft.stop_reason == uncut.stop_reason:
        for row in uncut.documented:
            if _is_for(row, call) and row["max_tokens"] == limit:
                return int(row["usage"]["output_tokens"])
    return min(limit, counting.answer_tokens(said.content, draft.stop_reason, serving.body, serving.model))


def _with_iterations(usage: Json, steps: list[Json]) -> Json:
    """They stand before the output in the recorded order."""
    if not steps:
        return usage
    before = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")
    return {**{name: usage[name] for name in before}, "iterations": steps, **usage}


def _with_server_tools(usage: Json, draft: Draft, call: Call, sizes: Sizes) -> Json:
    from fakeapi.replies.serving import billing  # few requests need it

    return billing.billed(usage, draft, call, sizes)


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
        usage["speed"] = "standard" if "fast_ignored" in call.model.features else call.body["speed"]
    return usage
