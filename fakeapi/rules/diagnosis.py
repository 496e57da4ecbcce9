"""Near misses: the rules that came nearest to a request that none matched, and what each wanted beside what came."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from fakeapi.model import Json, Mismatch, Rule
from fakeapi.rules import scenarios
from fakeapi.rules.choosing import Asked, StateOf, Used, goes_on, ordered
from fakeapi.rules.seen import Seen

NEAREST = 3
_LOOKED_AT = 40
"""Rules that are compared word by word; of more, those with most conditions fulfilled."""
_LONGEST = 20_000
_WORD = re.compile(r"\w+")
_SHOWN_MISMATCHES = 3
_COLUMN = 46

Paint: TypeAlias = Callable[[str, str], str]
"""(style, text) -> the text in that style, which is `name`, `wanted`, `came`, `hint` or `dim`."""


class NearMiss(NamedTuple):
    """One rule that did not answer, and why.

    Attributes:
        rule: the rule.
        mismatches: what it wanted and what came; nothing where it matches.
        why: where it matches and still did not answer: a sentence.
        distance: from 0 (it matches) to 1.
    """

    rule: Rule
    mismatches: tuple[Mismatch, ...]
    why: str
    distance: float


class Diagnosis(NamedTuple):
    """Why no rule answered: the nearest first, and how many rules there are."""

    nearest: tuple[NearMiss, ...]
    rules: int

    def as_json(self) -> Json:
        """As a value: for the journal and the admin API."""
        return {"rules": self.rules, "nearest": [_as_json(miss) for miss in self.nearest]}

    def as_text(self, paint: Paint = lambda _, text: text) -> str:
        """In two columns, under one screen: at most 24 lines of 100 characters."""
        return "\n".join(_lines(self, paint))

    def as_sentence(self) -> str:
        """In one line, for an error."""
        return "; ".join(_in_one_line(miss) for miss in self.nearest)


def diagnose(
    rules: tuple[Rule, ...], seen: Seen, state_of: StateOf, used: Used, elsewhere: tuple[Rule, ...] = ()
) -> Diagnosis:
    """The rules that came nearest; `elsewhere` are those of other sessions, which count only where they match."""
    misses = [_miss(asked, seen, state_of, used) for asked in _likely(rules, seen, state_of)]
    strangers = (asked.rule for asked in ordered(elsewhere) if asked.condition.holds(seen))
    misses[:0] = [NearMiss(rule, (), _of_another(rule), 0.0) for rule in islice(strangers, NEAREST)]
    return Diagnosis(tuple(nsmallest(NEAREST, misses, key=lambda miss: miss.distance)), len(rules))


def _likely(rules: tuple[Rule, ...], seen: Seen, state_of: StateOf) -> Sequence[Asked]:
    every = ordered(rules)
    if len(every) <= _LOOKED_AT:
        return every
    said = _Words(seen.folded[:_LONGEST])

    def guess(asked: Asked) -> float:
        return 0.0 if goes_on(asked.rule, asked.condition, seen, state_of) else _rough_distance(asked, seen, said)

    return nsmallest(_LOOKED_AT, every, key=guess)


def _rough_distance(asked: Asked, seen: Seen, said: _Words) -> float:
    """A cheap guess: the share of the conditions that fail, less where a text has words in common, or nearly."""
    parts = asked.condition.parts or (asked.condition,)
    missing = [part for part in parts if not part.holds(seen)]
    return (len(missing) - sum(said.likeness(part.needle) for part in missing if part.needle)) / len(parts)


class _Words:
    """The words of a text, and what is left of them when they are misspelt: how they begin and end."""

    def __init__(self, text: str) -> None:
        self._words = frozenset(_WORD.findall(text))
        self._frames = frozenset((word[:2], word[-2:]) for word in self._words)
        self._heads = frozenset(word[:3] for word in self._words)

    def likeness(self, needle: str) -> float:
        """From 0 to below 1: how much of this text seems to be there."""
        words = _WORD.findall(needle)
        return sum(map(self._of_word, words)) / (len(words) + 0.1)

    def _of_word(self, word: str) -> float:
        if word in self._words:
            return 1.0
        if (word[:2], word[-2:]) in self._frames:
            return 0.8
        return 0.6 if word[:3] in self._heads else 0.0


def _miss(asked: Asked, seen: Seen, state_of: StateOf, used: Used) -> NearMiss:
    rule, condition = asked.rule, asked.condition
    if goes_on(rule, condition, seen, state_of):
        return NearMiss(rule, (), _why(rule, state_of, used), 0.0)
    lacks = condition.mismatches(seen)
    parts = max(len(condition.parts), len(lacks), 1)
    return NearMiss(rule, lacks, "", sum(mismatch.distance for mismatch in lacks) / parts)


def _of_another(rule: Rule) -> str:
    return f"it matches, but belongs to {f'the session {rule.session}' if rule.session else 'another session'}"


def _why(rule: Rule, state_of: StateOf, used: Used) -> str:
    """Why a rule that matches did not answer."""
    if rule.times is not None and used(rule.name) >= rule.times:
        return f"it matches, but has answered {_times(rule.times)}, as often as it may (times: {rule.times})"
    if scenarios.is_over(rule, state_of(rule.name)):
        return f"it matches, but {script_over(rule)}"
    return "it matches, but another rule answered"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def script_over(rule: Rule) -> str:
    """That a scenario has no turn left, in words."""
    loops = "" if rule.loops in (None, 1) else f", {_times(rule.loops or 1)} over"
    turns = f"its only turn has been taken{loops}" if len(rule.turns) == 1 else ""
    return f"its script is over: {turns or f'all {len(rule.turns)} turns have been taken{loops}'}"


def _as_json(miss: NearMiss) -> Json:
    names = ("what", "wanted", "came", "distance", "hint")
    lacks: list[dict[str, Any]] = [dict(zip(names, mismatch, strict=True)) for mismatch in miss.mismatches]
    known = {"rule": miss.rule.name, "place": miss.rule.place, "distance": round(miss.distance, 3)}
    return {**known, "why": miss.why or None, "mismatches": lacks}


def _in_one_line(miss: NearMiss) -> str:
    where = f"{miss.rule.name} ({miss.rule.place})" if miss.rule.place else miss.rule.name
    if miss.why:
        return f"{where}: {miss.why}"
    first = miss.mismatches[0] if miss.mismatches else Mismatch("match", "", "")
    more = f", and {len(miss.mismatches) - 1} more" if len(miss.mismatches) > 1 else ""
    hint = f" ({first.hint})" if first.hint else ""
    return f"{where} wants {first.what} {_cut(first.wanted, 60)!r}, came {_cut(first.came, 60)!r}{hint}{more}"


def _lines(diagnosis: Diagnosis, paint: Paint) -> Iterator[str]:
    near = len(diagnosis.nearest)
    if not near:
        yield "No rule matches this request: there are none."
        return
    which = f"The nearest {near} of {diagnosis.rules} rules" if diagnosis.rules > 1 else "The nearest rule"
    yield f"No rule matches this request. {which}:"
    for miss in diagnosis.nearest:
        yield "  " + paint("name", _cut(miss.rule.name, 50)) + "  " + paint("dim", _cut(miss.rule.place, 44, tail=True))
        yield from _of_miss(miss, paint)


def _of_miss(miss: NearMiss, paint: Paint) -> Iterator[str]:
    if miss.why:
        yield "    " + paint("hint", _cut(miss.why, 94))
        return
    for mismatch in miss.mismatches[:_SHOWN_MISMATCHES]:
        wanted = _cut(f"{mismatch.what}: {mismatch.wanted}", _COLUMN).ljust(_COLUMN)
        yield "    " + paint("wanted", wanted) + "  " + paint("came", _cut(f"came: {mismatch.came}", _COLUMN))
        if mismatch.hint:
            yield "      " + paint("hint", _cut(mismatch.hint, 92))
    left = len(miss.mismatches) - _SHOWN_MISMATCHES
    if left > 0:
        yield "    " + paint("dim", f"... and {left} more")


def _cut(text: str, width: int, *, tail: bool = False) -> str:
    """A text in one line without control characters, elided; of a place the end is what matters."""
    line = " ".join(text.split())
    line = line if line.isprintable() else "".join(sign if sign.isprintable() else "·" for sign in line)
    if len(line) <= width:
        return line
    return "…" + line[-(width - 1) :] if tail else line[: width - 1] + "…"
