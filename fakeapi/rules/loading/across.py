"""Mistakes between rules, which no rule shows by itself: names that two have, and rules that are never reached."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from fakeapi.rules.conditions import Condition
from fakeapi.rules.loading.reader import place_of
from fakeapi.rules.loading.rule import Entry

_ALL: Hashable = ("all",)


def check_names(entries: Iterable[Entry], taken: Mapping[str, str]) -> None:
    """Tells each reader of names that an earlier rule has already; `taken` are those elsewhere, with their places."""
    places = dict(taken)
    for entry in entries:
        name = entry.rule.name
        if name in places:
            node = entry.node.members.get("name", entry.node)
            entry.reader.problem(node, f"the name {name} is taken by the rule at {places[name]}", "give it another")
        places.setdefault(name, place_of(entry.reader.file, entry.node.place))


def check_reached(entries: Sequence[Entry]) -> None:
    """Warns each reader of rules that can never answer, since another always does so before."""
    asked = sorted(entries, key=lambda entry: -entry.rule.priority)
    tables = _Tables()
    for index, entry in enumerate(asked):
        above = tables.covering(entry.condition)
        if above is not None:
            _warn(entry, above)
        elif _answers_for_ever(entry):
            if entry.condition.key == _ALL and asked[index + 1 :]:
                _warn_of_catch_all(entry, asked[index + 1 :])
                return
            tables.add(entry)


def _answers_for_ever(entry: Entry) -> bool:
    rule = entry.rule
    return rule.times is None and (rule.endless or rule.loops is None or rule.at_end != "pass")


def _warn(entry: Entry, above: Entry) -> None:
    place = place_of(above.reader.file, above.node.place)
    message = f"this rule is never reached: whatever it matches, {above.rule.name} at {place} matches before"
    entry.reader.problem(entry.node, message, "write it before that one, or give it a priority", severity="warning")


def _warn_of_catch_all(entry: Entry, after: Sequence[Entry]) -> None:
    first = after[0]
    place = place_of(first.reader.file, first.node.place)
    which = f"{first.rule.name} at {place}" + (f" and {len(after) - 1} more are" if len(after) > 1 else " is")
    mend = "write it last"
    if entry.rule.priority > first.rule.priority:
        mend = f"give it the lowest priority (it has {entry.rule.priority})"
    message = f"this rule matches everything, so {which} never reached"
    entry.reader.problem(entry.node, message, mend, severity="warning")


class _Joined(NamedTuple):
    """A rule that wants several things at once: their keys, and what the last text must contain."""

    keys: frozenset[Hashable]
    needles: tuple[str, ...]
    entry: Entry


class _Tables:
    """The rules so far, by what makes them cover another: an equal condition, or a looser one on the text."""

    def __init__(self) -> None:
        self._single: dict[Hashable, Entry] = {}
        self._needles: dict[str, Entry] = {}
        self._joined: list[_Joined] = []

    def add(self, entry: Entry) -> None:
        """One more rule, asked after those that are there."""
        parts = _parts(entry.condition)
        if len(parts) > 1:
            plain = frozenset(part.key for part in parts if not part.needle)
            self._joined.append(_Joined(plain, tuple(part.needle for part in parts if part.needle), entry))
        elif parts[0].needle:
            self._needles.setdefault(parts[0].needle, entry)
        else:
            self._single.setdefault(parts[0].key, entry)

    def covering(self, condition: Condition) -> Entry | None:
        """The rule that matches whatever fulfils a condition."""
        return next(self._found(_parts(condition)), None)

    def _found(self, parts: Sequence[Condition]) -> Iterator[Entry]:
        texts = [said for part in parts if (said := _said(part))]
        keys = {part.key for part in parts}
        yield from (self._single[key] for key in keys if key in self._single)
        for text in texts:
            yield from (entry for needle, entry in self._needles.items() if needle in text)
        for joined in self._joined:
            if joined.keys <= keys and all(any(needle in text for text in texts) for needle in joined.needles):
                yield joined.entry


def _parts(condition: Condition) -> Sequence[Condition]:
    return condition.parts or (condition,)


def _said(part: Condition) -> str:
    """What the last text has for sure where this holds, folded; "" where that can't be said."""
    if part.needle:
        return part.needle
    key = part.key
    if isinstance(key, tuple) and key[:2] == ("text", "equals"):
        return str(key[2]).casefold()
    return ""
