"""Fallback credit: what a refusal hands out, and what a retry on another model redeems (beta, SDK types of 2026-11).

The token is stateless: it says which model refused which request and when, and whoever reads it can tell.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

import orjson

from fakeapi import chance
from fakeapi.facts import catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Call, Json

BETAS = frozenset({
    "fallback-credit-2026-06-01",
    "fallback-credit-2026-07-01",
    "server-side-fallback-2026-06-01",
    "server-side-fallback-2026-07-01",
})  # fmt: skip
"""With any of these, a refusal tells of its credit."""

LIFETIME = 300
"""Seconds for which a token is good (documented)."""

_SECRET = "fakeapi: whoever reads this may give credit"
_MATCHED = ("system", "tools", "tool_choice", "thinking", "cache_control", "output_config", "output_format")
_MATCHED_TOO = ("mcp_servers", "context_management", "container")


class Credit(NamedTuple):
    """What a token says: the model that refused, digests of request and betas, the Unix time of the refusal."""

    model: str
    said: str
    minted: int


def is_eligible(call: Call) -> bool:
    """Whether a refusal of this call hands out a credit: there must be a model to go on with."""
    return bool(call.model.fallback_models)


def mint(call: Call, now: float) -> str:
    """The token of a refusal of this call at this Unix time."""
    content = orjson.dumps([call.model.id, _digest(call, call.body["messages"]), int(now)])
    return base64.urlsafe_b64encode(_seal(content) + content).decode()


def read(token: str) -> Credit | None:
    """What a token says; None for one that wasn't made here."""
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        return None
    seal, content = raw[:16], raw[16:]
    return Credit(*orjson.loads(content)) if seal == _seal(content) else None


def redeem(call: Call, now: float) -> Json | None:
    """What became of the token that a call presents, as `usage.fallback_credit`; None where it presents none.

    ApiError 400 for a malformed token, and for one that isn't good unless its mode is `best_effort`.
    """
    given = call.body.get("fallback_credit_token")
    if given is None:
        return None
    token, mode = (given.get("token"), given.get("mode")) if isinstance(given, dict) else (given, None)
    credit = read(token) if isinstance(token, str) else None
    if credit is None:
        raise refusal("credit_malformed")
    reason = _fault(credit, call, now)
    if reason is None:
        return {"status": {"type": "redeemed"}}
    if mode != "best_effort":
        raise refusal(f"credit_{reason}")
    return {"status": {"type": "not_applied", "reason": reason}}


def _fault(credit: Credit, call: Call, now: float) -> str | None:
    refused = catalogue.resolve(credit.model)
    if refused is not None and call.model.id not in refused.fallback_models:
        return "invalid_target_model"
    if now - credit.minted > LIFETIME:
        return "expired"
    messages = call.body["messages"]
    continued = messages[:-1] if messages and messages[-1]["role"] == "assistant" else messages
    return None if credit.said in (_digest(call, messages), _digest(call, continued)) else "body_mismatch"


def _digest(call: Call, messages: Any) -> str:
    """The digest of what shapes the prompt; the betas of falling back needn't match (documented)."""
    body = call.body
    betas = sorted(beta for beta in call.caller.betas if not beta.startswith(("server-side-fallback", "fallback-cre")))
    shape = [messages, betas, *(body.get(name) for name in (*_MATCHED, *_MATCHED_TOO))]
    return chance.digest(orjson.dumps(shape, option=orjson.OPT_SORT_KEYS)).hex()


def _seal(content: bytes) -> bytes:
    return chance.digest(_SECRET, content)
