"""Counts a whole request and a whole answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fakeapi.facts import prompts, tokens
from fakeapi.facts.block_costs import CALLS, Scale, Sizes, block_cost, thought
from fakeapi.facts.frames import Frame, frame
from fakeapi.facts.prompts import Part, Prompt
from fakeapi.facts.written import written
from fakeapi.model import Json, Model

_HIDDEN = frozenset({"thinking", "redacted_thinking"})
_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
_NEWEST = "9999"
_SERVED = ("_tool_result", "mcp_tool_listing")
"""Blocks of an answer that the API puts in, so that the model writes nothing for them (recorded)."""


def input_tokens(body: Json, model: Model, sizes: Sizes | None = None) -> int:
    """The whole input count of a validated request, cached or not.

    `sizes` tells the size of pictures and PDFs that the request only names (url or file id); others are assumed.
    """
    return prompt(body, model, sizes).tokens


def parts(body: Json, model: Model, sizes: Sizes | None = None) -> list[Part]:
    """The tokens of every part of a request, in prompt order; they sum to `input_tokens`."""
    return prompt(body, model, sizes).parts()


def prompt(body: Json, model: Model, sizes: Sizes | None = None) -> Prompt:
    """The prompt that a request makes, counted.

    A body that isn't of the contract's shape (the lenient contract modes let it pass) counts as the JSON that it is.
    The last prompt is remembered by the very body, which nobody changes: the stages of one answer ask for it in turn.
    """
    global _last
    known, by, among, found = _last
    if found is not None and known is body and by is model and (among is sizes or not (among or sizes)):
        return found
    try:
        found = prompts.counted(body, model, sizes)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        found = Prompt.of(Part("messages", tokens.count(written(body), model.tokenizer)))
    _last = (body, model, sizes, found)
    return found


_last: tuple[Json, Model | None, Sizes | None, Prompt | None] = ({}, None, None, None)


def output_tokens(
    content: Sequence[Json],
    family: str,
    stop_reason: str | None,
    *,
    tool_choice: str | None = None,
    created_at: str = _NEWEST,
) -> int:
    """The whole output count of an answer, with what its end costs.

    `tool_choice` is the request's type of it: `any` and `tool` write the beginning of the call for the model.
    `created_at` is the model's; without it, the newest of the family is meant.
    """
    own = frame(family, created_at)
    total = sum(_answer_costs(content, Scale(family, own))) + _end(stop_reason, own)
    if tool_choice in ("any", "tool") and content and content[0]["type"] in CALLS:
        total -= own.any_saves if tool_choice == "any" else own.tool_saves
    return max(total, 0)


def answer_tokens(content: Sequence[Json], stop_reason: str | None, body: Json, model: Model) -> int:
    """The whole output count of an answer to this request, from this model."""
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    return output_tokens(content, model.tokenizer, stop_reason, tool_choice=kind, created_at=model.created_at)


def _end(stop_reason: str | None, own: Frame) -> int:
    if stop_reason in _CUT:
        return 0
    return {"tool_use": own.call_end, "stop_sequence": own.stop_sequence_end}.get(str(stop_reason), own.turn_end)


def block_tokens(block: Json, family: str) -> int:
    """The tokens of one content block of an answer, written by itself."""
    return sum(_answer_costs([block], Scale(family, frame(family))))


def thinking_tokens(content: Sequence[Json], family: str) -> int:
    """The tokens of an answer's thinking, as `output_tokens_details` tells them."""
    scale = Scale(family, frame(family))
    return sum(thought(block, scale) for block in content if block["type"] in _HIDDEN)


def _answer_costs(content: Sequence[Json], scale: Scale) -> Iterator[int]:
    before = ""
    for block in content:
        kind = block["type"]
        if kind.endswith(_SERVED):
            before = kind
            continue
        cost = tokens.count(block["text"], scale.family) if kind == "text" and not before else block_cost(block, scale)
        cites = scale.frame.citation if block.get("citations") else 0
        yield cost + cites + (scale.frame.calls if kind in CALLS and before not in CALLS else 0)
        before = kind
