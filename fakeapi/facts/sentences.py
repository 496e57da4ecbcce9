"""The API's error sentences, read from `fixtures/sentences/*.json`: name -> status, type, sentence, error code."""

from __future__ import annotations

from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.errors import ApiError


@cache
def _sentences() -> dict[str, dict[str, Any]]:
    sentences: dict[str, dict[str, Any]] = {}
    for name in assets.names("fixtures/sentences"):
        sentences |= assets.read_json(name)
    return sentences


def refusal(name: str, /, *, details: dict[str, Any] | None = None, hint: str = "", **values: object) -> ApiError:
    """The refusal of that name, its placeholders (`{index}`) filled from `values`.

    `details` adds members beside the `error_code` that the sentence's row may carry.
    """
    row = _sentences()[name]
    code = row.get("error_code")
    merged = {**({"error_code": code} if code else {}), **(details or {})}
    return ApiError(
        row.get("status", 400),
        row.get("type", "invalid_request_error"),
        row["message"].format_map(values),
        details=merged or None,
        envelope=row.get("envelope", "full"),
        hint=hint or row.get("hint", ""),
    )
