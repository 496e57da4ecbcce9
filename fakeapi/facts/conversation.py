"""Reading a conversation: its normal form, its prefill, the last thing the user said."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from fakeapi.facts.familiar import about, about_all, about_so_far, conversation
from fakeapi.facts.written import packed
from fakeapi.model import Json

_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_UNSEEN = frozenset({"thinking", "redacted_thinking"})


def blocks(content: Any) -> list[Json]:
    """The content of a message as blocks: a string equals one text block, no content none.

    A system message that only carries an output_config may have no content (SDK, beta per-turn-control).
    """
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def one_line(text: str, most: int) -> str:
    """A text without line breaks and double spaces; of one with more than `most` characters, only so many are so."""
    return " ".join(text.split(None, most))


def prefill(body: Json) -> str:
    """The text that the answer continues: that of the final assistant messages, or ""."""
    said: list[str] = []
    for message in reversed(body["messages"]):
        if message["role"] != "assistant":
            break
        parts = blocks(message.get("content"))
        if any(part["type"] != "text" for part in parts):
            return ""
        said[:0] = [part["text"] for part in parts]
    return "".join(said)


def last_user_text(body: Json) -> str:
    """The text of the last user message, its text blocks joined by blank lines; "" where there is none."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            return "\n\n".join(part["text"] for part in blocks(message.get("content")) if part["type"] == "text")
    return ""


def last_text(body: Json) -> str:
    """The text at the end of the last turn that has content: a cheap first key of a conversation."""
    said: list[str] = []
    role = ""
    for message in reversed(body["messages"]):
        parts = blocks(message.get("content"))
        if role and message["role"] != role:
            break
        for part in reversed(parts):
            if part["type"] != "text":
                return "".join(reversed(said))
            said.append(str(part["text"]))
        role = message["role"] if any(said) else ""
    return "".join(reversed(said))


def normal_form(messages: list[Json]) -> bytes:
    """What two conversations share when they say the same, as bytes.

    Neighbours of one role are merged, and neighbouring texts; empty ones are dropped. A string equals a text block; any
    image, any binary document and any thinking equals another; tool ids, cache marks and callers don't count.
    """
    turns: list[tuple[bytes, list[Json]]] = []
    for message, said in zip(messages, about_all(messages, _turn), strict=True):
        if said and turns and turns[-1][1][0]["role"] == message["role"]:
            turns[-1][1].append(message)
        elif said:
            turns.append((said, [message]))
    return b"[%b]" % b",".join(said if len(turn) == 1 else _turn(*turn) for said, turn in turns)


def normal_digest(shape: Iterable[bytes], messages: list[Json]) -> str:
    """The digest of these bytes, one after the other, and of the normal form of a conversation; one that goes on is
    digested further."""
    start = (_begun if conversation(messages) is None else _begun_again)(tuple(shape))
    told = about_so_far(messages, _digest_more, start, start)
    whole = _closed(told[-1] if told else start)
    whole.update(b"]")
    return str(whole.hexdigest())


def _begun(shape: tuple[bytes, ...]) -> _Digested:
    return _Digested(blake2b(b"[%b]\x1f[" % b",".join(shape), digest_size=16), 0, "", None)


_begun_again = lru_cache(maxsize=4)(_begun)
"""An agent's tools are written in the very same bytes each time, whose hash is known by then."""


class _Digested(NamedTuple):
    """A digest on its way: of how many turns, and the turn that isn't in it yet: by whom, and its messages, each as
    (those before, message)."""

    digest: Any
    turns: int
    role: str
    turn: Any


def _digest_more(told: _Digested, message: Json) -> _Digested:
    if not about(message, _turn):
        return told
    if told.turn and told.role == message["role"]:
        return told._replace(turn=(told.turn, message))
    return _Digested(_closed(told), told.turns + bool(told.turn), message["role"], (None, message))


def _closed(told: _Digested) -> Any:
    """The digest with the turn that was open."""
    digest, messages, turn = told.digest.copy(), [], told.turn
    while turn:
        turn, message = turn
        messages.append(message)
    if messages:
        said = about(messages[0], _turn) if len(messages) == 1 else _turn(*reversed(messages))
        digest.update(b"," + said if told.turns else said)
    return digest


_EMPTY, _PICTURE = ["text", ""], ["image"]


def _turn(*messages: Json) -> bytes:
    """The normal form of messages of one role; empty where they say nothing."""
    seen = [
        _normal(part) for message in messages for part in blocks(message.get("content")) if part["type"] not in _UNSEEN
    ]
    if not seen or (_EMPTY in seen and seen.count(_EMPTY) == len(seen)):
        return b""
    turn = [messages[0]["role"], seen if len(seen) == 1 else _ordered(seen)]
    return packed(turn, orjson.OPT_SORT_KEYS)


def _ordered(parts: list[Any]) -> list[Any]:
    """Pictures first, no empty texts, neighbouring texts as one. Most turns are so already: that is seen quickly."""
    if _PICTURE in parts:
        parts = [_PICTURE, *(part for part in parts if part != _PICTURE)]
    is_plain = [part[0] for part in parts].count("text") < 2 and _EMPTY not in parts
    return parts if is_plain else _texts_joined(parts)


def _texts_joined(parts: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for part in parts:
        if part[0] == "text" and joined and joined[-1][0] == "text":
            joined[-1] = ["text", joined[-1][1] + part[1]]
        elif part != _EMPTY:
            joined.append(part)
    return joined


def _normal(part: Json) -> list[Any]:
    kind = part["type"]
    if kind == "text":
        return [kind, part["text"]]
    if kind in _CALLS:
        return [kind, part.get("name"), part.get("input")]
    if kind == "tool_result":
        return [kind, [_normal(inner) for inner in blocks(part.get("content"))], bool(part.get("is_error"))]
    if kind == "document":
        source = part["source"]
        return [kind, source.get("data") if source["type"] == "text" else None]
    return [kind]


def most_tokens(body: Json) -> int:
    """How many tokens the answer may have: `max_tokens` as a whole number, never below 0."""
    return max(0, int(body["max_tokens"]))
