"""What the name and the description of a property suggest: `billing_email` is an email, `city` a city.

The tables are data: `fixtures/replies/names.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fakeapi import assets, chance
from fakeapi.model import Json
from fakeapi.replies.sampling.formats import formatted
from fakeapi.replies.sampling.patterns import drawn

if TYPE_CHECKING:
    from random import Random

_POOL = 24
_CLUE_LENGTH = 240
_SLOT = re.compile(r"\{([^}]+)\}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^a-zA-Z0-9]+")
_EXAMPLE = re.compile(
    r"(?:\be\.g\.?,?|\beg\.|\bfor example[,:]?|\bfor instance[,:]?|\bsuch as:?|\bexamples?:) *(?P<said>[^\n)]{1,80})",
    re.I,
)
_QUOTED = re.compile(r"^[\"'`“]([^\"'`”]+)[\"'`”]")
_UNQUOTED_END = re.compile(r"[.;:](?:\s|$)|\)| or | and |, etc| - ")
_WITH_COMMA = frozenset({"place", "city", "address", "coordinates", "full name"})


class Span(NamedTuple):
    """Where the numbers of a name lie, both ends in it, and how many decimals they have."""

    low: float
    high: float
    decimals: int


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: `billingEmail_address` -> billing, email, address."""
    return tuple(part.lower() for part in _CAMEL.split(name) if part)


@lru_cache(maxsize=4096)
def kind(name: str, owner: str = "") -> str | None:
    """The kind of text that a property's name suggests; `owner` is what it is a property of (`product` `name`)."""
    own = words(name)
    for phrase in _phrases((*words(owner)[-2:], *own), len(own)):
        found = _tables().kinds.get(phrase)
        if found:
            return found
    return None


@lru_cache(maxsize=4096)
def span(name: str) -> Span | None:
    """The numbers that a property's name suggests."""
    own = words(name)
    for phrase in _phrases(own, len(own)):
        found = _tables().spans.get(phrase)
        if found:
            return found
    return None


@lru_cache(maxsize=4096)
def truth(name: str) -> bool | None:
    """Whether a flag of that name is mostly true or mostly false; None where the name doesn't say."""
    own = words(name)
    for phrase in _phrases(own, len(own)):
        if phrase in _tables().truths:
            return _tables().truths[phrase]
    return None


@lru_cache(maxsize=1024)
def clue(description: str) -> str | None:
    """The kind of text that a description speaks of, near its start."""
    said = description[:_CLUE_LENGTH].lower()
    return next((name for phrase, name in _tables().clues if phrase in said), None)


@lru_cache(maxsize=1024)
def example(description: str, kind: str | None) -> str | None:
    """The example that a description gives: `The city and state, e.g. San Francisco, CA`."""
    found = _EXAMPLE.search(description)
    if not found:
        return None
    said = found["said"].strip()
    quoted = _QUOTED.match(said)
    if quoted:
        return quoted[1]
    said = _UNQUOTED_END.split(said)[0].strip()
    return (said if kind in _WITH_COMMA else said.split(",")[0].strip()).strip("\"'`") or None


def text(kind: str, dice: Random) -> str:
    """A text of a kind; KeyError for one that the table doesn't have."""
    made: Json = _tables().made[kind]
    if "any" in made:
        return str(dice.choice(made["any"]))
    if "pattern" in made:
        return drawn(made["pattern"], dice)
    if "format" in made:
        return _in_format(made, dice)
    if "faker" in made:
        return dice.choice(_pool(made["faker"]))
    return _SLOT.sub(lambda slot: text(slot[1], dice), dice.choice(made["join"]))


def _in_format(made: Json, dice: Random) -> str:
    if "years" in made:
        low, high = made["years"]
        return f"{dice.randint(low, high)}{(formatted('date', dice) or '')[4:]}"
    return formatted(made["format"], dice) or ""


@cache
def _pool(method: str) -> tuple[str, ...]:
    """What Faker says when asked a few times: asking it for each value takes too long."""
    faker = chance.faker("names", method)
    return tuple(str(getattr(faker, method)()) for _ in range(_POOL))


def _phrases(all_words: tuple[str, ...], own: int) -> Iterator[str]:
    """The runs of words that touch the name's own: the longest first, those further right first, singulars last."""
    first = len(all_words) - own
    for length in range(min(3, len(all_words)), 0, -1):
        for end in range(len(all_words), max(first, length - 1), -1):
            run = all_words[end - length : end]
            yield " ".join(run)
            yield " ".join((*run[:-1], singular(run[-1])))


def singular(word: str) -> str:
    """A rough singular: `cities` -> city, `tags` -> tag."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


class _Tables(NamedTuple):
    made: dict[str, Json]
    kinds: dict[str, str]
    spans: dict[str, Span]
    truths: dict[str, bool]
    clues: list[list[str]]


@cache
def _tables() -> _Tables:
    data = assets.read_json("fixtures/replies/names.json")
    return _Tables(
        made=data["kinds"],
        kinds={phrase: name for name, phrases in data["named"].items() for phrase in phrases},
        spans={phrase: Span(*numbers) for phrases, *numbers in data["numbers"] for phrase in phrases},
        truths={phrase: verdict == "true" for verdict, phrases in data["truths"].items() for phrase in phrases},
        clues=data["clues"],
    )
