"""The language-neutral cases of tests/corpus: one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

CORPUS = Path(__file__).parent / "corpus"
SMALLEST: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "ping"}],
}


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a corpus file, in order."""
    return [orjson.loads(line) for line in (CORPUS / name).read_bytes().splitlines() if line.strip()]


def instance(row: dict[str, Any]) -> Any:
    """What a shape row sends: its `instance`, or the smallest request with `body` put over it and `drop` left out."""
    if "instance" in row:
        return row["instance"]
    whole = {**SMALLEST, **row.get("body", {})}
    return {key: value for key, value in whole.items() if key not in row.get("drop", ())}
