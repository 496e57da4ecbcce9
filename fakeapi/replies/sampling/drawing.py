"""The ways into sampling: tries until the schema itself accepts what was drawn."""

from __future__ import annotations

from typing import Any

from fakeapi import chance
from fakeapi.facts.written import writable, written
from fakeapi.model import Json
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.sampling.plans import ROOT, Plan, plan
from fakeapi.replies.sampling.relaxing import relaxed
from fakeapi.replies.sampling.sampler import Asked, Sampler, UnsatisfiableError

_TRIES = 8
_SPARE_LEVELS = 2
_USUAL_LEVELS = 6


def sample(schema: Json | bool, *seed: object, hints: str = "", name: str = "") -> Any:
    """A value that satisfies a JSON Schema of draft 2020-12; where none is found, the nearest one. Never raises.

    Args:
        schema: `examples`, `default`, `const` and `enum` are preferred; required properties come first.
        seed: equal parts give equal values.
        hints: what the user said: values are taken from it where they fit.
        name: what the value is, for its names (`product`, whose `name` is no person's).
    """
    return _nearest(schema, seed, hints, name, generous=True)


def sample_json_text(schema: Json | bool, *seed: object, hints: str = "") -> str:
    """The JSON of `sample`, as a model writes it: the text of an answer under `output_config.format`."""
    return written(sample(schema, *seed, hints=hints))


def sample_arguments(schema: Json | bool, *seed: object, hints: str = "", name: str = "") -> Any:
    """As `sample`, but as a model calls a tool: optional properties only where the user's text speaks of them."""
    return _nearest(schema, seed, hints, name, generous=False)


def _nearest(schema: Json | bool, seed: tuple[object, ...], hints: str, name: str, *, generous: bool) -> Any:
    """A value of the schema; where it has none, one of the nearest schema that has."""
    value = _sampled(plan(schema), seed, hints, name, generous=generous)
    if value is not None or (nearest := relaxed(schema)) == schema:
        return value
    return _sampled(plan(nearest), seed, hints, name, generous=generous)


def _sampled(made: Plan, seed: tuple[object, ...], hints: str, name: str, *, generous: bool) -> Any:
    best: Any = None
    for attempt in range(_TRIES):
        dice = chance.random("sample", *seed, attempt)
        said = Hints(hints if attempt < _TRIES // 2 else "")
        sampler = Sampler(made, dice, said, generous=generous, lean=attempt % 2 == 1)
        value = writable(_drawn(sampler, name))
        if made.parts.accepts(value):
            return value
        if sampler.is_exhausted:
            break
        best = value if best is None else best
    return best


def _drawn(sampler: Sampler, name: str) -> Any:
    """One try; None where there is nothing, or where the schema is none and its keywords hold anything."""
    try:
        levels = max(_USUAL_LEVELS, sampler.plan.height + _SPARE_LEVELS)
        return sampler.value(ROOT, Asked("", name, levels))
    except (UnsatisfiableError, RecursionError):
        return None
    except Exception:
        if sampler.plan.parts.usable:
            raise
        return None
