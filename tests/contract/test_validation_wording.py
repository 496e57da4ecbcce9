from __future__ import annotations

from typing import Any

import pytest

from fakeapi import assets
from fakeapi.contract.wording import sentence
from fakeapi.facts import schemas
from fakeapi.facts.schema_gates import nodes
from fakeapi.facts.schemas import Fault

SILENT = {"properties", "anyOf", "oneOf", "items", "if", "then", "else", "title", "format", "type"}


def test_every_keyword_that_refuses_has_a_sentence() -> None:
    table = assets.read_json("fixtures/wording.json")
    for name in schemas.names():
        for node in nodes(assets.read_json(f"schemas/{name}.json")):
            spoken = {key for key in node if not key.startswith(("x-", "$"))} - SILENT
            assert spoken <= table.keys(), name
            types = [node["type"]] if isinstance(node.get("type"), str) else node.get("type", [])
            assert all(f"type:{kind}" in table for kind in types), name


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (["a"], "'a'"),
        (["a", "b"], "'a' or 'b'"),
        (["a", "b", "c"], "'a', 'b' or 'c'"),
        ([1, 2], "1 or 2"),
    ],
)
def test_allowed_values_are_listed_as_the_api_lists_them(expected: list[Any], told: str) -> None:
    assert sentence(Fault(("x",), "enum", {"expected": expected})) == f"x: Input should be {told}"


@pytest.mark.parametrize(("limit", "told"), [(1, "1 character"), (64, "64 characters")])
def test_a_limit_of_one_is_told_in_the_singular(limit: int, told: str) -> None:
    assert sentence(Fault(("x",), "maxLength", {"limit": limit})) == f"x: String should have at most {told}"


def test_a_fault_of_the_whole_body_has_no_path() -> None:
    assert sentence(Fault((), "type:model", {})) == "Input does not match the expected shape."


def test_a_path_is_dotted_with_indexes_and_tags() -> None:
    fault = Fault(("messages", 0, "content", 1, "text", "text"), "required", {})
    assert sentence(fault) == "messages.0.content.1.text.text: Field required"
