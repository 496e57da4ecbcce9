"""Objects and arrays: which properties, how many items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakeapi.replies.sampling import naming, scalars
from fakeapi.replies.sampling.patterns import matching
from fakeapi.replies.sampling.shapes import Shape, Spot

if TYPE_CHECKING:
    from fakeapi.replies.sampling.sampler import Asked, Sampler

_MOST_OPTIONAL = 16
_FEW_OPTIONAL = 3
_MOST_FILLED = 200
_MOST_ITEMS = 10_000
_UNIQUE_TRIES = 24
_IN_A_MAP = 2


def object_of(sampler: Sampler, shape: Shape, asked: Asked) -> dict[str, Any]:
    """An object: the required properties in the schema's order, then optional ones, then what is missing."""
    value: dict[str, Any] = {}
    below = asked._replace(owner=asked.name or asked.owner, levels=asked.levels - 1)
    with sampler.deeper():
        for name in _names(sampler, shape, asked.levels):
            _put(sampler, value, shape, below._replace(name=name))
        _fill(sampler, value, shape, below)
    return value


def _names(sampler: Sampler, shape: Shape, levels: int) -> list[str]:
    left = [name for name in shape.names if name not in shape.required]
    left = [name for name in left if name not in shape.forbidden and name not in shape.triggers]
    ending = [name for name in left if (spot := shape.child(name)) and sampler.plan.ends(spot, levels - 1)]
    names = [*shape.required, *_optional(sampler, shape, ending)]
    most = shape.size("maxProperties")
    return names if most is None else names[: max(most, len(shape.required))]


def _optional(sampler: Sampler, shape: Shape, names: list[str]) -> list[str]:
    """The optional properties to give. A tool's call takes few: those it is told, or some if none is required."""
    if sampler.lean or sampler.is_long:
        return []
    simple = [name for name in names if _is_simple(sampler, shape, name)]
    if sampler.generous:
        return (simple if sampler.is_deep else names)[:_MOST_OPTIONAL]
    if sampler.wants_nothing:
        return []
    told = [name for name in simple if (spot := shape.child(name)) and sampler.is_told(sampler.plan.shape(spot), name)]
    return told if shape.required or told else (simple or names)[:_FEW_OPTIONAL]


def _is_simple(sampler: Sampler, shape: Shape, name: str) -> bool:
    spot = shape.child(name)
    return spot is not None and not {"object", "array"} & set(sampler.plan.shape(spot).types[:1])


def _put(sampler: Sampler, value: dict[str, Any], shape: Shape, asked: Asked) -> None:
    """Adds a property; one that can't be had is left out unless it is required."""
    from fakeapi.replies.sampling.sampler import UnsatisfiableError

    spot = shape.child(asked.name)
    if spot is not None and asked.levels >= 0:
        try:
            value[asked.name] = sampler.value(spot, asked)
        except UnsatisfiableError:
            if asked.name in shape.required:
                raise
    elif asked.name in shape.required:
        raise UnsatisfiableError


def _fill(sampler: Sampler, value: dict[str, Any], shape: Shape, asked: Asked) -> None:
    """Further properties, up to `minProperties`; two of them for a map that has no others."""
    wanted = min(shape.size("minProperties") or 0, _MOST_FILLED)
    if _is_map(shape) and not sampler.lean and asked.levels > 0:
        wanted = max(wanted, len(value) + _IN_A_MAP)
    most = shape.size("maxProperties")
    wanted = wanted if most is None else min(wanted, most)
    for index in range(4 * wanted):
        if len(value) >= wanted:
            return
        name = _new_name(sampler, shape, value, index)
        spot = shape.child(name) if name not in value and name not in shape.forbidden else None
        if spot is not None and sampler.plan.ends(spot, asked.levels):
            _put(sampler, value, shape, asked._replace(name=name))


def _is_map(shape: Shape) -> bool:
    """Whether an object is there for names that the schema doesn't know."""
    others = [rule for rule in shape.every("additionalProperties") if isinstance(rule, dict) and rule]
    return not shape.names and bool(shape.patterned or (others and shape.child("alpha")))


def _new_name(sampler: Sampler, shape: Shape, value: dict[str, Any], index: int) -> str:
    """A name: an optional one of the schema, one that `propertyNames` or a pattern asks for, or any."""
    left = [name for name in shape.names if name not in value and name not in shape.forbidden]
    if index < len(left):
        return left[index]
    if rules := tuple(f"{at}/propertyNames" for at, node in shape.layers if "propertyNames" in node):
        return scalars.text(sampler.plan.shape(rules), "key", "", sampler.dice)
    patterns = list(shape.patterned.values())
    if patterns and (shape.child("alpha") is None or not shape.names):
        return matching(sampler.dice.choice(patterns), sampler.dice) or ""
    return scalars.key(value, index)


def list_of(sampler: Sampler, shape: Shape, asked: Asked) -> list[Any]:
    """An array: as many items as are asked for, else one to three; those it has to contain come first."""
    wanted = _contained(shape)
    items: list[Any] = []
    seen: set[Any] | None = set() if True in shape.every("uniqueItems") else None
    below = asked._replace(name=naming.singular(asked.name), owner="", levels=asked.levels - 1)
    for index in range(_length(sampler, shape, asked.levels, len(wanted))):
        spot = shape.item(index)
        spot = spot + wanted[index : index + 1] if spot is not None else None
        if spot is None or not sampler.plan.ends(spot, below.levels):
            break
        if not _append(sampler, items, seen, spot, below):
            break
    return items


def _contained(shape: Shape) -> Spot:
    """For each item that `contains` asks for, where its schema stands."""
    asking = ((at, node.get("minContains", 1)) for at, node in shape.layers if "contains" in node)
    return tuple(f"{at}/contains" for at, times in asking for _ in range(min(int(times), _MOST_FILLED)))


def _append(sampler: Sampler, items: list[Any], seen: set[Any] | None, spot: Spot, asked: Asked) -> bool:
    """Adds an item, another one than before where they must differ; False where none was found."""
    from fakeapi.replies.sampling.sampler import frozen

    for _ in range(1 if seen is None else _UNIQUE_TRIES):
        item = sampler.value(spot, asked)
        if seen is None:
            items.append(item)
            return True
        if frozen(item) not in seen:
            seen.add(frozen(item))
            items.append(item)
            return True
    return False


def _length(sampler: Sampler, shape: Shape, levels: int, contained: int) -> int:
    least, most = max(shape.size("minItems") or 0, contained), shape.size("maxItems")
    first = max((len(row) for row in shape.every("prefixItems") if isinstance(row, list)), default=0)
    spot = shape.item(0)
    if spot is None or not sampler.plan.ends(spot, levels - 1):
        return least
    usual = 1 if sampler.is_deep or levels <= 1 else sampler.dice.randint(1, 3)
    wished = max(least, first or (0 if sampler.lean or sampler.is_long else usual))
    return min(wished if most is None else max(least, min(wished, most)), _MOST_ITEMS)
