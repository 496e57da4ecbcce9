"""Agents on the official SDKs run to their end with no rules: tool runners, parsed outputs, thinking, citations."""

from __future__ import annotations

import base64
import shutil

import pytest

from tests.acceptance.conftest import CLIENTS, Seen, met
from tests.acceptance.fault_cases import SEEN_WITH
from tests.acceptance.paper import pdf

PAGES = (
    ["The Tay Bridge fell in 1879. It had stood for two years.", "A new one followed in 1887."],
    ["Arches carry weight by pushing outwards."],
)
PAPER = base64.b64encode(pdf(*PAGES)).decode()
TURN = ["tool_use", "end_turn"]
CALLED = [
    {"name": "get_weather", "input": {"city": "Paris"}},
    {"name": "get_weather", "input": {"city": "Lima"}},
    {"name": "get_time", "input": {"timezone": "Asia/Tokyo"}},
]
SIGNED_WRONG = "messages.1.content.0: Invalid `signature` in `thinking` block"


@pytest.fixture(scope="module", params=["Python SDK", "TypeScript SDK"])
def seen(request, python_with, node_with) -> Seen:
    version = SEEN_WITH[request.param]
    if request.param == "Python SDK":
        return met([python_with(f"anthropic=={version}"), CLIENTS / "agents.py"], given=PAPER)
    folder = node_with(f"@anthropic-ai/sdk@{version}", "zod@4.6.7")
    shutil.copy(CLIENTS / "agents.mjs", folder)
    return met(["node", "agents.mjs"], given=PAPER, cwd=folder)


def test_a_tool_runner_calls_the_tool_once_and_ends_with_what_it_said(seen):
    for name, loop in seen.of("loop").items():
        assert loop["calls"] == [{"city": "Paris", "unit": "celsius"}], name
        assert loop["ends"] == TURN, name
        assert "Paris: 21 degrees celsius and sunny" in loop["text"], name


def test_a_parsed_output_fits_the_model_and_says_what_was_said(seen):
    for name, output in seen.of("parse").items():
        assert output["end"] == "end_turn", name
        known = {key: output["parsed"][key] for key in ("name", "email", "age", "plan")}
        assert known == {"name": "John Smith", "email": "john@example.com", "age": 41, "plan": "pro"}, name


def test_bounds_that_the_sdk_moves_into_descriptions_are_kept(seen):
    for name, output in seen.of("bounded").items():
        assert output["end"] == "end_turn", name
        assert 1000 <= output["parsed"]["score"] <= 1010, name
        assert len(output["parsed"]["tags"]) == 4, name


def test_thinking_with_tools_goes_on_for_three_turns(seen):
    for name, run in {**seen.of("thinking"), **seen.of("adaptive"), **seen.of("summarized")}.items():
        assert run["ends"] == TURN * 3, name
        assert run["calls"] == CALLED, name
        assert [said for said in run["said"] if "says 21" not in said] == [], name
        assert len(run["signed"]) >= 3, name
        assert all(run["signed"]), name
        assert set(run["shown"]) == {not name.startswith("adaptive")}, name


def test_a_changed_signature_is_refused(seen):
    for name, run in {**seen.of("thinking"), **seen.of("adaptive"), **seen.of("summarized")}.items():
        assert run["tampered"].startswith(SIGNED_WRONG), name


def test_citations_point_at_text_that_is_really_on_the_page(seen):
    for name, answer in seen.of("citations").items():
        assert answer["end"] == "end_turn", name
        assert answer["citations"], name
        for citation in answer["citations"]:
            first = citation["start_page_number"]
            assert citation["type"] == "page_location", name
            assert citation["document_title"] == "Bridges", name
            assert citation["end_page_number"] == first + 1, name
            assert citation["cited_text"].strip() in " ".join(PAGES[first - 1]), name
            assert citation["cited_text"].strip() in answer["text"], name


def test_nothing_else_is_refused(seen):
    refusals = [sentence for sentence in seen.refusals if not sentence.startswith(SIGNED_WRONG)]
    assert refusals == []
    print(f"{len(seen.results) - 1} runs of agents on an SDK {seen.results['version']}, none stuck")
