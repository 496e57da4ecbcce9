"""Compaction: a summary in place of the conversation, at a threshold or on demand (contract.md 5 to 7).

At a threshold the answer goes on behind the summary, or pauses there; on demand the signed summary is all there is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.facts import conversation, counting, editing, signatures, triggers
from fakeapi.facts.block_costs import CALLS, Sizes
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Draft, Json
from fakeapi.replies.turns import last_turn

_REFUSED = "refusal"


def summarize(call: Call) -> Draft:
    """The answer to a request for a summary: one signed block, and nothing after it."""
    content = _summary(call)
    block = {"type": "compaction", "content": content, "signature": signatures.seal(content, "compaction")}
    return Draft((block,), "generator:compaction", "compaction")


def compact(draft: Draft, call: Call, sizes: Sizes) -> Draft:
    """The draft behind a summary of the conversation, where that has reached the threshold that the request sets."""
    edit = editing.compaction_edit(call.body)
    if edit is None or draft.stop_reason == _REFUSED or is_compacted(draft):
        return draft
    threshold = (edit.get("trigger") or {}).get("value", editing.facts()["compaction_trigger"])
    if editing.input_tokens(call.body, call.model, sizes) < threshold:
        return draft
    block: Json = {"type": "compaction", "content": _summary(call)}
    source = f"{draft.source} + compaction"
    if edit.get("pause_after_compaction"):
        return Draft((block,), source, "compaction")
    return replace(draft, content=(block, *draft.content), source=source, documented=())


def is_compacted(draft: Draft) -> bool:
    """Whether a summary begins the answer."""
    return bool(draft.content) and draft.content[0]["type"] == "compaction"


def summary_tokens(block: Json, call: Call) -> int:
    """What writing a summary cost."""
    said = [{"type": "text", "text": block.get("content") or ""}]
    around = int(editing.facts()["summary"])
    return around + counting.output_tokens(said, call.model.tokenizer, "end_turn", created_at=call.model.created_at)


def _summary(call: Call) -> str:
    """Plain words on what was said; what the conversation itself begins with and asks last are quoted."""
    body = {**call.body, "messages": triggers.without(call.body["messages"])}
    said = [message for message in body["messages"] if message["role"] != "system"]
    count = f"{len(said)} message{'s' * (len(said) != 1)}"
    lines = [_phrases()["turns"].format(count=count)]
    lines += [_phrases()[name].format(text=_quoted(text)) for name, text in _texts(body).items() if text]
    if names := _called(said):
        lines.append(_phrases()["called"].format(names=", ".join(names)))
    return "\n".join([*lines, _phrases()["next"]])


def _texts(body: Json) -> dict[str, str]:
    said = [(message["role"], blocks(message.get("content"))) for message in body["messages"]]
    users = [text for role, parts in said if role == "user" and (text := _text(parts))]
    answers = [text for role, parts in said if role == "assistant" and (text := _text(parts))]
    summaries = [part["content"] for _, parts in said for part in parts if part["type"] == "compaction"]
    last = last_turn(body).question or conversation.last_user_text(body)
    return {
        "before": (summaries[-1:] or [""])[0] or "",
        "first": users[0] if users and users[0] != last else "",
        "answered": answers[-1] if answers else "",
        "last": last,
    }


def _text(parts: list[Json]) -> str:
    return "\n\n".join(part["text"] for part in parts if part["type"] == "text")


def _called(messages: list[Json]) -> list[str]:
    parts = (part for message in messages for part in blocks(message.get("content")))
    return list(dict.fromkeys(part["name"] for part in parts if part["type"] in CALLS))


def _quoted(text: str) -> str:
    words, longest = " ".join(text.split()), int(_phrases()["longest"])
    return words if len(words) <= longest else words[:longest].rsplit(" ", 1)[0] + "…"


@cache
def _phrases() -> Any:
    return assets.read_json("fixtures/replies/summaries.json")
