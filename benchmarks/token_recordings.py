"""Reads recorded exchanges for the token benchmarks: what was sent, what came back, and how it was counted.

One JSON a line, gzipped: `request {path, body}`, `response {status, body or sse}`, `source {repo, path}`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Recording:
    """One answered request.

    Attributes:
        body: the request.
        model: the id of the model that answered.
        input_tokens: the whole input, cached or not.
        output_tokens: as recorded; None for a count.
        content: the blocks of the answer.
        stop_reason: why it ended.
        repo: the repository the recording comes from.
        held_back: not to be used for fitting; equal prompts are on the same side.
    """

    body: dict[str, Any]
    model: str
    input_tokens: int
    output_tokens: int | None
    content: list[dict[str, Any]]
    stop_reason: str | None
    repo: str
    held_back: bool

    @property
    def text(self) -> str:
        """All the text of it, for the frequencies of words."""
        return "\n\n".join([*_strings(self.body), *_strings(self.content)])


def read(path: Path) -> Iterator[Recording]:
    """Every answered request to /v1/messages and its count_tokens, each different one once."""
    seen: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            recording = _recording(json.loads(line))
            key = recording and json.dumps([recording.body, recording.input_tokens, recording.content], sort_keys=True)
            if recording and key and key not in seen:
                seen.add(key)
                yield recording


def _recording(exchange: dict[str, Any]) -> Recording | None:
    request, response = exchange["request"], exchange["response"]
    body, endpoint = request.get("body"), request["path"].partition("?")[0]
    if response.get("status") != 200 or not isinstance(body, dict) or not body.get("messages"):
        return None
    if endpoint not in ("/v1/messages", "/v1/messages/count_tokens"):
        return None
    answer: Any = _streamed(response["sse"]) if "sse" in response else response["body"]
    usage = answer.get("usage") or answer if isinstance(answer, dict) else None
    if not isinstance(usage, dict) or "input_tokens" not in usage:
        return None
    cached = (usage.get("cache_creation_input_tokens") or 0) + (usage.get("cache_read_input_tokens") or 0)
    return Recording(
        body=body,
        model=answer.get("model") or body["model"],
        input_tokens=usage["input_tokens"] + cached,
        output_tokens=usage.get("output_tokens"),
        content=answer.get("content") or [],
        stop_reason=answer.get("stop_reason"),
        repo=exchange["source"]["repo"],
        held_back=_hash([body.get("system"), body.get("tools"), body["messages"]]) % 2 == 1,
    )


def _hash(prompt: object) -> int:
    return hashlib.sha256(json.dumps(prompt, sort_keys=True).encode()).digest()[0]


def _streamed(sse: str) -> dict[str, Any] | None:
    message: dict[str, Any] | None = None
    blocks: dict[int, dict[str, Any]] = {}
    for line in sse.splitlines():
        event: dict[str, Any] = json.loads(line[5:]) if line.startswith("data:") else {"type": ""}
        if event["type"] == "message_start":
            message = event["message"]
        elif event["type"] == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "written": ""}
        elif event["type"] == "content_block_delta":
            _add(blocks[event["index"]], event["delta"])
        elif event["type"] == "message_delta" and message is not None:
            message["stop_reason"] = event["delta"].get("stop_reason")
            message["usage"] |= event["usage"]
    return message and {**message, "content": [_finished(blocks[index]) for index in sorted(blocks)]}


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for kind in ("text", "thinking", "signature"):
        if kind in delta:
            block[kind] = block.get(kind, "") + delta[kind]
    block["written"] += delta.get("partial_json", "")
    if "citation" in delta:
        block["citations"] = [*(block.get("citations") or []), delta["citation"]]


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    written = block.pop("written")
    if "input" not in block:
        return block
    try:
        return {**block, "input": json.loads(written or "{}")}
    except ValueError:
        return {**block, "input": {}, "cut": True}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if not value.startswith("<base64 ") and " " in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
