"""The frozen values that the road carries between its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

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
    the real API would have refused. Where a thread is continued, `body` has the whole conversation, and `sent` is what
    was received.
    """

    body: Json
    model: Model
    caller: Caller
    warnings: tuple[str, ...] = ()
    sent: Json | None = None


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


class Mismatch(NamedTuple):
    """One thing that a rule wanted and a request didn't bring; none of them is a match.

    Attributes:
        what: the condition, as it is written in the rule: `text.contains`, `turn`, `tools`.
        wanted, came: both sides, as a person reads them.
        distance: how far off, from just above 0 (nearly) to 1 (not at all).
        hint: the one difference that matters, in words; "" where there is none to name.
    """

    what: str
    wanted: str
    came: str
    distance: float = 1.0
    hint: str = ""


class Pattern(Protocol):
    """What a rule wants of a request. To match is to have no mismatches, so that both can't disagree."""

    def mismatches(self, call: Call, headers: Mapping[str, str]) -> tuple[Mismatch, ...]:
        """What the request lacks."""
        ...

    def groups(self, call: Call, headers: Mapping[str, str]) -> Mapping[str, str]:
        """What regexes captured of a request that matches: by name, and by number as text."""
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """What a rule answers, checked but not yet made: the generators make a Draft of it (docs/rules.md).

    Attributes:
        parts: what is said, in order, each `{kind: value}`: text, template, block, tool_use, thinking, json, echo,
            generator, fixture, refusal; with neither parts nor error, what would be answered without the rule.
        error: status, type, message, headers of an error instead of an answer; None for none.
        fault, pace: as the headers `x-fakeapi-fault` and `x-fakeapi-pace` take them.
        usage: members that replace the counted ones.
        stop_reason, stop_sequence, stop_details: as the answer would end if nothing cut it.
        extra: further members of the message.
        place: where it is written: `rules.yaml:12:5`.
        breaks: whether a client doesn't get the whole answer: an error, or a fault that breaks it.
    """

    parts: tuple[Json, ...] = ()
    error: Json | None = None
    fault: str = ""
    pace: str = ""
    usage: Json = field(default_factory=dict)
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Json | None = None
    extra: Json = field(default_factory=dict)
    place: str = ""
    breaks: bool = False


class Turn(NamedTuple):
    """One turn of a scenario: what the first attempt gets, what a retry of it gets, and so on; the last one stays."""

    attempts: tuple[Response, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What to answer to which requests.

    Attributes:
        name: unique within a server; place: `rules.yaml:3:1`, `POST /_fakeapi/rules`, `tests/test_x.py:12`.
        match: what it wants. turns: one, or a scenario. written: the rule as JSON, as it was given.
        endless: one plain answer, given whenever it matches; all else has a state, which memory keeps.
        loops: how often its turns are played; None is for ever.
        at_end: what comes after: `error` (loud), `repeat` (the last turn again) or `pass` (the rule no longer matches).
        priority: higher ones are asked first; of equals, the one written first.
        times: how often it matches at all; None is no limit. required: a test fails where it was never used.
        alarm: turns after which an agent that never stops is told so; None for none.
        session: whose it is; "" is everybody's.
        mark: a digest of what is written: a scenario that was changed begins anew. "" for endless ones.
    """

    name: str
    match: Pattern
    turns: tuple[Turn, ...]
    place: str = ""
    written: Json = field(default_factory=dict)
    endless: bool = True
    loops: int | None = 1
    at_end: str = "error"
    priority: int = 0
    times: int | None = None
    required: bool = False
    alarm: int | None = None
    session: str = ""
    mark: str = ""


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
    """What happened to one request, for the log: no secret is in it. `cost` is in US dollars; see Outcome.

    `diagnosis` says why no rule matched (rules.diagnosis), where that is what was answered.
    """

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
    session: str = ""
    rule: str = ""
    cache: str = ""
    diagnosis: Any = None
