"""Regular expressions: what one is, Python's `re` says; searched is with `regex`, which can be told to give up.

`re` can't be interrupted, and takes half a minute for `(.+) weather` on one line of 100 kB. `regex` does that in less
than a millisecond; what is too much for it, too, such as `(a|aa)+$`, it gives up.
"""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

PATIENCE = 1.0
"""Seconds after which a search in one text is given up; then nothing was found."""
LONGEST = 10_000
"""Characters of a regular expression."""
_CACHED = 4096
_SHORT = 1_000
"""Characters of a text in which Python's own search, which costs a fifth, takes milliseconds at worst, where one thing
is repeated."""
_REPEAT = re.compile(r"[*+{]|(?<!\()\?")
_REPEATED_GROUP = re.compile(r"\)[*+{?]")
_DIALECT = re.compile(r"(?P<same>\\N\{[^}]*\}|\\.)|(?P<brace>\{)(?!\d*,?\d*\})|(?P<bracket>\[:)", re.DOTALL)


class Found(Protocol):
    """What was found: a match of `re` or `regex`."""

    def __getitem__(self, group: int) -> Any: ...

    def groups(self) -> tuple[str | None, ...]:
        """The numbered groups, from 1."""

    def groupdict(self) -> dict[str, str | None]:
        """The named groups."""


_Search: TypeAlias = Callable[[str], Found | None]
_given_up: deque[tuple[str, int]] = deque(maxlen=256)
"""Expressions and texts that took too long: nobody waits for them again."""


def check(pattern: str) -> None:
    """Whether this is a regular expression. Raises re.error, OverflowError or RecursionError where it is none."""
    _python(pattern, any_case=False)


def _python(pattern: str, any_case: bool) -> re.Pattern[str]:
    with warnings.catch_warnings(action="ignore"):
        return re.compile(pattern, re.IGNORECASE if any_case else 0)


def search(pattern: str, text: str, *, any_case: bool = False) -> Found | None:
    """The first place where an expression that was checked is found; None where there is none, or it takes too long."""
    if _given_up and is_given_up(pattern, text):
        return None
    try:
        return _compiled(pattern, any_case)(text)
    except TimeoutError:
        _given_up.append((pattern, hash(text)))
        return None


def is_given_up(pattern: str, text: str) -> bool:
    """Whether the search for an expression in a text took too long."""
    return (pattern, hash(text)) in _given_up


@lru_cache(maxsize=_CACHED)
def _compiled(pattern: str, any_case: bool) -> _Search:
    """The search. Compiled when something is searched for the first time."""
    if not _is_simple(pattern):
        return _patient(pattern, any_case)
    plain = _python(pattern, any_case).search
    return lambda text: plain(text) if len(text) <= _SHORT else _patient(pattern, any_case)(text)


def _is_simple(pattern: str) -> bool:
    """Whether no more than one thing is repeated, and that is no group: a short text is soon searched."""
    return len(_REPEAT.findall(pattern)) <= 1 and not _REPEATED_GROUP.search(pattern)


@lru_cache(maxsize=_CACHED)
def _patient(pattern: str, any_case: bool) -> _Search:
    """The search of `regex`, or Python's own for what that can't read."""
    import regex

    flags = regex.VERSION0 | (regex.IGNORECASE if any_case else 0)
    try:
        found = regex.compile(_in_dialect(pattern), flags)
    except (regex.error, RecursionError):
        return _python(pattern, any_case).search
    if not _REPEAT.search(pattern):
        return found.search  # type: ignore[no-any-return]  # what repeats nothing is quick: a look at the clock is not
    return lambda text: found.search(text, timeout=PATIENCE)


def _in_dialect(pattern: str) -> str:
    r"""An expression of `re` in words of `regex`, which takes `(ab){e}` and `[[:alpha:]]` for more than they say."""
    return _DIALECT.sub(lambda found: found["same"] or (r"\{" if found["brace"] else r"[\:"), pattern)
