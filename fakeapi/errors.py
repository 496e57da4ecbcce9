"""Refusals, as the API words them.

    ApiError                    any answer in the error envelope
    FakeapiError                a fault of our own set-up: a bad flag, an unreadable file, a port in use

An ApiError is a value, too: status, type and sentence decide the answer. The sentences are data
(`fixtures/sentences/`); `facts.sentences.refusal` makes an ApiError of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal in the API's words.

    Attributes:
        status: HTTP status, 400 to 599.
        type: the API's error type, for example `invalid_request_error`.
        message: the sentence.
        details: the `details` object with its `error_code`, or None where the API sends none.
        envelope: `full`; `anonymous` (no `request_id` in the body: the bad-key 401 of September 2026);
            `edge` (neither outer `type` nor `request_id`: the 413 of the edge). Source: contract.md 2, 15, 16.
        headers: extra response headers, for example `allow` of a 405.
        hint: what a person should do about it; it goes to the log, never to the client.
    """

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        envelope: str = "full",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.details = details
        self.envelope = envelope
        self.headers = headers
        self.hint = hint


class FakeapiError(Exception):
    """A fault in how fakeapi was started or set up; its text is one clear line for a person."""
