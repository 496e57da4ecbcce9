"""The words with which a text makes a server tool fail, or a turn pause (`fixtures/server_tools/triggers.json`)."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from fakeapi.replies.serving.data import table


class Triggers(NamedTuple):
    """What a text asks for: whether the turn pauses, and the error code that calls of a family of tools get."""

    pauses: bool
    errors: dict[str, str]


def read(text: str) -> Triggers:
    """The triggers that a text holds."""
    words = set(_pattern().findall(text))
    known = _codes()
    return Triggers(table("triggers")["pause"] in words, dict(known[word] for word in sorted(words) if word in known))


def without(text: str) -> str:
    """The text without the triggers, as one would speak of it."""
    return " ".join(_pattern().sub(" ", text).split()) if table("triggers")["prefix"] in text else text


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted([*_codes(), table("triggers")["pause"]], key=len, reverse=True)
    return re.compile(rf"{table('triggers')['prefix']}({'|'.join(words)})(?![A-Z_])")


@cache
def _codes() -> dict[str, tuple[str, str]]:
    families = table("triggers")["families"]
    return {f"{family}_{code}".upper(): (family, code) for family, codes in families.items() for code in codes}
