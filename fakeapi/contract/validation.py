"""The first check of a body: its shape, by the schema of the caller's version and betas."""

from __future__ import annotations

from typing import Any

from fakeapi.contract.wording import sentence
from fakeapi.errors import ApiError
from fakeapi.facts.schemas import compiled
from fakeapi.model import Caller


def check_shape(body: Any, *, schema: str, caller: Caller, mode: str = "strict") -> None:
    """Refuses a body that the schema refuses.

    Args:
        body: parsed JSON of any type, at most 200 levels deep and without NaN.
        schema: its name, for example `request/message_request`.
        caller: whose version and betas decide what is known.
        mode: `strict`, or `shape`: types, required fields and enums only.

    Raises:
        ApiError: 400 with the API's sentence for the first fault in its order. Source: contract.md 5 and 5A.
    """
    fault = compiled(schema, caller.version, caller.betas, mode).first_fault(body)
    if fault is not None:
        raise ApiError(400, "invalid_request_error", sentence(fault))
