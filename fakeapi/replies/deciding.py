"""What is said to a request that no rule answers.

A summary or a refusal where one is due, else the documented answer to a documented conversation, else one that fits
what was asked; behind a summary where the conversation is long enough.
"""

from __future__ import annotations

from dataclasses import replace

from fakeapi.facts import counting, triggers
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft
from fakeapi.replies import compacting, composing, limits, refusing


def decide(found: Draft | None, call: Call, seed: int, tools: str, sizes: Sizes) -> Draft:
    """The answer, uncut; it depends on these alone. `found`: the documented answer; `tools`: one of choosing.MODES."""
    trigger = triggers.pulled(call.body)
    refused = refusing.refuse(trigger, call)
    if call.body.get("compaction"):
        return replace(refused, content=()) if refused else compacting.summarize(call)
    heard = call if trigger is triggers.NOTHING else replace(call, body=triggers.without(call.body))
    draft = refused or _documented(found, call) or composing.compose(heard, seed, tools)
    if draft.stop_reason == "refusal" and call.body.get("fallbacks"):
        draft = refusing.fall_back(draft, call, lambda other: composing.compose(other, seed, tools), trigger.by_all)
    if trigger.window:
        draft = _outgrown(draft, call)
    return compacting.compact(draft, call, sizes) if call.body.get("context_management") else draft


def _documented(found: Draft | None, call: Call) -> Draft | None:
    """The documented answer, but no documented refusal of what was refused before."""
    refuses = found is not None and found.stop_reason == "refusal"
    return None if refuses and refusing.is_retry(call) else found


def _outgrown(draft: Draft, call: Call) -> Draft:
    """Half of an answer: the window was full there."""
    size = counting.answer_tokens(draft.content, draft.stop_reason, call.body, call.model)
    return limits.cut(draft, call, max(1, size // 2), limits.WINDOW_FULL)
