"""CPU time of the contract on a 145 kB agent request (30 tools, 100 messages): accepting it, and explaining a refusal.

`python benchmarks/contract.py`; the median and the slowest of many runs, in milliseconds.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from fakeapi.endpoints.admission import strictly
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue
from fakeapi.model import Caller

CALLER = Caller("key", "2023-06-01")


def agent_request() -> dict[str, Any]:
    """What a coding agent sends in mid-session."""
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "x" * 40} for n in range(8)}}
    tools = [{"name": f"tool_{n}", "description": "d" * 650, "input_schema": schema} for n in range(30)]
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "start " * 50}]}]
    for n in range(50):
        call = {"type": "tool_use", "id": f"toolu_{n}", "name": "tool_1", "input": {"p1": "v" * 200}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": "r" * 1200}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "I call it " * 20}, call]})
        messages.append({"role": "user", "content": [result]})
    return {"model": "claude-opus-4-8", "max_tokens": 1000, "system": "s" * 5000, "tools": tools, "messages": messages}


def refused_request() -> dict[str, Any]:
    """The same, with a fault in its last message."""
    body = agent_request()
    body["messages"][-1]["content"][0]["tool_use_id"] = 7
    return body


def check(body: dict[str, Any]) -> None:
    """Run the whole contract on a body."""
    try:
        strictly(catalogue.standard(), body, CALLER, "messages")
    except ApiError:
        return


def milliseconds(run: Callable[[], None], times: int) -> list[float]:
    """CPU time of each run, after one that is not counted."""
    run()
    taken = []
    for _ in range(times):
        begun = time.process_time()
        run()
        taken.append((time.process_time() - begun) * 1000)
    return taken


def main() -> None:
    """Print the figures."""
    good, bad = agent_request(), refused_request()
    print(f"request of {len(json.dumps(good)) / 1000:.0f} kB, 30 tools, {len(good['messages'])} messages")
    for name, body, times in (("accepted", good, 300), ("refused and explained", bad, 50)):
        taken = milliseconds(lambda body=body: check(body), times)  # type: ignore[misc]
        print(f"{name}: median {statistics.median(taken):.2f} ms, slowest {max(taken):.2f} ms")


if __name__ == "__main__":
    main()
