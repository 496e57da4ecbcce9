"""Which rule answers a request: the first whose match holds, by priority, that isn't used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from fakeapi.model import Pattern, Response, Rule
from fakeapi.rules import scenarios
from fakeapi.rules.conditions import Condition, Match
from fakeapi.rules.scenarios import State
from fakeapi.rules.seen import Seen

StateOf: TypeAlias = Callable[[str], State | None]
"""The state of a rule, by its name, in the session that asks."""
Used: TypeAlias = Callable[[str], int]
"""How often a rule has answered in the session that asks."""
_GRAM = 3
_MANY, _LONG = 100, 300
"""Rules and characters from which on pieces of the text are looked up before the text is searched."""
_NO_GROUPS: Mapping[str, str] = MappingProxyType({})


class Chosen(NamedTuple):
    """What was chosen.

    Attributes:
        rule: the rule that answers, or ends loudly; None where none matches.
        response: its answer; None where there is none, or `why` isn't "".
        groups: what its regular expressions captured.
        state: what is to be remembered of it, or None for nothing.
        why: `ended` or `alarm` where the rule matches but has no answer left.
        turn, attempt: which of a scenario's, from 1; 0 for what is none.
    """

    rule: Rule | None = None
    response: Response | None = None
    groups: Mapping[str, str] = _NO_GROUPS
    state: State | None = None
    why: str = ""
    turn: int = 0
    attempt: int = 0


NOBODY = Chosen()
"""No rule matches."""


def choose(rules: tuple[Rule, ...], seen: Seen, state_of: StateOf, used: Used, broken: bool = False) -> Chosen:
    """The rule that answers. Nothing is remembered here: the new state is part of what is given back.

    `broken` is whether the request itself asks for a fault that breaks its answer.
    """
    asked = ordered(rules)
    grams = _grams(seen.folded) if len(asked) >= _MANY and len(seen.folded) >= _LONG else None
    for rule, condition, gram in asked:
        if rule.endless:
            if (grams is not None and gram and gram not in grams) or not condition.holds(seen):
                continue
        elif not goes_on(rule, condition, seen, state_of):
            continue
        if is_free(rule, used) and (chosen := _taken(rule, condition, seen, state_of, broken)) is not None:
            return chosen
    return NOBODY


def _taken(rule: Rule, condition: Condition, seen: Seen, state_of: StateOf, broken: bool) -> Chosen | None:
    """What a rule that matches says; None where its scenario is over and lets others answer."""
    groups = condition.captured(seen)
    if rule.endless:
        return Chosen(rule, rule.turns[0].attempts[0], groups)
    step = scenarios.step(rule, state_of(rule.name), seen.retry, seen.digest, broken)
    if step.why == "ended" and rule.at_end == "pass":
        return None
    state = None if step.why else step.state
    return Chosen(rule, step.response, groups or _earlier(condition, seen), state, step.why, step.turn, step.attempt)


def is_free(rule: Rule, used: Used) -> bool:
    """Whether a rule hasn't answered as often as it may."""
    return rule.times is None or used(rule.name) < rule.times


def goes_on(rule: Rule, condition: Condition, seen: Seen, state_of: StateOf) -> bool:
    """Whether a rule with a state matches. One that has begun does so where it would have at any turn of the user's."""
    if condition.holds(seen):
        return True
    if seen.turn < 2 or scenarios.begun(rule, state_of(rule.name)) is None:
        return False
    return any(condition.holds(seen.at(number)) for number in range(seen.turn - 1, 0, -1))


def _earlier(condition: Condition, seen: Seen) -> Mapping[str, str]:
    """What was captured at the turn that a scenario which goes on began with."""
    earlier = (seen.at(number) for number in range(seen.turn - 1, 0, -1))
    return next((condition.captured(one) for one in earlier if condition.holds(one)), _NO_GROUPS)


class Asked(NamedTuple):
    """A rule in the order of asking; where its text has not even this piece of three characters, it can't match."""

    rule: Rule
    condition: Condition
    gram: str = ""


@lru_cache(maxsize=256)
def ordered(rules: tuple[Rule, ...]) -> tuple[Asked, ...]:
    """Rules in the order in which they are asked."""
    by_priority = sorted(rules, key=lambda rule: -rule.priority)
    return tuple(_asked(rule, condition_of(rule.match)) for rule in by_priority)


def _asked(rule: Rule, condition: Condition) -> Asked:
    needle = max((part.needle for part in condition.parts or (condition,)), key=len)
    return Asked(rule, condition, needle[-_GRAM:] if len(needle) >= _GRAM else "")


def _grams(text: str) -> set[str]:
    """All pieces of three characters of a text: to look one up is cheaper than to look for a text in a long one."""
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


def condition_of(pattern: Pattern) -> Condition:
    """The condition of a pattern, also of one that others made."""
    if isinstance(pattern, Match):
        return pattern.condition
    return Condition(
        lambda seen: not pattern.mismatches(seen.call, seen.headers),
        lambda seen: pattern.mismatches(seen.call, seen.headers),
        ("own", id(pattern)),
        lambda seen: pattern.groups(seen.call, seen.headers),
    )
