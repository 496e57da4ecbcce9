"""Whether content made by others (a rule's literal blocks, a plug-in's answer) can stand in an answer of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson

from fakeapi import assets
from fakeapi.facts import catalogue, schemas
from fakeapi.facts.nesting import is_deeper
from fakeapi.model import Json

_DEEPEST = 200
_NO_USAGE = {"input_tokens": 0, "output_tokens": 0}


def breach(content: Sequence[Any], members: Mapping[str, Any] | None = None) -> str | None:
    """What the first thing is that the contract of answers doesn't know: `content.0.text: Field required`.

    `members` are further members of the message; None where nothing is wrong.
    """
    message: Json = {
        "model": "model",
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        **(members or {}),
    }
    message["usage"] = {**_NO_USAGE, **(message.get("usage") or {})}
    if reason := _unwritable(message):
        return reason
    compiled = schemas.compiled("answer/message", schemas.BASE_VERSION, catalogue.known_betas())
    fault = compiled.first_fault(message)
    return _sentence(fault) if fault else None


def _unwritable(message: Json) -> str | None:
    """Why a value is no JSON."""
    if is_deeper(message, _DEEPEST):
        return f"nested deeper than {_DEEPEST} levels"
    try:
        orjson.dumps(message)
    except (TypeError, ValueError, RecursionError) as fault:
        return f"this is no JSON: {fault}"
    return None


def _sentence(fault: schemas.Fault) -> str:
    """Where, and what: `contract/wording` has the same words, but rooms don't know each other."""
    expected = [repr(member) for member in fault.values.get("expected", ())]
    spoken = {"limit": "", "actual": "", "tag": "", "property": "", "s": "s", **fault.values}
    spoken |= {"expected": " or ".join(expected), "tags": ", ".join(expected)}
    reason = _table()[fault.rule].format_map(spoken)
    where = ".".join(map(str, fault.location))
    return f"{where}: {reason}" if where else reason


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = assets.read_json("fixtures/wording.json")
    return table
