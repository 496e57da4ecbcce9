"""Makers of answers: a registry of `(call, seed) -> Draft`. What they say depends on the seed and the request alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import orjson

from fakeapi import assets, chance
from fakeapi.facts import conversation
from fakeapi.model import Call, Draft, Json

if TYPE_CHECKING:
    from random import Random

    from faker import Faker

Generator: TypeAlias = Callable[[Call, int], Draft]

_TOPIC_LENGTH = 60
_SAID_BY_MODEL = ("system", "tools", "tool_choice", "output_config")


def prose(call: Call, seed: int) -> Draft:
    """A plausible English reply to the last user message; it ends by itself."""
    dice = chance.random("prose", seed, fingerprint(call.body))
    slots = _Slots(chance.faker("prose", dice.random()), dice)
    text = " ".join(_sentences(conversation.last_user_text(call.body), dice, slots))
    prefill = conversation.prefill(call.body)
    return Draft(({"type": "text", "text": _continued(prefill, text)},), "generator:prose")


GENERATORS: dict[str, Generator] = {"prose": prose}
"""Every generator by name."""


def fingerprint(body: Json) -> str:
    """The digest of what a request says: the conversation and what shapes the answer, not how it is sent or limited."""
    shape = orjson.dumps([body.get(name) for name in _SAID_BY_MODEL], option=orjson.OPT_SORT_KEYS)
    return chance.digest(shape, conversation.normal_form(body["messages"])).hex()


@cache
def _phrases() -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = assets.read_json("fixtures/replies/prose.json")
    return phrases


def _sentences(asked: str, dice: Random, slots: _Slots) -> list[str]:
    phrases = _phrases()
    topic = _topic(asked)
    opening = dice.choice(phrases["openings" if topic else "openings_without_topic"]).replace("{topic}", topic)
    middle = dice.sample(phrases["sentences"], dice.randint(1, 3))
    return [opening, *(line.format_map(slots) for line in middle), dice.choice(phrases["closings"])]


def _topic(asked: str) -> str:
    words = " ".join(asked.split())
    if len(words) <= _TOPIC_LENGTH:
        return words.rstrip("?.!:")
    return words[:_TOPIC_LENGTH].rsplit(" ", 1)[0] + "…"


def _continued(prefill: str, text: str) -> str:
    """What comes after a prefill: a continuation, never a repetition."""
    return f" {text}" if prefill and prefill[-1].isalnum() else text


class _Slots(dict[str, str]):
    """Fills the slots of a phrase on demand, each from Faker or the dice."""

    def __init__(self, faker: Faker, dice: Random) -> None:
        super().__init__()
        self._faker = faker
        self._dice = dice

    def __missing__(self, slot: str) -> str:
        if slot == "number":
            return str(self._dice.randint(2, 90))
        if slot == "year":
            return str(self._dice.randint(2015, 2025))
        if slot == "job_plural":
            return str(self._faker.job()).split(",")[0].split("/")[0].strip().lower() + "s"
        if slot == "catch_phrase":
            return str(self._faker.catch_phrase()).lower()
        return str(getattr(self._faker, slot)())
