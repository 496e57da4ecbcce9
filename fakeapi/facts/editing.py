"""What of a conversation the model reads: edits of the context applied, summaries put in place (contract.md 5, 6).

`context_management` clears results of tools and thinking; a `compaction` block stands for all that was said before it.
The answer and POST /v1/messages/count_tokens count what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeapi import assets
from fakeapi.facts import counting, prompts, tokens
from fakeapi.facts.block_costs import CALLS, Sizes
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about_all
from fakeapi.facts.frames import frame, with_thoughts
from fakeapi.model import Json, Model

_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_UNREAD = "fallback"
_NO_SIZES: Sizes = MappingProxyType({})
_Messages = list[Json]


class Edited(NamedTuple):
    """A conversation as the model reads it.

    Attributes:
        body: the request with it. tokens: the whole input count of that.
        original: the count before anything was cleared or summarized.
        applied: the edits that changed something, as `applied_edits` tells them.
    """

    body: Json
    tokens: int
    original: int
    applied: tuple[Json, ...]


def input_tokens(body: Json, model: Model, sizes: Sizes = _NO_SIZES) -> int:
    """The whole input count of what the model reads of a validated request."""
    return edit(body, model, sizes).tokens if concerns(body) else counting.input_tokens(body, model, sizes)


def edit(body: Json, model: Model, sizes: Sizes = _NO_SIZES) -> Edited:
    """The request as the model reads it. A body that no contract has seen is left as it is.

    The last one is remembered by the very body, as `counting.prompt` does it.
    """
    global _last
    known, by, among, edited = _last
    if known is body and by is model and (among is sizes or not (among or sizes)):
        return edited
    try:
        edited = _edit(body, _Scale(model, sizes, _asked(body, "clear_thinking_20251015") is not None))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        size = counting.input_tokens(body, model, sizes)
        edited = Edited(body, size, size, ())
    _last = (body, model, sizes, edited)
    return edited


_last: tuple[Json, Model | None, Sizes, Edited] = ({}, None, _NO_SIZES, Edited({}, 0, 0, ()))


def summarized(body: Json, block: Json) -> Json:
    """The request as it goes on once this compaction block stands for all of its messages."""
    return {**body, "messages": [{"role": "assistant", "content": [block]}]}


def summarizing_tokens(body: Json, model: Model, instructions: str | None, sizes: Sizes = _NO_SIZES) -> int:
    """What reading a conversation in order to summarize it costs: the conversation and the prompt for a summary."""
    own = instructions if instructions and instructions.strip() else None
    asked = tokens.count_inside(own, model.tokenizer) if own else int(facts()["summarizing"])
    return input_tokens(body, model, sizes) + asked


def compaction_edit(body: Json) -> Json | None:
    """The edit that asks for a summary at a threshold; None where there is none."""
    return _asked(body, "compact_20260112")


def shows_edits(body: Json, betas: frozenset[str]) -> bool:
    """Whether the answer tells what was edited: asked or not, the beta alone is enough (recorded)."""
    return body.get("context_management") is not None or not betas.isdisjoint(facts()["shown_by"])


@cache
def facts() -> Any:
    """The numbers and texts of `fixtures/editing.json`."""
    return assets.read_json("fixtures/editing.json")


class _Scale(NamedTuple):
    """What counting depends on besides the body; `whole`: all thinking that is left counts, whatever the model does."""

    model: Model
    sizes: Sizes
    whole: bool

    def count(self, body: Json) -> int:
        own = frame(self.model.tokenizer, self.model.created_at)
        around = with_thoughts(own) if self.whole else own
        return prompts.counted(body, self.model, self.sizes, around).tokens


def _edit(body: Json, scale: _Scale) -> Edited:
    """The edits in the order given; a summary in the conversation first, since it hides what is before it."""
    read, summaries = _unfolded(body["messages"])
    around = summaries * int(facts()["summarized"])
    now = {**body, "messages": read}
    size = start = scale.count(now) + around
    applied: list[Json] = []
    for asked in (body.get("context_management") or {}).get("edits") or ():
        clear = _CLEARING.get(asked["type"])
        cleared, told = clear(now["messages"], asked, scale.model, size) if clear else (None, {})
        if cleared is None:
            continue
        after = scale.count({**now, "messages": cleared}) + around
        if size - after < max(1, _least(asked)):
            continue
        applied.append({"type": asked["type"], **told, "cleared_input_tokens": size - after})
        now, size = {**now, "messages": cleared}, after
    return Edited(now, size, scale.count(_unsummarized(body)) if summaries else start, tuple(applied))


def concerns(body: Json) -> bool:
    """Whether anything of a request changes what is read of its conversation."""
    if body.get("context_management"):
        return True
    messages = body.get("messages")
    return type(messages) is list and any(about_all(messages, _folds))


def _folds(message: Any) -> bool:
    """Whether a message holds what changes how others are read."""
    content = message.get("content") if type(message) is dict else None
    return type(content) is list and any(
        type(block) is dict and block.get("type") in ("compaction", _UNREAD) for block in content
    )


def _asked(body: Json, kind: str) -> Json | None:
    asked = body.get("context_management")
    edits = asked.get("edits") if isinstance(asked, dict) else None
    found = (edit for edit in edits or () if isinstance(edit, dict) and edit.get("type") == kind)
    return next(found, None)


def _least(edit: Json) -> int:
    return int((edit.get("clear_at_least") or {}).get("value", 0))


def _unfolded(messages: Sequence[Json]) -> tuple[_Messages, int]:
    """The messages from the latest summary on, which stands there as the user's words, and the number of summaries."""
    for at in range(len(messages) - 1, -1, -1):
        parts = blocks(messages[at].get("content"))
        for place in range(len(parts) - 1, -1, -1):
            if parts[place]["type"] == "compaction" and parts[place].get("content"):
                summary: Json = {"role": "user", "content": [{"type": "text", "text": parts[place]["content"]}]}
                rest = [{**messages[at], "content": parts[place + 1 :]}] if parts[place + 1 :] else []
                return [summary, *map(_readable, [*rest, *messages[at + 1 :]])], 1
    return list(map(_readable, messages)), 0


