from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from fakeapi.contract.validation import check_shape
from fakeapi.errors import ApiError
from fakeapi.model import Caller
from tests.corpus_rows import SMALLEST, instance, rows

REFUSALS = rows("shape_refusals.jsonl")
ACCEPTED = rows("shape_accepted.jsonl")

FAULTS = {
    "model": (7, "Input should be a valid string"),
    "tool_choice": (7, "Input should be an object"),
    "tools": ("x", "Input should be a valid array"),
    "messages": ("x", "Input should be a valid array"),
    "system": (7, "Input should be a valid array"),
    "thinking": ("x", "Input should be an object"),
    "output_config": ("x", "Input does not match the expected shape."),
    "cache_control": ("x", "Input should be an object"),
    "max_tokens": ("x", "Input should be a valid integer"),
    "metadata": ("x", "Input does not match the expected shape."),
    "stop_sequences": ("ZZ", "Input should be a valid array"),
    "temperature": ("x", "Input should be a valid number"),
    "service_tier": (7, "Input should be 'auto' or 'standard_only'"),
    "top_k": ("x", "Input should be a valid integer"),
    "top_p": ("x", "Input should be a valid number"),
    "stream": ("yes", "Input should be a valid boolean"),
    "container.ContainerParams": (7, "Input does not match the expected shape."),
    "inference_geo": (7, "Input should be a valid string"),
    "zzz_unknown": (1, "Extra inputs are not permitted"),
}
"""One fault for each field, in the measured order of validation (contract.md 5A)."""


def refusal_of(body: Any, row: dict[str, Any]) -> ApiError | None:
    caller = Caller("key", row.get("version", "2023-06-01"), frozenset(row.get("betas", ())))
    try:
        check_shape(
            body, schema=row.get("schema", "request/message_request"), caller=caller, mode=row.get("mode", "strict")
        )
    except ApiError as refusal:
        return refusal
    return None


@pytest.mark.parametrize("row", REFUSALS, ids=[row["case"] for row in REFUSALS])
def test_a_wrong_shape_is_refused_in_the_words_of_the_api(row: dict[str, Any]) -> None:
    refusal = refusal_of(instance(row), row)
    assert refusal is not None
    assert (refusal.status, refusal.type, refusal.message) == (400, "invalid_request_error", row["message"])


@pytest.mark.parametrize("row", ACCEPTED, ids=[row["case"] for row in ACCEPTED])
def test_a_right_shape_is_accepted(row: dict[str, Any]) -> None:
    refusal = refusal_of(instance(row), row)
    assert refusal is None, refusal


@pytest.mark.parametrize(("first", "second"), list(combinations(FAULTS, 2)))
def test_of_two_faults_the_earlier_in_the_measured_order_is_told_wherever_it_stands(first: str, second: str) -> None:
    wrong = {place.partition(".")[0]: FAULTS[place][0] for place in (second, first)}
    for body in ({**wrong, **_without(wrong)}, {**_without(wrong), **dict(reversed(wrong.items()))}):
        refusal = refusal_of(body, {})
        assert refusal is not None
        assert refusal.message == f"{first}: {FAULTS[first][1]}"


@pytest.mark.parametrize("missing", ["model", "messages", "max_tokens"])
def test_a_missing_field_is_told_at_its_own_place_in_the_order(missing: str) -> None:
    later = [place for place in FAULTS if list(FAULTS).index(place) > list(FAULTS).index(missing)]
    body = {place.partition(".")[0]: FAULTS[place][0] for place in later}
    earlier = {key: value for key, value in SMALLEST.items() if key != missing and key not in body}
    refusal = refusal_of({**body, **earlier}, {})
    assert refusal is not None
    assert refusal.message == f"{missing}: Field required"


def test_the_shape_mode_takes_any_bound_pattern_version_and_beta_but_no_wrong_type() -> None:
    odd = {
        "max_tokens": -5,
        "stop_sequences": ["\n"],
        "temperature": 7,
        "mcp_servers": [],
        "tools": [{"name": "a b", "input_schema": {"type": "object", "properties": {"$": {}}}}],
        "anything": 1,
    }
    assert refusal_of({**SMALLEST, **odd}, {"mode": "shape", "version": "2026-10-21"}) is None
    refused = refusal_of({**SMALLEST, "max_tokens": "5"}, {"mode": "shape"})
    assert refused is not None
    assert refused.message == "max_tokens: Input should be a valid integer"
    assert refusal_of({"model": "m"}, {"mode": "shape"}) is not None
    assert refusal_of({**SMALLEST, "service_tier": "bogus"}, {"mode": "shape"}) is not None


def test_a_value_with_braces_is_quoted_as_it_is() -> None:
    refusal = refusal_of({**SMALLEST, "messages": [{"role": "{tag}", "content": "x"}]}, {})
    assert refusal is not None
    assert refusal.message.startswith('messages: Unexpected role "{tag}".')


def _without(wrong: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in SMALLEST.items() if key not in wrong}
