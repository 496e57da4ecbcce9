"""What a schema asks of one value: all that is said of it, references followed and `allOf` merged.

A spot is a tuple of JSON pointers into the schema: all that one value has to satisfy (`#/properties/city`, and the
branch of its `anyOf` that was chosen). A shape is what these pointers say together.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, TypeAlias

from fakeapi.model import Json
from fakeapi.replies.sampling.patterns import finds

if TYPE_CHECKING:
    from fakeapi.replies.sampling.plans import Plan

Spot: TypeAlias = tuple[str, ...]
Layer: TypeAlias = tuple[str, Json]

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_MOST_CHILDREN = 512
_IMPLIED = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties",
               "propertyNames", "dependentRequired", "dependentSchemas"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("pattern", "format", "minLength", "maxLength", "contentEncoding", "contentMediaType"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}  # fmt: skip
_UNSURE = frozenset({
    "not", "oneOf", "if", "contains", "dependentSchemas", "propertyNames", "patternProperties", "uniqueItems",
    "unevaluatedProperties", "unevaluatedItems", "minProperties", "maxProperties", "multipleOf", "dependentRequired",
})  # fmt: skip
"""Keywords that a first try may miss: what is made under them is checked at once, and made again."""

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")


class Shape:
    """What a value at one spot has to be.

    Attributes:
        spot: where it stands; layers: what the schema says there, node by node.
        types: the types to choose from, the first one the usual; allowed: all that would do, where keywords speak of
            one type without asking for it.
        possible: whether there can be a value; unsure: whether a first try may miss it.
    """

    def __init__(self, plan: Plan, spot: Spot, layers: tuple[Layer, ...], possible: bool) -> None:
        self.plan = plan
        self.spot = spot
        self.layers = layers
        self.allowed = _allowed(layers)
        self.types = _types(layers, self.allowed)
        self.possible = possible and bool(self.allowed)
        self.unsure = any(not _UNSURE.isdisjoint(node) for _, node in layers)
        self._children: dict[str, Spot | None] = {}
        self._words: dict[str, Any] = {}

    def word(self, name: str) -> Any:
        """The value of a keyword, the strictest one where several are given; None where it is not given."""
        if name not in self._words:
            self._words[name] = self._strictest(name)
        return self._words[name]

    def _strictest(self, name: str) -> Any:
        given = self.every(name)
        if name in _LOWER or name in _UPPER:
            numbers = [value for value in given if isinstance(value, int | float) and not isinstance(value, bool)]
            return (max if name in _LOWER else min)(numbers, default=None)
        return given[0] if given else None

    def every(self, name: str) -> list[Any]:
        """All values of a keyword."""
        return [node[name] for _, node in self.layers if name in node]

    def size(self, name: str) -> int | None:
        """The value of a keyword that counts: `minItems` 2.0 is 2."""
        value = self.word(name)
        return int(value) if isinstance(value, int | float) else None

    @cached_property
    def typed(self) -> bool:
        """Whether the schema says anything of the type."""
        return len(self.types) < len(TYPES)

    @cached_property
    def description(self) -> str:
        """What the schema says in words."""
        return next((text for text in self.every("description") if isinstance(text, str)), "")

    @cached_property
    def step(self) -> Fraction | None:
        """The number that numbers are multiples of."""
        steps = [
            Fraction(str(value)) for value in self.every("multipleOf") if isinstance(value, int | float) and value > 0
        ]
        if not steps:
            return None
        least = steps[0]
        for step in steps[1:]:
            least = Fraction(lcm(least.numerator, step.numerator), gcd(least.denominator, step.denominator))
        return least

    @cached_property
    def members(self) -> list[Any] | None:
        """The values that `const` and `enum` leave; None where there is neither."""
        listed = [[value] for value in self.every("const")] + [
            row for row in self.every("enum") if isinstance(row, list)
        ]
        if not listed:
            return None
        return [value for value in min(listed, key=len) if self.accepts(value)]

    @cached_property
    def examples(self) -> list[Any]:
        """The valid `examples`, else the valid `default`, if it says anything."""
        given = [value for row in self.every("examples") if isinstance(row, list) for value in row]
        given += self.every("example")
        found = [value for value in given if self.accepts(value)]
        if found:
            return found
        return [value for value in self.every("default") if value not in (None, "", [], {}) and self.accepts(value)]

    @cached_property
    def groups(self) -> tuple[tuple[Spot, ...], ...]:
        """The choices still open: for each `anyOf`, `oneOf` and `if`, the spots that its branches add."""
        found = (group for pointer, node in self.layers for group in _groups(pointer, node))
        mine = set(self.spot)
        return tuple(group for group in found if not any(mine.issuperset(branch) for branch in group))

    @cached_property
    def forbidden(self) -> frozenset[str]:
        """Names that an object must not have: `not: {required: [name]}`."""
        denied = (node for node in self.every("not") if isinstance(node, dict) and set(node) <= {"required", "type"})
        return frozenset(names[0] for node in denied if len(names := node.get("required", ())) == 1)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The names that an object must have, those with a schema first and in its order."""
        asked = dict.fromkeys(name for names in self.every("required") for name in listing(names))
        rules = [rule for rule in self.every("dependentRequired") if isinstance(rule, dict)]
        for _ in range(len(rules) and sum(map(len, rules))):
            asked.update(dict.fromkeys(name for rule in rules for key in rule if key in asked for name in rule[key]))
        mine = [name for name in self.names if name in asked]
        return (*mine, *(name for name in asked if name not in self.names))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the properties, in the schema's order."""
        return tuple(
            dict.fromkeys(name for names in self.every("properties") if isinstance(names, dict) for name in names)
        )

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Names whose presence asks for more."""
        rules = self.every("dependentSchemas") + self.every("dependentRequired")
        return frozenset(name for rule in rules if isinstance(rule, dict) for name in rule)

    @cached_property
    def patterned(self) -> dict[str, str]:
        """Where the values of `patternProperties` stand -> the pattern of their names."""
        rules = ((at, mapping(node.get("patternProperties"))) for at, node in self.layers)
        return {f"{at}/patternProperties/{escaped(pattern)}": pattern for at, rule in rules for pattern in rule}

    def child(self, name: str) -> Spot | None:
        """Where the value of a property stands; None where no value is allowed."""
        if name in self._children:
            return self._children[name]
        spot = self._possible(tuple(self._of_property(name)))
        if len(self._children) < _MOST_CHILDREN:
            self._children[name] = spot
        return spot

    def item(self, index: int) -> Spot | None:
        """Where the value of an item stands; None where none is allowed."""
        return self._possible(tuple(self._of_item(index)))

    def accepts(self, value: Any) -> bool:
        """The verdict on a value at this spot."""
        return all(self.plan.parts.part_accepts(pointer, value) for pointer in self.spot)

    def _possible(self, spot: Spot) -> Spot | None:
        return spot if self.plan.shape(spot).possible else None

    def _of_property(self, name: str) -> Iterator[str]:
        for pointer, node in self.layers:
            covered = name in mapping(node.get("properties"))
            if covered:
                yield f"{pointer}/properties/{escaped(name)}"
            for pattern in mapping(node.get("patternProperties")):
                if finds(pattern, name):
                    covered = True
                    yield f"{pointer}/patternProperties/{escaped(pattern)}"
            if not covered and "additionalProperties" in node:
                yield f"{pointer}/additionalProperties"

    def _of_item(self, index: int) -> Iterator[str]:
        for pointer, node in self.layers:
            first = node.get("prefixItems")
            if isinstance(first, list) and index < len(first):
                yield f"{pointer}/prefixItems/{index}"
            elif "items" in node:
                yield f"{pointer}/items"


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _allowed(layers: tuple[Layer, ...]) -> tuple[str, ...]:
    """The types that all layers allow, in the order of the first that names some."""
    given = [node["type"] for _, node in layers if "type" in node]
    left: list[str] = _listed(given[0]) if given else list(TYPES)
    for other in given[1:]:
        names = _listed(other)
        left = [narrowed for name in left if (narrowed := _narrowed(name, names))]
    denied = {name for _, node in layers for name in _denied(node.get("not"))}
    return tuple(dict.fromkeys(name for name in left if name not in denied))


def _types(layers: tuple[Layer, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The allowed types; where none was named, the one that the keywords speak of."""
    used = {key for _, node in layers for key in node}
    implied = [name for name, keywords in _IMPLIED.items() if name in allowed and not used.isdisjoint(keywords)]
    return allowed if "type" in used else tuple(implied[:1]) or allowed


def _listed(given: Any) -> list[str]:
    names = given if isinstance(given, list) else [given]
    return [name for name in names if name in TYPES]


def _narrowed(name: str, allowed: list[str]) -> str | None:
    """A type as far as others allow it: of `number` and `integer`, `integer`."""
    if name in allowed:
        return name
    if name in ("number", "integer") and ("number" in allowed or "integer" in allowed):
        return "integer"
    return None


def _denied(node: Any) -> list[str]:
    if not isinstance(node, dict) or set(node) != {"type"}:
        return []
    names = _listed(node["type"])
    return [*names, "integer"] if "number" in names else names


def _groups(pointer: str, node: Json) -> Iterator[tuple[Spot, ...]]:
    for name in ("anyOf", "oneOf"):
        if branches := listing(node.get(name)):
            yield tuple((f"{pointer}/{name}/{index}",) for index in range(len(branches)))
    if "if" in node and ("then" in node or "else" in node):
        yield (f"{pointer}/if", f"{pointer}/then"), (f"{pointer}/else",)


def mapping(value: Any) -> Json:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """The value, if it is a list; else an empty one."""
    return value if isinstance(value, list) else []
