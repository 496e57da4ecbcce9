"""The part of JSON Schema that strict tools and structured outputs compile."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fakeapi.contract.invariants import grammar
from fakeapi.model import Json


def closed(**properties: Any) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def test_optional_and_union_parameters_are_counted_at_every_level() -> None:
    inner = {**closed(a={"type": "string"}, b={"type": ["string", "null"]}), "required": ["a"]}
    schema = closed(x=inner, y={"anyOf": [{"type": "string"}, {"type": "null"}]}, z={"type": "array", "items": inner})
    assert grammar.check(schema) == grammar.Cost(optional=5, unions=3)


def test_a_definition_is_checked_even_if_nothing_refers_to_it() -> None:
    with pytest.raises(grammar.UnsupportedError, match="must be explicitly set to false"):
        grammar.check({**closed(), "$defs": {"A": {"type": "object"}}})


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?=a)", r"(?<!a)b", r"\bword\b", r"(?!x)y"])
def test_a_pattern_that_needs_more_than_a_grammar_is_refused(pattern: str) -> None:
    with pytest.raises(grammar.UnsupportedError, match="Unsupported regex feature in pattern field: "):
        grammar.check(closed(a={"type": "string", "pattern": pattern}))


@pytest.mark.parametrize("pattern", ["^[a-z]+$", r"\d{3}-\d{4}", "(?:a|b)*", r"\\bank", "(?P<n>a)", "(?i:a)"])
def test_a_plain_pattern_compiles(pattern: str) -> None:
    assert grammar.check(closed(a={"type": "string", "pattern": pattern})).optional == 1


@pytest.mark.parametrize("name", sorted(grammar.FORMATS))
def test_the_known_formats_compile(name: str) -> None:
    assert grammar.check(closed(a={"type": "string", "format": name})).optional == 1


def test_a_reference_to_the_whole_schema_is_a_circle() -> None:
    with pytest.raises(grammar.UnsupportedError, match="Circular reference"):
        grammar.check(closed(child={"$ref": "#"}))


def test_a_reference_elsewhere_is_refused() -> None:
    with pytest.raises(grammar.UnsupportedError, match=r"other\.json"):
        grammar.check(closed(a={"$ref": "other.json#/A"}))


def test_a_reference_into_a_property_is_resolved() -> None:
    assert grammar.check(closed(a={"type": "string"}, b={"$ref": "#/properties/a"})).optional == 2


def test_tuples_are_refused() -> None:
    with pytest.raises(grammar.UnsupportedError, match="single object schema for 'items'"):
        grammar.check(closed(a={"type": "array", "items": [{"type": "string"}]}))


def test_an_enum_of_objects_is_refused() -> None:
    with pytest.raises(grammar.UnsupportedError, match="enum"):
        grammar.check(closed(a={"enum": [{"x": 1}]}))


def test_many_definitions_that_refer_to_each_other_take_no_time() -> None:
    count = 60
    definitions = {
        f"D{n}": closed(**{f"p{m}": {"$ref": f"#/$defs/D{m}"} for m in range(n + 1, count)}) for n in range(count)
    }
    start = time.perf_counter()
    grammar.check({**closed(), "$defs": definitions})
    assert time.perf_counter() - start < 1
