"""What of a request decides whether the prompt cache can be used, as digests, so that two requests can be compared.

It is what `diagnostics.cache_miss_reason` tells (documentation of cache diagnostics, 2026-05; SDK types of 2026-11).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import orjson

from fakeapi.facts import counting, prefixes
from fakeapi.facts.conversation import blocks
from fakeapi.facts.parts import Part
from fakeapi.model import Json, Model

_OTHER = ("context_management", "output_config", "output_format")
_ENTRY = 60


class Fingerprint(NamedTuple):
    """One request, without any of its text.

    Attributes:
        model: id and speed. tools, system: digests. settings: of all else that changes a prompt.
        messages: a digest of each. tokens: where tools, system and each message end in the prompt.
        cached: how many tokens of it are in the cache.
    """

    model: str
    tools: bytes
    system: bytes
    settings: bytes
    messages: tuple[bytes, ...]
    tokens: tuple[int, ...]
    cached: int

    @property
    def size(self) -> int:
        """Its weight in memory, in bytes."""
        return 300 + _ENTRY * len(self.messages)


def fingerprint(body: Json, model: Model, betas: frozenset[str], cached: int = 0) -> Fingerprint | None:
    """The fingerprint of a request; `cached`: what it reads from the cache or writes into it, 0 for nothing.

    None for a body that isn't of the contract's shape (the lenient contract modes let it pass).
    """
    try:
        return _fingerprint(body, model, betas, cached)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _fingerprint(body: Json, model: Model, betas: frozenset[str], cached: int) -> Fingerprint:
    parts = counting.parts(body, model)
    ends = _ends(parts, len(body["messages"]))
    other = [body.get(name) for name in _OTHER]
    settings = [prefixes.thinking(body, model), body.get("tool_choice"), other, sorted(betas)]
    return Fingerprint(
        model=f"{model.id}/{body.get('speed') or 'standard'}",
        tools=_digest(b"".join(map(prefixes.said, body.get("tools") or []))),
        system=_digest(b"".join(map(prefixes.said, blocks(body.get("system"))))),
        settings=_digest(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS)),
        messages=tuple(map(_message, body["messages"])),
        tokens=ends,
        cached=cached or ends[-1],
    )


def _digest(said: bytes) -> bytes:
    return blake2b(said, digest_size=16).digest()


def _message(message: Json) -> bytes:
    content = b"\0".join(map(prefixes.said, blocks(message.get("content"))))
    return _digest(message["role"].encode() + b"\0" + content)


def _ends(parts: list[Part], messages: int) -> tuple[int, ...]:
    """Where tools, the system prompt and each message end."""
    totals = [0] * (messages + 2)
    for part in parts:
        level, _, rest = part.location.partition(".")
        if level == "messages":
            totals[2 + int(rest.partition(".")[0]) if rest else -1] += part.tokens
        else:
            totals[level == "system"] += part.tokens
    for at in range(1, len(totals)):
        totals[at] += totals[at - 1]
    return tuple(totals)


def difference(before: Fingerprint | None, now: Fingerprint) -> Json | None:
    """Why the prompt cache can't use what an earlier request left, in the API's form: the first difference in prompt
    order. None where there is none: messages that were only added to are no difference."""
    if before is None:
        return {"type": "previous_message_not_found"}
    if before.model != now.model:
        return _missed("model_changed", before, 0)
    if before.tools != now.tools:
        return _missed("tools_changed", before, 0)
    if before.system != now.system:
        return _missed("system_changed", before, before.tokens[0])
    if before.settings != now.settings:
        return {"type": "unavailable"}
    same = _same(before.messages, now.messages)
    return _missed("messages_changed", before, before.tokens[1 + same]) if same < len(before.messages) else None


def _same(before: tuple[bytes, ...], now: tuple[bytes, ...]) -> int:
    """How many messages at the beginning are the same."""
    pairs = zip(before, now, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(before), len(now)))


def _missed(kind: str, before: Fingerprint, common: int) -> Json:
    return {"type": kind, "cache_missed_input_tokens": max(before.cached - common, 0)}
