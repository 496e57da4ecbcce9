"""The frozen values that the road carries between its stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the credential's identity and the contract it speaks.

    Attributes:
        key: the credential as sent; never logged or kept.
        version: the `anthropic-version`.
        betas: the values of `anthropic-beta`.
        warnings: what the real API would have refused at the door.
    """

    key: str
    version: str
    betas: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue (`fixtures/models.json`): what it is and what it can do.

    Rules read these capabilities, never model names. Attributes:
        id: the resolved id, which answers carry; aliases: the other names it answers to.
        display_name, created_at (RFC 3339), line (`opus` ...), lifecycle (`active`, `deprecated`, `retired`),
            deprecated_at, retires_at: as `/v1/models` shows them.
        context_window, max_output: tokens; context_by_beta, max_output_by_beta, batch_output_by_beta: the
            larger ones that a beta header opens (the last in batches only).
        tokenizer: `classic` or `2026` (about 30 % more tokens); image_tier: `standard` or `high`.
        cache_minimum: the shortest prompt that is cached, in tokens.
        thinking_types: the `thinking.type` values taken; thinking_default: `off`, `on` or `always`;
            thinking_display: the default of `thinking.display`; thinking_off_effort: effort levels allowed
            while thinking is off.
        refusals: capability -> name of the sentence that refuses it, where it isn't the usual one.
        effort_levels, effort_default: none where the model takes no effort.
        sampling: `free`, `exclusive` (temperature or top_p, not both) or `reject` (defaults only).
        prefill, forced_tools, structured_outputs, system_messages (mid-conversation), inference_geo: taken or not.
        tool_overhead: hidden prompt tokens that tools cost, for tool_choice (auto | none, any | tool).
        features: what else it can do, by name (`programmatic_tools`, `fast`, `message_effort` ...).
        refused_tools: Anthropic tool types it does not take.
        fallback_models: ids that `fallbacks` may name.
        prices: US dollars per million tokens by usage field; `above` holds those of long prompts, `fast` of fast mode.
        listing: the item of `/v1/models`, GA shape. extra: members a user added to a model of their own.
    """

    id: str
    display_name: str
    created_at: str
    line: str | None
    lifecycle: str
    context_window: int
    max_output: int
    tokenizer: str
    image_tier: str
    cache_minimum: int
    thinking_types: tuple[str, ...]
    thinking_default: str
    thinking_display: str
    thinking_off_effort: tuple[str, ...]
    effort_levels: tuple[str, ...]
    effort_default: str | None
    sampling: str
    prefill: bool
    forced_tools: bool
    structured_outputs: bool
    system_messages: bool
    inference_geo: bool
    tool_overhead: tuple[int, int]
    prices: Json
    listing: Json
    extra: Json = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    deprecated_at: str | None = None
    retires_at: str | None = None
    context_by_beta: Json = field(default_factory=dict)
    max_output_by_beta: Json = field(default_factory=dict)
    batch_output_by_beta: Json = field(default_factory=dict)
    refusals: Json = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    refused_tools: frozenset[str] = frozenset()
    fallback_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the contract.

    `body` is the parsed JSON as received; `model` is the catalogue's record of the resolved model; `warnings` say what
    the real API would have refused.
    """

    body: Json
    model: Model
    caller: Caller
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator says, before the limits and the bill.

    Attributes:
        content: content blocks in wire form and key order.
        source: what answered, for the log: a rule's name, or a generator's.
        stop_reason, stop_sequence, stop_details: as the answer would end if nothing cut it.
        extra: further members of the message: `container`, `context_management`, ...
        documented: the usages that the documentation gives, each with the model and max_tokens it holds for.
        partial: the incomplete JSON of a last tool block that was cut, or None.
    """

    content: tuple[Json, ...]
    source: str
    stop_reason: str = "end_turn"
    stop_sequence: str | None = None
    stop_details: Json | None = None
    extra: Json = field(default_factory=dict)
    documented: tuple[Json, ...] = ()
    partial: str | None = None


class Message(NamedTuple):
    """A finished answer: JSON and stream are both written from it, so they cannot differ."""

    id: str
    model: str
    content: tuple[Json, ...]
    stop_reason: str
    stop_sequence: str | None
    stop_details: Json | None
    usage: Json
    extra: Json
    partial: str | None = None


class Exchange(NamedTuple):
    """What happened to one request, for the log: no secret is in it. `cost` is in US dollars."""

    number: int
    method: str
    path: str
    status: int
    request_id: str
    model: str = ""
    source: str = ""
    usage: Json | None = None
    cost: float | None = None
    sentence: str = ""
    warning: str = ""
    hint: str = ""
    outcome: str = "completed"
