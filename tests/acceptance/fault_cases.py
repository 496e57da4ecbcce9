"""What real clients do when they meet each fault, as seen by running them: tests/corpus/faults_in_clients.jsonl.

test_faults_sdks.py and claude_code.py hold the words against the clients; docs/faults.md shows them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

SEEN_WITH = {"Python SDK": "2.12.0", "TypeScript SDK": "1.12.0", "Claude Code": "2.1.197"}
ANSWER = "the answer"
_FILE = Path(__file__).parents[1] / "corpus" / "faults_in_clients.jsonl"

ROWS: list[dict[str, Any]] = [json.loads(line) for line in _FILE.read_text().splitlines()]
"""`fault`: what is asked for; `timeout`: the client's own, in seconds; then for each client what comes of it, in an SDK
`{plain, stream}`."""


def write(rows: list[dict[str, Any]]) -> None:
    """Write what was seen."""
    _FILE.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def seen_by(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What a client's script found, in words, by fault; the first fault is none."""
    whole = found[""]["plain"]["text"]
    return {fault: {way: words(came, whole) for way, came in ways.items()} for fault, ways in found.items()}


def words(seen: dict[str, Any], whole: str) -> str:
    """What came of one call, in words; `whole` is the text of the unbroken answer."""
    said = _words(seen, whole)
    return said if seen["requests"] == 1 else f"{said}, {seen['requests']} requests"


def _words(seen: dict[str, Any], whole: str) -> str:
    if "string" in seen:
        return "no error: the body as a string"
    if "error" in seen:
        said = f"`{seen['error']}`"
        if seen["type"]:
            return f"{said} `{seen['type']}`"
        return f"{said} “{_sentence(seen['sentence'])}”" if seen["sentence"] and not seen["status"] else said
    if (seen["text"], seen["stop_reason"]) == (whole, "end_turn"):
        return ANSWER
    assert whole.startswith(seen["text"])
    return f"no error: part of the answer, `stop_reason` {seen['stop_reason']}"


def _sentence(text: str) -> str:
    """The first sentence, without what depends on the very answer."""
    return re.split(r":? (?:line|at position) \d|\. |\.$", text)[0]
