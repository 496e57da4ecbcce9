"""The choice of tools against what real models did with the same requests: printed, and held to what was reached."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from fakeapi.facts import catalogue, schemas
from fakeapi.model import Call, Caller
from fakeapi.replies import choosing
from fakeapi.replies.turns import last_turn


def _calls(answer: dict[str, Any]) -> set[str]:
    """The names of the tools that an answer calls, whole or streamed."""
    body = answer.get("body")
    if isinstance(body, dict):
        return {block["name"] for block in body.get("content") or [] if block.get("type") == "tool_use"}
    lines = (line for line in (answer.get("sse") or "").splitlines() if line.startswith("data: {"))
    blocks = (json.loads(line[6:]).get("content_block") or {} for line in lines if "content_block_start" in line)
    return {block["name"] for block in blocks if block.get("type") == "tool_use"}


def _is_usable(row: dict[str, Any]) -> bool:
    body = row["request"]["body"]
    path = row["request"]["path"].split("?")[0]
    return (
        path == "/v1/messages"
        and row["response"]["status"] == 200
        and isinstance(body, dict)
        and bool(body.get("tools"))
    )


def test_tools_are_called_about_where_real_models_call_them(recordings: list[dict[str, Any]]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    wrong, seen = [], set()
    for row in filter(_is_usable, recordings):
        body = row["request"]["body"]
        model = catalogue.resolve(body["model"]) or catalogue.all_models()[0]
        asked = Call(body, model, Caller("key", "2023-06-01"))
        blocks = choosing.tool_use_blocks(choosing.choose(asked), 0)
        declared = {tool.get("name"): tool.get("input_schema") for tool in body["tools"]}
        for block in blocks:
            schema = declared.get(block["name"])
            wrong += [(row["id"], block)] if schema and not schemas.conforms(block["input"], schema) else []
        ours, real = {block["name"] for block in blocks}, _calls(row["response"])
        key = json.dumps([last_turn(body), sorted(map(str, declared)), sorted(real)], default=str)
        if key not in seen:
            seen.add(key)
            kind = (body.get("tool_choice") or {}).get("type", "auto")
            same = "same" if ours == real else "both call" if ours and real else "only we" if ours else "only they"
            counts[kind, same] += 1
    print(f"\nchoice of tools, by tool_choice: {dict(sorted(counts.items()))}; {len(wrong)} inputs not valid")
    assert wrong == []
    free = sum(count for (kind, _), count in counts.items() if kind == "auto")
    assert counts["auto", "same"] >= 0.7 * free
    assert counts["auto", "only we"] <= 0.05 * free
    assert counts["none", "same"] == sum(count for (kind, _), count in counts.items() if kind == "none")
