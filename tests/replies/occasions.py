"""Requests as generators, templates and rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakeapi.facts import catalogue
from fakeapi.model import Call, Caller, Draft, Response
from fakeapi.replies import composing, responding
from fakeapi.replies.generators import Occasion
from fakeapi.replies.responding import Ruled

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "when": {"$ref": "#/$defs/span"},
        },
        "required": ["city", "unit", "when"],
        "additionalProperties": False,
        "$defs": {
            "span": {
                "type": "object",
                "properties": {"from": {"type": "string", "format": "date"}, "days": {"type": "integer", "minimum": 1}},
                "required": ["from", "days"],
                "additionalProperties": False,
            }
        },
    },
}


def call(text: str = "Hello", model: str = "claude-sonnet-4-5", **body: Any) -> Call:
    """A request that passed the contract."""
    found = catalogue.standard().resolve(model)
    assert found
    whole = {"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **body}
    return Call(whole, found, Caller("", "2023-06-01"))


def occasion(text: str = "Hello", *, groups: Mapping[str, str] | None = None, seed: int = 0, **body: Any) -> Occasion:
    """What a template or a generator is asked for."""
    return Occasion(call(text, **body), seed, groups or {}, {"x-team": "blue", "x-api-key": "sk-ant-secret"})


def answer(*parts: dict[str, Any], to: Call | None = None, seed: int = 0, **how: Any) -> Ruled:
    """What a rule of these parts answers. `how`: other members of the Response, and `groups`, `fixtures`."""
    asked = to or call()
    given = {name: how.pop(name) for name in ("groups", "fixtures") if name in how}
    response = Response(parts=parts, place="rules.yaml:3:5", **how)
    return responding.respond(response, asked, seed, source="rule:x", usual=lambda: usual(asked), **given)


def usual(asked: Call) -> Draft:
    """What fakeapi says by itself."""
    return composing.compose(asked, 0)


def said(draft: Draft) -> str:
    """The text of a draft."""
    return "".join(block["text"] for block in draft.content if block["type"] == "text")
