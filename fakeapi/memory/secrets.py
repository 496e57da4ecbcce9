"""What a secret looks like, and where the secrets of some bytes are (`fixtures/secrets.json`).

A first look by hints, in Rust and over everything, costs 0.1 ms for 150 kB; only where it finds something does the
precise look follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from fakeapi import assets
from fakeapi.facts.schemas import Compiled

_ASCII = bytes(range(128)) + b"?" * 128
_WINDOW, _OVERLAP = 256, 256
"""Bytes: where the precise look takes place, and how far what it looks for may reach beyond."""
_LONGEST = 16_384
"""Bytes that one secret may take: an RSA key of 8192 bits has half of them."""
ESCAPED = r"\\u00(?:2[dDeEfF]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aA])"
"""What JSON may write for the characters of secrets, and no encoder does: `\\u0073k-ant-`."""
_OR_MORE = re.compile(r"\{\d+,\}")
"""`{16,}`, of which as few as do are taken: where secrets stand side by side, one begins within the one before."""
_SEPARATOR = r"[ \t]?[:=][ \t]{0,4}"


class Span(NamedTuple):
    """A secret: where it begins and ends, and what it is."""

    start: int
    end: int
    name: str


class Looks(NamedTuple):
    """What is looked for.

    Attributes:
        hinted: whether there may be any; wrong now and then.
        starts: whether one begins. where: the same with its place; its groups are `s0`, `s1`, ...
        shapes: what each group is called, and the whole of it.
    """

    hinted: Callable[[str], bool]
    starts: Callable[[str], bool]
    where: re.Pattern[bytes]
    shapes: tuple[tuple[str, re.Pattern[bytes]], ...]


def find(data: bytes, literals: tuple[bytes, ...] = ()) -> list[Span]:
    """The secrets of some bytes, in order and apart; `literals` are further ones, to be found as they are."""
    found = _exact(data, literals) if literals else []
    text = _text(data)
    if looks().hinted(text):
        found += _shaped(data, text)
    return _apart(found) if found else found


def has_hints(data: bytes) -> bool:
    """Whether there may be secrets by their look; wrong now and then, but only in saying yes."""
    return looks().hinted(_text(data))


def mask(data: bytes, spans: list[Span]) -> bytes:
    """The bytes with `[redacted <name>]` instead of each secret; the same object where there is none."""
    if not spans:
        return data
    parts, at = [], 0
    for span in spans:
        parts += [data[at : span.start], marker(span.name)]
        at = span.end
    return b"".join([*parts, data[at:]])


def marker(name: str) -> bytes:
    """What stands where a secret was; it never breaks the string that it stands in."""
    return b"[redacted %b]" % name.encode()


@cache
def data() -> Any:
    """The parsed fixture."""
    return assets.read_json("fixtures/secrets.json")


@cache
def looks() -> Looks:
    """What is looked for, compiled. It takes some 10 ms, once."""
    shapes = data()["shapes"]
    named = [{"name": "secret", "pattern": form} for form in _named_forms()]
    hints = "|".join(shape["hint"] for shape in shapes)
    starts = [_OR_MORE.sub(r"\g<0>?", shape.get("start", shape["pattern"])) for shape in (*shapes, *named)]
    return Looks(
        _rust(f"{hints}|{ESCAPED}", f"(?i:{data()['names_hint']})"),
        _rust("|".join(starts)),
        re.compile("|".join(f"(?P<s{index}>{start})" for index, start in enumerate(starts)).encode()),
        tuple((shape["name"], re.compile(shape["pattern"].encode())) for shape in (*shapes, *named)),
    )


def _named_forms() -> Iterator[str]:
    """How something with a secret's name is given its value: a member of JSON, the same inside a string of JSON,
    code with single quotes, a variable or a header without quotes. In all of them what is masked leaves JSON whole.
    No value begins with a bracket, as markers do."""
    name = f"(?i:{'|'.join(data()['names'])})"
    yield rf'{name}"[ \t\r\n]{{0,8}}:[ \t\r\n]{{0,8}}"((?:[^"\\[]|\\.)(?:[^"\\]|\\.)*)'
    yield rf"{name}(?:\\+[\"']|')?{_SEPARATOR}\\+[\"']([^\"'\\[][^\"'\\]*)"
    yield rf"{name}'?{_SEPARATOR}'([^'\"\\[][^'\"\\]*)'"
    yield rf"{name}{_SEPARATOR}({data()['bare']})"


def _rust(*patterns: str) -> Callable[[str], bool]:
    """Whether a text has any of them: the engine of JSON Schema's `pattern` is by far the fastest at hand."""
    return Compiled({"anyOf": [{"pattern": pattern} for pattern in patterns]}).accepts


def _text(data: bytes) -> str:
    """One ASCII character for each byte."""
    return (data if data.isascii() else data.translate(_ASCII)).decode("ascii")


def _shaped(data: bytes, text: str) -> list[Span]:
    """The secrets by their look: halves of halves that have any, down to a window."""
    found: list[Span] = []
    waiting = [(0, len(data))]
    while waiting:
        start, end = waiting.pop()
        if not looks().starts(text[start : end + _OVERLAP]):
            continue
        if end - start <= _WINDOW:
            found += _in_window(data, start, end + _OVERLAP)
        else:
            middle = (start + end) // 2
            waiting += [(start, middle), (middle, end)]
    return found


def _in_window(data: bytes, start: int, end: int) -> Iterator[Span]:
    """The secrets that begin in a window."""
    for begun in looks().where.finditer(data, max(0, start - 2), end):
        name, shape = looks().shapes[int(str(begun.lastgroup)[1:])]
        match = shape.match(data, begun.start(), begun.start() + _LONGEST)
        if match is not None:
            hidden = next((index for index, text in enumerate(match.groups(), 1) if text is not None), 0)
            yield Span(*match.span(hidden), name)


def _exact(data: bytes, literals: tuple[bytes, ...]) -> list[Span]:
    found = []
    for literal in literals:
        at = data.find(literal)
        while at >= 0:
            found.append(Span(at, at + len(literal), "key"))
            at = data.find(literal, at + len(literal))
    return found


def _apart(spans: list[Span]) -> list[Span]:
    """The spans in order, those that overlap joined."""
    spans.sort()
    joined = [spans[0]]
    for span in spans[1:]:
        last = joined[-1]
        if span.start < last.end:
            joined[-1] = last._replace(end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined
