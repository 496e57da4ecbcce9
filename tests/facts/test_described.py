"""Bounds that SDKs write into descriptions are read back into the schema."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from fakeapi.facts.described import restored


def wrapped(**member: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": member}, "required": ["x"], "additionalProperties": False}


def read(description: str, **member: Any) -> dict[str, Any]:
    """The keywords that a description adds to a member."""
    found = restored(wrapped(**member, description=description))["properties"]["x"]
    return {key: value for key, value in found.items() if key not in ("description", *member)}


@pytest.mark.parametrize(
    ("description", "bounds"),
    [
        ("{minimum: 1, maximum: 10}", {"minimum": 1, "maximum": 10}),
        ("How many.\n\n{exclusiveMinimum: 0.5, multipleOf: 0.25}", {"exclusiveMinimum": 0.5, "multipleOf": 0.25}),
        (r"{pattern: ^[A-Z]{3}-\d{4}$}", {"pattern": r"^[A-Z]{3}-\d{4}$"}),
        (r'{pattern: "^[A-Z]{3}-\\d{4}$"}', {"pattern": r"^[A-Z]{3}-\d{4}$"}),
        ("{maxLength: 5, minLength: 3}", {"maxLength": 5, "minLength": 3}),
        ("{uniqueItems: True, minItems: 3}", {"uniqueItems": True, "minItems": 3}),
        ('{"minItems": 3}', {}),
        ("{enum: ['a', None, True]}", {"enum": ["a", None, True]}),
        ('{enum: ["bug","billing"]}', {"enum": ["bug", "billing"]}),
        ("{prefixItems: [{'type': 'integer'}, {'type': 'string'}]}",
         {"prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        ("{default: None}", {"default": None}),
    ],
)  # fmt: skip
def test_bounds_are_read_as_each_sdk_writes_them(description, bounds):
    assert read(description) == bounds


@pytest.mark.parametrize(
    "description",
    [
        "Write {name: value} where you like.",
        "{minimum: many}",
        "{minimum: true}",
        "{multipleOf: 0}",
        "{minItems: -1}",
        "{pattern: [}",
        '{pattern: "unended}',
        "{colour: red}",
        "{minimum: " + "[" * 3000 + "}",
        "{enum: []}",
    ],
)
def test_what_makes_no_bound_is_left_alone(description):
    schema = wrapped(description=description)
    assert restored(schema) is schema


def test_what_the_schema_says_itself_goes_first():
    assert read("{minimum: 5, maximum: 9}", type="integer", minimum=7) == {"maximum": 9}


def test_a_schema_without_told_bounds_stays_the_very_same():
    schema = wrapped(type="string", description="A name")
    assert restored(schema) is schema


def test_beside_a_number_with_bounds_no_bare_text_is_meant():
    branches = [{"type": "number", "description": "{minimum: 100.0}"}, {"type": "string"}]
    assert [branch["type"] for branch in restored(wrapped(anyOf=branches))["properties"]["x"]["anyOf"]] == ["number"]


class Order(BaseModel):
    """One of everything that the Python SDK moves."""

    number: int = Field(ge=1000, le=1010)
    code: str = Field(pattern=r"^[A-Z]{3}-\d{4}$", description="The code of the product")
    tags: list[str] = Field(min_length=4, max_length=6)
    ratio: float = Field(gt=0.5, lt=0.75)
    size: tuple[int, str]


def test_what_the_installed_sdk_moves_comes_back_whole():
    moved = anthropic.transform_schema(Order)
    mine, own = restored(moved)["properties"], Order.model_json_schema()["properties"]
    for name, wanted in own.items():
        assert {key: mine[name][key] for key in wanted if key != "description"} == {
            key: value for key, value in wanted.items() if key != "description"
        }


@given(st.text(alphabet="{}[]:, 'ab\"1\\minEtp", max_size=40))
def test_no_description_breaks_it(text):
    found = restored(wrapped(description="{minimum: " + text + "}"))
    assert found["properties"]["x"]["description"] == "{minimum: " + text + "}"
