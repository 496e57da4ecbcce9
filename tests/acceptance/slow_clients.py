"""Clients that take long to install, with no rules: `python -m pytest tests/acceptance/slow_clients.py` (a minute).

The tests of the others are collected by themselves; see test_frameworks.py.
"""

from __future__ import annotations

from tests.acceptance.conftest import CLIENTS, met
from tests.acceptance.test_frameworks import check_loops, check_tickets

LITELLM = ("litellm==1.106.2", "mcp", "fastapi", "tenacity", "orjson")
INSTRUCTOR = ("instructor[anthropic]==1.17.0",)


def test_litellm_runs_to_its_end(python_with):
    seen = met([python_with(*LITELLM), CLIENTS / "litellm_loop.py"])
    check_loops(seen, "litellm", 2)
    check_tickets(seen, "litellm", 1)
    assert seen.refusals == []


def test_instructor_gets_its_outputs(python_with):
    seen = met([python_with(*INSTRUCTOR), CLIENTS / "instructor_outputs.py"])
    check_tickets(seen, "instructor", 2)
    assert seen.refusals == []
