"""Failures that a client tries again: what stands after one elsewhere is, here, the next attempt of the same turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakeapi.rules.converting.drafts import Answer

_BREAKING = ("cut", "truncate", "malformed", "empty")


def turns_of(answers: Iterable[Answer], after: Answer | None = None) -> list[Any]:
    """The turns of a scenario; each failure and what comes next are attempts of one turn.

    `after` is what a request gets behind the last of them, where that is known.
    """
    turns: list[Any] = []
    failed: list[Any] = []
    for answer in answers:
        failed.append(answer.respond)
        if not fails(answer):
            turns.append(_turn(failed))
            failed = []
    if failed and after is not None:
        failed.append(after.respond)
    return [*turns, _turn(failed)] if failed else turns


def _turn(attempts: list[Any]) -> Any:
    return attempts[0] if len(attempts) == 1 else {"attempts": attempts}


def fails(answer: Answer) -> bool:
    """Whether a client would try again after it."""
    if answer.fails or not isinstance(answer.respond, dict):
        return answer.fails
    faults = answer.respond.get("fault", [])
    return any(str(fault).startswith(_BREAKING) for fault in ([faults] if isinstance(faults, str) else faults))
