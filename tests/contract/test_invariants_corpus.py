"""The refusals of tests/corpus, each said in the API's words by the whole contract: schema, model, invariants."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeapi.contract import invariants, validation
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Call, Caller

CORPUS = Path(__file__).parents[1] / "corpus"
PLAIN = {"model": "claude-haiku-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}
SCHEMAS = {"messages": "request/message_request", "count_tokens": "request/count_tokens_request"}


def cases() -> Iterator[Any]:
    for file in sorted(CORPUS.glob("refusals_*.jsonl")):
        for line in file.read_text().splitlines():
            case = json.loads(line)
            yield pytest.param(case, id=f"{file.stem.removeprefix('refusals_')}: {case['name']}")


def body_of(case: dict[str, Any]) -> dict[str, Any]:
    body = {**PLAIN, **case.get("with", {})}
    return {key: value for key, value in body.items() if key not in case.get("without", ())}


def verdict(case: dict[str, Any]) -> ApiError | None:
    caller = Caller("key", case.get("version", "2023-06-01"), frozenset(case.get("betas", ())))
    body, endpoint = body_of(case), case.get("endpoint", "messages")
    try:
        if endpoint in SCHEMAS:
            validation.check_shape(body, schema=SCHEMAS[endpoint], caller=caller)
        model = catalogue.resolve(body["model"])
        if model is None:
            raise refusal("model_unknown", model=body["model"])
        invariants.check(Call(body, model, caller), endpoint=endpoint)
    except ApiError as error:
        return error
    return None


@pytest.mark.parametrize("case", [*cases()])
def test_the_contract_says_of_a_request_what_the_api_says(case: dict[str, Any]) -> None:
    said = verdict(case)
    if case["says"] is None:
        assert said is None, said and said.message
        return
    assert said is not None, "accepted"
    assert said.message == case["says"]
    assert (said.status, said.type) == (case.get("status", 400), case.get("type", "invalid_request_error"))
    if "code" in case:
        assert (said.details or {}).get("error_code") == case["code"]


def test_the_corpus_is_not_thinned_out(record_property: Any) -> None:
    counts = Counter(param.id.split(":")[0] for param in cases())
    record_property("cases", dict(counts))
    print("refusals and acceptances:", dict(counts), "in all", counts.total())
    assert counts.total() >= 240
