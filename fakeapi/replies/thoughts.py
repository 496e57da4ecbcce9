"""Thinking: whether an answer begins with it, what it says and shows, and how it is signed (contract.md 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from fakeapi import assets, chance
from fakeapi.facts import binding, conversation, signatures, tokens
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about_all
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import asking
from fakeapi.replies.turns import last_turn

REDACTS = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)
"""The documented test string: wherever the user said it, thinking comes redacted (recorded, also within a text)."""

INTERLEAVED = "interleaved-thinking-2025-05-14"
_ASKED = ("enabled", "adaptive")
_TOPIC = 80
_THOUGHTS = ("thinking", "redacted_thinking")


def opening(call: Call, content: Sequence[Json], *seed: object) -> list[Json]:
    """The thinking blocks that begin an answer of this content; none where it isn't thought about.

    A request that asks for thinking gets it. A model that thinks by default mostly shows no block for what it wasn't
    asked to think about (recorded), so neither do we. Manual thinking without interleaving isn't taken up again after
    the results of tools (documented, recorded).
    """
    found: list[Json] = []
    if _is_redacted(call):
        found.append(_redacted(call, _said(call, *seed)))
    elif _asked(call).get("type") in _ASKED and not _is_silent(call):
        found.append(_thinking(call, found, _said(call, *seed), display(call) == "summarized"))
    if update := _update(call, content, *seed):
        found.append(_thinking(call, found, update, True))
    return found


def display(call: Call) -> str:
    """What the answer shows of thinking: as asked for, else the model's default."""
    return str(_asked(call).get("display") or call.model.thinking_display)


def cut(block: Json, before: Sequence[Json], left: int, call: Call) -> Json:
    """A thinking block cut after `left` tokens, signed again; `before`: the blocks of the answer before it."""
    whole = block["thinking"] or signatures.unsealed(block["signature"], "thinking") or ""
    return _thinking(call, before, tokens.cut(whole, left, call.model.tokenizer), bool(block["thinking"]))


def settled(draft: Draft, call: Call) -> Draft:
    """The draft with what the request wants to know of thinking, and without the documented one that isn't shown."""
    if draft.source.startswith("example:") and display(call) != "summarized":
        draft = replace(draft, content=tuple(_hidden(block) for block in draft.content))
    if binding.BETA not in call.caller.betas or set(call.model.thinking_types) <= {"disabled"}:
        return draft
    return replace(draft, extra={**draft.extra, "input_transformations": _dropped(call)})


def unmarked(call: Call) -> Call:
    """The call without the test string: it is nothing to talk about."""
    last = call.body["messages"][-1] if call.body["messages"] else {}
    if not any(map(_is_marked, blocks(last.get("content")))):
        return call
    content = [_without(part) for part in blocks(last["content"])]
    return replace(call, body={**call.body, "messages": [*call.body["messages"][:-1], {**last, "content": content}]})


def _is_marked(part: Json) -> bool:
    """Whether a text has the test string. Below `strict`, other blocks may have a member `text` that is anything."""
    return part["type"] == "text" and REDACTS in part["text"]


def _without(part: Json) -> Json:
    return {**part, "text": part["text"].replace(REDACTS, "").strip()} if part["type"] == "text" else part


def _asked(call: Call) -> Json:
    asked: Json = call.body.get("thinking") or {}
    return asked


def _is_redacted(call: Call) -> bool:
    kind = _asked(call).get("type")
    thinks = kind in _ASKED if kind else call.model.thinking_default != "off"
    return thinks and any(about_all(call.body["messages"], _redacts))


def _redacts(message: Json) -> bool:
    return message["role"] == "user" and any(map(_is_marked, blocks(message.get("content"))))


def _is_silent(call: Call) -> bool:
    """Whether the answer goes on with a turn whose thinking is over, or that began without any."""
    if _asked(call)["type"] != "enabled":
        return False
    turn = last_turn(call.body)
    goes_on = bool(turn.results) and not turn.said
    return goes_on and (INTERLEAVED not in call.caller.betas or not _began_with_thinking(call.body["messages"]))


def _began_with_thinking(messages: Sequence[Json]) -> bool:
    """Whether any message of the loop of tools that ends the conversation begins with thinking (documented: without,
    the API thinks no more until the turn is over)."""
    for message in reversed(messages):
        kinds = [part["type"] for part in blocks(message.get("content"))]
        if message["role"] == "user" and any(kind != "tool_result" for kind in kinds):
            return False
        if message["role"] == "assistant" and kinds[:1] and kinds[0] in _THOUGHTS:
            return True
    return False


def _update(call: Call, content: Sequence[Json], *seed: object) -> str:
    """The short note that a model writes between two calls of tools, "" where none is shown."""
    asked = _asked(call)
    called = next((block["name"] for block in content if block["type"] == "tool_use"), "")
    if not called or not (asked.get("type") == "between_tools" or asked.get("display") == "updates"):
        return ""
    if not last_turn(call.body).results:
        return ""
    phrase: str = chance.random("update", *seed).choice(_phrases()["updates"])
    return phrase.replace("{tool}", called)


def _thinking(call: Call, before: Sequence[Json], text: str, shown: bool) -> Json:
    context = _context(call, before)
    signature = signatures.sign(text, *context, model=call.model.id, shown=shown)
    return {"type": "thinking", "thinking": text if shown else "", "signature": signature}


def _redacted(call: Call, text: str) -> Json:
    data = signatures.seal(text, "redacted_thinking", *_context(call, ()), model=call.model.id)
    return {"type": "redacted_thinking", "data": data}


def _context(call: Call, before: Sequence[Json]) -> binding.Context:
    """What a block of the answer is bound to, after the blocks of the answer before it."""
    body = call.body
    if before:
        body = {**body, "messages": [*body["messages"], {"role": "assistant", "content": list(before)}]}
    return binding.ahead(body, call.model)


def _hidden(block: Json) -> Json:
    return {**block, "thinking": ""} if block["type"] == "thinking" else block


def _dropped(call: Call) -> list[Json]:
    """What the prefix check took out of the request, where it was told to; else it refuses."""
    if binding.behaviour(call.body) != "drop_block":
        return []
    return [
        {"type": "thinking_dropped", "path": path, "reason": "prefix_binding_mismatch"}
        for path in binding.dropped(call.body, call.model)
    ]


def _said(call: Call, *seed: object) -> str:
    phrases = _phrases()
    dice = chance.random("thought", *seed)
    said = asking.heard(conversation.last_user_text(call.body).replace(REDACTS, ""))
    words = conversation.one_line(said, _TOPIC)
    topic = words if len(words) <= _TOPIC else words[:_TOPIC].rsplit(" ", 1)[0] + "…"
    first = dice.choice(phrases["openings" if topic else "openings_without_topic"]).replace("{topic}", topic)
    return " ".join([first, *dice.sample(phrases["middles"], dice.randint(1, 2)), dice.choice(phrases["closings"])])


@cache
def _phrases() -> Any:
    return assets.read_json("fixtures/replies/thoughts.json")
