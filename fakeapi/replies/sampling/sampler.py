"""The walk from a shape to a value. What the user said goes before what the schema prefers, and that before chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from fakeapi.replies.sampling import containers, naming, scalars
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.sampling.plans import Plan
from fakeapi.replies.sampling.shapes import Shape, Spot

if TYPE_CHECKING:
    from random import Random

_TRIES = 12
_STRAYS_FROM = 5
_MOST_TRIES = 400
_MANY_VALUES = 100
_DEEP = 3


class UnsatisfiableError(Exception):
    """Nothing fits here, or nothing was found that does."""


class Asked(NamedTuple):
    """What a value is wanted for: the property's `name`, what it is a property of, how many levels may lie below."""

    name: str
    owner: str
    levels: int


_MOST_VALUES = 20_000


class Sampler:
    """Draws one value.

    Attributes:
        dice: the source of all chance.
        generous: optional properties are given while they are few; else only those that the user's text names.
        lean: no optional properties and no items that aren't asked for.
    """

    def __init__(self, plan: Plan, dice: Random, hints: Hints, *, generous: bool, lean: bool) -> None:
        self.plan = plan
        self.dice = dice
        self.generous = generous
        self.lean = lean
        self._hints = hints
        self._used: set[Any] = set()
        self._tries = 0
        self._strays = False
        self._values = 0
        self._depth = 0

    def value(self, spot: Spot, asked: Asked) -> Any:
        """A value for a spot; UnsatisfiableError where there can be none."""
        shape = self.plan.shape(spot)
        if not shape.possible:
            raise UnsatisfiableError
        self._values += 1
        if self.is_exhausted:
            raise UnsatisfiableError
        return self._made_again(shape, asked) if shape.unsure else self._made(shape, asked)

    @property
    def is_deep(self) -> bool:
        """Whether this is far enough below the top to be brief."""
        return self._depth >= _DEEP

    @property
    def is_exhausted(self) -> bool:
        """Whether so much was said that no answer could hold it: a small schema can ask for millions of values."""
        return self._values > _MOST_VALUES

    @property
    def is_long(self) -> bool:
        """Whether enough was said to come to an end."""
        return self._values > _MANY_VALUES

    @property
    def wants_nothing(self) -> bool:
        """Whether the user asks for no values."""
        return self._hints.wants_nothing

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further down."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def is_told(self, shape: Shape, name: str) -> bool:
        """Whether the user's text gives a value for a name, or names one of its values."""
        if not self._hints:
            return False
        if shape.members is not None:
            return any(isinstance(value, str) and self._hints.mentions(value) for value in shape.members)
        return any(shape.accepts(value) for value in self._hints.named(name))

    def _made_again(self, shape: Shape, asked: Asked) -> Any:
        """Where a first try may miss: as often as it takes, leaner every other time."""
        made = [self._made(shape, asked)] if self._tries > _MOST_TRIES else []
        usual = self.lean
        for attempt in range(_TRIES):
            if self._tries > _MOST_TRIES:
                break
            self.lean = usual or attempt % 2 == 1
            self._strays = attempt >= _STRAYS_FROM
            self._tries += 1
            try:
                made.append(self._made(shape, asked))
            except UnsatisfiableError:
                continue
            finally:
                self.lean, self._strays = usual, False
            if shape.accepts(made[-1]):
                return made[-1]
        if not made:
            raise UnsatisfiableError
        return made[-1]

    def _made(self, shape: Shape, asked: Asked) -> Any:
        for told in self._told(shape, asked):
            return told
        if shape.members is not None or shape.examples:
            return self._one_of(shape.examples or shape.members or [])
        if shape.groups:
            spot = shape.spot + self.dice.choice(self._branches(shape, asked.levels))
            return self._made(self.plan.shape(spot), asked) if shape.unsure else self.value(spot, asked)
        return _MAKERS[self._type(shape, asked)](self, shape, asked)

    def _one_of(self, values: list[Any]) -> Any:
        if not values:
            raise UnsatisfiableError
        return self.dice.choice(values)

    def _told(self, shape: Shape, asked: Asked) -> Iterator[Any]:
        """What the user's text gives for this name: values that fit, fresh ones where there are any."""
        if not self._hints or not asked.name:
            return
        fitting = [value for value in self._said(shape, asked) if shape.accepts(value)]
        fresh = [value for value in fitting if frozen(value) not in self._used]
        for value in fresh or fitting:
            self._used.add(frozen(value))
            yield value

    def _said(self, shape: Shape, asked: Asked) -> Iterator[Any]:
        if shape.members is not None:
            yield from (value for value in shape.members if isinstance(value, str) and self._hints.mentions(value))
            return
        yield from self._hints.named(asked.name)
        if shape.groups:
            shape = self.plan.shape(shape.spot + self._branches(shape, asked.levels)[0])
        if not shape.typed:
            return
        if "string" in shape.types and (kind := scalars.kind_of(shape, asked.name, asked.owner)):
            yield from self._hints.of_kind(kind, asked.name)
        elif "array" in shape.types:
            yield from self._listed(shape, asked)
        elif not {"integer", "number"}.isdisjoint(shape.types):
            number = self._hints.number("number" not in shape.types)
            yield from () if number is None else (number,)

    def _listed(self, shape: Shape, asked: Asked) -> Iterator[list[str]]:
        """All values of a kind at once, for a list of such."""
        item = self.plan.shape(spot) if (spot := shape.item(0)) else None
        if item and item.typed and "string" in item.types and (kind := scalars.kind_of(item, asked.name, asked.owner)):
            yield from ([found] if (found := self._hints.of_kind(kind)) else ())

    def _branches(self, shape: Shape, levels: int) -> list[Spot]:
        """The branches of the first open choice that can be finished; not `null` where another one can."""
        ending: list[Spot] = []
        for within in range(levels + 1) if self.is_deep or self.is_long else (levels,):
            ending = ending or [branch for branch in shape.groups[0] if self.plan.ends(shape.spot + branch, within)]
        if not ending:
            raise UnsatisfiableError
        told = [branch for branch in ending if self._hints and self._is_meant(self.plan.shape(shape.spot + branch))]
        return (
            told or [branch for branch in ending if self.plan.shape(shape.spot + branch).types != ("null",)] or ending
        )

    def _is_meant(self, shape: Shape) -> bool:
        """Whether the user's text names the constant that tells a branch from the others."""
        spots = [spot for name in shape.required if (spot := shape.child(name))]
        constants = [value for spot in spots for value in self.plan.shape(spot).every("const")]
        return any(isinstance(value, str) and self._hints.mentions(value) for value in constants)

    def _type(self, shape: Shape, asked: Asked) -> str:
        """The first type that says something and can be finished; a number where only the name speaks, and of one."""
        if self._strays:
            return self.dice.choice(shape.allowed)
        if not shape.typed:
            numeric = naming.kind(asked.name) is None and naming.span(asked.name) is not None
            return "integer" if numeric and "integer" in shape.types else shape.types[0]
        telling = [name for name in shape.types if name != "null"] or ["null"]
        simple = [name for name in telling if name not in ("object", "array")]
        return simple[0] if simple and asked.levels <= 0 else telling[0]


def _text(sampler: Sampler, shape: Shape, asked: Asked) -> str:
    return scalars.text(shape, asked.name, asked.owner, sampler.dice)


def _whole(sampler: Sampler, shape: Shape, asked: Asked) -> int | float:
    return scalars.number(shape, asked.name, sampler.dice, True)


def _number(sampler: Sampler, shape: Shape, asked: Asked) -> int | float:
    return scalars.number(shape, asked.name, sampler.dice, False)


def _truth(sampler: Sampler, _: Shape, asked: Asked) -> bool:
    return scalars.truth(asked.name, sampler.dice)


_MAKERS: dict[str, Callable[[Sampler, Shape, Asked], Any]] = {
    "object": containers.object_of,
    "array": containers.list_of,
    "string": _text,
    "integer": _whole,
    "number": _number,
    "boolean": _truth,
    "null": lambda *_: None,
}


def frozen(value: Any) -> Any:
    """A value that equals another exactly if JSON Schema calls them equal."""
    if isinstance(value, bool) or value is None:
        return ("literal", value)
    if isinstance(value, int | float | str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
