"""One entry as a judge reads it: what was asked, what came of it, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any

from fakeapi.facts.conversation import normal_form
from fakeapi.memory.entries import OPEN, Entry
from fakeapi.model import Json

RETRYABLE = frozenset({408, 409, 429})
"""The statuses below 500 that the SDKs send again by themselves (contract.md 3)."""
_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Attempt:
    """One entry, each thing of it read once, when the first judge asks for it."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.number = entry.number

    @cached_property
    def body(self) -> Json:
        """The request; empty where it is no JSON object."""
        body = self.entry.request
        return body if isinstance(body, dict) else {}

    @cached_property
    def messages(self) -> list[Json]:
        """The messages of the request; none where they aren't of the contract's shape."""
        messages = self.body.get("messages")
        shaped = isinstance(messages, list) and all(isinstance(message, dict) for message in messages)
        return messages if shaped and isinstance(messages, list) else []

    @cached_property
    def message(self) -> Json:
        """The Message that was answered, as far as it came; empty without one."""
        return self.entry.message() or {}

    @cached_property
    def content(self) -> list[Json]:
        """The blocks that were answered."""
        content = self.message.get("content")
        return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []

    @cached_property
    def broken(self) -> bool:
        """Whether a 200 did not come whole: cut, ended early, or with an error amid it."""
        if self.entry.status != 200 or not self.entry.is_message or self.entry.clipped:
            return False
        return self.entry.outcome == "cut" or self.entry.error() is not None or not self.message.get("stop_reason")

    @property
    def truncated(self) -> bool:
        """Whether the answer just ended early, in good order: no error, no broken connection, no `stop_reason`."""
        entry = self.entry
        return entry.outcome == "completed" and entry.streamed and self.broken and entry.error() is None

    @property
    def failed(self) -> bool:
        """Whether a client has reason to ask again."""
        return self.over and (self.entry.status != 200 or self.broken or self.entry.outcome == "client left")

    @property
    def over(self) -> bool:
        """Whether the answer is over."""
        return self.entry.outcome != OPEN

    @property
    def final(self) -> bool:
        """Whether the answer says that the same request will never do: a 4xx but those that are for another time."""
        status = self.entry.status
        told = (self.entry.header("x-should-retry") or "").lower() == "true"
        return 400 <= status < 500 and status not in RETRYABLE and not told

    @cached_property
    def told(self) -> float | None:
        """The seconds that the answer told to wait (`retry-after-ms`, `retry-after`); None where it didn't, or 0."""
        if self.entry.status < 400:
            return None
        wait = _number(self.entry.header("retry-after-ms"), 1000)
        if wait is None:
            wait = _number(self.entry.header("retry-after"), 1)
        if wait is None:
            wait = _until(self.entry.header("retry-after"), self.entry.opened)
        return wait if wait is not None and wait > 0 else None

    def waited(self, later: Attempt) -> float:
        """The seconds that the client let pass between this answer and a later request.

        By the session's clock or by a steady one, whichever shows more: under a virtual clock a client that really
        waited has let no time pass on it, and one whose waits are virtual has let none pass on the other.
        """
        entry, lag = self.entry, self._lag
        by_session = later.entry.opened - (_first_known(entry.closed, entry.opened) - lag)
        by_steady = later.entry.steady - (_first_known(entry.ended, entry.steady) - lag)
        return max(by_session, by_steady, 0.0)

    @property
    def _lag(self) -> float:
        """The seconds between the last byte and the end of the exchange: a cut is noticed late."""
        entry = self.entry
        if entry.outcome != "cut" or entry.closed is None:
            return 0.0
        last = entry.pieces[-1][0] if entry.pieces else 0.0
        return max(0.0, entry.closed - entry.opened - last)

    @cached_property
    def whole_digest(self) -> bytes:
        """What tells the whole conversation of the request from others; b"" where there is none."""
        return self._chain[-1] if self._chain else b""

    @cached_property
    def beginnings(self) -> list[tuple[int, bytes]]:
        """For each assistant message: its index, and the digest of the conversation before it."""
        roles = enumerate(message.get("role") for message in self.messages)
        return [(index, self._chain[index]) for index, role in roles if role == "assistant" and index and self._chain]

    @cached_property
    def _chain(self) -> list[bytes]:
        """The digest of the conversation before each message, and of all of it."""
        try:
            return list(_digests(self.messages)) if self.messages else []
        except _UNREADABLE:
            return []

    def tool_uses(self) -> set[str]:
        """The ids of the client's tools that the answer calls."""
        return {str(block.get("id")) for block in self.content if block.get("type") == "tool_use"}


def blocks_of(message: Json) -> list[Json]:
    """The content blocks of a message of a request, whatever its shape; a string is one text block."""
    content: Any = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _digests(messages: list[Json]) -> Iterator[bytes]:
    """One after another, each of what was before and one message more; marks and shapes don't count."""
    digest = b""
    yield digest
    for message in messages:
        digest = blake2b(digest + normal_form([message]), digest_size=16).digest()
        yield digest


def _first_known(moment: float | None, otherwise: float) -> float:
    return otherwise if moment is None else moment


def _number(text: str | None, scale: float) -> float | None:
    try:
        return float(text) / scale if text is not None else None
    except ValueError:
        return None


def _until(text: str | None, now: float) -> float | None:
    """The seconds until a date of HTTP, less one, since it has whole seconds only."""
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if date is None:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now - 1
