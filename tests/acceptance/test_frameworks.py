"""The tool loop and structured outputs in frameworks on top of the API, with no rules, streamed and not."""

from __future__ import annotations

import shutil

import pytest

from tests.acceptance.conftest import CLIENTS, FRAMEWORKS, Seen, met

NODE = ("ai@6.0.326", "@ai-sdk/anthropic@3.0.139", "@langchain/anthropic@1.5.11", "@langchain/core@1.4.0", "zod@4.6.7")
NOT_FORCED = 'tool_choice: type "tool" and "any" are not supported for this model.'


@pytest.fixture(scope="module")
def python_frameworks(python_with) -> Seen:
    return met([python_with(*FRAMEWORKS), CLIENTS / "frameworks.py"])


@pytest.fixture(scope="module")
def node_frameworks(node_with) -> Seen:
    folder = node_with(*NODE)
    shutil.copy(CLIENTS / "frameworks.mjs", folder)
    return met(["node", "frameworks.mjs"], cwd=folder)


def check_loops(seen: Seen, framework: str, times: int) -> None:
    """Each of its loops called the tool once and ended with what it said."""
    loops = seen.of(f"{framework} loop")
    assert len(loops) == times
    for name, loop in loops.items():
        assert loop["calls"] == [{"city": "Paris"}], name
        assert "Paris: 21 degrees and sunny" in loop["text"], name


def check_tickets(seen: Seen, framework: str, times: int) -> None:
    """Each of its structured outputs is a ticket."""
    tickets = {
        name: made
        for kind in ("tool", "schema")
        for name, made in seen.results.items()
        if f"{framework} {kind}" in name
    }
    assert len(tickets) == times
    for name, ticket in tickets.items():
        assert ticket["category"] in ("bug", "billing", "other"), name
        assert isinstance(ticket["urgent"], bool), name
        assert ticket["summary"], name


@pytest.mark.parametrize(("framework", "loops", "tickets"), [("langchain", 3, 3), ("pydantic-ai", 2, 3)])
def test_a_python_framework_runs_to_its_end(framework, loops, tickets, python_frameworks):
    check_loops(python_frameworks, framework, loops)
    check_tickets(python_frameworks, framework, tickets)


def test_an_output_by_tool_takes_one_call_even_where_it_cannot_be_forced(python_frameworks):
    calls = {name: made["calls"] for name, made in python_frameworks.of("pydantic-ai tool output").items()}
    assert calls == {"pydantic-ai tool output": 1, "pydantic-ai tool output, not forced": 1}


@pytest.mark.parametrize(("framework", "loops", "tickets"), [("vercel", 3, 3), ("langchain.js", 2, 2)])
def test_a_javascript_framework_runs_to_its_end(framework, loops, tickets, node_frameworks):
    check_loops(node_frameworks, framework, loops)
    check_tickets(node_frameworks, framework, tickets)


def test_a_tool_that_cannot_be_forced_is_refused_in_the_real_words(node_frameworks):
    assert node_frameworks.results["langchain.js forcing what can't be forced"] == NOT_FORCED


def test_nothing_else_is_refused(python_frameworks, node_frameworks):
    clients = [python_frameworks, node_frameworks]
    assert [sentence for seen in clients for sentence in seen.refusals] == [NOT_FORCED]
    print(*(f"{name} {version}" for seen in clients for name, version in seen.results["versions"].items()), sep=", ")
