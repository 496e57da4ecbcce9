"""Signatures and encrypted contents against the recorded ones: every one that isn't scrubbed is accepted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fakeapi.facts.signatures import Verdict, verify, verify_sealed

CARRIERS = {
    "redacted_thinking": ("data", "redacted_thinking"),
    "web_search_result": ("encrypted_content", "web_search_result"),
    "web_search_result_location": ("encrypted_index", "web_search_result_location"),
    "encrypted_code_execution_result": ("encrypted_stdout", "code_execution_result"),
    "advisor_redacted_result": ("encrypted_content", "advisor_result"),
}
MADE_BY_HAND = {"Aa1BCkYICxgC": "its first bytes were edited in the fixture it was taken from: no field fits"}
"""The start of tokens that the API never made, and why we know."""


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(child)


def _streamed(text: str) -> Iterator[dict[str, Any]]:
    """The thinking blocks of a stream, put together, and every other object in it."""
    thinking: dict[int, dict[str, Any]] = {}
    for line in text.splitlines():
        if not line.startswith("data: {"):
            continue
        event = json.loads(line[6:])
        if (event.get("content_block") or {}).get("type") == "thinking":
            thinking[event["index"]] = {**event["content_block"]}
        elif event.get("type") == "content_block_delta" and event["index"] in thinking:
            delta = event["delta"]
            for key in ("thinking", "signature"):
                block = thinking[event["index"]]
                block[key] = block.get(key, "") + delta.get(key, "")
        else:
            yield from _objects(event)
    yield from thinking.values()


def _carried(recordings: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The kind of block, its token and its thinking."""
    for row in recordings:
        answer = row["response"]
        for block in (*_objects([row["request"]["body"], answer.get("body")]), *_streamed(answer.get("sse") or "")):
            kind = block.get("type")
            if kind == "thinking" and isinstance(block.get("signature"), str):
                yield "thinking", block["signature"], block.get("thinking", "")
            elif isinstance(kind, str) and kind in CARRIERS and isinstance(block.get(CARRIERS[kind][0]), str):
                yield kind, block[CARRIERS[kind][0]], ""


def test_every_recorded_token_that_is_whole_is_accepted(recordings: list[dict[str, Any]]) -> None:
    counts: Counter[str] = Counter()
    refused = []
    for kind, token, thinking in _carried(recordings):
        if "REDACTED_" in token or not token:
            counts[f"{kind}, scrubbed"] += 1
        elif token[:12] in MADE_BY_HAND:
            counts[f"{kind}, made by hand"] += 1
        else:
            found = verify(token, thinking) if kind == "thinking" else verify_sealed(token, CARRIERS[kind][1])
            counts[kind] += 1
            refused += [(kind, token[:40])] if found is not Verdict.FOREIGN else []
    print(f"\nrecorded tokens: {dict(counts)}")
    assert refused == []
    assert counts["thinking"] > 80
    assert counts["web_search_result"] > 500
