"""The frozen values that the road carries between its stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the credential's identity and the contract it speaks.

    Attributes:
        key: the credential as sent; never logged or kept.
        version: the `anthropic-version`.
        betas: the values of `anthropic-beta`.
    """

    key: str
    version: str
    betas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue (`fixtures/models.json`): what it is and what it can do.

    Rules read these capabilities, never model names. Attributes: see docs/contract.md, "Models".
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


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the contract.

    `body` is the parsed JSON as received; `model` is the catalogue's record of the resolved model.
    """

    body: Json
    model: Model
    caller: Caller
