"""Rules: how long a request takes against 1,000 of them, and how long 1,000 take to load.

    .venv/bin/python benchmarks/rules.py

Prints medians in milliseconds; fails where a goal is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import orjson

from fakeapi.endpoints import ruling
from fakeapi.facts import catalogue
from fakeapi.memory.store import EMPTY
from fakeapi.model import Call, Caller, Rule
from fakeapi.rules.loading.document import load

RULES = 1000
MATCHING_MS, LOADING_MS = 1.0, 300.0
_KINDS: tuple[Callable[[int], str], ...] = (
    lambda n: f"- {{match: subject{n}, respond: Answer {n}.}}",
    lambda n: (
        f"- {{match: {{text: {{regex: 'order #{n}(\\d+)'}}}}, respond: {{template: '{{{{ groups[1] }}}} of {n}'}}}}"
    ),
    lambda n: f"- {{match: {{text: {{glob: 'find {n} *'}}, model: claude-*}}, respond: {{tool_use: find{n}}}}}",
    lambda n: (
        f"- {{match: {{text: topic{n}, tools: [get_weather]}}, respond: {{text: A, usage: {{input_tokens: {n}}}}}}}"
    ),
    lambda n: f"- {{match: {{any: [subject-{n}, {{system: persona{n}}}]}}, respond: [{{error: 529}}, Done {n}.]}}",
)


def written(kinds: tuple[Callable[[int], str], ...]) -> str:
    """A file of 1,000 rules, in turn of each kind."""
    return "\n".join(kinds[number % len(kinds)](1000 + number) for number in range(RULES))


def loaded(text: str) -> tuple[Rule, ...]:
    """The rules of a text; fails where it has a problem."""
    found = load([("rules.yaml", text)], ruling.known())
    assert not found.problems, found.problems[:3]
    return found.rules


def call(text: str) -> Call:
    """A request that says this."""
    body: dict[str, Any] = {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
    }
    model = catalogue.resolve(body["model"])
    assert model is not None
    return Call(body, model, Caller("", "2023-06-01"))


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of so many runs."""
    taken: list[float] = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append((perf_counter() - start) * 1000)
    return median(taken)


def main() -> int:
    mixed, plain = written(_KINDS), written(_KINDS[:1])
    long = "What is the weather like? " * 400
    rows = [("load, mixed", milliseconds(lambda: loaded(mixed), 7), LOADING_MS)]
    rows.append(("load, plain texts", milliseconds(lambda: loaded(plain), 7), LOADING_MS))
    for name, rules in (("mixed", loaded(mixed)), ("plain texts", loaded(plain))):
        for size, asked in (("short", call("What is the weather?")), ("10 kB", call(long))):
            goal = MATCHING_MS if size == "short" else float("inf")
            took = milliseconds(partial(ruling.rule, rules, EMPTY, asked, {}), 200)
            rows.append((f"match none, {name}, {size} text", took, goal))
    rules = loaded(mixed)
    missed = call("What is the wether?")

    def near() -> None:
        try:
            ruling.rule(rules, EMPTY, missed, {}, unmatched="error")
        except ruling.UnmatchedError as fault:
            fault.diagnosis.as_text()

    rows.append(("near misses, mixed", milliseconds(near, 20), float("inf")))
    for name, took, goal in rows:
        print(f"{name:34} {took:8.3f} ms" + (f"   (goal {goal:g})" if goal < float("inf") else ""))
    print(f"{orjson.dumps(rules[0].written).decode()} ... {len(rules)} rules")
    return 1 if any(took > goal for _, took, goal in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
