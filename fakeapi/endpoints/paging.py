"""Lists in pages: `limit`, `after_id`, `before_id`, and the `has_more` shape (contract.md 1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

DEFAULT_LIMIT, LARGEST_LIMIT = 20, 1000


class Query:
    """The query string of a list request."""

    def __init__(self, text: str) -> None:
        self._values = parse_qs(text, keep_blank_values=True, max_num_fields=None)

    def one(self, name: str) -> str | None:
        """The last value of a parameter, or None where it is absent or empty."""
        values = self._values.get(name)
        return (values[-1] or None) if values else None

    def several(self, name: str) -> list[str]:
        """All values of a list parameter: `name[]=a&name[]=b`, or `name=a`."""
        return [*self._values.get(f"{name}[]", []), *self._values.get(name, [])]

    def limit(self) -> int:
        """How many items a page may have, 1 to 1000; ApiError 400 for anything else."""
        text = self.one("limit")
        if text is None:
            return DEFAULT_LIMIT
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
            raise refusal("limit_no_number")
        number = int(text)
        if number < 1:
            raise refusal("limit_too_small")
        if number > LARGEST_LIMIT:
            raise refusal("limit_too_large", largest=LARGEST_LIMIT)
        return number


def page(items: Sequence[Json], query: Query, names: dict[str, str], *, any_cursor: bool = False) -> Json:
    """One page of `items` (newest first), by cursor; `names` maps every name of an item to its id.

    Raises ApiError 400 for a cursor that names no item, or for both cursors at once, unless `any_cursor` ignores those.
    """
    after, before, limit = query.one("after_id"), query.one("before_id"), query.limit()
    if any_cursor:
        after, before = (cursor if _known(items, cursor, names) else None for cursor in (after, before))
        before = None if after else before
    if after and before:
        raise refusal("two_cursors")
    if after:
        start = _position(items, after, "after_id", names) + 1
        return _written(items[start : start + limit], start + limit < len(items))
    if before:
        end = _position(items, before, "before_id", names)
        return _written(items[max(0, end - limit) : end], end - limit > 0)
    return _written(items[:limit], limit < len(items))


def _known(items: Sequence[Json], cursor: str | None, names: dict[str, str]) -> bool:
    return any(item["id"] == names.get(cursor or "", cursor) for item in items)


def _position(items: Sequence[Json], cursor: str, parameter: str, names: dict[str, str]) -> int:
    wanted = names.get(cursor, cursor)
    for position, item in enumerate(items):
        if item["id"] == wanted:
            return position
    raise refusal("cursor_unknown", parameter=parameter, cursor=cursor)


def _written(items: Sequence[Any], has_more: bool) -> Json:
    return {
        "data": list(items),
        "has_more": has_more,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
    }
