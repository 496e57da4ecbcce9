"""A fakeapi server that knows one more example: "A long answer, please" is answered in about 200 deltas.

`python benchmarks/long_server.py PORT [fakeapi serve's flags]`.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

from fakeapi import cli
from fakeapi.rules.examples import Examples

QUESTION = "A long answer, please"
ANSWER = " ".join(f"Point {number} of the long answer says little, but it says it in full." for number in range(1, 46))


def with_long_answer() -> Examples:
    """The documented examples and the long one."""
    row: dict[str, Any] = {
        "name": "long",
        "messages": [{"role": "user", "content": QUESTION}],
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
    }
    documented = _documented()
    documented.add(row)
    return documented


_documented = Examples.documented

if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Examples.documented = with_long_answer  # type: ignore[method-assign]
    sys.exit(cli.main(["serve", "--port", sys.argv[1], *sys.argv[2:]]))
