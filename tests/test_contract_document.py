"""docs/contract.md names every rule, no other, and its snippet runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import fakeapi
from fakeapi.contract.invariants import RULES
from tests.street import BASIC, DOOR, ask, header, message, refusal

DOCUMENT = (Path(__file__).parents[1] / "docs" / "contract.md").read_text()


def test_every_rule_is_in_the_table_and_nothing_else():
    named = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCUMENT, re.MULTILINE)
    rules = [f"{rule.check.__module__.rpartition('.')[2]}.{rule.check.__name__}" for rule in RULES]
    assert named == rules


def test_its_python_snippet_runs():
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    exec(snippet, {})


CODE = [{"type": "code_execution_20250825", "name": "code_execution"}]
CURRENT = {**BASIC, "model": "claude-opus-5"}
TOOLSET = [{"type": "mcp_toolset", "mcp_server_name": "x"}]


def with_file(id: str) -> Any:
    block = {"type": "document", "source": {"type": "file", "file_id": id}}
    return {**CURRENT, "messages": [{"role": "user", "content": [block]}]}


@pytest.mark.parametrize(
    ("betas", "body"),
    [
        ("code-execution-2025-08-25", {"container": "container_of_nobody", "tools": CODE}),
        (
            "code-execution-2025-08-25,skills-2025-10-02",
            {"container": {"skills": [{"type": "custom", "skill_id": "skill_nobody"}]}, "tools": CODE},
        ),
        (
            "mcp-client-2025-11-20",
            {"mcp_servers": [{"type": "url", "name": "x", "url": "https://nobody.example.org/sse"}], "tools": TOOLSET},
        ),
    ],
)
def test_what_is_said_to_exist_unchecked_is_taken(betas, body):
    said = message({**CURRENT, **body}, headers=(*DOOR, ("anthropic-beta", betas)))
    assert said["stop_reason"] == "end_turn"


def test_what_is_said_to_be_held_is_404_where_there_is_none():
    assert refusal(with_file("file_nobody"))[:2] == (404, "not_found_error")
    thread = {**CURRENT, "thread": {"type": "continue", "previous_message_id": "msg_nobody"}}
    betas = ("anthropic-beta", "message-threads-2026-08-12")
    assert refusal(thread, headers=(*DOOR, betas))[:2] == (404, "not_found_error")
    assert refusal(method="GET", path="/v1/messages/batches/msgbatch_nobody")[:2] == (404, "not_found_error")


def test_a_file_of_the_real_api_is_answered_about_with_a_warning():
    answer = ask(with_file("file_011CNha8iCJcU1wXNR6q4V8w"))
    assert answer.reply.status == 200
    assert "never uploaded here" in (header(answer, "fakeapi-warning") or "")


def test_without_a_server_every_id_is_taken():
    assert fakeapi.check(with_file("file_nobody")).accepted
