"""Did the requests come that should have come? An expectation, held against the journal, gives a result that explains.

What a request has to look like is a callable from entry to mismatches: none is a match. So the report of what came
nearest is the same computation as the count, and both can't disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from fakeapi.errors import FakeapiError
from fakeapi.memory.entries import Entry
from fakeapi.memory.exporting import asked
from fakeapi.memory.redaction import clean_json, clean_text
from fakeapi.model import Json, Mismatch

Lacks: TypeAlias = Callable[[Entry], Sequence[Mismatch]]
"""What an entry lacks of what is wanted; nothing where it matches."""

NEAREST = 3
_BOUNDS = ("count", "at_least", "at_most", "never")
_MEMBERS = ("match", *_BOUNDS, "order", "retries", "timeout")


class Pattern(NamedTuple):
    """What a request has to look like: in words, and as a test. `ANYTHING` is all requests."""

    told: str
    lacks: Lacks


def _nothing(_: Entry) -> Sequence[Mismatch]:
    return ()


ANYTHING = Pattern("any request", _nothing)


class Expectation(NamedTuple):
    """What should have come: so many requests of a pattern, or requests of these patterns one after the other.

    Attributes:
        patterns: one to be counted; several, or one with `ordered`, to come in this order (others may come between).
        least, most: how many, both included; `most` None is any number. ordered: the order matters, not the number.
        retries: whether an SDK's retry of a request (`x-stainless-retry-count` above 0) counts as another one.
    """

    patterns: tuple[Pattern, ...] = (ANYTHING,)
    least: int = 1
    most: int | None = None
    ordered: bool = False
    retries: bool = True


class Miss(NamedTuple):
    """A request that did not match, and why."""

    entry: Entry
    mismatches: tuple[Mismatch, ...]


class Result(NamedTuple):
    """Whether an expectation is met.

    Attributes:
        passed: whether it is. wanted, came: both sides, as a person reads them.
        matched: the numbers of the entries that match, in order.
        nearest: where too few match, the requests that came nearest.
        forgotten: entries that the journal doesn't hold any more, so that they could not be looked at.
    """

    passed: bool
    wanted: str
    came: str
    matched: tuple[int, ...] = ()
    nearest: tuple[Miss, ...] = ()
    forgotten: int = 0

    def as_json(self) -> Json:
        """As the admin API answers it."""
        shown = {
            "passed": self.passed,
            "wanted": self.wanted,
            "came": self.came,
            "matched": self.matched,
            "nearest": [_miss_as_json(miss) for miss in self.nearest],
            "forgotten": self.forgotten,
            "report": "" if self.passed else self.report(),
        }
        return dict(clean_json(shown))

    def report(self) -> str:
        """In some lines, for the failure of a test."""
        lines = [f"wanted: {self.wanted}", f"came:   {self.came}", *(_told(miss) for miss in self.nearest)]
        if self.forgotten:
            lines.append(f"({self.forgotten} earlier requests were forgotten: the journal's bounds are too small)")
        return clean_text("\n".join(lines))


def exactly(number: int, *patterns: Pattern) -> Expectation:
    """So many requests, no more and no fewer. ValueError for a number below 0."""
    return Expectation(patterns or (ANYTHING,), _checked(number), number)


def at_least(number: int, *patterns: Pattern) -> Expectation:
    """So many requests or more."""
    return Expectation(patterns or (ANYTHING,), _checked(number), None)


def at_most(number: int, *patterns: Pattern) -> Expectation:
    """So many requests or fewer."""
    return Expectation(patterns or (ANYTHING,), 0, _checked(number))


def never(*patterns: Pattern) -> Expectation:
    """No such request."""
    return at_most(0, *patterns)


def in_order(*patterns: Pattern) -> Expectation:
    """A request of each pattern, in this order; others may come between."""
    return Expectation(patterns, ordered=True)


def verify(entries: Iterable[Entry], wanted: Expectation, forgotten: int = 0) -> Result:
    """Hold what came to `POST /v1/messages` against an expectation.

    `entries` come in the order of their numbers; `forgotten` says how many are missing before them.
    """
    asked_for = [entry for entry in entries if entry.is_message and (wanted.retries or not entry.attempt)]
    result = _in_order(asked_for, wanted.patterns) if wanted.ordered else _counted(asked_for, wanted)
    return result._replace(forgotten=forgotten)


def _counted(entries: Sequence[Entry], wanted: Expectation) -> Result:
    pattern = wanted.patterns[0]
    looked_at = [Miss(entry, tuple(pattern.lacks(entry))) for entry in entries]
    matched = tuple(miss.entry.number for miss in looked_at if not miss.mismatches)
    passed = wanted.least <= len(matched) and (wanted.most is None or len(matched) <= wanted.most)
    too_few = len(matched) < wanted.least
    said = f"{_how_many(wanted)}: {pattern.told}"
    came = f"{_requests(len(matched))}{_numbers(matched)} of {len(entries)}"
    return Result(passed, said, came, matched, _nearest(looked_at) if too_few else ())


def _in_order(entries: Sequence[Entry], patterns: Sequence[Pattern]) -> Result:
    """The earliest entry for each pattern after the one before: if there is any way to match, this is one."""
    said = "in this order: " + ", then ".join(pattern.told for pattern in patterns)
    matched: list[int] = []
    rest = list(entries)
    for number, pattern in enumerate(patterns, 1):
        misses = [Miss(entry, tuple(pattern.lacks(entry))) for entry in rest]
        at = next((at for at, miss in enumerate(misses) if not miss.mismatches), None)
        if at is None:
            came = _broken_off(number, pattern, matched, entries)
            return Result(False, said, came, tuple(matched), _nearest(misses))
        matched.append(rest[at].number)
        rest = rest[at + 1 :]
    return Result(True, said, f"all of them{_numbers(matched)}", tuple(matched))


def _broken_off(number: int, pattern: Pattern, matched: Sequence[int], entries: Sequence[Entry]) -> str:
    """Where an order is not kept: what never came, or came too early."""
    begun = f"after {_numbers(matched).strip(' ()')}, " if matched else ""
    early = [entry.number for entry in entries if matched and entry.number < matched[-1] and not pattern.lacks(entry)]
    too_early = f"; it came too early{_numbers(early)}" if early else ""
    return f"{begun}no request for the {_ordinal(number)}: {pattern.told}{too_early}"


def _nearest(misses: Iterable[Miss]) -> tuple[Miss, ...]:
    """The requests that lack least."""
    far = [miss for miss in misses if miss.mismatches]
    return tuple(sorted(far, key=lambda miss: sum(each.distance for each in miss.mismatches))[:NEAREST])


def _how_many(wanted: Expectation) -> str:
    least, most = wanted.least, wanted.most
    if most == 0:
        return "no request"
    if most is None:
        return f"at least {_requests(least)}"
    if least == most:
        return f"exactly {_requests(least)}"
    return f"at most {_requests(most)}" if least == 0 else f"{least} to {_requests(most)}"


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number or 'no'} requests"


def _numbers(numbers: Sequence[int]) -> str:
    """` (#3, #4)`, cut where there are many."""
    shown = ", ".join(f"#{number}" for number in numbers[:10])
    return f" ({shown}{', ...' if len(numbers) > 10 else ''})" if numbers else ""


def _ordinal(number: int) -> str:
    return f"{number}{'th' if 10 < number % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _told(miss: Miss) -> str:
    said = asked(miss.entry)
    lines = [f"  #{miss.entry.number} {_cut(said, 80)!r}"]
    for each in miss.mismatches[:NEAREST]:
        hint = f"  ({each.hint})" if each.hint else ""
        lines.append(f"      {each.what}: wanted {_cut(each.wanted, 60)!r}, came {_cut(each.came, 60)!r}{hint}")
    return "\n".join(lines)


def _miss_as_json(miss: Miss) -> Json:
    mismatches = [each._asdict() for each in miss.mismatches]
    return {"number": miss.entry.number, "asked": asked(miss.entry), "mismatches": mismatches}


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _checked(number: int) -> int:
    if number < 0:
        raise ValueError(f"a number of requests is 0 or more, not {number}")
    return number


def parse(value: Any, pattern_of: Callable[[Json, str], Pattern]) -> Expectation:
    """The expectation that JSON asks for: `{"match": {...}, "count": 2}`, or with `at_least`, `at_most`, `never`, or
    `{"order": [{...}, {...}]}`, each a match.

    `pattern_of` makes a pattern of a match and the place where it stands. FakeapiError names place and mend.
    """
    if not isinstance(value, Mapping):
        raise FakeapiError('verify: the body is an object, such as {"match": {"text": "weather"}, "count": 1}')
    for name in value:
        if name not in _MEMBERS:
            raise FakeapiError(f"verify: {name!r} is no member; there are {', '.join(_MEMBERS)}, over")
    retries = value.get("retries", True)
    if not isinstance(retries, bool):
        raise FakeapiError(f"verify: retries is true or false, not {retries!r}")
    if "order" in value:
        return _parse_order(value, pattern_of)._replace(retries=retries)
    least, most = _parse_bounds(value)
    return Expectation((_parse_match(value.get("match"), "match", pattern_of),), least, most, retries=retries)


def parse_timeout(value: Json) -> float:
    """The seconds that a verification may wait until it is met; 0 without `timeout`. FakeapiError for no number."""
    timeout = value.get("timeout", 0)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout <= 600:
        raise FakeapiError(f"verify: timeout is a number of seconds from 0 to 600, not {timeout!r}")
    return float(timeout)


def _parse_order(value: Mapping[str, Any], pattern_of: Callable[[Json, str], Pattern]) -> Expectation:
    order = value["order"]
    mixed = sorted({"match", *_BOUNDS} & value.keys())
    if mixed:
        raise FakeapiError(f"verify: order and {mixed[0]} don't go together; ask twice")
    if not isinstance(order, list) or not order:
        raise FakeapiError("verify: order is a list of matches, and not empty")
    return in_order(*(_parse_match(each, f"order.{index}", pattern_of) for index, each in enumerate(order)))


def _parse_match(match: Any, place: str, pattern_of: Callable[[Json, str], Pattern]) -> Pattern:
    if match is None or match == {}:
        return ANYTHING
    if isinstance(match, str):
        match = {"text": match}
    if not isinstance(match, Mapping):
        raise FakeapiError(f"verify: {place} is an object, as in a rule, not {match!r}")
    return pattern_of(dict(match), "verify:" if place == "match" else f"verify: {place}")


def _parse_bounds(value: Mapping[str, Any]) -> tuple[int, int | None]:
    given = [name for name in _BOUNDS if name in value]
    for name in given:
        _check_bound(name, value[name])
    if value.get("never"):
        if len(given) > 1:
            raise FakeapiError(f"verify: never goes without {next(name for name in given if name != 'never')}")
        return 0, 0
    if "count" in value:
        if "at_least" in value or "at_most" in value:
            raise FakeapiError("verify: count goes without at_least and at_most")
        return value["count"], value["count"]
    if "at_most" in value and value["at_most"] < value.get("at_least", 0):
        raise FakeapiError("verify: at_most is less than at_least")
    return value.get("at_least", 0 if "at_most" in value else 1), value.get("at_most")


def _check_bound(name: str, bound: Any) -> None:
    if name == "never":
        if bound is not True:
            raise FakeapiError(f"verify: never is true or absent, not {bound!r}")
    elif isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
        raise FakeapiError(f"verify: {name} is a whole number from 0, not {bound!r}")
