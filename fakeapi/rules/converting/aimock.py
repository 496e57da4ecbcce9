"""aimock's fixture files: its fixtures become rules, sequences become scenarios, turn indices become turns.

The first fixture that matches answers, there as here. Two things differ. A `sequenceIndex` counts matches, so that a
client's own retry takes the next index; here that is the next attempt of the same turn. And a `turnIndex` doesn't
refuse, it chooses the nearest of the fixtures that match otherwise: 0, 1 and 4 answer the turns 1, 2 to 4, and 5 on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fakeapi.model import Json
from fakeapi.rules.converting.aimock_answers import read_answer
from fakeapi.rules.converting.aimock_matches import Criteria, conditions, read_match
from fakeapi.rules.converting.aimock_streams import OPTIONS, read_options
from fakeapi.rules.converting.attempts import turns_of
from fakeapi.rules.converting.drafts import Answer, Draft, Notes, match_of
from fakeapi.rules.loading.nodes import Node

HEADING = (
    "What is different here: the case of letters doesn't count; and a text is looked for in the last turn of the user",
    "only, so a rule that wants one doesn't match once more when tool results come.",
)
_KEYS = ("match", "response", *OPTIONS)


@dataclass
class _Fixture:
    """One fixture that can be a rule."""

    node: Node
    notes: Notes
    criteria: Criteria
    answer: Answer

    @property
    def match(self) -> Node:
        return self.node.members["match"]


def is_fixtures(value: Any) -> bool:
    """Whether a file is one of aimock's fixtures."""
    return isinstance(value, dict) and isinstance(value.get("fixtures"), list)


def read_fixtures(files: Iterable[tuple[Node, Notes]]) -> list[Draft]:
    """The drafts of all files, in the order in which aimock asks them. Sequences may go on from file to file."""
    fixtures: list[_Fixture] = []
    drafts: list[Draft] = []
    for root, notes in files:
        notes.tell_unknown(root, ("fixtures", "$schema", "$comment"), "a fixture file")
        for node in root.members["fixtures"].items:
            read = _read(node, Notes(notes.file))
            if isinstance(read, Draft):
                drafts.append(read)
            else:
                fixtures.append(read)
    drafts += _drafts(fixtures)
    order = [notes.file for _, notes in files]
    return sorted(drafts, key=lambda draft: (order.index(draft.file), draft.lines[0]))


def _read(node: Node, notes: Notes) -> _Fixture | Draft:
    """A fixture, or, where it can't be a rule, a draft that says why."""
    criteria = answer = None
    if not isinstance(node.value, dict):
        notes.tell(node, "a fixture must be an object", 'write {"match": ..., "response": ...}')
    elif lacking := [key for key in ("match", "response") if key not in node.members]:
        notes.tell(node, f"this fixture has no {' and no '.join(lacking)}", 'for everything write "match": {}')
    else:
        notes.tell_unknown(node, _KEYS, "a fixture")
        criteria = read_match(node.members["match"], notes)
        answer = _answer(node, notes) if criteria else None
    if criteria is None or answer is None:
        return Draft(notes.file, [node.place[0]], None, notes, left_out=True)
    return _Fixture(node, notes, criteria, answer)


def _answer(node: Node, notes: Notes) -> Answer | None:
    way = read_options(node, notes)
    if way.instead is not None:
        return Answer(way.instead, fails=True)
    return read_answer(node.members["response"], notes, way.more)


def _drafts(fixtures: Sequence[_Fixture]) -> list[Draft]:
    needles = {text for fixture in fixtures if (text := fixture.criteria.told.get("userMessage"))}
    _tell_strange_ids(fixtures)
    drafts: list[Draft] = []
    for members in _groups(fixtures):
        first = members[0]
        turn = _turn(first.criteria, fixtures)
        match = match_of(conditions(first.criteria, needles, turn, first.match, first.notes))
        if first.criteria.sequence is None:
            drafts.append(_draft(first, {"match": match, "respond": first.answer.respond}))
        else:
            drafts += _sequence(members, match, fixtures)
    return drafts


