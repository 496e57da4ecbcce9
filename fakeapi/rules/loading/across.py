"""Mistakes between rules, which no rule shows by itself: names that two have, and rules that are never reached."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from fakeapi.rules.loading.covering import Covers
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
    covers = Covers()
    for index, entry in enumerate(asked):
        above = covers.covering(entry.condition)
        if above is not None:
            _warn(entry, above)
        elif _answers_for_ever(entry):
            if entry.condition.key == _ALL and asked[index + 1 :]:
                _warn_of_catch_all(entry, asked[index + 1 :])
                return
            covers.add(entry)


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
