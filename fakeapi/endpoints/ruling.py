"""Rules on the road: which one answers a request, and what memory keeps of it; what happens where none matches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeapi import assets
from fakeapi.encoding import faults, pacing
from fakeapi.encoding.faults import FAULTS
from fakeapi.errors import ApiError, FakeapiError
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Change, Counted, Key, Put, View
from fakeapi.model import Call, Json, Response, Rule
from fakeapi.replies.generators import problem as generator_problem
from fakeapi.replies.generators import read as read_generator
from fakeapi.replies.templating import check_template
from fakeapi.rules import choosing, diagnosis, scenarios
from fakeapi.rules.choosing import Chosen
from fakeapi.rules.diagnosis import Diagnosis
from fakeapi.rules.loading.reader import Known, Wanted
from fakeapi.rules.scenarios import State
from fakeapi.rules.seen import Seen

_STATE_WEIGHT = 120
_NO_PATTERNS: Mapping[str, Wanted] = MappingProxyType({})
_NO_GROUPS: Mapping[str, str] = MappingProxyType({})


class Ruling(NamedTuple):
    """What the rules say to a request.

    Attributes:
        rule, response: the rule that answers, and its answer; None where none matches.
        groups: what its regular expressions captured.
        changes: what is to be remembered, whatever becomes of the answer: an error takes its turn, too.
        source: for the log: `rule:agent 2/3`, with `attempt 2` for a repetition.
    """

    rule: Rule | None = None
    response: Response | None = None
    groups: Mapping[str, str] = _NO_GROUPS
    changes: tuple[Change, ...] = ()
    source: str = ""


NO_RULING = Ruling()
"""No rule has anything to say."""


class UnmatchedError(ApiError):
    """No rule matches; `diagnosis` says why, for the log."""

    diagnosis: Diagnosis


def turn_key(rule: str) -> Key:
    """Where memory keeps the state of a rule's scenario."""
    return ("turn", rule)


def used_key(rule: str) -> Key:
    """Where memory counts the answers of a rule."""
    return ("rule", rule)


def rule(
    rules: tuple[Rule, ...],
    view: View,
    call: Call,
    headers: Mapping[str, str],
    *,
    unmatched: str = "default",
    broken: bool = False,
    elsewhere: tuple[Rule, ...] = (),
) -> Ruling:
    """What the rules say to a request that the contract has let through.

    Args:
        headers: of the request, by lower-case name.
        unmatched: `default`, or `error`: what becomes of a request that no rule matches.
        broken: whether the request itself asks for a fault that breaks its answer.
        elsewhere: rules of other sessions; they never answer, but a near miss may name them.

    Raises:
        ApiError: 400 where a scenario has no turn left, or an agent doesn't stop.
        UnmatchedError: 400 where none matches and `unmatched` is `error`.
    """
    if not rules and unmatched == "default":
        return NO_RULING
    seen = Seen(call, headers)
    chosen = choosing.choose(rules, seen, _states(view), _used(view), broken)
    if chosen.rule is None:
        if unmatched == "error":
            raise _unmatched(near_misses(rules, view, seen, elsewhere))
        return NO_RULING
    if chosen.why:
        raise _no_answer(chosen.rule, chosen)
    return Ruling(chosen.rule, chosen.response, chosen.groups, _changes(chosen.rule, chosen), _source(chosen))


def near_misses(rules: tuple[Rule, ...], view: View, seen: Seen, elsewhere: tuple[Rule, ...] = ()) -> Diagnosis:
    """The rules that came nearest to a request."""
    return diagnosis.diagnose(rules, seen, _states(view), _used(view), elsewhere)


def known(
    *,
    patterns: Mapping[str, Wanted] = _NO_PATTERNS,
    recorded: Callable[[str, str], Json] | None = None,
) -> Known:
    """What a server knows of the words in a rule, for `rules.loading`.

    Args:
        patterns: the match patterns of plug-ins.
        recorded: reads a file that a rule names; None where files may not be read.
    """
    return Known(
        patterns=patterns,
        generator=_check_generator,
        fixtures=examples,
        faults=_read_faults,
        pace=pacing.parse,
        template=_check_template,
        statuses=assets.read_json("fixtures/faults.json")["statuses"],
        recorded=recorded,
    )


@cache
def examples() -> frozenset[str]:
    """The names of the documented examples that come with fakeapi."""
    return frozenset(assets.read_json(name)["name"] for name in assets.names("fixtures/examples"))


def _states(view: View) -> Callable[[str], State | None]:
    return lambda name: view.get(turn_key(name))


def _used(view: View) -> Callable[[str], int]:
    return lambda name: view.count(used_key(name))


def _changes(taken: Rule, chosen: Chosen) -> tuple[Change, ...]:
    counted = Counted(used_key(taken.name))
    if chosen.state is None:
        return (counted,)
    return (counted, Put(turn_key(taken.name), chosen.state, size=_STATE_WEIGHT * len(chosen.state.given)))


def _source(chosen: Chosen) -> str:
    assert chosen.rule is not None
    source = f"rule:{chosen.rule.name}"
    if len(chosen.rule.turns) > 1:
        source += f" {chosen.turn}/{len(chosen.rule.turns)}"
    return source if chosen.attempt < 2 else f"{source} attempt {chosen.attempt}"


def _no_answer(taken: Rule, chosen: Chosen) -> ApiError:
    told: dict[str, Any] = {"rule": taken.name, "place": taken.place}
    if chosen.why == "alarm":
        return refusal("agent_endless", turn=chosen.turn, alarm=taken.alarm, **told)
    reason = diagnosis.script_over(taken).removeprefix("its script is over: ")
    return refusal("script_over", reason=reason, turns=scenarios.told(taken), **told)


def _unmatched(near: Diagnosis) -> UnmatchedError:
    plain = refusal("unmatched", nearest=near.as_sentence()) if near.nearest else refusal("no_rules")
    fault = UnmatchedError(plain.status, plain.type, plain.message, hint=plain.hint)
    fault.diagnosis = near
    return fault


def _read_faults(spec: Any) -> tuple[str, bool]:
    """Faults in any form as the text that the header takes, and whether they break the answer."""
    found = faults.read(spec, "fault")
    if not found:
        raise FakeapiError("no fault is named; say one such as cut")
    return ", ".join(map(str, found)), not all(FAULTS[fault.name].spares for fault in found)


def _check_template(text: str) -> None:
    if reason := check_template(text):
        raise FakeapiError(f"template: {reason}")


def _check_generator(spec: Any) -> None:
    if reason := generator_problem(*read_generator(spec)):
        raise FakeapiError(reason)
