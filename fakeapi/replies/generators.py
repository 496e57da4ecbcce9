"""Makers of answers: a registry of `(occasion, options) -> Draft`. What they say depends on seed and request alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import Parameter, signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

from fakeapi import assets, chance
from fakeapi.facts import conversation
from fakeapi.facts.familiar import about
from fakeapi.facts.written import packed
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import asking

if TYPE_CHECKING:
    from random import Random

_TOPIC_LENGTH = 60
_SAID_BY_MODEL = ("system", "tools", "tool_choice", "output_config")
_MOST_SENTENCES = 10_000
_POOL = 64
_NOTHING: Mapping[str, str] = MappingProxyType({})
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    tuple: "a list",
    dict: "a mapping",
}


class Occasion(NamedTuple):
    """What a generator makes an answer for.

    Attributes:
        call, seed: the request, and the seed of the server.
        groups: what the regular expressions of a rule captured. headers: those of the request.
        usual: makes the answer that fakeapi would give by itself.
    """

    call: Call
    seed: int
    groups: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    usual: Callable[[], Draft] | None = None

    @property
    def mark(self) -> tuple[object, ...]:
        """What everything is drawn from: the seed, and what the request says."""
        return (self.seed, fingerprint(self.call.body))


Generator: TypeAlias = Callable[..., Draft]
"""`(occasion, *, option=default) -> Draft`: its keyword arguments are the options that a rule may give."""


def prose(call: Call, seed: int, sentences: int = 0) -> Draft:
    """A plausible English reply to the last user message; it ends by itself. `sentences`: how many, 0 for a few."""
    dice = chance.random("prose", seed, fingerprint(call.body))
    said = _sentences(asking.heard(conversation.last_user_text(call.body)), dice)
    if sentences > 0:
        said = _counted(said, min(sentences, _MOST_SENTENCES), dice)
    text = _continued(conversation.prefill(call.body), " ".join(said))
    return Draft(({"type": "text", "text": text},), "generator:prose")


def _usual(occasion: Occasion) -> Draft:
    """What fakeapi says where no rule matches."""
    return occasion.usual() if occasion.usual else prose(occasion.call, occasion.seed)


def _prose(occasion: Occasion, *, sentences: int = 0) -> Draft:
    return prose(occasion.call, occasion.seed, sentences)


GENERATORS: dict[str, Generator] = {"default": _usual, "prose": _prose}
"""Every generator by name; plug-ins add theirs."""


def read(spec: Any) -> tuple[str, Json]:
    """Name and options of a `generator`: a name, `{name: ..., option: value}`, or `{name: ..., arguments: {...}}`."""
    if not isinstance(spec, Mapping):
        return str(spec), {}
    options = {name: value for name, value in spec.items() if name not in ("name", "arguments")}
    return str(spec.get("name", "")), {**options, **(spec.get("arguments") or {})}


def problem(name: str, options: Mapping[str, Any]) -> str | None:
    """What is wrong with a generator that a rule asks for, and what to write instead; None for nothing."""
    if name not in GENERATORS:
        return f"there is no generator {name!r}{_meant(name, GENERATORS)}; there is {', '.join(sorted(GENERATORS))}"
    parameters = signature(GENERATORS[name]).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    known = {each.name: each for each in parameters if each.kind is each.KEYWORD_ONLY}
    for option, value in options.items():
        if option not in known:
            there = f"it takes {', '.join(known)}" if known else "it takes none"
            return f"the generator {name!r} has no option {option!r}{_meant(option, known)}; {there}"
        if not _is_like(value, known[option].default):
            kind = _KINDS.get(type(known[option].default), f"a {type(known[option].default).__name__}")
            return f"the generator {name!r}: {option} must be {kind}, and this is {value!r}"
    missing = [option for option, each in known.items() if each.default is each.empty and option not in options]
    return f"the generator {name!r} needs {', '.join(missing)}" if missing else None


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value can stand for a default: of its type; None, or no default, says nothing of the type."""
    if default is None or default is Parameter.empty:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, tuple | list if isinstance(default, tuple | list) else type(default))


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f", did you mean {near[0]}?" if near else ""


def fingerprint(body: Json) -> str:
    """The digest of what a request says: the conversation and what shapes the answer, not how it is sent or limited.

    The last one is remembered by the very body, which nobody changes: the stages of one answer ask for it in turn.
    """
    global _last
    if _last[0] is body:
        return _last[1]
    shape = [about(body.get(name), _written) for name in _SAID_BY_MODEL]
    found = conversation.normal_digest(shape, body["messages"])
    _last = (body, found)
    return found


def _written(member: Any) -> bytes:
    return packed(member, orjson.OPT_SORT_KEYS)


_last: tuple[Json, str] = ({}, "")


@cache
def _phrases() -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = assets.read_json("fixtures/replies/prose.json")
    return phrases


def _sentences(asked: str, dice: Random) -> list[str]:
    phrases = _phrases()
    topic = _topic(asked)
    opening = dice.choice(phrases["openings" if topic else "openings_without_topic"]).replace("{topic}", topic)
    middle = [line.format_map(_Slots(dice)) for line in dice.sample(phrases["sentences"], dice.randint(1, 3))]
    return [opening, *middle, dice.choice(phrases["closings"])]


def _counted(said: list[str], wanted: int, dice: Random) -> list[str]:
    """So many sentences, the first and the last of them as they were."""
    if wanted <= len(said):
        return [*said[: wanted - 1], said[-1]]
    slots, lines = _Slots(dice), _phrases()["sentences"]
    more = [dice.choice(lines).format_map(slots) for _ in range(wanted - len(said))]
    return [*said[:-1], *more, said[-1]]


def _topic(asked: str) -> str:
    words = conversation.one_line(asked, _TOPIC_LENGTH)
    if len(words) <= _TOPIC_LENGTH:
        return words.rstrip("?.!:")
    return words[:_TOPIC_LENGTH].rsplit(" ", 1)[0] + "…"


def _continued(prefill: str, text: str) -> str:
    """What comes after a prefill: a continuation, never a repetition."""
    return f" {text}" if prefill and prefill[-1].isalnum() else text


class _Slots(dict[str, str]):
    """Fills the slots of a phrase on demand, from the dice."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice

    def __missing__(self, slot: str) -> str:
        if slot == "number":
            return str(self._dice.randint(2, 90))
        if slot == "year":
            return str(self._dice.randint(2015, 2025))
        return self._dice.choice(_pool(slot))


@cache
def _pool(slot: str) -> tuple[str, ...]:
    """What may stand in a slot: drawn from Faker once, since seeding it for every answer takes longer than the rest."""
    faker = chance.faker("prose", slot)
    if slot == "job_plural":
        return tuple(_short(str(faker.job())) + "s" for _ in range(_POOL))
    if slot == "catch_phrase":
        return tuple(str(faker.catch_phrase()).lower() for _ in range(_POOL))
    return tuple(str(getattr(faker, slot)()) for _ in range(_POOL))


def _short(job: str) -> str:
    """`Engineer, civil (consulting)` is an engineer."""
    return job.split(",")[0].split("/")[0].strip().lower()
