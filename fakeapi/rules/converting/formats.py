"""Whose files these are, and what becomes of them: a page of rules, and what a person has to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fakeapi.errors import FakeapiError
from fakeapi.rules.converting import aimock, aimock_config, fakellm
from fakeapi.rules.converting.drafts import Draft, Notes
from fakeapi.rules.converting.proving import prove
from fakeapi.rules.loading.json_text import read_json
from fakeapi.rules.loading.nodes import Node, Problem, UnreadableError
from fakeapi.rules.loading.reader import Known
from fakeapi.rules.loading.yaml_text import read_yaml

FORMATS = ("aimock", "fakellm")


class Converted(NamedTuple):
    """What became of the files.

    Attributes:
        text: a file of rules, as YAML.
        notes: what has no counterpart, or another one than one would think, each with its place and what to do.
        found: how many fixtures there were; rules: how many rules there are now.
        left_out: how many fixtures are comments now. format: whose they were.
    """

    text: str
    notes: tuple[Problem, ...]
    found: int
    rules: int
    left_out: int
    format: str


def convert(texts: Sequence[tuple[str, str]], known: Known, format: str | None = None) -> Converted:
    """The rules of other tools' fixtures.

    Args:
        texts: pairs of a file's name and its text, in the order in which they are asked.
        known: what rules may name.
        format: one of FORMATS; None looks at the files.

    Raises FakeapiError where a file can't be read, where nobody knows its format, or where there are two.
    """
    if not texts:
        raise FakeapiError("there is nothing to convert: no *.json, *.yaml or *.yml")
    files = [(_root(file, text), Notes(file)) for file, text in texts]
    settings = [(root, notes) for root, notes in files if aimock_config.is_config(root.value)]
    fixtures = [each for each in files if each not in settings]
    whose = {format or _whose(root, notes.file) for root, notes in fixtures} | ({"aimock"} if settings else set())
    if len(whose) != 1:
        raise FakeapiError(f"these are files of {' and of '.join(sorted(whose))}: convert them one tool at a time")
    tool = whose.pop()
    for root, notes in fixtures:
        _check_shape(tool, root, notes.file)
    for root, notes in settings:
        aimock_config.tell_settings(root, notes)
    drafts = aimock.read_fixtures(fixtures) if tool == "aimock" else fakellm.read_configurations(fixtures)
    page = prove(drafts, _heading(tool, files), known)
    left_out = sum(draft.left_out for draft in drafts)
    return Converted(page.text, _notes(files, drafts), _count(fixtures), len(page.lines), left_out, tool)


def is_convertible(file: str, text: str) -> bool:
    """Whether somebody's fixtures or configuration are in a file. FakeapiError where it can't be read."""
    value = _root(file, text).value
    return aimock.is_fixtures(value) or fakellm.is_configuration(value) or aimock_config.is_config(value)


def _root(file: str, text: str) -> Node:
    """The tree of a file. JSON with a fault is told as JSON; all else is read as YAML."""
    faults: list[UnreadableError] = []
    try:
        root = (read_json if file.lower().endswith(".json") else read_yaml)(text.removeprefix("\ufeff"), faults.append)
    except UnreadableError as fault:
        faults.append(fault)
    if faults:
        line, column = faults[0].place
        told = f"{faults[0].message}; {faults[0].mend}" if faults[0].mend else faults[0].message
        raise FakeapiError(f"{file}:{line}:{column}: {told}")
    return root


def _whose(root: Node, file: str) -> str:
    if aimock.is_fixtures(root.value):
        return "aimock"
    if fakellm.is_configuration(root.value):
        return "fakellm"
    rules = root.value.get("rules") if isinstance(root.value, dict) else root.value
    if isinstance(rules, list) and any(isinstance(rule, dict) and "match" in rule for rule in rules):
        raise FakeapiError(f"{file}: these are rules of fakeapi already: there is nothing to convert")
    raise FakeapiError(f"{file}: neither aimock's nor fakellm's: {_WANTED['aimock']}; {_WANTED['fakellm']}")


_WANTED = {
    "aimock": 'a fixture file of aimock is {"fixtures": [...]}',
    "fakellm": "a configuration of fakellm is rules: [{when: ..., respond: ...}]",
}


def _check_shape(tool: str, root: Node, file: str) -> None:
    rules = root.value.get("rules", []) if isinstance(root.value, dict) else None
    if aimock.is_fixtures(root.value) if tool == "aimock" else isinstance(rules, list):
        return
    raise FakeapiError(f"{file}:{root.place[0]}:{root.place[1]}: {_WANTED[tool]}")


def _heading(tool: str, files: Sequence[tuple[Node, Notes]]) -> list[str]:
    names = ", ".join(notes.file for _, notes in files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
    lines = [f"Rules of fakeapi, converted from {tool}: {names}"]
    return [*lines, *(aimock.HEADING if tool == "aimock" else fakellm.HEADING)]


def _notes(files: Sequence[tuple[Node, Notes]], drafts: Sequence[Draft]) -> tuple[Problem, ...]:
    """All of them, by file and line."""
    told = [note for _, notes in files for note in notes.told] + [note for draft in drafts for note in draft.notes.told]
    order = [notes.file for _, notes in files]
    return tuple(sorted(told, key=lambda note: (order.index(note.file), note.line, note.column)))


def _count(fixtures: Sequence[tuple[Node, Notes]]) -> int:
    lists = [root.members.get("fixtures") or root.members.get("rules") for root, _ in fixtures]
    return sum(len(node.items) for node in lists if node is not None)
