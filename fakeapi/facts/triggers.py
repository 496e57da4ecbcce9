"""Texts that make something happen wherever a conversation holds them (`fixtures/replies/triggers.json`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.facts.familiar import about, about_all
from fakeapi.model import Json


@dataclass(frozen=True, slots=True)
class Pulled:
    """What the texts of a conversation ask for.

    Attributes:
        refuses, category: the answer is a refusal, of this policy category (None: of no named one).
        midway: the refusal comes after some of the answer. by_all: fallback models refuse, too.
        window: the answer ends because the context window is full.
        too_long: the request is refused as too long.
        barred: the name of the sentence with which the organization is refused; "" for none.
    """

    refuses: bool = False
    category: str | None = None
    midway: bool = False
    by_all: bool = False
    window: bool = False
    too_long: bool = False
    barred: str = ""


NOTHING = Pulled()
"""What nearly all conversations ask for."""


def pulled(body: Json) -> Pulled:
    """What the texts of a request ask for. Any JSON object will do.

    The last finding is remembered by the very body, which nobody changes: contract and answer ask for it in turn.
    """
    global _last
    known, found = _last
    if known is not body:
        found = _found(body)
        _last = (body, found)
    return found


_last: tuple[Json, Pulled] = ({}, NOTHING)


def _found(body: Json) -> Pulled:
    marked = list(_marked_texts(body))
    found = NOTHING
    for row in _data()["triggers"] if marked else ():
        if any(row["text"] in text for text in marked):
            found = replace(found, **row["sets"])
    return found


def without(value: Any) -> Any:
    """A JSON value whose texts no longer hold a trigger: what is left to talk about."""
    if isinstance(value, dict):
        return {name: without(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without(item) for item in value]
    if not isinstance(value, str) or _data()["mark"] not in value:
        return value
    for row in _longest_first():
        value = value.replace(row["text"], "")
    return value.strip()


def explanation(category: str | None) -> str | None:
    """What the API says of a refusal of this category; None where it has no category."""
    explanations: dict[str, str] = _data()["explanations"]
    return explanations.get(category) if category else None


def partial() -> str:
    """What was said before a refusal midway."""
    return str(_data()["partial"])


def _marked_texts(body: Json) -> Iterator[str]:
    """Of the texts that a model reads (system prompt, messages, documents, inputs and results of tools) those that
    may hold a trigger."""
    yield from about(body.get("system"), _marked)
    messages = body.get("messages")
    for texts in filter(None, about_all(messages, _marked_of)) if type(messages) is list else ():
        yield from texts


def _marked_of(message: Any) -> tuple[str, ...]:
    return _marked(message.get("content")) if type(message) is dict else ()


def _marked(content: Any) -> tuple[str, ...]:
    mark = _data()["mark"]
    return tuple(text for text in _texts_in(content) if mark in text)


def _texts_in(content: Any) -> Iterator[str]:
    if type(content) is str:
        yield content
    elif type(content) is list:
        for block in content:
            if type(block) is dict:
                yield from _texts_of(block)


def _texts_of(block: Json) -> Iterator[str]:
    if type(text := block.get("text")) is str:
        yield text
    if "content" in block:
        yield from _texts_in(block["content"])
    if type(source := block.get("source")) is dict:
        yield from _texts_in(source.get("data") if source.get("type") == "text" else source.get("content"))
    if type(given := block.get("input")) is dict:
        yield from (value for value in given.values() if type(value) is str)


@cache
def _data() -> Any:
    return assets.read_json("fixtures/replies/triggers.json")


@cache
def _longest_first() -> list[Json]:
    return sorted(_data()["triggers"], key=lambda row: -len(row["text"]))
