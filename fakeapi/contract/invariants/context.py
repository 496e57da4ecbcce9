"""Edits of the context, summaries, and the models to fall back on: what they ask of a request (contract.md 5, 16)."""

from __future__ import annotations

from typing import Any

from fakeapi.contract.invariants.reading import Place, as_object, kind_of, objects, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts import credit, signatures
from fakeapi.facts.sentences import refusal

ON_DEMAND = "compact-2026-09-04"
_LEAST_TRIGGER = 50_000
_MOST_FALLBACKS = 3
_DEFAULT_BETA = "server-side-fallback-2026-07-01"


def edits(seen: Survey) -> None:
    """Clearing thinking comes first; a summary isn't written below a size (measured)."""
    given = objects(seen.field("context_management").get("edits"))
    for index, edit in enumerate(given):
        if index and edit.get("type") == "clear_thinking_20251015":
            raise refusal("clear_thinking_first")
        value = as_object(edit.get("trigger")).get("value")
        if edit.get("type") == "compact_20260112" and type(value) is int and value < _LEAST_TRIGGER:
            raise refusal("compaction_trigger_small", index=index, least=_LEAST_TRIGGER)


def compaction(seen: Survey) -> None:
    """A request for a summary: nothing that shapes an answer goes with it, and the conversation is at rest."""
    if not seen.field("compaction") or seen.endpoint == "count_tokens":
        return
    if "compaction" not in seen.model.features and "compact_20260112" not in seen.model.features:
        raise refusal("compaction_unsupported", model=seen.model.id)
    clashes = {
        "context_management": bool(seen.body.get("context_management")),
        "stop_sequences": bool(seen.body.get("stop_sequences")),
        "output_config.format": seen.format is not None,
        'tool_choice type "any" or "tool"': seen.field("tool_choice").get("type") in ("any", "tool"),
        "output_config.task_budget.remaining": _remaining(seen) is not None,
    }
    for what, clashing in clashes.items():
        if clashing:
            raise refusal("compaction_with", what=what)
    turns = [turn for turn in seen.turns if turn.role != "system" and turn.blocks]
    if not turns:
        raise refusal("compaction_nothing")
    if turns[-1].role == "assistant" and "tool_use" in turns[-1].kinds:
        raise refusal("compaction_incomplete_turn", index=turns[-1].at)


def summaries(seen: Survey) -> None:
    """Summaries that come back: signed ones whole, first and alone; others with the edit that made them (measured)."""
    said = [place for place in seen.of("compaction") if text_of(place.body, "content")]
    signed = [place for place in said if place.body.get("signature") is not None]
    for place in signed:
        _verify(place)
    if ON_DEMAND in seen.betas and not _has_edit(seen) and len(signed) < len(said):
        bare = next(place for place in said if place not in signed)
        raise refusal("compaction_signature_missing", location=bare.location)
    if len(signed) < len(said) and not _has_edit(seen):
        raise refusal("compaction_strategy_missing")
    if signed and len(said) > 1:
        raise refusal("compaction_ambiguous")
    for place in signed:
        if not _is_first(place, seen):
            raise refusal("compaction_misplaced", location=place.location)


def fallbacks(seen: Survey) -> None:
    """Models to fall back on are those that the model permits, each once, and not with a credit (documented)."""
    given = seen.body.get("fallbacks")
    if given and seen.body.get("fallback_credit_token") is not None:
        raise refusal("credit_with_fallbacks")
    if given == "default" and _DEFAULT_BETA not in seen.betas:
        raise refusal("fallbacks_default_beta")
    named = [entry.get("model") for entry in objects(given)]
    if named and not seen.model.fallback_models:
        raise refusal("fallbacks_unsupported", model=seen.model.id)
    if len(named) > _MOST_FALLBACKS:
        raise refusal("fallbacks_many", most=_MOST_FALLBACKS, count=len(named))
    for index, name in enumerate(named):
        _permitted(seen, index, name, named[:index])


def fallback_credit(seen: Survey) -> None:
    """A credit is a token that a refusal handed out."""
    given = seen.body.get("fallback_credit_token")
    token = given.get("token") if type(given) is dict else given
    if type(token) is str and credit.read(token) is None:
        raise refusal("credit_malformed")


def _remaining(seen: Survey) -> Any:
    return as_object(seen.field("output_config").get("task_budget")).get("remaining")


def _has_edit(seen: Survey) -> bool:
    edits = objects(seen.field("context_management").get("edits"))
    return any(edit.get("type") == "compact_20260112" for edit in edits)


def _verify(place: Place) -> None:
    """A token of the real form can't be checked against the text; one made here can."""
    token = text_of(place.body, "signature")
    if not signatures.verify_sealed(token, "compaction").accepted:
        raise refusal("compaction_signature_invalid", location=place.location)
    said = signatures.unsealed(token, "compaction")
    if said is not None and said != place.body.get("content"):
        raise refusal("compaction_content_mismatch", location=place.location)


def _is_first(place: Place, seen: Survey) -> bool:
    before = [turn for turn in seen.turns if turn.at < place.message and turn.blocks]
    return not before and place.block == 0 and kind_of(place.body) == "compaction"


def _permitted(seen: Survey, index: int, name: Any, before: list[Any]) -> None:
    if name in before or name == seen.model.id:
        raise refusal("fallback_twice", index=index)
    if name not in seen.model.fallback_models:
        known = ", ".join(seen.model.fallback_models)
        raise refusal("fallback_unpermitted", index=index, name=name, model=seen.model.id, known=known)
