"""The answer of a rule: its parts made one after the other, and put together as a Draft for the limits and the bill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from fakeapi.model import Call, Draft, Json, Response
from fakeapi.replies.generators import Occasion
from fakeapi.replies.parts import PARTS, Fixtures, Making
from fakeapi.replies.remarks import remarks

_NOTHING: Mapping[str, str] = MappingProxyType({})
_PLAIN = "end_turn"


@dataclass(frozen=True, slots=True)
class Ruled(Draft):
    """A draft that a rule made.

    Attributes:
        usage: members that replace the counted ones, once the bill is made.
        warnings: what of it the real API would never have answered to this request.
    """

    usage: Json = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def _no_fixture(_: str) -> Draft | None:
    return None


def respond(
    response: Response,
    call: Call,
    seed: int,
    *,
    source: str,
    usual: Callable[[], Draft],
    groups: Mapping[str, str] = _NOTHING,
    headers: Mapping[str, str] = _NOTHING,
    fixtures: Fixtures = _no_fixture,
) -> Ruled:
    """What a rule answers to a request. ApiError, naming rule and mend, where it can't be made.

    Args:
        response: what the rule says. One that says nothing (but a fault, a pace, a usage) gives the usual answer.
        call, seed: equal ones give equal answers.
        source: what the log calls it: `rule:paris`.
        usual: makes the answer that fakeapi gives by itself.
        groups: what the rule's regular expressions captured.
        headers: those of the request, for templates and plug-ins.
        fixtures: finds the documented answer of a name.
    """
    occasion = Occasion(call, seed, groups, headers, usual)
    says = bool(response.parts or response.error)
    draft = _put_together(_made(response, occasion, fixtures)) if says else usual()
    made = _overridden(draft, response, source)
    warnings = remarks(made, call, response.place or source) if response.parts else ()
    return replace(made, warnings=warnings) if warnings else made


def _made(response: Response, occasion: Occasion, fixtures: Fixtures) -> list[Draft]:
    """A draft for each part, each knowing what was said before it."""
    drafts: list[Draft] = []
    before: tuple[Json, ...] = ()
    for number, part in enumerate(response.parts):
        for kind, value in part.items():
            draft = PARTS[kind](value, Making(occasion, response.place, before, number, fixtures))
            drafts.append(_told_apart(draft, len(before)))
            before += drafts[-1].content
    return drafts


def _told_apart(draft: Draft, first: int) -> Draft:
    """Calls without an id get one that no other call of the answer has; `identity.renew` makes real ones of them."""
    if all(block.get("id") != "" for block in draft.content):
        return draft
    content = (
        {**block, "id": f"call_{at}"} if block.get("id") == "" else block
        for at, block in enumerate(draft.content, first)
    )
    return replace(draft, content=tuple(content))


def _put_together(drafts: list[Draft]) -> Draft:
    """All content in order; it ends as the last part that says how."""
    content = tuple(block for draft in drafts for block in draft.content)
    ends = [draft for draft in drafts if draft.stop_reason != _PLAIN]
    extra: dict[str, Any] = {name: value for draft in drafts for name, value in draft.extra.items()}
    if ends:
        return replace(ends[-1], content=content, extra=extra, documented=())
    calls = any(block["type"] == "tool_use" for block in content)
    return Draft(content, "", "tool_use" if calls else _PLAIN, extra=extra)


def _overridden(draft: Draft, response: Response, source: str) -> Ruled:
    """The draft with what the rule says of its end and its members."""
    reason, sequence, details = draft.stop_reason, draft.stop_sequence, draft.stop_details
    if response.stop_sequence is not None:
        reason, sequence, details = "stop_sequence", response.stop_sequence, None
    if response.stop_reason is not None:
        reason = response.stop_reason
        sequence = sequence if reason == "stop_sequence" else None
        details = details if reason == "refusal" else None
    return Ruled(
        content=draft.content,
        source=source if not draft.source else f"{source} ({draft.source})",
        stop_reason=reason,
        stop_sequence=sequence,
        stop_details=response.stop_details or details,
        extra={**draft.extra, **response.extra},
        documented=() if response.usage else draft.documented,
        usage=response.usage,
    )
