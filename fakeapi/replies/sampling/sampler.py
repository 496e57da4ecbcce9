"""The walk from a shape to a value: choices, objects, arrays; what the user said goes before what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from fakeapi.replies.sampling import naming, scalars
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.sampling.patterns import matching
from fakeapi.replies.sampling.shapes import Plan, Shape, Spot

if TYPE_CHECKING:
    from random import Random

_TRIES = 12
_MOST_TRIES = 400
_MANY_VALUES = 100
_MOST_OPTIONAL = 16
_FEW_OPTIONAL = 3
_DEEP = 3
_MOST_FILLED = 200


class UnsatisfiableError(Exception):
    """Nothing fits here, or nothing was found that does."""


class Sampler:
    """Draws one value. `generous` takes optional properties along while they are few; `lean` takes none."""

    def __init__(self, plan: Plan, dice: Random, hints: Hints, *, generous: bool, lean: bool) -> None:
        self._plan = plan
        self._dice = dice
        self._hints = hints
        self._generous = generous
        self._lean = lean
        self._used: set[Any] = set()
        self._tries = 0
        self._values = 0
        self._depth = 0

    def value(self, spot: Spot, name: str, owner: str, levels: int) -> Any:
        """A value for a spot; UnsatisfiableError where there can be none."""
        shape = self._plan.shape(spot)
        if not shape.possible:
            raise UnsatisfiableError
        self._values += 1
        if not shape.unsure:
            return self._made(shape, name, owner, levels)
        return self._made_again(shape, name, owner, levels)

    def _made_again(self, shape: Shape, name: str, owner: str, levels: int) -> Any:
        """Where a first try may miss: as often as it takes, leaner every other time."""
        last, found = None, False
        usual = self._lean
        for attempt in range(_TRIES):
            self._lean = usual or attempt % 2 == 1
            try:
                last, found = self._made(shape, name, owner, levels), True
            except UnsatisfiableError:
                continue
            finally:
                self._lean = usual
            self._tries += 1
            if self._tries > _MOST_TRIES or shape.accepts(last):
                return last
        if not found:
            raise UnsatisfiableError
        return last

    def _made(self, shape: Shape, name: str, owner: str, levels: int) -> Any:
        for given in self._given(shape, name, owner):
            return given
        if shape.members is not None:
            return self._one_of(shape.members)
        if shape.examples:
            return self._one_of(shape.examples)
        if shape.groups:
            return self._branch(shape, name, owner, levels)
        return _MAKERS[self._type(shape, name, levels)](self, shape, name, owner, levels)

    def _one_of(self, values: list[Any]) -> Any:
        if not values:
            raise UnsatisfiableError
        return self._dice.choice(values)

    def _given(self, shape: Shape, name: str, owner: str) -> Iterator[Any]:
        """The values that the user's text gives for this name, those that fit, fresh ones first."""
        if not self._hints or not name:
            return
        fitting = [value for value in self._said(shape, name, owner) if shape.accepts(value)]
        fresh = [value for value in fitting if _frozen(value) not in self._used]
        for value in fresh or fitting:
            self._used.add(_frozen(value))
            yield value

    def _said(self, shape: Shape, name: str, owner: str) -> Iterator[Any]:
        if shape.members is not None:
            yield from (value for value in shape.members if isinstance(value, str) and self._hints.mentions(value))
            return
        yield from self._hints.named(name)
        if shape.groups:
            shape = self._plan.shape(shape.spot + self._branches(shape, 9)[0])
        if "string" in shape.types and shape.typed:
            kind = scalars.kind_of(shape, name, owner)
            yield from self._hints.of_kind(kind, name) if kind else ()
        elif "array" in shape.types and shape.typed and (spot := shape.item(0)):
            kind = scalars.kind_of(self._plan.shape(spot), name, owner)
            if kind and (listed := self._hints.of_kind(kind)) and "string" in self._plan.shape(spot).types:
                yield listed
        elif shape.typed and ("integer" in shape.types or "number" in shape.types) and self._hints.numbers:
            number = self._hints.number("number" not in shape.types)
            yield from () if number is None else (number,)

    def _branch(self, shape: Shape, name: str, owner: str, levels: int) -> Any:
        """One branch of the first open choice, any of those that end and say something."""
        branches = self._branches(shape, levels)
        return self.value(shape.spot + self._dice.choice(branches), name, owner, levels)

    def _branches(self, shape: Shape, levels: int) -> list[Spot]:
        ending: list[Spot] = []
        for within in range(levels + 1) if self._crowded else (levels,):
            ending = ending or [branch for branch in shape.groups[0] if self._plan.ends(shape.spot + branch, within)]
        if not ending:
            raise UnsatisfiableError
        telling = [branch for branch in ending if self._plan.shape(shape.spot + branch).types != ("null",)]
        return telling or ending

    @property
    def _crowded(self) -> bool:
        """Whether enough was said, or said deep enough, to come to an end."""
        return self._depth >= _DEEP or self._values > _MANY_VALUES

    def _type(self, shape: Shape, name: str, levels: int) -> str:
        """The first type that says something and can be finished; a number where only the name speaks, and of one."""
        if not shape.typed:
            unnamed = naming.kind(name) is None
            return "integer" if unnamed and naming.span(name) and "integer" in shape.types else shape.types[0]
        telling = [kind for kind in shape.types if kind != "null"] or ["null"]
        simple = [kind for kind in telling if kind not in ("object", "array")]
        if levels <= 0 and simple:
            return simple[0]
        return telling[0]

    def _object(self, shape: Shape, name: str, owner: str, levels: int) -> dict[str, Any]:
        if levels <= 0 and shape.required:
            raise UnsatisfiableError
        value: dict[str, Any] = {}
        self._depth += 1
        try:
            for key in self._names(shape, levels):
                self._put(value, shape, key, name or owner, levels)
            self._fill(value, shape, levels)
        finally:
            self._depth -= 1
        return value

    def _put(self, value: dict[str, Any], shape: Shape, key: str, owner: str, levels: int) -> None:
        spot = shape.child(key)
        required = key in shape.required
        try:
            if spot is None:
                raise UnsatisfiableError
            value[key] = self.value(spot, key, owner, levels - 1)
        except UnsatisfiableError:
            if required:
                raise

    def _names(self, shape: Shape, levels: int) -> list[str]:
        """The properties to give: all required ones in the schema's order, then optional ones."""
        optional = [
            key
            for key in shape.names
            if key not in shape.required and key not in shape.forbidden and key not in shape.triggers
        ]
        optional = [key for key in optional if (spot := shape.child(key)) and self._plan.ends(spot, levels - 1)]
        names = [*shape.required, *self._wanted(shape, optional)]
        most = shape.size("maxProperties")
        return names if most is None else names[: max(most, len(shape.required))]

    def _wanted(self, shape: Shape, optional: list[str]) -> list[str]:
        if self._lean or self._values > _MANY_VALUES:
            return []
        simple = [key for key in optional if self._is_simple(shape, key)]
        if self._generous:
            return (optional if self._depth < _DEEP else simple)[:_MOST_OPTIONAL]
        told = [key for key in simple if self._is_told(shape, key)]
        return told if shape.required or told else simple[:_FEW_OPTIONAL]

    def _is_simple(self, shape: Shape, key: str) -> bool:
        spot = shape.child(key)
        return spot is not None and not {"object", "array"} & set(self._plan.shape(spot).types[:1])

    def _is_told(self, shape: Shape, key: str) -> bool:
        """Whether the user's text names a value for an optional property."""
        spot = shape.child(key)
        if not self._hints or spot is None:
            return False
        child = self._plan.shape(spot)
        if child.members is not None:
            return any(isinstance(value, str) and self._hints.mentions(value) for value in child.members)
        return any(child.accepts(value) for value in self._hints.named(key))

    def _fill(self, value: dict[str, Any], shape: Shape, levels: int) -> None:
        """Further properties, up to `minProperties`; two of them for a map that has no others."""
        least = min(shape.size("minProperties") or 0, _MOST_FILLED)
        is_map = not shape.names and (shape.child("alpha") or shape.patterned) and self._says_of_others(shape)
        wanted = max(least, len(value) + 2 if is_map and not self._lean and levels > 1 else 0)
        most = shape.size("maxProperties")
        for index in range(4 * wanted):
            if len(value) >= (wanted if most is None else min(wanted, most)):
                return
            key = self._new_name(shape, value, index)
            if key not in value and key not in shape.forbidden:
                self._put_further(value, shape, key, levels)

    def _put_further(self, value: dict[str, Any], shape: Shape, key: str, levels: int) -> None:
        spot = shape.child(key)
        if spot is not None and self._plan.ends(spot, levels - 1):
            self._put(value, shape, key, "", levels)

    def _new_name(self, shape: Shape, value: dict[str, Any], index: int) -> str:
        """A name: an optional one of the schema, one that `propertyNames` or a pattern asks for, or any."""
        left = [key for key in shape.names if key not in value and key not in shape.forbidden]
        if index < len(left):
            return left[0] if index == 0 else left[index]
        if rules := [f"{at}/propertyNames" for at, node in shape.layers if "propertyNames" in node]:
            said = self.value(tuple(rules), "key", "", 1)
            return said if isinstance(said, str) else ""
        patterns = list(shape.patterned.values())
        if patterns and (shape.child("alpha") is None or not shape.names):
            return matching(self._dice.choice(patterns), self._dice) or ""
        return scalars.key(value, index)

    def _says_of_others(self, shape: Shape) -> bool:
        others = shape.every("additionalProperties")
        return bool(shape.patterned) or any(isinstance(rule, dict) and rule for rule in others)

    def _array(self, shape: Shape, name: str, owner: str, levels: int) -> list[Any]:
        asked = [(f"{at}/contains", int(node.get("minContains", 1))) for at, node in shape.layers if "contains" in node]
        wanted = [pointer for pointer, times in asked for _ in range(min(times, _MOST_FILLED))]
        items: list[Any] = []
        seen: set[Any] = set()
        unique = True in shape.every("uniqueItems")
        for index in range(self._length(shape, levels, len(wanted))):
            extra = (wanted[index],) if index < len(wanted) else ()
            if not self._append(items, seen if unique else None, shape, index, extra, name, levels):
                break
        return items

    def _append(
        self, items: list[Any], seen: set[Any] | None, shape: Shape, index: int, extra: Spot, name: str, levels: int
    ) -> bool:
        """Adds an item, another one than before where they must differ; False where there is no further one."""
        spot = shape.item(index)
        if spot is None or not self._plan.ends(spot + extra, levels - 1):
            return False
        for _ in range(1 if seen is None else 2 * _TRIES):
            item = self.value(spot + extra, naming.singular(name), "", levels - 1)
            if seen is None or (frozen := _frozen(item)) not in seen:
                items.append(item)
                if seen is not None:
                    seen.add(frozen)
                return True
        return False

    def _length(self, shape: Shape, levels: int, contained: int) -> int:
        """How many items: as many as the bounds ask for, else one to three."""
        least, most = max(shape.size("minItems") or 0, contained), shape.size("maxItems")
        first = max((len(row) for row in shape.every("prefixItems") if isinstance(row, list)), default=0)
        spot = shape.item(0)
        if spot is None or not self._plan.ends(spot, levels - 1):
            return least
        usual = 1 if self._depth >= _DEEP or levels <= 1 else self._dice.randint(1, 3)
        wished = max(least, first or (0 if self._lean or self._values > _MANY_VALUES else usual))
        return min(wished if most is None else max(least, min(wished, most)), 10_000)

    def _text(self, shape: Shape, name: str, owner: str, levels: int) -> str:
        return scalars.text(shape, name, owner, self._dice)

    def _integer(self, shape: Shape, name: str, owner: str, levels: int) -> int | float:
        return scalars.number(shape, name, self._dice, True)

    def _number(self, shape: Shape, name: str, owner: str, levels: int) -> int | float:
        return scalars.number(shape, name, self._dice, False)

    def _boolean(self, shape: Shape, name: str, owner: str, levels: int) -> bool:
        return scalars.truth(name, self._dice)

    def _null(self, shape: Shape, name: str, owner: str, levels: int) -> None:
        return None


_MAKERS: dict[str, Callable[[Sampler, Shape, str, str, int], Any]] = {
    "object": Sampler._object,
    "array": Sampler._array,
    "string": Sampler._text,
    "integer": Sampler._integer,
    "number": Sampler._number,
    "boolean": Sampler._boolean,
    "null": Sampler._null,
}


def _frozen(value: Any) -> Any:
    """A value that equals another exactly if JSON Schema calls them equal."""
    if isinstance(value, bool) or value is None:
        return ("literal", value)
    if isinstance(value, int | float | str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
