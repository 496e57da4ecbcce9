"""`usage.iterations`: what each step of an answer cost, summaries and refusals before it too (contract.md 6; recorded).

The last entry of an answer is what the usage itself says; that of a summary stands only here.
"""

from __future__ import annotations

from functools import cache

from fakeapi import assets
from fakeapi.facts import catalogue, counting, editing, triggers
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft, Json, Model
from fakeapi.replies import compacting

_COUNTED = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation")
_UNCACHED: Json = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}


def iterations(usage: Json, draft: Draft, call: Call, serving: Call, sizes: Sizes) -> list[Json]:
    """The steps of an answer with this usage; none where there was but one and nobody asked.

    Args:
        call, serving: what was asked, and the call that was answered (another one after a fallback).
    """
    steps = [*_summarized(draft, call, sizes), *_refused(draft, call, sizes)]
    if not only_summarizes(draft, call):
        steps.append(_last(usage, draft, serving))
    return steps if len(steps) > 1 or only_summarizes(draft, call) or is_shown(call) else []


def is_shown(call: Call) -> bool:
    """Whether the caller's betas let every answer tell its iterations."""
    return not call.caller.betas.isdisjoint(_betas())


def only_summarizes(draft: Draft, call: Call) -> bool:
    """Whether there is a summary, or the attempt at one, and no answer after it: the usage itself is then zero."""
    return bool(call.body.get("compaction")) or (compacting.is_compacted(draft) and draft.stop_reason == "compaction")


def mirrored(usage: Json) -> Json:
    """The usage with what it says itself in the last entry of its iterations, too, for whoever changed it."""
    steps = usage.get("iterations")
    if not steps or steps[-1]["type"] == "compaction":
        return usage
    own = {name: usage[name] for name in _COUNTED if name in usage}
    if any(entry["type"] == "advisor_message" for entry in steps):
        return {**usage, "iterations": _first_cached(steps, own)}
    return {**usage, "iterations": [*steps[:-1], {**steps[-1], **own}]}


def _first_cached(steps: list[Json], own: Json) -> list[Json]:
    """The rounds around an advisor: they sum to the usage, and the first one has what the cache did."""
    later = sum(entry["input_tokens"] for entry in steps[1:] if entry["type"] == "message")
    kept = {"output_tokens": steps[0]["output_tokens"], "input_tokens": max(0, own["input_tokens"] - later)}
    return [{**steps[0], **own, **kept}, *steps[1:]]


def billed_apart(usage: Json, model: Model) -> list[tuple[Json, Model]]:
    """The steps that cost something and aren't in the usage itself, each with the model whose prices hold for it.

    Summaries, advisors, and models that refused midway; a refusal before any output costs nothing (documented).
    """
    apart: list[tuple[Json, Model]] = []
    for entry in usage.get("iterations") or ():
        named = entry.get("model")
        refused = entry["type"] == "message" and named and entry["output_tokens"]
        if refused or entry["type"] in ("compaction", "advisor_message"):
            apart.append((entry, (catalogue.resolve(named) if named else None) or model))
    return apart


def step(kind: str, input_tokens: int, output_tokens: int, model: str | None = None) -> Json:
    """One entry that cached nothing."""
    entry: Json = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_creation": dict(_UNCACHED),
        "type": kind,
    }
    return {**entry, "model": model} if model else entry


def _summarized(draft: Draft, call: Call, sizes: Sizes) -> list[Json]:
    on_demand = call.body.get("compaction")
    if not on_demand and not compacting.is_compacted(draft):
        return []
    asked = on_demand or editing.compaction_edit(call.body) or {}
    read = editing.summarizing_tokens(call.body, call.model, asked.get("instructions"), sizes)
    if compacting.is_compacted(draft):
        return [step("compaction", read, compacting.summary_tokens(draft.content[0], call))]
    written = int(call.body["max_tokens"]) if draft.stop_reason == "max_tokens" else 0
    return [step("compaction", read, written)]


def _refused(draft: Draft, call: Call, sizes: Sizes) -> list[Json]:
    """An entry for each model that refused before another one answered.

    What a plain answer leaves out of a refusal midway was written all the same (documented).
    """
    steps: list[Json] = []
    said: list[Json] = []
    for block in draft.content:
        if block["type"] != "fallback":
            said.append(block)
            continue
        model = catalogue.resolve(block["from"]["model"]) or call.model
        if not steps and not said and triggers.pulled(call.body).midway:
            said = [{"type": "text", "text": triggers.partial()}]
        read = editing.input_tokens(call.body, model, sizes)
        written = counting.output_tokens(said, model.tokenizer, "max_tokens") if said else 0
        steps.append(step("message", read, written, model.id))
        said = []
    return steps


def _last(usage: Json, draft: Draft, serving: Call) -> Json:
    fell_back = any(block["type"] == "fallback" for block in draft.content)
    made = step("fallback_message" if fell_back else "message", 0, 0, serving.model.id if fell_back else None)
    return {**made, **{name: usage[name] for name in _COUNTED if name in usage}}


@cache
def _betas() -> frozenset[str]:
    return frozenset(assets.read_json("fixtures/iterations.json")["shown_by"])
