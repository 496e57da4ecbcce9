"""From the text of a file of rules, YAML or JSON, to rules; all that is wrong is told at once, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeapi.errors import FakeapiError
from fakeapi.facts.nesting import is_deeper
from fakeapi.model import Rule
from fakeapi.rules.loading.across import check_names, check_reached
from fakeapi.rules.loading.json_text import read_json
from fakeapi.rules.loading.nodes import Node, Problem, UnreadableError, given
from fakeapi.rules.loading.reader import Known, Reader
from fakeapi.rules.loading.rule import Entry, read_rule
from fakeapi.rules.loading.yaml_text import DEEPEST, read_yaml

LARGEST = 16 * 1024 * 1024
"""Characters of a file."""
_ANYTHING = Known()
MOST_RULES = 100_000
_TOO_MANY = f"more than {MOST_RULES:,} rules"
_SHOWN = 20
_NOBODY: Mapping[str, str] = MappingProxyType({})


class Loaded(NamedTuple):
    """Rules in the order in which they were written, and what is wrong. Rules with an error aren't among them."""

    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the rules from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


class RulesError(FakeapiError):
    """Rules that can't be used; its text names every problem, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [str(problem) for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"... and {len(problems) - _SHOWN} more; `fakeapi check` lists them all")
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


def load(texts: Iterable[tuple[str, str]], known: Known = _ANYTHING) -> Loaded:
    """The rules of several files, asked in this order. `texts` are pairs of a file's name and its text."""
    entries: list[Entry] = []
    readers: list[Reader] = []
    for file, text in texts:
        reader = Reader(file, known)
        readers.append(reader)
        root = _root(text, reader)
        if root is not None:
            entries += _entries(root, reader, PurePath(file).stem)
    return _together(entries, readers)


def problems(text: str, file: str, known: Known = _ANYTHING) -> list[Problem]:
    """Everything wrong with one file, in the order of its lines."""
    return list(load([(file, text)], known).problems)


def load_values(
    value: Any,
    place: str,
    known: Known = _ANYTHING,
    session: str = "",
    *,
    stem: str = "rule",
    taken: Mapping[str, str] = _NOBODY,
) -> Loaded:
    """The rules of a parsed value: a rule, a list of rules, or `{rules: [...]}`.

    Args:
        place: who gave them, for problems and near misses: `POST /_fakeapi/rules`, `tests/test_x.py:12`.
        session: whose rules they are; "" is everybody's.
        stem: what rules without a name are called: `<stem>#1` ...
        taken: the names of rules that are there already, and the places of these.
    """
    reader = Reader(place, known, session)
    if len(listed(value)) > MOST_RULES:
        reader.problem(Node(None), _TOO_MANY)
        return _together([], [reader])
    if is_deeper(value, DEEPEST):
        reader.problem(Node(None), f"nested deeper than {DEEPEST} levels")
        return _together([], [reader])
    root = given(value, reader.problem)
    if reader.problems:
        return _together([], [reader])
    single = isinstance(root.value, dict) and "rules" not in root.value
    entries = _entries(Node([root.value], items=[root]) if single else root, reader, stem, taken)
    return _together(entries, [reader], taken)


def listed(value: Any) -> Sequence[Any]:
    """The rules of a parsed value, at a glance; none where it is wrong as a whole."""
    rules = value.get("rules", (value,)) if isinstance(value, Mapping) else value
    return rules if isinstance(rules, list | tuple) else ()


def rules_of(
    value: Any,
    place: str,
    known: Known = _ANYTHING,
    session: str = "",
    *,
    stem: str = "rule",
    taken: Mapping[str, str] = _NOBODY,
) -> tuple[Rule, ...]:
    """The same where one wants rules or an exception. Raises RulesError with every problem that is an error."""
    loaded = load_values(value, place, known, session, stem=stem, taken=taken)
    if loaded.errors:
        raise RulesError(loaded.errors)
    return loaded.rules


def _together(entries: list[Entry], readers: list[Reader], taken: Mapping[str, str] = _NOBODY) -> Loaded:
    check_names(entries, taken)
    check_reached(entries)
    found = [
        problem for reader in readers for problem in sorted(reader.problems, key=lambda one: (one.line, one.column))
    ]
    return Loaded(tuple(entry.rule for entry in entries), tuple(found))


def _root(text: str, reader: Reader) -> Node | None:
    if len(text) > LARGEST:
        reader.problem(Node(None, (1, 1)), f"the file has more than {LARGEST:,} characters", "split it")
        return None
    read = read_json if reader.file.lower().endswith(".json") else read_yaml
    try:
        return read(text.removeprefix("\ufeff"), reader.unreadable)
    except UnreadableError as fault:
        reader.unreadable(fault)
    return None


def _entries(root: Node, reader: Reader, stem: str, taken: Mapping[str, str] = _NOBODY) -> list[Entry]:
    rules = _listed(root, reader)
    if len(rules) > MOST_RULES:
        reader.problem(root, _TOO_MANY)
        return []
    names = (name for number in count(1) if (name := f"{stem}#{number}") not in taken)
    found = [read_rule(node, reader, name) for node, name in zip(rules, names, strict=False)]
    return [entry for entry in found if entry is not None]


def _listed(root: Node, reader: Reader) -> list[Node]:
    """The nodes of the rules: the file's list, or that under `rules`."""
    if isinstance(root.value, dict):
        if "rules" not in root.members and {"match", "respond"} & root.members.keys():
            reader.problem(
                root, "a file of rules is a list, and this is a single rule", "put '- ' before its first key"
            )
            return []
        members = reader.mapping(root, "a file of rules", ("rules",), dict.fromkeys(("version", "defaults"), _TOP))
        if "rules" not in members:
            if not root.members:
                reader.problem(root, "there are no rules here", "write a list: - {match: weather, respond: Sunny.}")
            return []
        root = members["rules"]
    if isinstance(root.value, list):
        return root.items
    if root.value is None:
        reader.problem(root, "there are no rules here", "write - {match: weather, respond: Sunny.}; or [] for none")
    else:
        reader.wrong(root, "a file of rules", "a list", "write - {match: weather, respond: Sunny.}")
    return []


_TOP = "drop it: a file is a list of rules and nothing else"
