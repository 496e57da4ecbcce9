"""What a beginning of a JSON text already says: the complete members of the value that was cut."""

from __future__ import annotations

from typing import Any

import orjson

_CLOSERS = {"{": "}", "[": "]"}


def parse_partial(text: str) -> Any:
    """The value of the longest beginning of `text` that can be closed; {} where there is none.

    Incomplete members are left out, as clients do that accumulate `input_json_delta` fragments.
    """
    for end, closers in _closable(text):
        try:
            return orjson.loads(text[:end] + closers)
        except orjson.JSONDecodeError:
            continue
    return {}


def _closable(text: str) -> list[tuple[int, str]]:
    """Where `text` could end, last first, each with the brackets to add."""
    ends: list[tuple[int, str]] = []
    open_brackets: list[str] = []
    in_string = escaped = False
    for at, char in enumerate(text):
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
            continue
        if char == '"':
            in_string = True
        elif char in _CLOSERS:
            open_brackets.append(_CLOSERS[char])
            ends.append((at + 1, "".join(reversed(open_brackets))))
        elif char in "}]" and open_brackets:
            open_brackets.pop()
            ends.append((at + 1, "".join(reversed(open_brackets))))
        elif char == ",":
            ends.append((at, "".join(reversed(open_brackets))))
    return [(len(text), "".join(reversed(open_brackets))), *reversed(ends)] if not in_string else ends[::-1]
