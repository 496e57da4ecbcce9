"""The input of a tool's call: its own `input_examples` where they fit, what the user said put in, else sampled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakeapi import chance
from fakeapi.model import Json
from fakeapi.replies.offering import as_offered
from fakeapi.replies.sampling import naming
from fakeapi.replies.sampling.drawing import sample, sample_arguments
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.sampling.plans import Plan, plan

_POINTS = ("coordinate", "start_coordinate", "region")


def sample_input(
    tool: Json, *seed: object, hints: str = "", given: Mapping[str, Any] | None = None, whole: bool = False
) -> Json:
    """An input that is valid for a tool: a caller's own, one that Anthropic defines, or the member of a toolset.

    Args:
        tool: as it stands in `tools`.
        seed: equal parts give equal inputs.
        hints: what the user said.
        given: values that are decided already, taken where they fit.
        whole: with optional properties, as for an answer; else only those that the user speaks of.
    """
    offered = as_offered(tool)
    schema = offered.get("input_schema") or {"type": "object"}
    made = plan(schema)
    name = str(offered.get("name", ""))
    examples = [value for value in offered.get("input_examples") or [] if made.parts.accepts(value)]
    if examples:
        value = _told(_chosen(offered, examples, seed, hints), made, hints)
    else:
        value = (sample if whole else sample_arguments)(schema, *seed, hints=hints, name=name)
    if not isinstance(value, dict):
        return {}
    for key, decided in (given or {}).items():
        value = _fitting(made, value, key, [decided])
    return _on_screen(value, offered)


def _chosen(tool: Json, examples: list[Json], seed: tuple[object, ...], hints: str) -> Json:
    """The example that the user speaks of; else the usual one of a known tool, or any of a caller's."""
    said = Hints(hints)
    for example in examples:
        values = [value for value in example.values() if isinstance(value, str)]
        if any(said.mentions(value) for value in values):
            return example
    if tool.get("type") not in (None, "custom") or "toolset_name" in tool:
        return examples[0]
    return chance.random("example", *seed).choice(examples)


def _told(example: Json, made: Plan, hints: str) -> Json:
    """An example with the values that the user's text gives instead of its own."""
    said = Hints(hints)
    for key, value in example.items() if said else ():
        example = _fitting(made, example, key, _candidates(said, key, value))
    return example


def _candidates(said: Hints, key: str, value: Any) -> Iterator[Any]:
    yield from said.named(key)
    kind = naming.kind(key)
    if kind and isinstance(value, str):
        yield from said.of_kind(kind, key)


def _fitting(made: Plan, value: Json, key: str, candidates: Any) -> Json:
    """The value with the first candidate for a key that leaves it valid."""
    for candidate in candidates:
        changed = {**value, key: candidate}
        if made.parts.accepts(changed):
            return changed
    return value


def _on_screen(value: Json, tool: Json) -> Json:
    """Points of a computer tool, kept within its display."""
    width, height = tool.get("display_width_px"), tool.get("display_height_px")
    if not isinstance(width, int) or not isinstance(height, int):
        return value
    limits = (width - 1, height - 1)
    return {
        key: [min(number, limits[at % 2]) for at, number in enumerate(item)] if key in _POINTS else item
        for key, item in value.items()
    }
