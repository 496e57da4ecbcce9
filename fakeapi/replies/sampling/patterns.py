"""Texts that match a regular expression: the common part of ECMA 262, generated from the parsed pattern.

What a generator can't know (look-around, word boundaries) is left to the check at the end, and tried again.
A caller's pattern is only read here, never run: that might not come to an end. The verdict is the schema library's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, TypeAlias

from fakeapi.facts import schema_parts

if TYPE_CHECKING:
    from random import Random

_TRIES = 40
_SPREAD = 3
_LONGEST = 10_000
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PRINTABLE = "".join(map(chr, range(32, 127)))
_DIGITS, _SPACES = "0123456789", " "
_WORD = _PLAIN + "_"
_CLASSES = {
    "CATEGORY_DIGIT": _DIGITS,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_SPACE": _SPACES,
    "CATEGORY_NOT_DIGIT": "".join(sign for sign in _PRINTABLE if sign not in _DIGITS),
    "CATEGORY_NOT_WORD": "".join(sign for sign in _PRINTABLE if sign not in _WORD),
    "CATEGORY_NOT_SPACE": "".join(sign for sign in _PRINTABLE if sign not in _SPACES),
}
_UNICODE = {
    "L": "a-zA-Z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "P": "!-/",
    "S": "$+<=>",
    "Z": " ",
    "Zs": " ",
}
_ESCAPE = re.compile(r"\\p\{(?:\w+=)?(\w+)\}|\\u\{?([0-9a-fA-F]{4,6})\}?|\(\?<(?=[A-Za-z_])|\\.", re.DOTALL)

Node: TypeAlias = tuple[Any, Any]


def matching(pattern: str, dice: Random, shortest: int = 0, longest: int | None = None) -> str | None:
    """A text of a length within the bounds that the pattern finds itself in; None where none was found."""
    tree = _read(pattern)
    if tree is None:
        return None
    stretch = 0
    for attempt in range(_TRIES):
        text = _Writer(dice, stretch, _SPREAD if attempt % 2 == 0 else 0).text(tree)
        text = _lengthened(text, pattern, shortest)
        if not finds(pattern, text):
            continue
        if len(text) < shortest:
            stretch += shortest - len(text)
        elif longest is None or len(text) <= longest:
            return text
        else:
            stretch //= 2
    return None


def drawn(pattern: str, dice: Random) -> str:
    """A text for a pattern of our own, which needs no check; "" for one that can't be read."""
    return _Writer(dice, 0, _SPREAD).text(_read(pattern) or [])


def finds(pattern: str, text: str) -> bool:
    """Whether a pattern finds itself in a text, as JSON Schema's `pattern` has it; False where it is none."""
    return schema_parts.parts({"pattern": pattern}).accepts(text)


@lru_cache(maxsize=512)
def _read(pattern: str) -> list[Node] | None:
    try:
        return list(_parser.parse(_translated(pattern), re.ASCII))
    except (re.error, OverflowError, RecursionError, ValueError):
        return None


def _translated(pattern: str) -> str:
    """From ECMA's dialect to Python's: named groups, Unicode classes and escapes."""
    inside = _bracketed(pattern)

    def translate(found: re.Match[str]) -> str:
        said = found.group()
        if found.group(1):
            ranges = _UNICODE.get(found.group(1), "a-zA-Z")
            return ranges if inside[found.start()] else f"[{ranges}]"
        if found.group(2):
            return re.escape(chr(int(found.group(2), 16)))
        if said == "(?<":
            return "(?P<"
        known = said[1] in "dDwWsSbBnrtfv0123456789x" or not said[1].isalnum()
        return said if known else re.escape(said[1])

    return _ESCAPE.sub(translate, pattern)


def _bracketed(pattern: str) -> list[bool]:
    """For each position, whether it lies within a character class."""
    inside, flags, escaped = False, [], False
    for sign in pattern:
        flags.append(inside)
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign in "[]":
            inside = sign == "["
    return flags


