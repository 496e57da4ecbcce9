"""What server tools return and what is said around it: `fixtures/server_tools/`, each file read once."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from fakeapi import assets

if TYPE_CHECKING:
    from random import Random


@cache
def table(name: str) -> Any:
    """The JSON of one file, by its name without folder and suffix."""
    return assets.read_json(f"fixtures/server_tools/{name}.json")


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of the tables: it heeds no case, and its dots take line ends, too."""
    return re.compile(text, re.I | re.S)


def phrase(name: str, dice: Random, **slots: str) -> str:
    """One of the phrases of a name (`found`, `openings.web_search`), its slots filled."""
    found: Any = table("phrases")
    for part in name.split("."):
        found = found[part]
    return filled(found if isinstance(found, str) else dice.choice(found), **slots)


def filled(text: str, **slots: str) -> str:
    """A text with its `{slots}` replaced; other braces stay as they are."""
    for slot, value in slots.items():
        text = text.replace("{" + slot + "}", value)
    return text


def text_block(text: str) -> dict[str, Any]:
    """A text block in wire form."""
    return {"type": "text", "text": text}
