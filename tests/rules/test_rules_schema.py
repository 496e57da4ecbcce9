"""The published schema of rule files, which editors use, agrees with the loader, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakeapi import assets
from fakeapi.facts import schemas
from fakeapi.rules.loading.document import load, load_values
from fakeapi.rules.loading.parts import PARTS
from fakeapi.rules.loading.respond import MEMBERS
from fakeapi.rules.loading.rule import KEYS
from fakeapi.rules.patterns import PATTERNS
from tests.corpus_rows import CORPUS
from tests.rules.test_loading import ANY_JSON
from tests.rules.written import KNOWN

SCHEMA = assets.read_json("schemas/rules.json")
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = (CORPUS / "rules.yaml").read_text()
BEYOND_A_SCHEMA = {
    "15_key_twice.yaml": "a key that stands twice",
    "16_yes_and_no.yaml": "editors read YAML as they like",
    "18_regular_expression.yaml": "what a regular expression is",
    "23_fault_and_pace.yaml": "what a fault and a pace are",
    "24_names.yaml": "two rules at once",
    "25_never_reached.yaml": "two rules at once",
    "26_catch_all_first.yaml": "two rules at once",
    "27_content_blocks.yaml": "the content blocks of the API",
    "28_fixture.yaml": "other files",
    "29_template.yaml": "what a template is",
    "44_tool_without_call.yaml": "what an answer is made of",
}
FILES = sorted((CORPUS / "broken_rules").glob("*.*"))


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def keys(value: Any) -> set[str]:
    return {key for node in nodes(value) for key in node}


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_a_file_with_every_key_has_no_problems_and_is_accepted():
    loaded = load([("rules.yaml", WHOLE)], KNOWN)
    assert [str(problem) for problem in loaded.problems] == []
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(WHOLE))] == []


def test_the_file_with_every_key_has_every_key():
    assert {*KEYS, *PATTERNS, *PARTS, *MEMBERS, "attempts"} <= keys(yaml.safe_load(WHOLE)) | {"name"}


@pytest.mark.parametrize(
    ("definition", "known"),
    [("rule", KEYS), ("conditions", PATTERNS), ("response", (*PARTS, *MEMBERS)), ("entry", PARTS)],
)
def test_the_schema_knows_the_loaders_keys(definition, known):
    node = SCHEMA["$defs"][definition]
    properties = node["anyOf"][-1]["properties"] if definition == "entry" else node["properties"]
    assert set(properties) == set(known) - ({"content"} if definition == "entry" else set())


@pytest.mark.parametrize("definition", ["rule", "conditions", "response", "text_tests", "attempts"])
def test_every_key_has_a_hover_text(definition):
    for name, node in SCHEMA["$defs"][definition]["properties"].items():
        target = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]] if set(node) == {"$ref"} else node
        assert target.get("description"), name


def test_what_an_answer_may_say_is_what_the_contract_says():
    response = SCHEMA["$defs"]["response"]["properties"]
    message = schemas.bundled("answer/message")["properties"]
    assert response["stop_reason"]["enum"] == [reason for reason in message["stop_reason"]["enum"] if reason]
    assert set(response["usage"]["properties"]) == set(schemas.bundled("answer/usage")["properties"])
    categories = schemas.bundled("answer/refusal_stop_details")["properties"]["category"]["enum"]
    assert response["refusal"]["anyOf"][1]["properties"]["category"]["enum"] == categories
    types = assets.read_json("fixtures/faults.json")["statuses"]
    assert response["error"]["anyOf"][2]["enum"] == list(types)


def test_what_a_request_may_have_is_what_the_contract_says():
    blocks = set(schemas.bundled("request/content_block")["discriminator"]["mapping"])
    assert set(SCHEMA["$defs"]["block_type"]["enum"]) == blocks | {"cache_control", "citations", "system", "tools"}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in FILES])
def test_a_broken_file_is_refused_unless_its_mistake_is_beyond_a_schema(path):
    try:
        value = orjson.loads(path.read_bytes()) if path.suffix == ".json" else yaml.safe_load(path.read_text())
    except (yaml.YAMLError, orjson.JSONDecodeError):
        assert path.name not in BEYOND_A_SCHEMA
        return
    assert VALIDATOR.is_valid(value) == (path.name in BEYOND_A_SCHEMA)


@settings(max_examples=300)
@given(ANY_JSON, ANY_JSON, st.dictionaries(st.sampled_from(KEYS), ANY_JSON, max_size=2))
def test_what_the_loader_takes_the_schema_takes(match, respond, more):
    value = [{**more, "match": match, "respond": respond}]
    if not load_values(value, "here", KNOWN).errors:
        assert [error.message for error in VALIDATOR.iter_errors(value)] == []
