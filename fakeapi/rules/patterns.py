"""What a `match` can ask for: each pattern is a small function in a registry, from what is written to a Condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

from fakeapi.errors import FakeapiError
from fakeapi.facts import schemas
from fakeapi.model import Mismatch
from fakeapi.rules.conditions import Condition, all_of, any_of, none_of
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader, Wanted, did_you_mean, shown
from fakeapi.rules.numbers import number_condition
from fakeapi.rules.seen import Seen, Text
from fakeapi.rules.sources import Source, one, texts_condition
from fakeapi.rules.values import json_condition

PatternReader: TypeAlias = Callable[[Node, Reader], Condition | None]
_MOST_NESTED = 20
_SECRET = frozenset({"x-api-key", "authorization", "proxy-authorization", "cookie"})
_ANYTHING = frozenset({"*", "**", ".*", ".+", "%"})
_MARKS = ("cache_control", "citations", "system", "tools")

_EXAMPLES = {"headers": "{x-team: blue}", "metadata": "{user_id: u-*}"}

_TEXT = Source("text", lambda seen: (seen.text,), "contains")
_ANY_TURN = Source("any_turn", lambda seen: seen.any_texts, "contains")
_SYSTEM = Source("system", lambda seen: (seen.system,), "contains")
_MODEL = Source("model", lambda seen: seen.models, "glob", names=True)
_TOOLS = Source("tools", lambda seen: seen.tools, "glob", names=True)
_BETA = Source("beta", lambda seen: seen.betas, "glob", names=True)


def read_match(node: Node, reader: Reader, depth: int = 0) -> Condition | None:
    """The condition of a `match`, or of a part of one; None where it can't be read (the reader is told)."""
    if depth > _MOST_NESTED:
        reader.problem(node, f"all, any and not are nested deeper than {_MOST_NESTED} levels")
        return None
    if isinstance(node.value, str):
        return _plain(node, reader)
    if node.value is None or not isinstance(node.value, dict):
        mend = "for everything write match: {}" if node.value is None else ""
        mend = "to join several write all: [...] or any: [...]" if isinstance(node.value, list) else mend
        mend = f'for the text write "{node.written}"' if isinstance(node.value, int | float) else mend
        reader.wrong(node, "match", "a text or a mapping", mend)
        return None
    known = (*PATTERNS, *reader.known.patterns)
    members = reader.mapping(node, "match", known, _ELSEWHERE)
    parts = [_read(name, member, reader, depth) for name, member in members.items()]
    complete = len(members) == len(node.members)
    return all_of([part for part in parts if part]) if complete and all(parts) else None


def _plain(node: Node, reader: Reader) -> Condition | None:
    if node.value.strip() in _ANYTHING:
        message = f"{shown(node.value)} is looked for as it stands: a plain text is no pattern"
        reader.problem(node, message, "for everything write match: {}; for a pattern write match: {text: {glob: ...}}")
        return None
    return texts_condition(_TEXT, node, reader)


def _read(name: str, node: Node, reader: Reader, depth: int) -> Condition | None:
    if name in _ALGEBRA:
        return _ALGEBRA[name](node, reader, depth + 1)
    if name in reader.known.patterns:
        return _plugged(name, reader.known.patterns[name], node)
    return PATTERNS[name](node, reader)


def _several(node: Node, reader: Reader, depth: int, name: str) -> list[Condition] | None:
    if not isinstance(node.value, list):
        reader.wrong(node, name, "a list of what match can be")
        return None
    if not node.items:
        reader.problem(node, f"{name} is an empty list", "drop it, or say what it joins")
        return None
    parts = [read_match(item, reader, depth) for item in node.items]
    return [part for part in parts if part] if all(parts) else None


def _all(node: Node, reader: Reader, depth: int) -> Condition | None:
    parts = _several(node, reader, depth, "all")
    return all_of(parts) if parts else None


def _any(node: Node, reader: Reader, depth: int) -> Condition | None:
    parts = _several(node, reader, depth, "any")
    return any_of(parts) if parts else None


def _not(node: Node, reader: Reader, depth: int) -> Condition | None:
    if isinstance(node.value, list):
        parts = _several(node, reader, depth, "not")
        part = any_of(parts) if parts else None
    else:
        part = read_match(node, reader, depth)
    return none_of(part, _as_written(node), lambda _: "it does") if part else None


def _as_written(node: Node) -> str:
    from fakeapi.rules.hints import shown as in_one_line

    return in_one_line(node.value)


def _as_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _of_texts(source: Source) -> PatternReader:
    return lambda node, reader: texts_condition(source, node, reader)


def _turn(node: Node, reader: Reader) -> Condition | None:
    return number_condition("turn", lambda seen: seen.turn, node, reader, least=1)


def _tool_result(node: Node, reader: Reader) -> Condition | None:
    """One result that fulfils all that is asked for: of the tool, its text, and whether it is an error."""
    if not isinstance(node.value, dict):
        node = Node(
            {"content": node.value}, node.place, {"content": node}, keys={"content": node.place}, where=node.where
        )
    members = reader.mapping(node, "tool_result", ("name", "content", "is_error"))
    tests = [_of_result(name, member, reader) for name, member in members.items()]
    if not all(tests) or len(members) < len(node.members):
        return None
    return _result_condition(all_of([test for test in tests if test]))


def _of_result(name: str, node: Node, reader: Reader) -> Condition | None:
    if name == "name":
        return texts_condition(Source("tool_result.name", _result_names, "glob", names=True), node, reader)
    if name == "content":
        return texts_condition(Source("tool_result.content", _result_texts, "contains"), node, reader)
    wanted = reader.flag(node, "is_error")
    return None if wanted is None else _is_error(wanted)


