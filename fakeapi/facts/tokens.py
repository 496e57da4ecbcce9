"""Counts tokens, as an estimate of what the API would count; the one counter behind usage, limits and rate limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, chain
from typing import Any

from fakeapi import assets

_WORD = re.compile(r" ?[^\W\d_]+|\d{1,3}| ?[^\w\s]+|\s+(?!\S)|\s+|_")


@cache
def scale(family: str) -> float:
    """Tokens for each piece of `split`, of a tokenizer family of the catalogue."""
    return 1.30 if family == "2026" else 1.0


def _pieces(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match.group()
        size = 9 if word.isascii() else 2
        yield from (word[at : at + size] for at in range(0, len(word), size))


def split(text: str, family: str) -> list[str]:
    """The text in pieces that join to it again; `count` is their number times `scale`, rounded."""
    return list(_pieces(text))


def count(text: str, family: str) -> int:
    """The tokens of a text: 0 for an empty one, at least 1 otherwise."""
    return round(len(split(text, family)) * scale(family))


def cut(text: str, limit: int, family: str) -> str:
    """The longest beginning of a text that counts at most `limit` tokens."""
    pieces = split(text, family)
    per_piece = scale(family)
    kept = int(limit / per_piece) + 1
    while kept > 0 and round(kept * per_piece) > limit:
        kept -= 1
    return "".join(pieces[:kept]) if kept < len(pieces) else text
