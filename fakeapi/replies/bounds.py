"""How much a template may do: rounds, work, and the size of what it makes. Its filters, as far as they need a bound."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

from jinja2.runtime import Undefined

from fakeapi.facts.written import written

LONGEST_TEMPLATE = 20_000
LONGEST_TEXT = 1_000_000
"""Characters of a template, and of any text that it makes."""
MOST_ROUNDS = 10_000
"""Rounds of all its loops together."""
_MOST_WORK = 20_000_000
_MOST_BITS = 1_024
_LARGEST_EXPONENT = 1_000
_MOST_DIGITS = 15
_WIDEST = 10_000
_SEVERAL: tuple[Any, ...] = (range, GeneratorType, KeysView, ValuesView, ItemsView, Iterator)
_PERCENT = re.compile(r"%(?:\(\w+\))?[-+ #0]*(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<kind>.?)", re.DOTALL)


class BoundError(Exception):
    """Something is larger, or takes longer, than any template should; the text says what."""


class Budget:
    """What is left of one template's allowance."""

    def __init__(self) -> None:
        self.rounds = MOST_ROUNDS
        self.work = _MOST_WORK

    def spend(self, work: int) -> None:
        """BoundError where nothing is left."""
        self.work -= 1 + work
        if self.work < 0:
            raise BoundError("the template takes too long")


_BUDGET: ContextVar[Budget] = ContextVar("budget")


def spend(work: int) -> None:
    """Pays for some work. BoundError where nothing is left."""
    _BUDGET.get().spend(work)


def each(items: Any) -> list[Any]:
    """The items of a loop, each of which is a round."""
    budget, found = _BUDGET.get(), list(items)
    budget.rounds -= len(found)
    if budget.rounds < 0:
        raise BoundError(f"the loops of a template go round more than {MOST_ROUNDS:,} times")
    return found


@contextmanager
def allowance() -> Iterator[None]:
    """A fresh budget for what is compiled or rendered within."""
    token = _BUDGET.set(Budget())
    try:
        yield
    finally:
        _BUDGET.reset(token)


def gathered(pieces: Iterable[str]) -> str:
    """The whole text of its pieces. BoundError where it is too long."""
    kept, size = [], 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > LONGEST_TEXT:
            raise BoundError(f"the text is longer than {LONGEST_TEXT:,} characters")
    return "".join(kept)


def text(value: Any) -> str:
    """A value as it stands in the text: lists and mappings as JSON. BoundError where it is too long, or is no value."""
    if isinstance(value, _SEVERAL):
        value = list(value)
    if _size(value) > LONGEST_TEXT:
        raise BoundError(f"a text is longer than {LONGEST_TEXT:,} characters")
    if isinstance(value, dict | list | tuple):
        return written(_jsonable(value))
    if not isinstance(value, str | int | float | Undefined | None):
        raise BoundError("this is no text, but something to call or to look into: faker.city() rather than faker.city")
    return str(value)


def concat(*values: Any) -> str:
    """What `~` makes of values."""
    return _joined([text(value) for value in values], "")


def _join(values: Any, separator: Any = "", attribute: str | None = None) -> str:
    """Joins texts; of mappings, one member of each."""
    if attribute is not None:
        values = [value[attribute] for value in values]
    return _joined([text(value) for value in values], str(separator))


def _joined(texts: list[str], separator: str) -> str:
    size = sum(map(len, texts)) + len(separator) * max(0, len(texts) - 1)
    _checked(size)
    return separator.join(texts)


def _replace(value: Any, old: Any, new: Any, count: int = -1) -> str:
    """Replaces all of `old`, or the first few."""
    before, old, new = text(value), str(old), str(new)
    times = len(before) + 1 if not old else before.count(old)
    _checked(len(before) + (times if count < 0 else min(times, count)) * max(0, len(new) - len(old)))
    return before.replace(old, new, count)


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    """Rounds to so many digits: `common`, `ceil` or `floor`."""
    if not -_MOST_DIGITS <= precision <= _MOST_DIGITS:
        raise BoundError(f"round takes up to {_MOST_DIGITS} digits")
    if method == "common":
        return round(value, precision)
    factor: float = 10**precision
    return (math.ceil if method == "ceil" else math.floor)(value * factor) / factor


def percent(value: Any, *values: Any) -> str:
    """`"%s of %d" | format(a, b)`, of a decent width."""
    pattern = text(value)
    for found in _PERCENT.finditer(pattern):
        if found["kind"] == "*" or max(int(found["width"] or 0), int(found["precision"] or 0)) > _WIDEST:
            raise BoundError(f"{found[0]} is wider than a template may write")
    shown = tuple(text(item) if isinstance(item, dict | list | tuple) else item for item in values)
    _checked(len(pattern) + sum(map(_size, shown)))
    return pattern % shown


def _tojson(value: Any, indent: int | None = None) -> str:
    """The JSON of a value: as a model writes it, or indented."""
    if indent is None:
        return written(_jsonable(value)) if isinstance(value, dict | list | tuple) else written(value)
    import json

    return json.dumps(_jsonable(value), indent=min(int(indent), 8), ensure_ascii=False)


def _jsonable(value: Any) -> Any:
    """With texts as keys and lists instead of tuples."""
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def hold(operator: str, left: Any, right: Any) -> None:
    """BoundError where an operator would make something huge."""
    if operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        _checked(len(left) + len(right))
    elif operator == "*" and (isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple)):
        _checked(max(length(left), 1) * max(length(right), 1) * _times(left) * _times(right))
    elif operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length() if operator == "*" else left.bit_length() * min(right, _MOST_BITS)
        if bits > _MOST_BITS or (operator == "**" and abs(right) > _LARGEST_EXPONENT):
            raise BoundError("a number is larger than any template needs")


def _times(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 1


def _checked(size: int) -> None:
    spend(size)
    if size > LONGEST_TEXT:
        raise BoundError(f"a text or list is longer than {LONGEST_TEXT:,}")


def length(value: Any) -> int:
    """The length of what has one, else 0."""
    return len(value) if isinstance(value, str | list | tuple | dict) else 0


def _size(value: Any) -> int:
    """About how many characters a value takes; it stops counting when that is too many."""
    total, waiting = 0, [value]
    while waiting and total <= LONGEST_TEXT:
        item = waiting.pop()
        total += len(item) + 2 if isinstance(item, str) else 8
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            waiting += item
    return total


FILTERS: dict[str, Callable[..., Any]] = {
    "format": percent,
    "join": _join,
    "replace": _replace,
    "round": _round,
    "string": text,
    "tojson": _tojson,
}
"""Those of jinja2 that know no bounds, and `tojson`, which would write JSON for web pages."""
