"""Scenarios: turns x attempts. State in, state out; whoever keeps the state decides whose it is.

A request that the client repeats takes the next attempt of the turn that it had; any other takes the next turn. It is a
repetition where `x-stainless-retry-count` says so, or where it equals a request that our own answer broke off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fakeapi.model import Response, Rule

_REMEMBERED = 32
"""Requests whose turn is remembered, so that a parallel one that is tried again finds its own turn."""


_TOLD, _SHOWN = 8, 40
_NAMED = frozenset({"tool_use", "fixture", "generator", "block"})


class Given(NamedTuple):
    """What a request was given: its digest, the turn (counted on through all loops), the attempt, and if it broke."""

    digest: str
    turn: int
    attempt: int
    broken: bool


@dataclass(frozen=True, slots=True)
class State:
    """Where a rule's scenario is in one session: a plain value, which any store can keep.

    Attributes:
        mark: that of the rule as it was when it began; of a changed rule the state counts for nothing.
        taken: how many turns are taken, those of earlier loops included.
        given: what the latest requests were given, the newest last.
    """

    mark: str
    taken: int = 0
    given: tuple[Given, ...] = ()


class Step(NamedTuple):
    """What a scenario does with a request.

    `response` is the answer, None where there is none: then `why` says `ended`, or `alarm`. `state` is the new one;
    `turn` and `attempt`, from 1, are for the log.
    """

    response: Response | None
    state: State
    why: str = ""
    turn: int = 0
    attempt: int = 0


def begun(rule: Rule, state: State | None) -> State | None:
    """The state of a scenario that is under way; None where it isn't, or where the rule has changed."""
    return state if state is not None and state.mark == rule.mark and state.taken else None


def is_over(rule: Rule, state: State | None) -> bool:
    """Whether no turn is left for a request that isn't a repetition."""
    current = begun(rule, state)
    return current is not None and _most(rule) is not None and current.taken >= (_most(rule) or 0)


def step(rule: Rule, state: State | None, retry: int, digest: str, broken: bool = False) -> Step:
    """The answer to a request, and the state after it.

    Args:
        state: as the last step left it, or None.
        retry: `x-stainless-retry-count`; 0 where there is none.
        digest: what is equal for equal bodies.
        broken: whether the answer will be broken by what the request itself asks for.
    """
    current = begun(rule, state) or State(rule.mark)
    before = _repeated(current.given, retry, digest)
    if before is not None:
        return _give(rule, current, before.turn, before.attempt + 1, digest, current.taken, broken)
    if rule.alarm is not None and current.taken >= rule.alarm:
        return Step(None, current, "alarm", current.taken + 1)
    most = _most(rule)
    if most is None or current.taken < most:
        return _give(rule, current, current.taken, 0, digest, current.taken + 1, broken)
    if rule.at_end == "repeat":
        return _give(rule, current, most - 1, 0, digest, current.taken + 1, broken)
    return Step(None, current, "ended", most)


def told(rule: Rule) -> str:
    """The turns of a scenario in a line: `1. tool_use read_file; 2. error 529, then 'Fixed.'`."""
    turns = [", then ".join(_said(response) for response in turn.attempts) for turn in rule.turns[:_TOLD]]
    left = len(rule.turns) - len(turns)
    return "; ".join(f"{number}. {turn}" for number, turn in enumerate(turns, 1)) + (f"; and {left} more" * (left > 0))


def _said(response: Response) -> str:
    """An answer in a few words."""
    if response.error is not None:
        return f"error {response.error.get('status')}"
    words = [_part(kind, value) for part in response.parts for kind, value in part.items()]
    words += [f"fault {response.fault}"] * bool(response.fault)
    return " + ".join(words[:_TOLD]) or "the usual answer"


def _part(kind: str, value: Any) -> str:
    if kind == "text":
        return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
    name = value.get("name") or value.get("type") if isinstance(value, dict) else value
    return f"{kind} {name}" if isinstance(name, str) and kind in _NAMED else kind


def _most(rule: Rule) -> int | None:
    """How many turns there are in all loops; None where there is no end."""
    return None if rule.loops is None else len(rule.turns) * rule.loops


def _repeated(given: Sequence[Given], retry: int, digest: str) -> Given | None:
    """What the request was given when it came before; None where it is a new one.

    Of two equal requests that both came before, the one that is tried again is the one that broke, then the one with
    fewer attempts. A client may change its body between tries: then it repeats the latest turn, if that broke; if it
    didn't, the earlier tries never came this far.
    """
    same = [each for each in given if each.digest == digest]
    if retry == 0:
        return min((each for each in same if each.broken), key=lambda each: each.attempt, default=None)
    if same:
        return min(same, key=lambda each: (not each.broken, each.attempt, -each.turn))
    return given[-1] if given and given[-1].broken else None


def _give(rule: Rule, state: State, turn: int, attempt: int, digest: str, taken: int, broken: bool) -> Step:
    attempts = rule.turns[turn % len(rule.turns)].attempts
    response = attempts[min(attempt, len(attempts) - 1)]
    rest = tuple(each for each in state.given if (each.digest, each.turn) != (digest, turn))
    given = (*rest, Given(digest, turn, attempt, response.breaks or broken))[-_REMEMBERED:]
    return Step(response, State(state.mark, taken, given), "", turn % len(rule.turns) + 1, attempt + 1)
