"""The prompt cache against recorded sequences of counts: what was written first, read then, and added after."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from fakeapi.facts import catalogue
from fakeapi.facts.prefixes import Prefixes, asks_for_caching, prefixes
from fakeapi.replies import ledger
from fakeapi.replies.ledger import Entry, Spread
from tests.grammar import frames
from tests.reference.conftest import rows as _rows

Recording = dict[str, Any]
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")
_SERVER_SIDE = ("web_search", "web_fetch", "code_execution", "tool_search")


def usage_of(recording: Recording) -> dict[str, Any]:
    response = recording["response"]
    if isinstance(response.get("body"), dict):
        return dict(response["body"].get("usage") or {})
    return _of_stream(response.get("sse") or "")


def _of_stream(text: Any) -> dict[str, Any]:
    import json

    found: dict[str, Any] = {}
    for _, data in frames(text if isinstance(text, str) else ""):
        event = json.loads(data)
        found |= (event.get("message") or event).get("usage") or {}
    return found
