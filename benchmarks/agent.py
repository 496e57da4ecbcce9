"""What an agent's request of 150 kB costs whose prefix was seen before, and what sampling a large schema costs.

`python benchmarks/agent.py [--model claude-opus-4-8] [--profile]`: CPU time of the whole answer, with all that a server
remembers of it (journal, cache), without the socket; median and slowest of many runs. The agent has 30 tools and
thinks; each request has another last turn after the same prefix. `--profile` shows where the time of a request goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fakeapi.adapters.porter import Porter  # noqa: E402  # the checkout, not an installed package
from fakeapi.adapters.server import settle  # noqa: E402
from fakeapi.replies.structured import json_text  # noqa: E402
from fakeapi.settings import Settings  # noqa: E402
from fakeapi.wire import Request, Send, joined  # noqa: E402

SIZE = 150_000
TURNS = 60
DOOR = (
    ("x-api-key", "sk-ant-fake"),
    ("anthropic-version", "2023-06-01"),
    ("content-type", "application/json"),
)
WORDS = (
    *("the", "parser", "reads", "each", "line", "of", "source", "and", "keeps", "what", "it", "knows"),
    *("about", "names", "types", "scopes", "errors", "in", "a", "table"),
)


class Agent:
    """A coding agent in mid-session: it sends all that was said, with cache marks as real ones have them."""

    def __init__(self, size: int, stream: bool, model: str) -> None:
        self.porter = Porter(Settings())
        settle()
        self.number = 0
        tools = [_tool(number) for number in range(30)]
        tools[-1]["cache_control"] = {"type": "ephemeral"}
        system = [{"type": "text", "text": prose(5000, 7), "cache_control": {"type": "ephemeral"}}]
        self.body: dict[str, Any] = {
            "model": model,
            "max_tokens": 8000,
            "stream": stream,
            "thinking": {"type": "adaptive"},
            "system": system,
            "tools": tools,
            "messages": [{"role": "user", "content": "Read src/parser.py and mend the tests."}],
        }
        while len(orjson.dumps(self.body)) < size:
            self.go_on()

    def go_on(self) -> None:
        """One turn: what was answered goes back, with what the tools gave."""
        self.number += 1
        said = {**self.body, "stream": False}
        message = orjson.loads(self.answer(orjson.dumps(said)))
        calls = [block for block in message["content"] if block["type"] == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": prose(1500, self.number)} for call in calls
        ]
        asked = {"type": "text", "text": f"Now read src/file_{self.number}.py, line {self.number}."}
        if calls and self.number % 2:
            asked = {"type": "text", "text": prose(60, self.number)}
        self.body["messages"] += [
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": [*results, asked]},
        ]

    def answer(self, body: bytes) -> bytes:
        """All that is sent for a request."""
        visit = self.porter.answer(Request("POST", "/v1/messages", "", joined(DOOR), body))
        sent = b"".join(effect.data for effect in visit.reply.effects if isinstance(effect, Send))
        visit.sent(sent)
        self.porter.close(visit, "completed")
        assert visit.reply.status == 200, sent
        return sent


def _tool(number: int) -> dict[str, Any]:
    properties = {f"p{at}": {"type": "string", "description": prose(40, at)} for at in range(8)}
    name = "read_file" if number == 0 else f"tool_{number}"
    description = "Read a file." if number == 0 else prose(650, number)
    return {"name": name, "description": description, "input_schema": {"type": "object", "properties": properties}}


def prose(size: int, seed: int) -> str:
    """Words of about this many characters, others for another seed."""
    words = (f"{WORDS[(seed * 7 + at * at) % len(WORDS)]}{seed if at % 9 == 0 else ''}" for at in range(size // 5))
    return " ".join(words)[:size]


def essays(model: str) -> Iterator[Callable[[], object]]:
    """As long as an agent's request, but one text after the same system prompt; each another one."""
    agent = Agent(0, False, model)
    for number in range(TURNS):
        said = [{"role": "user", "content": f"{prose(100_000, 1)} {number}"}]
        body = orjson.dumps({**agent.body, "messages": said})
        yield lambda body=body: agent.answer(body)  # type: ignore[misc]


def schema(properties: int) -> dict[str, Any]:
    """A structured output of so many properties, of all kinds."""
    kinds: list[dict[str, Any]] = [
        {"type": "string"},
        {"type": "integer", "minimum": 1, "maximum": 99},
        {"type": "string", "enum": ["low", "medium", "high"]},
        {"type": "string", "format": "email"},
        {"type": "boolean"},
        {"type": "number"},
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    ]
    named = {f"field_{at}": kinds[at % len(kinds)] for at in range(properties)}
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def samples(times: int, new: bool = False) -> Iterator[Callable[[], object]]:
    """Each draws another value; `new`: of another schema."""
    for number in range(times):
        wide = {**schema(50), "title": f"Number {number if new else 0}"}
        yield lambda wide=wide, number=number: json_text(wide, number)  # type: ignore[misc]


def milliseconds(runs: Iterator[Callable[[], object]]) -> list[float]:
    """CPU time of each run, after two that are not counted."""
    taken = []
    for run in runs:
        begun = time.process_time()
        run()
        taken.append((time.process_time() - begun) * 1000)
    return taken[2:]


def turns(agent: Agent) -> Iterator[Callable[[], object]]:
    """Each has the same prefix and another last turn."""
    *before, last = agent.body["messages"]
    *results, _ = last["content"]
    for number in range(TURNS):
        asked = {"type": "text", "text": f"Now read src/other_{number}.py and say what {prose(60, number)} is."}
        messages = [*before, {**last, "content": [*results, asked]}]
        body = orjson.dumps({**agent.body, "messages": messages})
        yield lambda body=body: agent.answer(body)  # type: ignore[misc]


def report(name: str, taken: list[float]) -> None:
    """One line of the table."""
    print(f"{name:52} median {statistics.median(taken):6.2f} ms, slowest {max(taken):6.2f} ms")


def main() -> None:
    """Print the figures, or a profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="claude-opus-4-8")
    parser.add_argument("--profile", action="store_true", help="where the time of a warm turn goes")
    options = parser.parse_args()
    for stream in (False, True):
        agent = Agent(SIZE, stream, options.model)
        size = len(orjson.dumps(agent.body)) / 1000
        if options.profile:
            profile = cProfile.Profile()
            for run in list(turns(agent)):
                profile.runcall(run)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            return
        way = "streamed" if stream else "not streamed"
        report(f"a request of {size:.0f} kB with a warm prefix, {way}", milliseconds(turns(agent)))
    report("one text of 100 kB after a warm system prompt", milliseconds(essays(options.model)))
    report("sampling a schema of 50 properties", milliseconds(samples(300)))
    report("the same, a schema never seen", milliseconds(samples(60, new=True)))


if __name__ == "__main__":
    main()
