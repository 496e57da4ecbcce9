"""Says a schema fault in the API's words: the table is `fixtures/wording.json`, one sentence per keyword."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.facts.schemas import Fault


def sentence(fault: Fault) -> str:
    """`<dotted location>: <reason>`, or the reason alone for a fault of the whole body."""
    template = fault.words if fault.words is not None else _table()[fault.rule]
    reason = template.format_map(_spoken(fault.values))
    location = ".".join(str(part) for part in fault.location)
    return f"{location}: {reason}" if location else reason


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = assets.read_json("fixtures/wording.json")
    return table


def _spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    """The placeholders of a sentence: the fault's values, and how lists and plurals read."""
    expected = [_quoted(member) for member in values.get("expected", ())]
    return {
        **values,
        "expected": _either(expected),
        "tags": ", ".join(expected),
        "s": "" if values.get("limit") == 1 else "s",
    }


def _quoted(member: Any) -> str:
    return f"'{member}'" if isinstance(member, str) else str(member)


def _either(words: Sequence[str]) -> str:
    """`'a'`, `'a' or 'b'`, `'a', 'b' or 'c'`."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
