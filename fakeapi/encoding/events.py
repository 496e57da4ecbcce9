"""A finished Message as the events of its stream, in the recorded order (contract.md 7).

message_start, then each block's start, deltas and stop, strictly one after the other, message_delta, message_stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from fakeapi.chance import Draws
from fakeapi.facts import counting, tokens
from fakeapi.facts.written import written_input
from fakeapi.model import Json, Message

PING = "ping"
_LARGEST_CHUNK = 6
_FIRST_COUNT = 8
_SHARED_TEXT = 20_000
_COUNTS_THINKING = "thinking-token-count-2026-05-13"
_QUANTUM = 50
"""Estimates of hidden thinking come in multiples of a fixed number (official SDK types); recorded: 50."""

_MOST_ESTIMATES = 8
_COUNTED_AT_END = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
_KNOWN_AT_START = ("diagnostics", "input_transformations")
_DETAILED_AT_END = ("output_tokens_details", "server_tool_use", "iterations", "fallback_credit")
_READ_AT_START = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")
_INPUT_BLOCKS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


class Event(NamedTuple):
    """One event: its type, its data (None for a ping), and how many tokens it brings."""

    type: str
    data: Json | None
    tokens: int = 0


def events(message: Message, family: str, dice: Draws, betas: frozenset[str] = frozenset()) -> Iterator[Event]:
    """The events of a message; `dice` decide how the text falls into chunks, `family` what a token is.

    With the beta that counts thinking, each thinking_delta has `estimated_tokens` (official SDK types).
    """
    chunks = _Chunks(family, dice, counts=_COUNTS_THINKING in betas)
    yield Event("message_start", {"type": "message_start", "message": _skeleton(message, dice)})
    if not message.content:
        yield Event(PING, None)
    for index, block in enumerate(message.content):
        partial = message.partial if index == len(message.content) - 1 else None
        start, deltas = _parts(block, partial, chunks)
        yield Event("content_block_start", {"type": "content_block_start", "index": index, "content_block": start})
        if index == 0:
            yield Event(PING, None)
        for delta, count in deltas:
            yield Event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}, count)
        yield Event("content_block_stop", {"type": "content_block_stop", "index": index})
    yield Event("message_delta", _ending(message))
    yield Event("message_stop", {"type": "message_stop"})


@lru_cache(maxsize=128)
def _pieces(text: str, family: str) -> list[str]:
    """The tokens of a text, shared by all streams that say it."""
    return tokens.split(text, family)


class _Chunks:
    """Cuts texts into chunks of a few tokens, never inside a character."""

    def __init__(self, family: str, dice: Draws, *, counts: bool = False) -> None:
        self.family = family
        self.counts = counts
        self._dice = dice

    def of(self, text: str) -> Iterator[tuple[str, int]]:
        pieces = _pieces(text, self.family) if len(text) <= _SHARED_TEXT else tokens.split(text, self.family)
        at = 0
        while at < len(pieces):
            size = 1 + int(self._dice.random() * _LARGEST_CHUNK)
            chunk = pieces[at : at + size]
            yield "".join(chunk), len(chunk)
            at += size


_Deltas = Iterator[tuple[Json, int]]


def _skeleton(message: Message, dice: Draws) -> Json:
    """The message as it stands before anything is said; its output count is what was made by then: 1 to 8."""
    usage = {name: value for name, value in message.usage.items() if name not in _DETAILED_AT_END}
    usage |= _read_first(message)
    usage["output_tokens"] = min(message.usage["output_tokens"], 1 + int(dice.random() * _FIRST_COUNT))
    skeleton: Json = {
        "model": message.model,
        "id": message.id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
    }
    return skeleton | {name: message.extra[name] for name in _KNOWN_AT_START if name in message.extra}


def _read_first(message: Message) -> Json:
    """What the first step read, a summary too (recorded); the stream waits for a fallback that stands first."""
    steps = message.usage.get("iterations")
    if not steps:
        return {}
    waits = message.content and message.content[0]["type"] == "fallback"
    first = steps[-1] if waits else steps[0]
    return {name: first[name] for name in _READ_AT_START if name in first}


def _ending(message: Message) -> Json:
    delta: Json = {
        "stop_reason": message.stop_reason,
        "stop_sequence": message.stop_sequence,
        "stop_details": message.stop_details,
    }
    if "container" in message.extra:
        delta["container"] = message.extra["container"]
    usage = {name: message.usage[name] for name in _COUNTED_AT_END}
    usage |= {name: message.usage[name] for name in _DETAILED_AT_END if name in message.usage}
    ending: Json = {"type": "message_delta", "delta": delta, "usage": usage}
    if "context_management" in message.extra:
        ending["context_management"] = message.extra["context_management"]
    return ending


def _parts(block: Json, partial: str | None, chunks: _Chunks) -> tuple[Json, _Deltas]:
    """The block as content_block_start shows it, and the deltas that complete it; other kinds of blocks come whole."""
    kind = block["type"]
    if kind in _INPUT_BLOCKS:
        return {**block, "input": {}}, _input_deltas(block, partial, chunks)
    make = _PARTS.get(kind)
    return make(block, chunks) if make else (block, iter(()))


def _text(block: Json, chunks: _Chunks) -> tuple[Json, _Deltas]:
    start = {**block, "text": ""}
    if "citations" in block:
        start["citations"] = []
    return start, _text_deltas(block, chunks)


def _text_deltas(block: Json, chunks: _Chunks) -> _Deltas:
    for citation in block.get("citations") or []:
        yield {"type": "citations_delta", "citation": citation}, 0
    for chunk, count in chunks.of(block["text"]):
        yield {"type": "text_delta", "text": chunk}, count


def _thinking(block: Json, chunks: _Chunks) -> tuple[Json, _Deltas]:
    return {**block, "thinking": "", "signature": ""}, _thinking_deltas(block, chunks)


def _thinking_deltas(block: Json, chunks: _Chunks) -> _Deltas:
    estimate = {"estimated_tokens": None} if chunks.counts else {}
    for chunk, count in chunks.of(block["thinking"]):
        yield {"type": "thinking_delta", "thinking": chunk, **estimate}, count
    for estimated in _estimates(block, chunks):
        yield {"type": "thinking_delta", "thinking": "", "estimated_tokens": estimated}, 0
    yield {"type": "signature_delta", "signature": block["signature"]}, 0


def _estimates(block: Json, chunks: _Chunks) -> list[int | None]:
    """How much of thinking that isn't shown was done, rounded up, and a last one without news (recorded)."""
    if not chunks.counts or block["thinking"]:
        return []
    steps = max(1, -(-counting.block_tokens(block, chunks.family) // _QUANTUM))
    step = -(-steps // _MOST_ESTIMATES)
    return [*(_QUANTUM * min(step, steps - done) for done in range(0, steps, step)), None]


def _input_deltas(block: Json, partial: str | None, chunks: _Chunks) -> _Deltas:
    """An empty fragment first; an input without members is no more than that."""
    yield {"type": "input_json_delta", "partial_json": ""}, 0
    text = partial if partial is not None else written_input(block)
    if text == "{}":
        return
    for chunk, count in chunks.of(text):
        yield {"type": "input_json_delta", "partial_json": chunk}, count


def _compaction(block: Json, chunks: _Chunks) -> tuple[Json, _Deltas]:
    """A summary made on demand, which is signed, comes whole; one made at a threshold in a single delta."""
    if "signature" in block:
        return block, iter(())
    said = {name: value for name, value in block.items() if name != "type"}
    return {"type": "compaction", **dict.fromkeys(said)}, iter([({"type": "compaction_delta", **said}, 0)])


_PARTS: dict[str, Callable[[Json, _Chunks], tuple[Json, _Deltas]]] = {
    "text": _text,
    "thinking": _thinking,
    "compaction": _compaction,
}