def _tell_strange_ids(fixtures: Sequence[_Fixture]) -> None:
    """Tells of ids of tool calls that no fixture hands out: whoever handed them out before, nobody does here."""
    handed = {made for fixture in fixtures for made in _ids(fixture.answer.respond)}
    for fixture in fixtures:
        wanted = fixture.criteria.told.get("toolCallId")
        if wanted is not None and wanted not in handed:
            told = f"no fixture here calls a tool with the id {wanted}, and ids are made for each answer"
            fixture.notes.tell(fixture.match.members["toolCallId"], told, "match by the tool: tool_result: {name: ...}")


def _ids(respond: Any) -> list[str]:
    content = respond.get("content", []) if isinstance(respond, dict) else []
    return [part["id"] for part in content if isinstance(part, dict) and "id" in part]


def _groups(fixtures: Sequence[_Fixture]) -> list[list[_Fixture]]:
    """Each fixture by itself, but the members of one sequence together."""
    groups: dict[Any, list[_Fixture]] = {}
    for index, fixture in enumerate(fixtures):
        criteria = fixture.criteria
        alone = criteria.sequence is None
        groups.setdefault(index if alone else (criteria.key, criteria.turn), []).append(fixture)
    return list(groups.values())


def _draft(fixture: _Fixture, rule: Json) -> Draft:
    return Draft(fixture.notes.file, [fixture.node.place[0]], rule, fixture.notes)


def _sequence(members: list[_Fixture], match: Any, fixtures: Sequence[_Fixture]) -> list[Draft]:
    """One scenario; members that aimock itself never comes to are left out."""
    played: list[_Fixture] = []
    drafts: list[Draft] = []
    for fixture in sorted(members, key=lambda member: member.criteria.sequence or 0):
        if fixture.criteria.sequence == len(played):
            played.append(fixture)
        else:
            drafts.append(_draft(fixture, {"match": match, "respond": fixture.answer.respond}))
            why = (
                f"sequenceIndex {fixture.criteria.sequence} is never reached, since there is no {len(played)} before it"
            )
            taken = (fixture.criteria.sequence or 0) < len(played)
            drafts[-1].leave_out(
                f"sequenceIndex {fixture.criteria.sequence} is there already" if taken else why,
                "count from 0 without gaps",
            )
    if not played:
        return drafts
    turns = turns_of([fixture.answer for fixture in played], _after(played[-1], fixtures))
    rule = {"match": match, "respond": turns, "at_end": "pass"}
    first = min(played, key=lambda fixture: fixtures.index(fixture))
    notes = Notes(first.notes.file, [note for fixture in played for note in fixture.notes.told])
    lines = [fixture.node.place[0] for fixture in played if fixture.notes.file == notes.file]
    return [Draft(notes.file, sorted(lines), rule, notes), *drafts]


def _after(last: _Fixture, fixtures: Sequence[_Fixture]) -> Answer | None:
    """What a retry gets in aimock when a sequence ends with a failure: the first other fixture that matches, too."""
    others = (
        fixture.answer
        for fixture in fixtures
        if fixture.criteria.sequence is None and fixture.criteria.covers(last.criteria)
    )
    return next(others, None)


def _turn(criteria: Criteria, fixtures: Sequence[_Fixture]) -> Any:
    """The user turns that a fixture answers, as `turn` has them; None for any."""
    if criteria.turn is None:
        return None
    others = [fixture.criteria for fixture in fixtures]
    known = {other.turn for other in others if other.turn is not None and other.key == criteria.key}
    later = [turn for turn in known if turn > criteria.turn]
    is_lowest = criteria.turn == min(known)
    fallback = any(other.turn is None and other.covers(criteria) for other in others)
    least = 0 if is_lowest and not fallback else criteria.turn
    bounds: Json = {"at_least": least + 1} if least else {}
    if later:
        bounds["at_most"] = min(later)
    if not bounds:
        return None
    return bounds["at_most"] if bounds.get("at_most") == least + 1 else bounds
