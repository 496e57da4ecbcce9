"""Texts of a request as a rule wants them: a plain text, a list of texts, tests, and their algebra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fakeapi.model import Mismatch
from fakeapi.rules.conditions import Condition, all_of, any_of, none_of
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader
from fakeapi.rules.seen import Seen, Text
from fakeapi.rules.texts import TESTS, BadTestError, Test

_ALGEBRA = ("all", "any", "not")
_MOST_NESTED = 20


class Source(NamedTuple):
    """Where texts are taken from.

    Attributes:
        what: its name in a rule. read: the texts; one that passes is enough.
        usual: the test of a plain text. names: whether they are names, of which a near miss shows all.
        secret: whether what came is never shown.
    """

    what: str
    read: Callable[[Seen], Sequence[Text]]
    usual: str
    names: bool = False
    secret: bool = False


def one(text: Text | None) -> tuple[Text, ...]:
    """A text that may be missing, as texts."""
    return () if text is None else (text,)


def texts_condition(source: Source, node: Node, reader: Reader, depth: int = 0) -> Condition | None:
    """The condition that a node writes for these texts; None where it can't be read (the reader is told)."""
    if isinstance(node.value, dict):
        return _mapping(source, node, reader, depth)
    return _listed(source, source.usual, node, reader)


def _listed(source: Source, kind: str, node: Node, reader: Reader) -> Condition | None:
    """One text, or a list of which all must be there."""
    if not isinstance(node.value, list):
        return _one(source, kind, node, reader)
    if not node.items:
        reader.problem(node, f"{source.what} is an empty list", "drop it, or say what it wants")
        return None
    if kind == "equals":
        reader.problem(node, "a text can't equal several texts", f"write {source.what}: {{any: [...]}}")
        return None
    parts = [_one(source, kind, item, reader) for item in node.items]
    return all_of([part for part in parts if part]) if all(parts) else None


def _one(source: Source, kind: str, node: Node, reader: Reader) -> Condition | None:
    wanted = reader.full_text(node, source.what if source.names else f"{source.what}.{kind}")
    if wanted is None:
        return None
    try:
        return _condition(source, TESTS[kind](wanted))
    except BadTestError as fault:
        at = fault.at if fault.at is not None and "\n" not in wanted and node.written == wanted else None
        line, column = node.place
        quotes = 0 if at is None or not column else at
        reader.problem(
            Node(node.value, (line, column + quotes), where=node.where),
            f"{fault.message}{'' if fault.at is None else f' (character {fault.at + 1})'}",
            fault.mend,
        )
        return None


def _mapping(source: Source, node: Node, reader: Reader, depth: int) -> Condition | None:
    if depth > _MOST_NESTED:
        reader.problem(node, f"{source.what} is nested deeper than {_MOST_NESTED} levels")
        return None
    if not node.members:
        reader.problem(node, f"{source.what} wants nothing", "drop it, or say what it wants")
        return None
    members = reader.mapping(node, source.what, (*TESTS, *_ALGEBRA))
    parts = [
        _algebra(source, kind, member, reader, depth + 1) if kind in _ALGEBRA else _listed(source, kind, member, reader)
        for kind, member in members.items()
    ]
    complete = len(members) == len(node.members)
    return all_of([part for part in parts if part]) if complete and all(parts) else None


def _algebra(source: Source, kind: str, node: Node, reader: Reader, depth: int) -> Condition | None:
    nodes = node.items if isinstance(node.value, list) else [node]
    if not nodes or (kind != "not" and not isinstance(node.value, list)):
        reader.wrong(node, f"{source.what}.{kind}", "a list")
        return None
    found = [texts_condition(source, item, reader, depth) for item in nodes]
    if not all(found):
        return None
    parts = [part for part in found if part]
    if kind == "not":
        return none_of(any_of(parts), f"{source.what} {_written(node)}", lambda seen: _came(source, seen))
    return all_of(parts) if kind == "all" else any_of(parts)


def _written(node: Node) -> str:
    from fakeapi.rules.hints import shown

    return shown(node.value)


def _came(source: Source, seen: Seen) -> str:
    from fakeapi.rules.hints import shown

    return "(a secret)" if source.secret else shown(", ".join(text.raw for text in source.read(seen)))


def _condition(source: Source, test: Test) -> Condition:
    read, holds_one = source.read, test.holds

    def holds(seen: Seen) -> bool:
        return any(holds_one(text) for text in read(seen))

    def captured(seen: Seen) -> Mapping[str, str]:
        return next((test.groups(text) for text in read(seen) if holds_one(text)), MappingProxyType({}))

    needle = test.wanted.casefold() if source.what == "text" and test.kind == "contains" else ""
    return Condition(
        (lambda seen: needle in seen.folded) if needle else holds,
        lambda seen: (_mismatch(source, test, seen),),
        (source.what, test.kind, test.wanted.casefold() if test.kind in ("contains", "glob") else test.wanted),
        captured,
        needle=needle,
    )


def _mismatch(source: Source, test: Test, seen: Seen) -> Mismatch:
    from fakeapi.rules import hints

    what = source.what if source.names and test.kind == source.usual else f"{source.what}.{test.kind}"
    texts = [text.raw for text in source.read(seen)]
    if source.secret:
        return Mismatch(what, "(a secret)", "(a secret)" if texts else "(none)")
    if source.names:
        near = hints.names(test.wanted, texts)
    else:
        near = min((test.compare(text) for text in texts[-8:] or [""]), key=lambda near: near.distance)
    return Mismatch(what, hints.shown(test.wanted), near.came, near.distance, near.hint)
