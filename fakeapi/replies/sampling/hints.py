"""What the user's text says a value is: "weather in Paris" gives a `city` Paris, "count 3" gives a `count` 3.

Never sure, so whoever takes a hint checks that it fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property, lru_cache
from json import JSONDecoder
from typing import Any

from fakeapi import assets
from fakeapi.model import Json
from fakeapi.replies.sampling import naming
from fakeapi.replies.sampling.naming import words

_DECODER = JSONDecoder()
_LONGEST = 4000
_WHOLE = 400
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")
_DOMAIN = re.compile(r"\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|io|dev|ai|co|edu|gov)(?:/[\w./-]*\w)?", re.I)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_DATETIME = re.compile(r"\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
_PHONE = re.compile(r"\+?\d[\d() -]{7,20}\d")
_IDENTIFIER = re.compile(
    r"(?<![\w-])#?(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[A-Za-z])[A-Za-z]{1,30}[-_]?[\w-]{0,60}\w(?![\w-]|\.\w)|(?<=#)\d+"
)
_CODE3 = re.compile(r"\b[A-Z]{3}\b")
_PAIR = re.compile(r"\b[A-Z]{3}/[A-Z]{3}\b")
_TICKER = re.compile(r"\b[A-Z]{2,5}\b")
_PATH = re.compile(
    r"(?<![\w:/])(?:[~.]{0,2}/)?(?:[\w.-]{1,80}/){0,20}[\w-]{1,80}\.[A-Za-z]\w{0,4}(?![\w/])"
    r"|(?<![\w:/])[~.]{0,2}/[\w./-]*\w"
)
_BACKTICKED = re.compile(r"`([^`\n]+)`")
_TO_RUN = r"\b(?:run|execute)"
_KIND_OF_COMMAND = r"(?:the|this|these|a|following|bash|shell|terminal)"
_AFTER_COMMAND = (
    r"(?=\n|$|(?<=[\w\"')\]}*-])[.!?]+(?:\s|$)"
    r"|(?:,|;(?![^\n]*\bfi\b)|(?<!;))\s+(?:and\s+)?then\b|,\s+(?:and|but|so|please)\b|\s+(?:please|for me|now)\b"
    r"|\s+in (?:the|a|your) (?:terminal|shell|console)\b"
    r"|\s+(?:and|to) (?:tell|show|report|say|let|give|explain|read|summari[sz]e|describe|check|see|find|verify|confirm"
    r"|list|return|answer|count|use|finish|wait|share|paste|quote|repeat)\b)"
)
_COMMAND = re.compile(
    rf"{_TO_RUN}(?:(?:\s+{_KIND_OF_COMMAND})*\s+commands?\b\s*:?|\s+(?:this|the following)\s*:|\s*:)?\s*"
    r"(?<=[\s:])(?!(?:the|an?|it|my|your|this|that|these|all|some|commands?)\b)"
    r"(?:\"(?P<double>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”|'(?P<single>[^'\n]+)'"
    rf"|(?P<line>(?:\"[^\"\n]*\"|'[^'\n]*'|[^\n]){{2,200}}?){_AFTER_COMMAND})",
    re.I,
)
_NAMED_COMMAND = re.compile(
    rf"{_TO_RUN}\s+(?:the|an?)\s+(?!{_KIND_OF_COMMAND}\b|same\b|next\b|right\b|last\b|above\b)"
    r"(?:[\"“'](?P<quoted>[^\"”'\n]+)[\"”']|(?P<bare>[\w./-]+(?:\s+-[\w=-]+)*))\s+command\b",
    re.I,
)
"""What follows `run` or `execute`: quoted, or up to the end of the sentence or to what is to be done then."""
_MERE_WORDS = re.compile(r"\b(?:commands?|scripts?|programs?)$")
_QUOTED = re.compile(r"[\"“]([^\"”\n]+)[\"”]|(?<![\w])'([^'\n]+)'(?!\w)")
_ARITHMETIC = re.compile(r"\(?-?\d[\d.,]*(?:[ ()]*[-+*/×÷^%][ ()]*-?\d[\d.,]*\)?)+")
_BEFORE_NUMBER = r"(?<![\w.@/#:-])-?"
_NUMBER = re.compile(
    rf"{_BEFORE_NUMBER}\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?![\w-])|{_BEFORE_NUMBER}\d+(?:\.\d+)?(?![\w/:-])"
)
_CAPITALS = r"(?:St\. )?[A-ZÀ-Þ][\w'’-]*(?: (?:de |la |of |the )?[A-ZÀ-Þ][\w'’-]*)*"
_LISTED = rf"{_CAPITALS}(?:(?:, (?:and |or )?| and | or | & ){_CAPITALS})*"
_BEFORE_PLACE = r"\b(?:in|at|for|near|from|to|around|of|about|visit(?:ing)?|between|is|than)\s+"
_PLACES = re.compile(rf"{_BEFORE_PLACE}(?P<said>{_LISTED})")
_ROUTE = {
    "from": re.compile(rf"\bfrom\s+({_CAPITALS})"),
    "to": re.compile(rf"\b(?:to|into)\s+({_CAPITALS})"),
}
_LOWER_PLACE = re.compile(r"\b(?:in|at|near)\s+([a-z]+(?: [a-z]+)?)\s*[?.!,]?\s*$")
_PERSON = re.compile(rf"\b(?:name is|named|called|I'm|I am|Mr\.|Mrs\.|Ms\.|Dr\.)\s+({_CAPITALS})")
_FULL_NAME = re.compile(r"(?<!\bin )(?<!\bat )(?<!\bto )(?<!\bfrom )(?<!\bnear )\b([A-Z][a-z]+(?: [A-Z][a-z]+){1,2})\b")
_POINT = re.compile(r"(-?\d{1,3}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)")
_NOTHING = re.compile(r"\b(?:empty object|no (?:arguments|parameters|input))\b", re.I)
_OMITTED = re.compile(r"\b(?:omit(?:ting)?|without|leave out|skip)\s+(?:(?:the|its|any|a|optional)\s+)*$", re.I)
_LITERALS = {"null": None, "true": True, "false": False}
_TOPIC = re.compile(r"\b(?:about|regarding|concerning|on|of)\s+(?:the\s+)?([^.,;:!?\n]{3,60})")
_FILLER = (
    r"(?:\s+(?:argument|parameter|param|field|value|set|to|exact(?:ly)?|this|the|text|equals?|be|as|is|of"
    r"|with|json|string|literal))*"
)
_VALUE = (
    r"(?P<json>[\[{])|[\"“](?P<double>[^\"”]*)[\"”]|'(?P<single>[^'\n]*)'"
    r"|`(?P<tick>[^`\n]*)`|(?P<line>[^\s,;]+[^\n,;]*)"
)
_TRAILING = ".?!,;:)\"'`"


class Hints:
    """One text, read for values. Numbers are given out in their order, each once."""

    def __init__(self, text: str = "") -> None:
        self.text = text[:_LONGEST]
        self._numbers_used = 0
        self._kinds: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self.text)

    def named(self, name: str) -> Iterator[Any]:
        """What is said to be the value of a name: `count 3`, `city = "Kyoto"`, `tags ["red", "blue"]`."""
        if len(name) < 2 or not all(word in self._lower for word in words(name)):
            return
        for found in _naming(name).finditer(self.text):
            if not _OMITTED.search(self.text[: found.start()]):
                yield from self.of_kind("command") if found["line"] and _is_command(name) else ()
                yield from _said(found)

    def of_kind(self, kind: str, name: str = "") -> list[str]:
        """The values of a kind in the order in which the text has them; of a route, the end that a name speaks of."""
        if not self.text:
            return []
        if (way := _way(kind, name)) and (found := _ROUTE[way].search(self.text)):
            return [found[1]]
        if kind not in self._kinds:
            category = _categories().get(kind)
            values = _READERS[category](self) if category else []
            self._kinds[kind] = values or [value for value in _values_of(kind) if self.mentions(value)]
        return self._kinds[kind]

    @cached_property
    def wants_nothing(self) -> bool:
        """Whether the text asks for no values at all."""
        return bool(_NOTHING.search(self.text))

    def mentions(self, value: str) -> bool:
        """Whether the text has a word or phrase, its underscores as spaces; a single letter by what it stands for."""
        phrase = value.replace("_", " ").lower()
        if len(phrase) == 1:
            return any(_has_phrase(self._lower, meant) for meant in _table()["letters"].get(phrase, ()))
        return bool(phrase) and _has_phrase(self._lower, phrase)

    def number(self, whole: bool) -> int | float | None:
        """The next number that the text has; None where there is no further one of that type."""
        for said in self.numbers[self._numbers_used :]:
            self._numbers_used += 1
            if not whole or float(said).is_integer():
                return int(float(said)) if whole else said
        return None

    @cached_property
    def numbers(self) -> list[int | float]:
        """The plain numbers of the text: none that belong to a date, a time or an id."""
        bare = _DATETIME.sub(" ", _DATE.sub(" ", self.text))
        said = (number.replace(",", "") for number in _NUMBER.findall(bare) if len(number) < 18)
        return [float(number) if "." in number else int(number) for number in said]

    @cached_property
    def places(self) -> list[str]:
        """The places that the text speaks of, one by one."""
        found = [place for run in _PLACES.finditer(self.text) for place in _split_places(run["said"])]
        if not found and (lower := _LOWER_PLACE.search(self.text)):
            return [] if lower[1].split()[0] in _no_places() else [lower[1]]
        return list(dict.fromkeys(found))

    @cached_property
    def quoted(self) -> list[str]:
        """The quoted parts of the text."""
        return [double or single for double, single in _QUOTED.findall(self.text)]

    @cached_property
    def _lower(self) -> str:
        return self.text.lower().replace("_", " ")


def _has_phrase(text: str, phrase: str) -> bool:
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        before = at == 0 or not text[at - 1].isalnum()
        if before and (end == len(text) or not text[end].isalnum()):
            return True
        at = text.find(phrase, at + 1)
    return False


def _is_command(name: str) -> bool:
    return _categories().get(naming.kind(name) or "") == "command"


@lru_cache(maxsize=1024)
def _naming(name: str) -> re.Pattern[str]:
    """Finds a name and what stands behind it as its value."""
    phrase = r"[\s_-]?".join(map(re.escape, words(name) or (name,)))
    return re.compile(rf"(?<![\w]){phrase}[\"'`”]?(?P<filler>{_FILLER})\s*(?P<sign>[:=]?)\s*(?:{_VALUE})", re.I)


def _said(found: re.Match[str]) -> Iterator[Any]:
    """The values that a match may mean: JSON, a quoted text, a line, or its first word as a literal or a text."""
    for group in ("double", "single", "tick"):
        if found[group] is not None:
            yield found[group]
            return
    if found["json"]:
        yield from _json(found.string[found.start("json") :])
        return
    line = found["line"].strip()
    first = line.split()[0].rstrip(_TRAILING)
    if first:
        yield from _words_said(line, first, found["sign"], found["filler"].strip())


def _words_said(line: str, first: str, sign: str, filler: str) -> Iterator[Any]:
    is_number = first.lstrip("-").replace(",", "").replace(".", "", 1).isdigit()
    if is_number:
        yield from _json(first.replace(",", ""))
    elif first in _LITERALS and (sign or filler):
        yield _LITERALS[first]
    if sign == ":":
        yield line.rstrip(_TRAILING)
    if sign or (filler and not is_number) or any(letter.isdigit() for letter in first):
        yield first


def _json(said: str) -> list[Any]:
    """The JSON value that a text begins with, if it does."""
    try:
        return [_DECODER.raw_decode(said)[0]]
    except ValueError:
        return []


def _split_places(said: str) -> list[str]:
    """The places of a run of capitals: `Paris and London` are two, `San Francisco, CA` is one."""
    parts = [part.rstrip(".") for part in re.split(r", (?:and |or )?| and | or | & ", said)]
    if len(parts) == 2 and ", " in said and " and " not in said and _is_region(parts[1]) and len(parts[0]) > 3:
        return [said.rstrip(".")]
    return [part for part in parts if part.lower().split()[0] not in _no_places()]


def _is_region(said: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]{2,3}", said)) or said in _table()["countries"] or said in _values_of("state")


def _matches(pattern: re.Pattern[str]) -> Callable[[Hints], list[str]]:
    return lambda hints: [found.group(found.lastindex or 0).rstrip(".,") for found in pattern.finditer(hints.text)]


def _whole(hints: Hints) -> list[str]:
    """The whole of what was said, as a question or a search goes."""
    said = " ".join(hints.text.split())
    return [said if len(said) <= _WHOLE else said[:_WHOLE].rsplit(" ", 1)[0]]


def _commands(hints: Hints) -> list[str]:
    """Commands for a shell: in backticks, or what is said to be run."""
    if found := _matches(_BACKTICKED)(hints):
        return found
    for pattern in (_NAMED_COMMAND, _COMMAND):
        said = (next(part for part in match.groups() if part) for match in pattern.finditer(hints.text))
        found = [command.strip().rstrip(".,") for command in said if not _MERE_WORDS.search(command)]
        if found:
            return found
    return []


def _latest(hints: Hints) -> list[str]:
    return _DATE.findall(hints.text)[::-1]


def _people(hints: Hints) -> list[str]:
    """Names of people: those said to be names, and runs of capitalised words that don't open a sentence."""
    found = [run.split() for run in _FULL_NAME.findall(hints.text)]
    bare = [run[1:] if run[0].lower() in _table()["no_names"] else run for run in found]
    return _PERSON.findall(hints.text) + [" ".join(run) for run in bare if len(run) > 1]


