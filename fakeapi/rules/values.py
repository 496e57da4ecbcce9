"""Any part of a body by its JSONPath (RFC 9535): what one of the values there must be."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from fakeapi.model import Mismatch
from fakeapi.rules.conditions import Condition, all_of, any_of, none_of
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader
from fakeapi.rules.numbers import BOUNDS
from fakeapi.rules.seen import Seen, Text
from fakeapi.rules.texts import TESTS, BadTestError, Test

_Find: TypeAlias = Callable[[Any], Sequence[Any]]
_WORDS = frozenset({*TESTS, *BOUNDS, "exists", "all", "any", "not"})
_LONGEST = 2000


def json_condition(node: Node, reader: Reader) -> Condition | None:
    """`{"$.path": value or pattern}`; None where it can't be read (the reader is told)."""
    if not isinstance(node.value, dict) or not node.members:
        reader.wrong(node, "json", "a mapping from JSONPaths to values", 'for example {"$.max_tokens": 1024}')
        return None
    parts = [_of_path(path, node.of_key(path), member, reader) for path, member in node.members.items()]
    return all_of([part for part in parts if part]) if all(parts) else None


def _of_path(path: str, key: Node, node: Node, reader: Reader) -> Condition | None:
    try:
        return _wanted(f"json {path}", _path(path), node, reader)
    except BadTestError as fault:
        line, column = key.place
        reader.problem(Node(path, (line, column), where=key.where), fault.message, fault.mend)
        return None


@lru_cache(maxsize=512)
def _path(path: str) -> _Find:
    """What finds the values of a path. BadTestError for one that can't be read."""
    if not path.startswith("$"):
        raise BadTestError(f"a JSONPath begins with $, and this is {path!r}", f'write "$.{path.lstrip(".")}"')
    if len(path) > _LONGEST:
        raise BadTestError(f"a JSONPath of more than {_LONGEST:,} characters")
    from jsonpath import JSONPathEnvironment
    from jsonpath.exceptions import JSONPathError

    try:
        compiled = JSONPathEnvironment(strict=True).compile(path)
    except (JSONPathError, RecursionError, ValueError) as fault:
        raise BadTestError(f"not a JSONPath: {str(fault).splitlines()[0]}", "see RFC 9535: $.tools[*].name") from None

    def find(body: Any) -> Sequence[Any]:
        try:
            found: list[Any] = compiled.findall(body)
        except (JSONPathError, RecursionError):
            return ()
        return found

    return find


def _wanted(what: str, find: _Find, node: Node, reader: Reader) -> Condition | None:
    """A mapping of which every key is a word of ours is a pattern; anything else is the value itself."""
    if not isinstance(node.value, dict) or not node.members or not set(node.members) <= _WORDS:
        return _equal(what, find, node.value)
    parts = [_worded(what, word, find, member, reader) for word, member in node.members.items()]
    return all_of([part for part in parts if part]) if all(parts) else None


def _worded(what: str, word: str, find: _Find, node: Node, reader: Reader) -> Condition | None:
    if word == "equals":
        return _equal(what, find, node.value)
    if word in TESTS:
        return _tested(what, word, find, node, reader)
    if word in BOUNDS:
        return _bound(what, word, find, node, reader)
    if word == "exists":
        return _exists(what, find, reader.flag(node, f"{what} exists"))
    return _algebra(what, word, find, node, reader)


def _algebra(what: str, word: str, find: _Find, node: Node, reader: Reader) -> Condition | None:
    nodes = node.items if isinstance(node.value, list) and word != "not" else [node]
    if not nodes or (word != "not" and not isinstance(node.value, list)):
        reader.wrong(node, f"{what} {word}", "a list")
        return None
    found = [_wanted(what, find, item, reader) for item in nodes]
    if not all(found):
        return None
    parts = [part for part in found if part]
    if word == "not":
        return none_of(parts[0], f"{what} {_line(node.value)}", lambda seen: _all_shown(find(seen.body)))
    return all_of(parts) if word == "all" else any_of(parts)


def _equal(what: str, find: _Find, wanted: Any) -> Condition:
    def compare(value: Any) -> tuple[float, str]:
        from fakeapi.rules import hints

        if isinstance(wanted, str) and isinstance(value, str):
            near = hints.equals(wanted, value)
            return near.distance, near.hint
        if isinstance(wanted, int | float) and not isinstance(wanted, bool):
            return hints.number(wanted, value).distance, _of_type(wanted, value)
        return 1.0, _of_type(wanted, value)

    return _condition(what, find, lambda value: _same(value, wanted), _line(wanted), compare, ("equals", _key(wanted)))


def _of_type(wanted: Any, value: Any) -> str:
    """The commonest difference between two values that look alike."""
    if str(wanted).lower() == str(value).lower() and type(wanted) is not type(value):
        return f"the rule wants {_line(wanted)}, and what came is {_line(value)}"
    return ""


def _same(value: Any, wanted: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _tested(what: str, kind: str, find: _Find, node: Node, reader: Reader) -> Condition | None:
    nodes = node.items if isinstance(node.value, list) else [node]
    parts: list[Condition] = []
    for item in nodes:
        wanted = reader.full_text(item, f"{what} {kind}")
        if wanted is None:
            return None
        try:
            parts.append(_of_test(f"{what} {kind}", find, TESTS[kind](wanted)))
        except BadTestError as fault:
            reader.problem(item, fault.message, fault.mend)
            return None
    return all_of(parts) if parts else None


def _of_test(what: str, find: _Find, test: Test) -> Condition:
    def holds(value: Any) -> bool:
        return test.holds(Text.of(_text(value)))

    def compare(value: Any) -> tuple[float, str]:
        near = test.compare(_text(value))
        return near.distance, near.hint

    return _condition(what, find, holds, test.wanted, compare, (test.kind, test.wanted))


def _bound(what: str, word: str, find: _Find, node: Node, reader: Reader) -> Condition | None:
    bound = node.value
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        reader.wrong(node, f"{what} {word}", "a number")
        return None

    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return value >= bound if word == "at_least" else value <= bound

    def compare(value: Any) -> tuple[float, str]:
        from fakeapi.rules import hints

        return hints.number(bound, value).distance, ""

    return _condition(what, find, holds, f"{word.replace('_', ' ')} {bound}", compare, (word, bound))


def _exists(what: str, find: _Find, wanted: bool | None) -> Condition | None:
    if wanted is None:
        return None

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        came = _all_shown(find(seen.body))
        return (Mismatch(what, "something" if wanted else "nothing", came),)

    return Condition(lambda seen: bool(find(seen.body)) == wanted, describe, (what, "exists", wanted))


def _condition(
    what: str,
    find: _Find,
    holds: Callable[[Any], bool],
    wanted: str,
    compare: Callable[[Any], tuple[float, str]],
    key: Hashable,
) -> Condition:
    """One of the values that a path finds is as it should be."""

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        found = find(seen.body)
        distance, hint = min((compare(value) for value in found[:50]), default=(1.0, ""))
        return (Mismatch(what, _line(wanted), _all_shown(found), distance, hint),)

    return Condition(lambda seen: any(holds(value) for value in find(seen.body)), describe, (what, key))


def _all_shown(found: Sequence[Any]) -> str:
    return _line(found[0] if len(found) == 1 else list(found[:20])) if found else "(nothing there)"


def _line(value: Any) -> str:
    from fakeapi.rules import hints

    return hints.shown(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _key(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