def _is_error(wanted: bool) -> Condition:
    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        came = str(not wanted).lower() if seen.results else "(no tool result)"
        return (Mismatch("tool_result.is_error", str(wanted).lower(), came),)

    def holds(seen: Seen) -> bool:
        return any(result.is_error == wanted for result in seen.results)

    return Condition(holds, describe, ("tool_result.is_error", wanted))


def _result_names(seen: Seen) -> tuple[Text, ...]:
    return tuple(Text.of(result.name) for result in seen.results)


def _result_texts(seen: Seen) -> tuple[Text, ...]:
    return tuple(result.content for result in seen.results)


def _result_condition(part: Condition) -> Condition:
    """The condition on each result by itself: all that is asked for must be true of one and the same."""

    def each(seen: Seen) -> list[Seen]:
        return [seen.with_results((result,)) for result in seen.results]

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        lacks = [part.mismatches(one) for one in each(seen)] or [part.describe(seen)]
        return min(lacks, key=lambda lack: sum(mismatch.distance for mismatch in lack))

    def captured(seen: Seen) -> Mapping[str, str]:
        return next((part.captured(one) for one in each(seen) if part.holds(one)), MappingProxyType({}))

    def holds(seen: Seen) -> bool:
        return any(part.holds(one) for one in each(seen))

    return Condition(holds, describe, ("tool_result", part.key), captured)


def _has(node: Node, reader: Reader) -> Condition | None:
    items = node.items if isinstance(node.value, list) else [node]
    if not items:
        reader.problem(node, "has is an empty list", "drop it, or say what it wants")
    words = [reader.full_text(item, "has") for item in items]
    for item, word in zip(items, words, strict=True):
        if word and word not in _parts_of_requests():
            mend = did_you_mean(word, _parts_of_requests())
            reader.problem(item, f"{shown(word)} is no content block of a request", mend)
            return None
    return all_of([_has_one(word) for word in words if word]) if words and all(words) else None


def _has_one(word: str) -> Condition:
    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        return (Mismatch("has", word, ", ".join(sorted(seen.has - {"custom"})) or "(text only)"),)

    return Condition(lambda seen: word in seen.has, describe, ("has", word))


@cache
def _parts_of_requests() -> frozenset[str]:
    union = schemas.bundled("request/content_block")["discriminator"]
    return frozenset([*union["mapping"], *_MARKS])


def _named_texts(what: str, read: Callable[[Seen, str], Text | None]) -> PatternReader:
    """A mapping from names to what their values must be."""

    def pattern(node: Node, reader: Reader) -> Condition | None:
        if not isinstance(node.value, dict) or not node.members:
            reader.wrong(node, what, "a mapping from names to what they must be", f"for example {_EXAMPLES[what]}")
            return None
        parts = [_member(name, member, reader) for name, member in node.members.items()]
        return all_of([part for part in parts if part]) if all(parts) else None

    def _member(name: str, node: Node, reader: Reader) -> Condition | None:
        source = Source(
            f"{what}.{name}",
            lambda seen: one(read(seen, name)),
            "glob",
            names=True,
            secret=what == "headers" and name.lower() in _SECRET,
        )
        return texts_condition(source, node, reader)

    return pattern


def _header(seen: Seen, name: str) -> Text | None:
    value = seen.headers.get(name.lower())
    return None if value is None else Text.of(value)


def _metadata(seen: Seen, name: str) -> Text | None:
    metadata = seen.body.get("metadata")
    value = metadata.get(name) if isinstance(metadata, dict) else None
    return None if value is None else Text.of(str(value))


def _stream(node: Node, reader: Reader) -> Condition | None:
    wanted = reader.flag(node, "stream")
    if wanted is None:
        return None
    lack = (Mismatch("stream", str(wanted).lower(), str(not wanted).lower()),)
    return Condition(lambda seen: bool(seen.body.get("stream")) == wanted, lambda _: lack, ("stream", wanted))


def _plugged(name: str, wants: Wanted, node: Node) -> Condition:
    """A pattern of a plug-in. One that fails doesn't match, and the near miss says why."""
    wanted = node.value

    def ask(seen: Seen) -> Any:
        try:
            return wants(wanted, seen.call, seen.headers)
        except (FakeapiError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
            return f"the pattern failed: {type(fault).__name__}: {fault}"

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        came = ask(seen)
        return (Mismatch(name, _as_written(node), came if isinstance(came, str) else "no match"),)

    return Condition(lambda seen: ask(seen) is True, describe, (name, _as_json(wanted)))


_ALGEBRA: dict[str, Callable[[Node, Reader, int], Condition | None]] = {"all": _all, "any": _any, "not": _not}

PATTERNS: dict[str, PatternReader] = {
    "text": _of_texts(_TEXT),
    "any_turn": _of_texts(_ANY_TURN),
    "system": _of_texts(_SYSTEM),
    "model": _of_texts(_MODEL),
    "tools": _of_texts(_TOOLS),
    "tool_result": _tool_result,
    "turn": _turn,
    "has": _has,
    "metadata": _named_texts("metadata", _metadata),
    "headers": _named_texts("headers", _header),
    "beta": _of_texts(_BETA),
    "stream": _stream,
    "json": json_condition,
    "all": lambda node, reader: _all(node, reader, 1),
    "any": lambda node, reader: _any(node, reader, 1),
    "not": lambda node, reader: _not(node, reader, 1),
}
"""Every pattern by its name."""

_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("contains", "equals", "regex", "glob"), "write it under text: match: {text: {regex: ...}}"),
        **dict.fromkeys(("priority", "times", "required", "name", "respond"), "write it beside match, not in it"),
        **dict.fromkeys(
            ("messages", "max_tokens", "temperature"), "for any part of the body write json: {$.path: ...}"
        ),
    }
)
"""Keys that belong elsewhere, and where."""