def _lengthened(text: str, pattern: str, shortest: int) -> str:
    """A pattern without an end leaves room behind what it finds."""
    if len(text) >= shortest or pattern.endswith("$"):
        return text
    room = min(shortest, _LONGEST) - len(text)
    return text + (" " + _PLAIN[:26] * (room // 26 + 1))[:room]


class _Writer:
    """Writes one text from a parsed pattern. `stretch` lengthens the first repetition that has no end."""

    def __init__(self, dice: Random, stretch: int, spread: int) -> None:
        self._dice = dice
        self._stretch = min(stretch, _LONGEST)
        self._spread = spread
        self._groups: dict[int, str] = {}

    def text(self, nodes: Iterable[Node]) -> str:
        return "".join(_WRITERS.get(kind, _nothing)(self, value) for kind, value in nodes)

    def literal(self, code: int) -> str:
        return chr(code)

    def not_literal(self, code: int) -> str:
        return self._dice.choice([sign for sign in _PLAIN if ord(sign) != code])

    def any(self, _: None) -> str:
        return self._dice.choice(_PLAIN)

    def one_of(self, parts: list[Node]) -> str:
        return self._dice.choice(_alternatives(tuple(parts)) or "a")

    def branch(self, value: tuple[None, list[list[Node]]]) -> str:
        return self.text(self._dice.choice(value[1]))

    def group(self, value: tuple[int | None, int, int, list[Node]]) -> str:
        number, *_, nodes = value
        text = self.text(nodes)
        if number is not None:
            self._groups[number] = text
        return text

    def repeat(self, value: tuple[int, int, list[Node]]) -> str:
        low, high, nodes = value
        times = low + self._dice.randint(0, min(self._spread, int(high) - low))
        if self._stretch and high > times:
            more = min(self._stretch, int(high) - times)
            self._stretch -= more
            times += more
        written = ""
        for _ in range(times):
            written += self.text(nodes)
            if len(written) > _LONGEST:
                break
        return written

    def back(self, number: int) -> str:
        return self._groups.get(number, "")


def _nothing(writer: _Writer, value: Any) -> str:
    return ""


_WRITERS: dict[Any, Callable[[_Writer, Any], str]] = {
    codes.LITERAL: _Writer.literal,
    codes.NOT_LITERAL: _Writer.not_literal,
    codes.ANY: _Writer.any,
    codes.IN: _Writer.one_of,
    codes.BRANCH: _Writer.branch,
    codes.SUBPATTERN: _Writer.group,
    codes.ATOMIC_GROUP: lambda writer, nodes: writer.text(nodes),
    codes.MAX_REPEAT: _Writer.repeat,
    codes.MIN_REPEAT: _Writer.repeat,
    codes.POSSESSIVE_REPEAT: _Writer.repeat,
    codes.GROUPREF: _Writer.back,
    codes.CATEGORY: lambda writer, name: writer.one_of([(codes.CATEGORY, name)]),
}


@lru_cache(maxsize=1024)
def _alternatives(parts: tuple[Node, ...]) -> str:
    """The characters of a class, the plain ones alone where it has any."""
    negated = bool(parts) and str(parts[0][0]) == "NEGATE"
    named = "".join(_members(parts))
    if not negated:
        return "".join(sign for sign in named if sign in _PLAIN) if _many_plain(named) else named
    allowed = [sign for sign in _PRINTABLE if sign not in named]
    return "".join(sign for sign in allowed if sign in _PLAIN) or "".join(allowed)


def _many_plain(signs: str) -> bool:
    return sum(sign in _PLAIN for sign in signs) >= 10


def _members(parts: tuple[Node, ...]) -> Iterator[str]:
    for kind, value in parts:
        name = str(kind)
        if name == "LITERAL":
            yield chr(value)
        elif name == "RANGE":
            low, high = value
            yield "".join(map(chr, range(low, min(high, low + 255) + 1)))
        elif name == "CATEGORY":
            yield _CLASSES.get(str(value), "")
