"""A value for a schema: what is preferred, what names suggest, what the user said, and that it always fits."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import jsonschema_rs
import pytest

from fakeapi import chance
from fakeapi.facts import schemas
from fakeapi.replies.sampling import (
    formats,
    naming,
    patterns,
    sample,
    sample_arguments,
    sample_input,
    sample_json_text,
)
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.sampling.plans import plan

SEEDS = range(12)


def one(schema: Any, seed: object = 0, hints: str = "") -> Any:
    """A sampled value that fits."""
    value = sample(schema, seed, hints=hints)
    assert schemas.conforms(value, schema)
    return value


def record(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    """The schema of an object, all its properties required unless told."""
    names = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


TEXT: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({"const": {"a": [1]}}, [{"a": [1]}]),
        ({"enum": ["x", None, 3]}, ["x", None, 3]),
        ({"type": "string", "enum": ["x", 3]}, ["x"]),
        ({"type": "string", "examples": ["told"], "default": "else"}, ["told"]),
        ({"type": "string", "example": "told"}, ["told"]),
        ({"type": "integer", "default": 7}, [7]),
        ({"type": "integer", "default": "seven", "enum": [1, 2]}, [1, 2]),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"const": 5}}}, [5]),
        ({"$ref": "#here", "$defs": {"a": {"$anchor": "here", "const": 5}}}, [5]),
        ({"allOf": [{"enum": [1, 2, 3]}, {"minimum": 3}]}, [3]),
        ({"not": {"type": ["string", "object", "array", "number", "integer", "null"]}}, [True, False]),
        ({"type": ["null", "boolean"]}, [True, False]),
    ],
)
def test_what_the_schema_names_is_taken(schema: Any, allowed: list[Any]) -> None:
    assert all(one(schema, seed) in allowed for seed in SEEDS)


def test_an_optional_value_is_not_null_just_because_that_is_its_default() -> None:
    schema = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert all(isinstance(one(schema, seed), str) for seed in SEEDS)


def test_equal_seeds_give_equal_values_and_others_differ() -> None:
    schema = record(name=TEXT, age={"type": "integer"}, email=TEXT)
    assert one(schema, 1) == one(schema, 1)
    assert len({json.dumps(one(schema, seed)) for seed in SEEDS}) > 6


def test_required_properties_come_first_in_the_schema_s_order() -> None:
    schema = record(["c", "a"], b=TEXT, a=TEXT, d=TEXT, c=TEXT)
    assert list(one(schema)) == ["a", "c", "b", "d"]
    assert sample_json_text(schema, 0).startswith('{"a": "')


def test_a_tool_s_optional_properties_are_left_out_unless_the_user_speaks_of_them() -> None:
    schema = record(["city"], city=TEXT, unit={"enum": ["celsius", "fahrenheit"]}, days={"type": "integer"})
    assert list(sample_arguments(schema, 0)) == ["city"]
    told = sample_arguments(schema, 0, hints="Weather in Oslo, in celsius")
    assert told == {"city": "Oslo", "unit": "celsius"}


def test_a_tool_that_requires_nothing_gets_something_unless_the_user_wants_nothing() -> None:
    schema = record([], location=TEXT)
    assert list(sample_arguments(schema, 0)) == ["location"]
    assert sample_arguments(schema, 0, hints="Call it with an empty object.") == {}


def test_schemas_that_refer_to_themselves_come_to_an_end() -> None:
    node = record(["value", "next"], value=TEXT, next={"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]})
    tree = {
        "$defs": {"t": record(["kids"], kids={"type": "array", "items": {"$ref": "#/$defs/t"}})},
        "$ref": "#/$defs/t",
    }
    one({"$defs": {"n": node}, "$ref": "#/$defs/n"})
    one(tree)
    one({"type": "object", "properties": {"self": {"$ref": "#"}}})


def test_a_reference_round_in_circles_gives_something() -> None:
    sample({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "minLength": 5, "maxLength": 2},
        {"$ref": "https://example.com/elsewhere.json"},
        {"$ref": "#/$defs/nowhere"},
        {"type": "nonsense", "required": [None], "properties": 3},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"type": "array", "minItems": 3, "items": {"not": {}}},
    ],
)
def test_what_can_t_be_satisfied_raises_nothing(schema: Any) -> None:
    sample(schema)
    sample_arguments(schema)


def test_a_pattern_that_would_take_forever_is_never_run() -> None:
    schema = {"type": "string", "pattern": r"^([a-zA-Z0-9]+\s?)+$", "description": "A" * 60 + "!"}
    assert one(schema)


def test_bounds_beyond_reason_cost_little() -> None:
    sample({"type": "string", "minLength": 10**12})
    sample({"type": "array", "minItems": 10**12, "items": {}})
    sample({"type": "string", "pattern": "((a{9999}){9999}){9999}"})


@pytest.mark.parametrize(
    ("name", "looks_like"),
    [
        ("email", r"^[a-z.]+@example\.(com|org)$"),
        ("billing_email", r"@"),
        ("userEmailAddress", r"@"),
        ("url", r"^https://"),
        ("phone_number", r"^\+1-202-555-01\d\d$"),
        ("start_date", r"^\d{4}-\d{2}-\d{2}$"),
        ("order_id", r"^ORD-\d{5}$"),
        ("country_code", r"^[A-Z]{2}$"),
        ("postal_code", r"^\d{5}$"),
        ("file_path", r"\."),
        ("first_name", r"^[A-Z][a-z]+$"),
        ("city_a", r"^[A-Z]"),
        ("created_at", r"^\d{4}-\d{2}-\d{2}T"),
    ],
)
def test_a_name_suggests_what_a_text_looks_like(name: str, looks_like: str) -> None:
    assert patterns.finds(looks_like, one(record(**{name: TEXT}))[name])


def test_a_name_is_read_with_what_it_belongs_to() -> None:
    schema = record(product=record(name=TEXT), customer=record(name=TEXT))
    value = one(schema)
    assert naming.kind("name", "product") == "product"
    assert value["product"]["name"] != value["customer"]["name"]


@pytest.mark.parametrize(
    ("name", "low", "high"), [("age", 21, 68), ("quantity", 1, 5), ("rating", 1, 5), ("year", 1990, 2025)]
)
def test_a_name_suggests_a_number_s_size(name: str, low: int, high: int) -> None:
    assert all(low <= one(record(**{name: {"type": "integer"}}), seed)[name] <= high for seed in SEEDS)


def test_the_schema_s_bounds_go_before_the_name_s() -> None:
    assert one(record(age={"type": "integer", "minimum": 200, "maximum": 210}))["age"] >= 200


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("The city and state, e.g. San Francisco, CA", "San Francisco, CA"),
        ("The code (e.g. 'ABC-1').", "ABC-1"),
        ("A thing, for example: blue", "blue"),
        ("Such a thing, such as red or green", "red"),
    ],
)
def test_the_example_in_a_description_is_used(description: str, expected: str) -> None:
    assert one(record(where={"type": "string", "description": description}))["where"] == expected


def test_a_description_says_what_form_a_text_has() -> None:
    schema = record(value={"type": "string", "description": "When it happened, in ISO 8601 format."})
    assert patterns.finds(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", one(schema)["value"])


@pytest.mark.parametrize("name", sorted(formats.known()))
def test_every_format_is_kept(name: str) -> None:
    schema = {"type": "string", "format": name}
    verdict = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert all(verdict.is_valid(one(schema, seed)) for seed in SEEDS)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{3}-\d{4}$", r"^[A-Z]{2,3}$", r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$", r"\p{Lu}\p{L}+", r"^(a|b)+\1$",
        r"\bfoo\b", r"^#(?:[0-9a-fA-F]{3}){1,2}$", r"^https?:\/\/.+", r"^(?!foo).*bar$", r"(?i)^abc$",
        r"^(?<year>\d{4})$",
        r"^(?:19|20)\d\d-(0[1-9]|1[0-2])$", r"^[^\s@]+@[^\s@]+$", r"^\u0041+$", r"^$", r"^[\x41-\x43]$", r"a\$b$",
    ],
)  # fmt: skip
def test_a_text_matches_its_pattern(pattern: str) -> None:
    assert all(isinstance(one({"type": "string", "pattern": pattern}, seed), str) for seed in SEEDS)


def test_a_pattern_and_a_length_hold_together() -> None:
    value = one({"type": "string", "pattern": "^[a-z]+$", "minLength": 20, "maxLength": 22})
    assert 20 <= len(value) <= 22


def test_the_words_of_the_table_all_make_something() -> None:
    dice = chance.random(0)
    kinds = naming._tables().made
    assert all(naming.text(kind, dice) for kind in kinds)
    assert set(naming._tables().kinds.values()) <= set(kinds)
    assert {name for _, name in naming._tables().clues} <= set(kinds)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("What's the weather in Paris?", "city", ["Paris"]),
        ("weather in San Francisco, CA please", "location", ["San Francisco, CA"]),
        ("What is the weather in SF, NY, and London in Celsius?", "city", ["SF", "NY", "London"]),
        ("from New York to London", "origin", ["New York"]),
        ("from New York to London", "destination", ["London"]),
        ("mail ann@example.com today", "email", ["ann@example.com"]),
        ("open https://example.com/a?b=1.", "url", ["https://example.com/a?b=1"]),
        ("refund order-123.", "order_id", ["order-123"]),
        ("USD to EUR", "from_currency", ["USD", "EUR"]),
        ("see src/app.py", "file_path", ["src/app.py"]),
        ("run `ls -la`", "command", ["ls -la"]),
        ("My name is Ada Lovelace", "name", ["Ada Lovelace"]),
        ("compute (3 + 5) / 4 now", "expression", ["(3 + 5) / 4"]),
        ("tell me about Iceland", "country", ["Iceland"]),
    ],
)
def test_a_text_has_values_of_a_kind(text: str, name: str, expected: list[str]) -> None:
    kind = naming.kind(name)
    assert kind is not None
    assert list(dict.fromkeys(Hints(text).of_kind(kind, name))) == expected


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Use Bash to run 'ls' and then read notes.txt", "ls"),
        ("Run the command ls -la, then tell me", "ls -la"),
        ("Run the command ls -la. Then tell me what you see.", "ls -la"),
        ("Run ls and tell me what is there", "ls"),
        ("Please execute the following bash command: git log --oneline | head -3", "git log --oneline | head -3"),
        ("Use the Bash tool to run: echo hello && ls", "echo hello && ls"),
        ('Use Bash to run "echo hello world" please.', "echo hello world"),
        ("Run echo 'a, then b' > f.txt and then tell me", "echo 'a, then b' > f.txt"),
        ('Run git commit -m "this and then that" and then push', 'git commit -m "this and then that"'),
        ("Run cd .. && ls. Tell me.", "cd .. && ls"),
        ("Run find . -name '*.py' | wc -l", "find . -name '*.py' | wc -l"),
        ("Run if [ -f a ]; then echo yes; fi", "if [ -f a ]; then echo yes; fi"),
        ("Execute ls; then read it", "ls"),
        ("Run git status please", "git status"),
        ("Run ls -l in the terminal", "ls -l"),
        ("Run the ls -la command", "ls -la"),
        ("Execute the following:\nmake test\nThen stop.", "make test"),
        ("Can you run whoami?", "whoami"),
        ("You are a bot that can run UNIX commands. Hey, run the 'date' command", "date"),
    ],
)
def test_a_command_ends_where_the_sentence_goes_on(text: str, command: str) -> None:
    assert Hints(text).of_kind("command", "command")[:1] == [command]
    assert sample_input(_SHELL, 1, hints=text)["command"] == command


_SHELL = {
    "name": "Bash",
    "description": "Executes a bash command.",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
}


@pytest.mark.parametrize(
    "text",
    [
        "Run the tests, please",
        "I want you to run a command",
        "Run it",
        "Run my script.",
        "A bot that can run UNIX commands",
    ],
)
def test_what_is_no_command_is_not_taken_for_one(text: str) -> None:
    assert Hints(text).of_kind("command", "command") == []


@pytest.mark.parametrize(
    ("text", "name", "first"),
    [
        ('Call it with city = "Kyoto".', "city", "Kyoto"),
        ("with count 7", "count", 7),
        ('tags ["red", "blue"] please', "tags", ["red", "blue"]),
        ("matrix = [[1, 2], [3]] exactly", "matrix", [[1, 2], [3]]),
        ("Name: John Smith\nAge: 30", "name", "John Smith"),
        ("with input 'test', then", "input", "test"),
        ("enabled = true and more", "enabled", True),
        ('message set to exactly this text: "Hi, you"', "message", "Hi, you"),
        ("dueDate = 2026-09-21.", "due_date", "2026-09-21"),
    ],
)
def test_a_text_gives_the_value_of_a_name(text: str, name: str, first: Any) -> None:
    assert next(iter(Hints(text).named(name))) == first


def test_a_name_that_is_to_be_omitted_has_no_value() -> None:
    assert list(Hints("Omit the optional reason = x.").named("reason")) == []


def test_numbers_are_given_out_in_their_order() -> None:
    schema = record(a={"type": "integer"}, b={"type": "number"})
    assert one(schema, hints="What is 17 times 2.5, on 2026-01-01?") == {"a": 17, "b": 2.5}


def test_what_the_user_said_is_taken_only_where_it_fits() -> None:
    schema = record(city={"type": "string", "maxLength": 3}, count={"type": "integer", "maximum": 5})
    value = one(schema, hints="weather in Amsterdam, count 7")
    assert len(value["city"]) <= 3
    assert value["count"] <= 5


def test_two_names_of_one_kind_get_two_values() -> None:
    schema = record(city_a=TEXT, city_b=TEXT)
    value = one(schema, hints="How far is it between Madrid and Lisbon?")
    assert sorted(value.values()) == ["Lisbon", "Madrid"]


def test_a_branch_is_chosen_by_what_the_user_names() -> None:
    branches = [record(kind={"const": kind}, to=TEXT) for kind in ("sms", "email", "post")]
    assert one({"oneOf": branches}, hints="Send an email.")["kind"] == "email"


def test_a_schema_is_worked_out_once() -> None:
    assert plan({"type": "string"}) is plan({"type": "string"})


def test_fifty_properties_cost_little() -> None:
    names = ("id", "name", "email", "phone", "city", "age", "price", "status", "created_at", "notes")
    wide = record(
        **{f"{name}_{at}": {"type": "integer" if name == "age" else "string"} for name in names for at in range(5)}
    )
    one(wide)
    costs = []
    for seed in range(30):
        before = process_time()
        sample(wide, seed)
        costs.append(process_time() - before)
    assert min(costs) < 0.003, "under a millisecond on the machines of 2026"