def _countries(hints: Hints) -> list[str]:
    return [country for country in _table()["countries"] if hints.mentions(country)]


def _zones(hints: Hints) -> list[str]:
    """The time zones of the cities that the text names."""
    return [zone for zone in _values_of("timezone") if hints.mentions(zone.rpartition("/")[2])]


def _coordinate(place: int) -> Callable[[Hints], list[str]]:
    return lambda hints: [point[place] for point in _POINT.findall(hints.text)]


_READERS: dict[str, Callable[[Hints], list[str]]] = {
    "email": _matches(_EMAIL),
    "url": lambda hints: _URL.findall(hints.text) or [f"https://{name}" for name in _DOMAIN.findall(hints.text)],
    "domain": _matches(_DOMAIN),
    "date": lambda hints: _DATE.findall(hints.text),
    "late date": _latest,
    "date-time": _matches(_DATETIME),
    "uuid": _matches(_UUID),
    "phone": _matches(_PHONE),
    "identifier": lambda hints: [found.lstrip("#") for found in _IDENTIFIER.findall(hints.text)],
    "place": lambda hints: hints.places,
    "country": _countries,
    "latitude": _coordinate(0),
    "longitude": _coordinate(1),
    "command": _commands,
    "code": _matches(_BACKTICKED),
    "code 3": _matches(_CODE3),
    "ticker": _matches(_TICKER),
    "pair": _matches(_PAIR),
    "timezone": _zones,
    "path": _matches(_PATH),
    "person": _people,
    "first name": lambda hints: [name.split()[0] for name in _people(hints)],
    "last name": lambda hints: [name.split()[-1] for name in _people(hints) if " " in name],
    "arithmetic": lambda hints: [found.strip() for found in _ARITHMETIC.findall(hints.text)],
    "quoted": lambda hints: hints.quoted,
    "topic": lambda hints: hints.quoted or _matches(_TOPIC)(hints),
    "whole": lambda hints: hints.quoted or _whole(hints),
}
"""category -> what of it a text has."""


@cache
def _table() -> Json:
    table: Json = assets.read_json("fixtures/replies/hints.json")
    return table


@cache
def _categories() -> dict[str, str]:
    return {kind: category for category, kinds in _table()["categories"].items() for kind in kinds}


@cache
def _no_places() -> frozenset[str]:
    return frozenset(_table()["no_places"])


@lru_cache(maxsize=2048)
def _way(kind: str, name: str) -> str | None:
    """Which end of a route a name speaks of: `origin` where it starts, `destination` where it leads."""
    said = set(words(name)) if _categories().get(kind) == "place" else set()
    return next((way for way, names in _ROUTES.items() if not names.isdisjoint(said)), None)


_ROUTES = {
    "from": frozenset({"from", "origin", "source", "departure", "start", "a"}),
    "to": frozenset({"to", "destination", "target", "arrival", "end", "b"}),
}


@cache
def _values_of(kind: str) -> tuple[str, ...]:
    """The values that a kind is made of, where the table lists them."""
    made = assets.read_json("fixtures/replies/names.json")["kinds"].get(kind, {})
    return tuple(made.get("any", ()))
