"""Structured outputs and tool inputs keep the bounds that SDKs move into descriptions."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.street import BASIC, message

SCORE = {"type": "integer", "description": "The score\n\n{minimum: 1000, maximum: 1010}"}


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def asking(text: str, **more: Any) -> dict[str, Any]:
    return {**BASIC, "model": "claude-opus-4-8", "messages": [{"role": "user", "content": text}], **more}


def output(text: str, wanted: dict[str, Any]) -> Any:
    config = {"format": {"type": "json_schema", "schema": wanted}}
    return orjson.loads(message(asking(text, output_config=config))["content"][0]["text"])


@pytest.mark.parametrize("number", range(5))
def test_a_structured_output_keeps_the_bounds_of_descriptions(number):
    found = output(f"Rate number {number}.", schema(score=SCORE))
    assert 1000 <= found["score"] <= 1010


def test_bounds_that_nothing_satisfies_are_given_up_for_the_schema_itself():
    found = output("Rate it.", schema(score={"type": "integer", "description": "{minimum: 9, maximum: 3}"}))
    assert isinstance(found["score"], int)


def test_a_tool_input_keeps_the_bounds_of_descriptions():
    tool = {"name": "rate", "description": "Rates", "input_schema": schema(score=SCORE)}
    body = asking("Rate it.", tools=[tool], tool_choice={"type": "tool", "name": "rate"})
    assert 1000 <= message(body)["content"][0]["input"]["score"] <= 1010
