"""The further members of a message, as the request asks for them (contract.md 6): what the clock and ids go into.

Edits of the context, the container, diagnostics, changes to the input; the credit of a refusal, and of a retry.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import MappingProxyType

from fakeapi.chance import Chance
from fakeapi.facts import credit, editing
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft, Json, Message

REPORTS_INPUT = "thinking-binding-controls-2026-08-01"
"""With it, every answer of a model that thinks says what was changed in its input (official SDK types)."""

_CONTAINER_SECONDS, _WAITING_SECONDS = 3600, 300
"""How long a container lives after its last use, and while its code waits for results of tools (recorded)."""

_CODE = "code_execution"
_NO_SIZES: Sizes = MappingProxyType({})


def members(draft: Draft, call: Call, luck: Chance, sizes: Sizes = _NO_SIZES, cache_miss: Json | None = None) -> Json:
    """The further members of a message, in wire order; what a rule or example says of one goes before.

    `cache_miss` is the reason that the prompt cache found for `diagnostics`, an item of schemas/answer/
    cache_miss_reason.json; None where there is nothing to report.
    """
    body, said = call.body, draft.extra
    found: Json = {}
    if editing.shows_edits(body, call.caller.betas):
        found["context_management"] = {"applied_edits": _applied(call, sizes)}
    found |= {name: value for name, value in said.items() if name != "model"}
    if (container := _container(draft, call, luck)) is not None:
        found["container"] = container
    if body.get("diagnostics") is not None:
        found.setdefault("diagnostics", {"cache_miss_reason": cache_miss} if cache_miss else None)
    if _reports_input(call):
        found.setdefault("input_transformations", [])
    return found


def stop_details(draft: Draft, call: Call, luck: Chance) -> Json | None:
    """The details of a refusal, with its credit where the caller's betas ask for that (documented)."""
    details = draft.stop_details
    if details is None or draft.stop_reason != "refusal":
        return details
    told = dict(details)
    if not call.caller.betas.isdisjoint(credit.BETAS):
        eligible = credit.is_eligible(call)
        told.setdefault("fallback_credit_token", credit.mint(call, luck.now) if eligible else None)
        told.setdefault("fallback_has_prefill_claim", _can_go_on(draft, call) if eligible else None)
    if call.body.get("fallbacks"):
        told.setdefault("recommended_model", None)
    return told


def usage(bill: Json, call: Call, luck: Chance) -> Json:
    """The usage with what became of the credit that the request presents. ApiError 400 for one that isn't good."""
    outcome = credit.redeem(call, luck.now)
    return bill if outcome is None else {**bill, "fallback_credit": outcome}


def is_personal(message: Message) -> bool:
    """Whether more of a message than its id depends on clock and ids, so that its bytes can't be shared."""
    details = message.stop_details
    return "container" in message.extra or bool(details and details.get("fallback_credit_token"))


def _applied(call: Call, sizes: Sizes) -> list[Json]:
    if not call.body.get("context_management"):
        return []
    return list(editing.edit(call.body, call.model, sizes).applied)


def _reports_input(call: Call) -> bool:
    thinks = set(call.model.thinking_types) > {"disabled"}
    return "block_binding" in call.model.features or (REPORTS_INPUT in call.caller.betas and thinks)


def _container(draft: Draft, call: Call, luck: Chance) -> Json | None:
    """The container that code ran in, renewed by its use: the one asked for, or a new one; None where there is none.

    One that a rule describes is as the rule says; that of a documented example has an own id and time to live.
    """
    given = draft.extra.get("container")
    if given is not None and not draft.source.startswith("example:"):
        return dict(given)
    asked = call.body.get("container")
    if given is None and not asked and not any(_runs_code(block) for block in draft.content):
        return None
    name = asked.get("id") if isinstance(asked, dict) else asked
    seconds = _WAITING_SECONDS if any(_is_awaited(block) for block in draft.content) else _CONTAINER_SECONDS
    expires = datetime.fromtimestamp(luck.now + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    container: Json = {"id": name or luck.identity("container"), "expires_at": expires}
    skills = [*_skills(asked)] or list((given or {}).get("skills") or ())
    return {**container, "skills": skills} if skills else container


def _skills(asked: object) -> Iterator[Json]:
    for skill in (asked.get("skills") if isinstance(asked, dict) else None) or ():
        yield {"type": skill["type"], "skill_id": skill["skill_id"], "version": skill.get("version") or "latest"}


def _runs_code(block: Json) -> bool:
    kind = block["type"]
    return _CODE in kind or (kind == "server_tool_use" and _CODE in block["name"]) or _is_awaited(block)


def _is_awaited(block: Json) -> bool:
    """Whether code called this tool, and waits for its result."""
    return block["type"] == "tool_use" and str((block.get("caller") or {}).get("type")).startswith(_CODE)


def _can_go_on(draft: Draft, call: Call) -> bool:
    """Whether a retry may go on from what was said: there is something, and no form or tool was forced (documented)."""
    config = call.body.get("output_config") or {}
    forced = (call.body.get("tool_choice") or {}).get("type") in ("any", "tool")
    return bool(draft.content) and not (forced or config.get("format") or call.body.get("output_format"))
