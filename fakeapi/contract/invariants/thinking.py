"""Thinking: the types a model takes, budgets, effort beside them, and thinking blocks sent back (contract.md 8)."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.contract.invariants.reading import Place, Reading, Turn, as_object, kind_of, text_of, whole
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts import binding
from fakeapi.facts.sentences import refusal
from fakeapi.facts.signatures import Verdict, verify, verify_sealed

_THOUGHTS = ("thinking", "redacted_thinking")
_OFF = ("disabled", "between_tools")
_USUAL = {
    "enabled": "thinking_enabled_unsupported",
    "adaptive": "thinking_adaptive_unsupported",
    "disabled": "thinking_disabled_unsupported",
    "between_tools": "thinking_between_tools_unsupported",
}
_DIFFERS = {
    "system": "thinking_bound_system",
    "tools": "thinking_bound_tools",
    "messages": "thinking_bound_messages",
    "before": "thinking_bound_before",
}
INTERLEAVED = "interleaved-thinking-2025-05-14"


def thinks(seen: Survey) -> bool:
    """Whether the request runs with thinking on, said or by the model's default."""
    return seen.thinking not in _OFF if seen.thinking else seen.model.thinking_default != "off"


def supported_type(seen: Survey) -> None:
    """The `thinking.type` is one that the model takes."""
    kind = seen.thinking
    if kind in _USUAL and kind not in seen.model.thinking_types:
        raise refusal(seen.model.refusals.get(f"thinking.{kind}", _USUAL[kind]), model=seen.model.id)


def budget(seen: Survey) -> None:
    """The budget fits into max_tokens, unless thinking is interleaved with tools."""
    tokens, most = whole(seen.field("thinking").get("budget_tokens")), whole(seen.body.get("max_tokens"))
    if seen.thinking != "enabled" or tokens is None or not most:
        return
    if tokens >= most and not (INTERLEAVED in seen.betas and seen.tools):
        raise refusal("thinking_budget")


def effort(seen: Survey) -> None:
    """The effort level is one that the model takes."""
    level = seen.field("output_config").get("effort")
    if type(level) is not str:
        return
    known = seen.model.effort_levels
    if not known:
        raise refusal("effort_unsupported")
    if level not in known:
        raise refusal("effort_level_unsupported", level=level, known=", ".join(sorted(known)))


def effort_without_thinking(seen: Survey) -> None:
    """Some models take the highest effort levels only while they think, and no change of effort while they don't."""
    allowed = seen.model.thinking_off_effort
    if seen.thinking not in _OFF or not allowed or set(allowed) == set(seen.model.effort_levels):
        return
    level = seen.field("output_config").get("effort") or seen.model.effort_default
    if type(level) is str and level not in allowed:
        raise refusal("effort_needs_thinking", level=level, highest=allowed[-1])
    for turn in seen.turns:
        new = as_object(turn.extras.get("output_config")).get("effort")
        if turn.role == "system" and type(new) is str and new != level:
            raise refusal("effort_change_needs_thinking", index=turn.at, new=new, old=level)


def blocks_hold_thinking(seen: Survey) -> None:
    """A thinking block holds thinking, or the signature of thinking that was not shown."""
    for place in seen.found(_hollow):
        raise refusal("thinking_block_empty", location=place.location)


def _hollow(reading: Reading) -> tuple[Place, ...]:
    """The thinking blocks of a message that hold nothing."""
    places = reading.places.get("thinking", ())
    return tuple(at for at in places if not text_of(at.body, "thinking") and not text_of(at.body, "signature"))


def signatures(seen: Survey) -> None:
    """Thinking sent back is unaltered: what `signature` and `data` say must verify.

    Ours are fully verified; foreign ones of the real form are accepted, so that recorded conversations replay. Models
    that check what stands before a block read the signature alone, so that only the latest text counts (measured).
    """
    latest = _latest(seen)
    for place, verdict in seen.found(_doubted):
        if verdict is Verdict.CHANGED and place.message == latest:
            raise refusal("thinking_modified", location=place.location)
        if not (verdict is Verdict.CHANGED and binding.FEATURE in seen.model.features):
            raise refusal("thinking_signature", location=place.location)
    for place in seen.found(_unsealed):
        raise refusal("redacted_thinking_data", location=place.location)


