"""Numbers of a request as a rule wants them: equal to one, at least, at most."""

from __future__ import annotations

from collections.abc import Callable

from fakeapi.model import Mismatch
from fakeapi.rules.conditions import Condition
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader
from fakeapi.rules.seen import Seen

BOUNDS = ("at_least", "at_most")


def number_condition(
    what: str, read: Callable[[Seen], int], node: Node, reader: Reader, least: int = 0
) -> Condition | None:
    """A number: equal to one, or `{at_least: 2, at_most: 5}`; None where it can't be read (the reader is told)."""
    if not isinstance(node.value, dict):
        number = reader.whole(node, what, least)
        return None if number is None else _between(what, read, number, number)
    members = reader.mapping(node, what, BOUNDS)
    bounds = {name: reader.whole(member, f"{what}.{name}", least) for name, member in members.items()}
    if not bounds or None in bounds.values() or len(members) < len(node.members):
        if not node.members:
            reader.problem(node, f"{what} wants nothing", "write a number, or {at_least: 2, at_most: 5}")
        return None
    low, high = bounds.get("at_least"), bounds.get("at_most")
    if low is not None and high is not None and low > high:
        reader.problem(node, f"{what}: no number is at least {low} and at most {high}", "swap them")
        return None
    return _between(what, read, low, high)


def _between(what: str, read: Callable[[Seen], int], low: int | None, high: int | None) -> Condition:
    wanted = f"{low}" if low == high else " and ".join(_worded(low, high))

    def holds(seen: Seen) -> bool:
        came = read(seen)
        return (low is None or came >= low) and (high is None or came <= high)

    def describe(seen: Seen) -> tuple[Mismatch, ...]:
        from fakeapi.rules import hints

        came = read(seen)
        nearest = low if low is not None and came < low else high
        near = hints.number(nearest or 0, came)
        return (Mismatch(what, wanted, near.came, near.distance),)

    return Condition(holds, describe, (what, low, high))


def _worded(low: int | None, high: int | None) -> list[str]:
    return [f"{name} {bound}" for name, bound in (("at least", low), ("at most", high)) if bound is not None]
