"""What a rule can want of a text: that it contains, equals, matches a regular expression or a glob.

`contains` and `glob` don't mind upper and lower case; `equals` and `regex` do.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from fakeapi.rules import expressions
from fakeapi.rules.seen import Text

if TYPE_CHECKING:
    from fakeapi.rules.hints import Near

_NO_GROUPS: Mapping[str, str] = MappingProxyType({})
_CACHED = 4096


class BadTestError(Exception):
    """A regular expression or a glob that can't be read.

    Attributes:
        message, mend: what is wrong, and what to write instead.
        at: at which character of it, from 0; None where that can't be said.
    """

    def __init__(self, message: str, mend: str = "", at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.at = at


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """One test of a text.

    Attributes:
        kind, wanted: as written: `glob`, `claude-*`.
        holds: whether a text passes. compare: how near one comes that doesn't.
        groups: what it captures of one that does.
    """

    kind: str
    wanted: str
    holds: Callable[[Text], bool]
    compare: Callable[[str], Near]
    groups: Callable[[Text], Mapping[str, str]] = lambda _: _NO_GROUPS


def contains(wanted: str) -> Test:
    """The text stands somewhere in it, whatever the case."""
    needle = wanted.casefold()
    return Test("contains", wanted, lambda text: needle in text.folded, lambda text: _hints().contains(wanted, text))


def equals(wanted: str) -> Test:
    """It is this text, to the letter."""
    return Test("equals", wanted, lambda text: text.raw == wanted, lambda text: _hints().equals(wanted, text))


def regex(wanted: str) -> Test:
    """A regular expression (Python's) is found somewhere in it. BadTestError for one that can't be read."""
    _check(wanted)

    def groups(text: Text) -> Mapping[str, str]:
        found = expressions.search(wanted, text.raw)
        if found is None:
            return _NO_GROUPS
        numbered = {str(number): group or "" for number, group in enumerate((found[0], *found.groups()))}
        return numbered | {name: group or "" for name, group in found.groupdict().items()}

    def holds(text: Text) -> bool:
        return expressions.search(wanted, text.raw) is not None

    return Test("regex", wanted, holds, lambda text: _hints().regex(wanted, text), groups)


def glob(wanted: str) -> Test:
    """A pattern with * and ? covers all of it, whatever the case. BadTestError for one that can't be read."""
    translated, match = _translated(wanted)

    def holds(text: Text) -> bool:
        return match(text.folded) is not None

    return Test("glob", wanted, holds, lambda text: _hints().glob(wanted, text, translated))


TESTS: dict[str, Callable[[str], Test]] = {"contains": contains, "equals": equals, "regex": regex, "glob": glob}
"""Every test of a text by its name."""


@lru_cache(maxsize=_CACHED)
def _check(pattern: str) -> None:
    if len(pattern) > expressions.LONGEST:
        raise BadTestError(f"a regular expression of more than {expressions.LONGEST:,} characters")
    try:
        expressions.check(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        told = getattr(fault, "msg", str(fault))
        raise BadTestError(f"not a regular expression: {told}", _mend(told), getattr(fault, "pos", None)) from None


def _mend(told: str) -> str:
    """What to do about the commonest mistakes."""
    if told in ("nothing to repeat", "multiple repeat"):
        return r"for the character itself write \*, \+ or \?; for a pattern with * use glob"
    if told.startswith("unbalanced parenthesis") or "unterminated subpattern" in told:
        return r"for the character itself write \( or \)"
    if told.startswith("unterminated character set"):
        return r"close it with ], or write \[ for the character itself"
    if told.startswith("bad escape"):
        return r"write \\ for a backslash"
    return "to look for a text as it stands, use contains"


@lru_cache(maxsize=_CACHED)
def _translated(pattern: str) -> tuple[str, Callable[[str], object]]:
    opened = _unclosed(pattern)
    if opened is not None:
        raise BadTestError("not a glob: a [ that is not closed", "for the character itself write [[]", opened)
    translated = fnmatch.translate(pattern.casefold())
    return translated, re.compile(translated).match


def _unclosed(pattern: str) -> int | None:
    """Where a character set of a glob begins that doesn't end."""
    at = 0
    while (at := pattern.find("[", at)) >= 0:
        begin = at + 2 if pattern[at + 1 : at + 2] == "!" else at + 1
        end = pattern.find("]", begin + 1)
        if end < 0:
            return at
        at = end + 1
    return None


def _hints() -> ModuleType:
    """The hints are loaded when something doesn't match for the first time."""
    from fakeapi.rules import hints

    return hints