def _doubted(reading: Reading) -> tuple[tuple[Place, Verdict], ...]:
    """The thinking blocks of a message whose signature is not simply good."""
    places = reading.places.get("thinking", ())
    found = ((at, verify(text_of(at.body, "signature"), text_of(at.body, "thinking"))) for at in places)
    return tuple((at, verdict) for at, verdict in found if not verdict.accepted)


def _unsealed(reading: Reading) -> tuple[Place, ...]:
    """The redacted thinking of a message that nobody has sealed."""
    places = reading.places.get("redacted_thinking", ())
    return tuple(at for at in places if not verify_sealed(text_of(at.body, "data"), "redacted_thinking").accepted)


def latest_unmoved(seen: Survey) -> None:
    """The thinking blocks of the latest assistant message are those of the answer, in its order.

    What the first of them follows is a matter of the prefix on models that check it: what was before may be gone.
    """
    latest, inside = _latest(seen), False
    for thought in binding.thoughts(seen.body, latest) if _has_thoughts(seen) else ():
        before = binding.FIRST if thought.before is None else thought.before
        known = (before,) if inside else (binding.FIRST, before)
        checked = thought.message == latest and (inside or binding.FEATURE not in seen.model.features)
        if checked and thought.is_by(seen.model) and not any(map(thought.follows, known)):
            raise refusal("thinking_modified", location=thought.path)
        inside = True


def _has_thoughts(seen: Survey) -> bool:
    return any(kind in seen.kinds for kind in _THOUGHTS)


def _latest(seen: Survey) -> int:
    return next((turn.at for turn in reversed(seen.turns) if turn.role == "assistant"), -1)


def prefixes(seen: Survey) -> None:
    """Thinking comes back where it was made: nothing before it was changed, and no thinking between was left out.

    A batch that doesn't say otherwise goes on without such blocks (documented); so does who asks for it.
    """
    wish = binding.behaviour(seen.body)
    if not _has_thoughts(seen) or wish == "drop_block" or (wish is None and seen.endpoint == "batch"):
        return
    for misfit in binding.misfits(seen.body, seen.model)[:1]:
        thought = misfit.thought
        member = "signature" if thought.purpose == "thinking" else "data"
        header = "" if binding.BETA in seen.betas else refusal("thinking_bound_header").message
        more = header + refusal(_DIFFERS[misfit.differs]).message
        raise refusal("thinking_bound", location=thought.path, member=member, kind=thought.purpose, more=more)


def prefill_starts_with_thinking(seen: Survey) -> None:
    """With a manual budget, the turn that a prefill ends begins with thinking.

    Until 2026-01 that held for tool loops, too. Now the answer to one that began without thinking isn't thought about,
    and nothing is refused (documented as graceful degradation; Claude Code counts on it where a model has an alias).
    """
    if seen.thinking != "enabled" or not seen.turns or seen.turns[-1].role != "assistant":
        return
    loop = list(_continued(seen.turns))
    if not loop or any(turn.blocks and kind_of(turn.blocks[0]) in _THOUGHTS for turn in loop):
        return
    last = loop[0]
    raise refusal("thinking_expected", index=last.at, found=kind_of(last.blocks[0]))


def _continued(turns: list[Turn]) -> Iterator[Turn]:
    """The assistant messages of the turn that ends the conversation, last first: what it is a loop of tools."""
    for turn in reversed(turns):
        if turn.role == "assistant" and turn.blocks:
            yield turn
        elif turn.role == "user" and any(kind != "tool_result" for kind in turn.kinds):
            return


def thinking_comes_first(seen: Survey) -> None:
    """With a manual budget and without interleaving, a message that holds thinking begins with it."""
    if seen.thinking != "enabled" or INTERLEAVED in seen.betas:
        return
    for turn in seen.turns:
        kinds = turn.kinds if turn.role == "assistant" else []
        if kinds and kinds[0] in ("text", "tool_use") and any(kind in _THOUGHTS for kind in kinds):
            raise refusal("thinking_not_first", index=turn.at, found=kinds[0])


def clearing_needs_thinking(seen: Survey) -> None:
    """The context edit that clears thinking needs thinking to be on."""
    edits = seen.field("context_management").get("edits")
    clears = any(kind_of(edit) == "clear_thinking_20251015" for edit in (edits if type(edits) is list else ()))
    if clears and not thinks(seen):
        raise refusal("clear_thinking_needs_thinking")
