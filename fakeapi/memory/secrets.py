"""What a secret looks like, and where the secrets of some bytes are (`fixtures/secrets.json`).

A first look by hints, in Rust, costs 0.2 ms for 150 kB; only where it finds something does the precise look follow.
Long bytes without secrets are remembered: an agent's next request is its last one and some more, and only what is new
of it is looked through.
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
_LONG, _MOST_LONG, _MOST_QUIET = 16_384, 2_000_000, 6
"""Bytes from which on and up to which what has no secrets is remembered, and how many such are."""
_AROUND = 4 * _OVERLAP
_BEFORE = _LONGEST + _AROUND
"""Bytes around what is new that are looked at again, since a secret may begin before it and end behind it; more of them
where one may have begun before whose end is new."""
_GRAIN = 256
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


class _Quiet(NamedTuple):
    """Bytes that have no secrets, and whether they may have some by a first look."""

    data: bytes
    hinted: bool


class _Part(NamedTuple):
    """The part of some bytes that is to be looked at; `hinted`: whether a first look finds something elsewhere."""

    start: int
    end: int
    hinted: bool = False


_quiet: tuple[_Quiet, ...] = ()
"""The latest first."""


def find(data: bytes, literals: tuple[bytes, ...] = ()) -> list[Span]:
    """The secrets of some bytes, in order and apart; `literals` are further ones, to be found as they are."""
    found = _exact(data, literals) if literals else []
    part = _new_part(data)
    if part.hinted or looks().hinted(_text(data[part.start : part.end])):
        shaped = _shaped(data, part)
        found += shaped
        if not shaped:
            _remember(data, hinted=True)
    return _apart(found) if found else found


def has_hints(data: bytes) -> bool:
    """Whether there may be secrets by their look; wrong now and then, but only in saying yes."""
    part = _new_part(data)
    if part.hinted or looks().hinted(_text(data[part.start : part.end])):
        return True
    _remember(data, hinted=False)
    return False


def _remember(data: bytes, *, hinted: bool) -> None:
    """That some bytes have no secrets."""
    global _quiet
    if _LONG <= len(data) <= _MOST_LONG:
        others = [each for each in _quiet if each.data is not data]
        _quiet = (_Quiet(data, hinted), *others[: _MOST_QUIET - 1])


def _new_part(data: bytes) -> _Part:
    """What is to be looked at of some bytes: of long ones, what is new since the latest that begin alike."""
    if _LONG <= len(data) <= _MOST_LONG:
        for known, hinted in _quiet:
            if data.startswith(known[:_GRAIN]):
                start, end = _differing(known, data)
                before = _BEFORE if hinted else _AROUND
                return _Part(max(0, start - before), min(len(data), end + _AROUND), hinted)
    return _Part(0, len(data))


def _differing(known: bytes, data: bytes) -> tuple[int, int]:
    """Where bytes differ from known ones: between a beginning and an end that both share."""
    most = min(len(known), len(data))
    start = _alike(most, lambda low, high: data.startswith(known[low:high], low))
    by = len(known)
    end = _alike(most - start, lambda low, high: data.endswith(known[by - high : by - low], 0, len(data) - low))
    return start, len(data) - end


def _alike(most: int, same: Callable[[int, int], bool]) -> int:
    """How many of up to so many bytes are the same, at least; most often nearly all are: the search begins there.

    `same(low, high)`: whether those of these places are, where those before are.
    """
    low, high, step = 0, most, 0
    while high - low > _GRAIN:
        at = max(low + _GRAIN, high - step)
        if same(low, at):
            low, step = at, (high - at) // 2
        else:
            high, step = at, 2 * step + _GRAIN
    return low


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


def _shaped(data: bytes, part: _Part) -> list[Span]:
    """The secrets by their look that begin in a part: halves of halves that have any, down to a window."""
    found: list[Span] = []
    waiting, first = [(part.start, part.end)], part.start
    text = _text(data[first : part.end + _OVERLAP])
    while waiting:
        start, end = waiting.pop()
        if not looks().starts(text[start - first : end - first + _OVERLAP]):
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
