"""What real clients do when they meet each fault: seen by running them (versions in `SEEN_WITH`).

`docs/faults.md` shows these words, test_faults_sdks.py and claude_code.py hold them against the clients.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

SEEN_WITH = {"Python SDK": "2.12.0", "TypeScript SDK": "1.12.0", "Claude Code": "2.1.197"}
ANSWER = "the answer"


class Case(NamedTuple):
    """A fault as it is asked for, and what each client makes of it: plain, streamed.

    `timeout` is the client's own, in seconds; "" means that the streamed answer fares as the plain one does.
    """

    fault: str
    python: tuple[str, str]
    typescript: tuple[str, str]
    claude_code: str = ""
    timeout: float = 10.0


def words(seen: dict[str, Any], whole: str) -> str:
    """What a client's script saw, in words; `whole` is the text of the unbroken answer."""
    if "error" not in seen:
        complete = seen["text"] == whole and seen["stop_reason"] == "end_turn"
        said = ANSWER if complete else f"no error: {_piece(seen, whole)}"
    elif seen["status"] and seen["status"] >= 400:
        said = f"`{seen['error']}`"
    else:
        said = f"`{seen['error']}`: {_sentence(seen['sentence'])}"
    return said if seen["requests"] == 1 else f"{said}, {seen['requests']} requests"


def _piece(seen: dict[str, Any], whole: str) -> str:
    if seen["text"] is None:
        return "a message without content"
    assert whole.startswith(seen["text"])
    return f"part of the answer, its stop reason {'missing' if seen['stop_reason'] is None else seen['stop_reason']}"


def _sentence(text: str) -> str:
    """A sentence without what depends on the very answer."""
    if '"error"' in text or "'error'" in text:
        kind = re.search(r"type.: .?.?(\w+_error)|\"type\":\"(\w+_error)", text)
        return f"{kind[1] or kind[2]}" if kind else text
    return re.split(r":? (?:line|at position) \d|\. See ", text)[0].rstrip(".") or "no sentence"
