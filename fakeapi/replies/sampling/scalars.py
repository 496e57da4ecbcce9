"""Numbers and texts within the bounds of a shape, plausible by name and description."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fakeapi.replies.sampling import naming
from fakeapi.replies.sampling.formats import formatted
from fakeapi.replies.sampling.patterns import matching
from fakeapi.replies.sampling.shapes import Shape

if TYPE_CHECKING:
    from random import Random

_WHOLE_SPAN = naming.Span(1, 100, 0)
_SPAN = naming.Span(1, 100, 2)
_LONGEST_RUN = 5000
_LONGEST = 200_000
_TRIES = 6
_LONG = 24
_SENTENCES_FROM = 30
_FORMATS_AS_KINDS = {"date": ("date", "early date", "late date")}
_NAMED_FORMATS = frozenset({"email", "idn-email", "uri", "url", "iri", "date"})
"""Formats for which a name may know a better text than the format alone: `homepage`, `end_date`."""


def number(shape: Shape, name: str, dice: Random, whole: bool) -> int | float:
    """A number within the bounds, where the name suggests if that lies within them."""
    low, high = _bounds(shape)
    wished = naming.span(name) or (_WHOLE_SPAN if whole else _SPAN)
    low, high = _narrowed(low, high, wished)
    if whole or shape.step:
        return _multiple(shape, low, high, dice, whole)
    return _decimal(shape, low, high, wished.decimals, dice)


def _bounds(shape: Shape) -> tuple[float | None, float | None]:
    lows = [value for word in ("minimum", "exclusiveMinimum") if (value := shape.word(word)) is not None]
    highs = [value for word in ("maximum", "exclusiveMaximum") if (value := shape.word(word)) is not None]
    return max(lows, default=None), min(highs, default=None)


def _narrowed(low: float | None, high: float | None, wished: naming.Span) -> tuple[float, float]:
    """The bounds as far as the name's own lie within them; else a window at the bound that is given."""
    width = wished.high - wished.low
    if low is None and high is None:
        return wished.low, wished.high
    first = wished.low if low is None else max(low, wished.low)
    last = wished.high if high is None else min(high, wished.high)
    if first <= last and not (first == last and (first == low or last == high)):
        return first, last
    if high is None:
        assert low is not None
        return low, low + max(width, 1)
    if low is None:
        return high - max(width, 1), high
    return low, high


def _multiple(shape: Shape, low: float, high: float, dice: Random, whole: bool) -> int | float:
    """A whole number, or a multiple of `multipleOf`, strictly inside exclusive bounds."""
    step = shape.step or Fraction(1)
    if whole:
        step = Fraction(step.numerator)
    first, last = math.ceil(Fraction(low) / step), math.floor(Fraction(high) / step)
    if (bound := shape.word("exclusiveMinimum")) is not None and first * step <= bound:
        first += 1
    if (bound := shape.word("exclusiveMaximum")) is not None and last * step >= bound:
        last -= 1
    if first > last:
        return _nearest(shape, step, whole)
    value = step * dice.randint(first, last)
    return int(value) if value.denominator == 1 else float(value)


def _nearest(shape: Shape, step: Fraction, whole: bool) -> int | float:
    """Where the wished window holds no multiple: the first one above the schema's lower bound, or below its upper."""
    low, high = _bounds(shape)
    if low is not None:
        times = math.ceil(Fraction(low) / step)
        times += times * step == shape.word("exclusiveMinimum")
    else:
        times = math.floor(Fraction(high or 0) / step)
        times -= times * step == shape.word("exclusiveMaximum")
    value = step * times
    return int(value) if whole or value.denominator == 1 else float(value)


def _decimal(shape: Shape, low: float, high: float, decimals: int, dice: Random) -> int | float:
    for digits in (decimals, max(decimals, 2), 4, 8, 16):
        value = round(dice.uniform(low, high), digits)
        if shape.accepts(value):
            return int(value) if digits == 0 and abs(value) < 2**53 else value
    middle = low + (high - low) / 2
    return middle if shape.accepts(middle) else low


def text(shape: Shape, name: str, owner: str, dice: Random) -> str:
    """A text that fits format, pattern and length; the best one found where none fits."""
    shortest, longest = shape.size("minLength") or 0, shape.size("maxLength")
    patterns = (
        [pattern for pattern in shape.every("pattern") if isinstance(pattern, str)] if shape.word("pattern") else []
    )
    best = ""
    for candidate in _candidates(shape, name, owner, dice, patterns):
        fitted = _fitted(candidate, shortest, longest, dice) if not patterns and not shape.word("format") else candidate
        if shape.accepts(fitted):
            return fitted
        best = best or fitted
    return best


def _candidates(shape: Shape, name: str, owner: str, dice: Random, patterns: list[str]) -> Iterator[str]:
    """Texts to try, the most plausible first."""
    kind = kind_of(shape, name, owner)
    example = naming.example(shape.description, kind) if shape.description else None
    format_ = shape.word("format")
    if isinstance(format_, str) and format_ in _NAMED_FORMATS and kind and _is_format(kind, format_):
        yield naming.text(kind, dice)
    if isinstance(format_, str):
        yield from (said for _ in range(_TRIES) if (said := formatted(format_, dice)) is not None)
    if example:
        yield example
    if shape.word("contentEncoding") == "base64":
        yield b64encode(naming.text("word", dice).encode()).decode()
    for _ in range(2 if patterns else 1):
        yield naming.text(kind or "word", dice)
    shortest, longest = shape.size("minLength") or 0, shape.size("maxLength")
    for pattern in patterns * _TRIES:
        if said := matching(pattern, dice, shortest, longest):
            yield said
    yield naming.text("word", dice)
    yield ""


def kind_of(shape: Shape, name: str, owner: str) -> str | None:
    """The kind of text that the name, else the title, else the description suggests."""
    named = naming.kind(name, owner)
    if named:
        return named
    title = shape.word("title")
    by_title = naming.kind(title) if isinstance(title, str) and len(title) < _SENTENCES_FROM else None
    return by_title or (naming.clue(shape.description) if shape.description else None)


def _is_format(kind: str, format_: str) -> bool:
    if format_.endswith("email"):
        return kind == "email"
    if format_ == "date":
        return kind in _FORMATS_AS_KINDS["date"]
    return kind in ("url", "image url")


def _fitted(said: str, shortest: int, longest: int | None, dice: Random) -> str:
    """A text cut to the longest length, at a word's end where it has one, or continued up to the shortest."""
    while len(said) < min(shortest, _LONGEST_RUN):
        said = f"{said} {naming.text('sentence' if shortest > _LONG else 'word', dice)}".strip()
    said = said.ljust(min(shortest, _LONGEST), "x")
    if longest is None or len(said) <= longest:
        return said
    cut = said[:longest].rsplit(" ", 1)[0].rstrip(" ,;")
    return cut if shortest <= len(cut) and cut else said[:longest]


def truth(name: str, dice: Random) -> bool:
    """True or false, as the name suggests."""
    told = naming.truth(name)
    return dice.random() < 0.5 if told is None else told


def key(taken: Any, index: int) -> str:
    """A name for a further property, one that isn't taken."""
    while True:
        name = f"{('alpha', 'beta', 'gamma', 'delta')[index % 4]}{index // 4 or ''}"
        if name not in taken:
            return name
        index += 1
