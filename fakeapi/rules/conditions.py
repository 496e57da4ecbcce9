"""What a rule wants of a request: conditions, and their algebra. To match is to have no mismatches.

A condition is asked `holds`; only where it doesn't hold is it asked to describe why. So both can't disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from fakeapi.model import Call, Mismatch
from fakeapi.rules.seen import Seen

Groups: TypeAlias = Mapping[str, str]
_NO_GROUPS: Groups = MappingProxyType({})


def _none(_: Seen) -> Groups:
    return _NO_GROUPS


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One condition, or several joined.

    Attributes:
        holds: whether a request fulfils it.
        describe: what a request lacks that doesn't; never asked of one that does.
        key: two conditions with one key want the same. parts: what an `all` consists of, else the condition itself.
        captured: what regular expressions captured of a request that fulfils it.
        needle: of a condition on the last text that wants it to contain something, that, folded; else "".
    """

    holds: Callable[[Seen], bool]
    describe: Callable[[Seen], tuple[Mismatch, ...]]
    key: Hashable
    captured: Callable[[Seen], Groups] = _none
    parts: tuple[Condition, ...] = ()
    needle: str = ""

    def mismatches(self, seen: Seen) -> tuple[Mismatch, ...]:
        """What a request lacks; nothing where it fulfils the condition."""
        return () if self.holds(seen) else self.describe(seen)


def always() -> Condition:
    """The condition of a catch-all."""
    return Condition(lambda _: True, lambda _: (), ("all",))


def all_of(parts: Sequence[Condition]) -> Condition:
    """Every one of them."""
    flat = tuple(leaf for part in parts for leaf in (part.parts or (part,)) if leaf.key != ("all",))
    if len(flat) == 1:
        return flat[0]
    if not flat:
        return always()
    tests = tuple(part.holds for part in flat)

    def holds(seen: Seen) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs as much as the tests
            if not test(seen):
                return False
        return True

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        return tuple(mismatch for part in flat for mismatch in part.mismatches(seen))

    def captured(seen: Seen) -> Groups:
        return {name: text for part in flat for name, text in part.captured(seen).items()}

    return Condition(holds, describe, ("all", frozenset(part.key for part in flat)), captured, flat)


def any_of(parts: Sequence[Condition]) -> Condition:
    """At least one of them; the nearest is what a request lacks."""
    tests = tuple(part.holds for part in parts)

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        lacks = [part.describe(seen) for part in parts]
        nearest = min(lacks, key=lambda lack: sum(mismatch.distance for mismatch in lack))
        return tuple(mismatch._replace(what=f"any.{mismatch.what}") for mismatch in nearest)

    def captured(seen: Seen) -> Groups:
        return next((part.captured(seen) for part in parts if part.holds(seen)), _NO_GROUPS)

    key = ("any", frozenset(part.key for part in parts))
    return Condition(lambda seen: any(test(seen) for test in tests), describe, key, captured)


def none_of(part: Condition, wanted: str, came: Callable[[Seen], str]) -> Condition:
    """The opposite; `wanted` is the condition as a person reads it, `came` what fulfilled it."""
    test = part.holds
    return Condition(
        lambda seen: not test(seen),
        lambda seen: (Mismatch("not", f"not {wanted}", came(seen), 0.5),),
        ("not", part.key),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A whole `match`: the Pattern of a rule that was written."""

    condition: Condition

    def mismatches(self, call: Call, headers: Mapping[str, str]) -> tuple[Mismatch, ...]:
        """What the request lacks."""
        return self.condition.mismatches(Seen(call, headers))

    def groups(self, call: Call, headers: Mapping[str, str]) -> Groups:
        """What regular expressions captured: by name, and by number as text; `0` is all that matched."""
        return self.condition.captured(Seen(call, headers))