def _unsummarized(body: Json) -> Json:
    return {**body, "messages": list(map(_readable, body["messages"]))}


def _readable(message: Json) -> Json:
    """A message without what a model never reads: marks of a fallback, and failed or outdated summaries."""
    content = message.get("content")
    if not isinstance(content, list) or not any(part["type"] in ("compaction", _UNREAD) for part in content):
        return message
    return {**message, "content": [part for part in content if part["type"] not in ("compaction", _UNREAD)]}


def _clear_thinking(messages: _Messages, edit: Json, model: Model, _: int) -> tuple[_Messages | None, Json]:
    keep = edit.get("keep") or _default_keep(model)
    if keep == "all" or keep["type"] == "all":
        return None, {}
    gone = _thinking_turns(messages)[: -int(keep["value"])]
    if not gone:
        return None, {}
    places = {at for turn in gone for at in turn}
    cleared = [_thoughtless(message) if at in places else message for at, message in enumerate(messages)]
    return cleared, {"cleared_thinking_turns": len(gone)}


def _default_keep(model: Model) -> Any:
    """Models that keep earlier thinking anyway keep all of it; others that of the last turn (documented)."""
    if frame(model.tokenizer, model.created_at).keeps_thinking:
        return "all"
    return {"type": "thinking_turns", "value": facts()["thinking_turns_kept"]}


def _thinking_turns(messages: _Messages) -> list[list[int]]:
    """The turns of the assistant that hold thinking, each as its messages; results of tools don't end a turn."""
    turns: list[list[int]] = []
    open_ = False
    for at, message in enumerate(messages):
        parts = blocks(message.get("content"))
        if message["role"] == "user" and any(part["type"] != "tool_result" for part in parts):
            open_ = False
        if message["role"] == "assistant" and any(part["type"] in _THOUGHTS for part in parts):
            if open_:
                turns[-1].append(at)
            else:
                turns.append([at])
                open_ = True
    return turns


def _thoughtless(message: Json) -> Json:
    kept = [part for part in blocks(message["content"]) if part["type"] not in _THOUGHTS]
    return {**message, "content": kept}


def _clear_tool_uses(messages: _Messages, edit: Json, _: Model, size: int) -> tuple[_Messages | None, Json]:
    calls = _answered_calls(messages)
    if not _is_due(edit.get("trigger"), size, len(calls)):
        return None, {}
    kept = int((edit.get("keep") or {}).get("value", facts()["tool_uses_kept"]))
    excluded = set(edit.get("exclude_tools") or ())
    gone = {call["id"]: call for call in calls[: max(0, len(calls) - kept)] if call["name"] not in excluded}
    if not gone:
        return None, {}
    inputs = edit.get("clear_tool_inputs") or False
    cleared = [_emptied(message, gone, inputs) for message in messages]
    return cleared, {"cleared_tool_uses": len(gone)}


def _is_due(trigger: Json | None, size: int, calls: int) -> bool:
    """The threshold must be exceeded (documented)."""
    if trigger is None:
        return size > int(facts()["tool_uses_trigger"])
    return (calls if trigger["type"] == "tool_uses" else size) > int(trigger["value"])


def _answered_calls(messages: _Messages) -> list[Json]:
    """The calls of tools that have their results, oldest first."""
    parts = [part for message in messages for part in blocks(message.get("content"))]
    answered = {part.get("tool_use_id") for part in parts if part["type"].endswith("tool_result")}
    return [part for part in parts if part["type"] in CALLS and part["id"] in answered]


def _emptied(message: Json, gone: dict[str, Json], inputs: Any) -> Json:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [_empty(part, gone, inputs) for part in content]}


def _empty(part: Json, gone: dict[str, Json], inputs: Any) -> Json:
    if part["type"].endswith("tool_result") and part.get("tool_use_id") in gone:
        return {**part, "content": facts()["cleared"]}
    if part["type"] in CALLS and part["id"] in gone and (inputs is True or (inputs and part["name"] in inputs)):
        return {**part, "input": {}}
    return part


_CLEARING = {"clear_thinking_20251015": _clear_thinking, "clear_tool_uses_20250919": _clear_tool_uses}
