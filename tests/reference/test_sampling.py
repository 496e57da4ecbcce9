"""Sampling against every tool and output schema that was recorded: always valid, always the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fakeapi.facts import schemas
from fakeapi.replies.sampling import sample, sample_input, sample_json_text

SEEDS = range(5)
UNSATISFIABLE = ("#/$defs/Missing", "https://example.com/schemas/input.json")
"""References to nothing, sent to see them refused."""


def _requests(recordings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in recordings:
        body = row["request"]["body"]
        if isinstance(body, dict):
            yield body
            batched = body.get("requests")
            params = (
                [item.get("params") for item in batched if isinstance(item, dict)] if isinstance(batched, list) else []
            )
            yield from (item for item in params if isinstance(item, dict))


def _distinct(values: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({json.dumps(value, sort_keys=True): value for value in values}.values())


def _tools(recordings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for body in _requests(recordings):
        for tool in body["tools"] if isinstance(body.get("tools"), list) else []:
            if isinstance(tool, dict) and isinstance(tool.get("input_schema"), dict):
                yield tool


def _formats(recordings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for body in _requests(recordings):
        config = body.get("output_config")
        for asked in (config.get("format") if isinstance(config, dict) else None, body.get("output_format")):
            if isinstance(asked, dict) and isinstance(asked.get("schema"), dict):
                yield asked["schema"]


def _can_be_satisfied(schema: dict[str, Any]) -> bool:
    return schemas.is_json_schema(schema) and not any(target in json.dumps(schema) for target in UNSATISFIABLE)


def test_every_recorded_tool_gets_a_valid_input(recordings: list[dict[str, Any]]) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for tool in _distinct(_tools(recordings)):
        if not _can_be_satisfied(tool["input_schema"]):
            counts["left aside: no schema, or one that can't be satisfied"] += 1
            continue
        for seed in SEEDS:
            value = sample_input(tool, seed)
            counts["inputs"] += 1
            if not schemas.conforms(value, tool["input_schema"]) and tool["input_schema"].get("type") == "object":
                wrong.append((tool["name"], value))
        assert sample_input(tool, 1) == sample_input(tool, 1)
        counts["tools"] += 1
    print(f"\ninputs of recorded tools: {dict(counts)}, {len(wrong)} not valid")
    assert wrong == []
    assert counts["tools"] > 300


def test_every_recorded_output_schema_gets_a_valid_text(recordings: list[dict[str, Any]]) -> None:
    wanted = _distinct(_formats(recordings))
    texts = [
        (schema, sample_json_text(schema, seed)) for schema in wanted for seed in SEEDS if _can_be_satisfied(schema)
    ]
    wrong = [(schema, text) for schema, text in texts if not schemas.conforms(json.loads(text), schema)]
    print(f"\ntexts for {len(wanted)} recorded output schemas: {len(texts)}, {len(wrong)} not valid")
    assert wrong == []
    assert len(texts) > 50


def test_every_recorded_schema_is_sampled_the_same_each_time(recordings: list[dict[str, Any]]) -> None:
    for schema in _distinct(tool["input_schema"] for tool in _tools(recordings)):
        assert sample(schema, 7) == sample(schema, 7)
