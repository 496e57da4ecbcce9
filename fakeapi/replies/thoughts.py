"""Thinking: whether an answer begins with it, what it says, and how it is signed (contract.md 8)."""

from __future__ import annotations

from functools import cache

from fakeapi import assets, chance
from fakeapi.facts import conversation, signatures
from fakeapi.model import Call, Json


def thought(call: Call, *seed: object) -> Json | None:
    """The thinking block of an answer; None where there is none.

    A request that asks for thinking gets it. A model that thinks by default mostly shows no block for what it wasn't
    asked to think about (recorded), so neither do we. `display: omitted` leaves the text out, never the signature.
    """
    asked = call.body.get("thinking") or {}
    if asked.get("type") not in ("enabled", "adaptive"):
        return None
    text = _said(conversation.last_user_text(call.body), *seed)
    shown = (asked.get("display") or call.model.thinking_display) != "omitted"
    signature = signatures.sign(text, model=call.model.id, shown=shown)
    return {"type": "thinking", "thinking": text if shown else "", "signature": signature}


def _said(question: str, *seed: object) -> str:
    phrases = _phrases()
    dice = chance.random("thought", *seed)
    words = " ".join(question.split())
    topic = words if len(words) <= 80 else words[:80].rsplit(" ", 1)[0] + "…"
    opening = dice.choice(phrases["openings" if topic else "openings_without_topic"]).replace("{topic}", topic)
    return " ".join([opening, *dice.sample(phrases["middles"], dice.randint(1, 2)), dice.choice(phrases["closings"])])


@cache
def _phrases() -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = assets.read_json("fixtures/replies/thoughts.json")
    return phrases
