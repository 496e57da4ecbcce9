"""Every Python snippet of the README runs against a server; curl and TypeScript ones run in tests/acceptance."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeapi import in_process
from fakeapi.transport import Transport
from tests.running import Server, environment, server

README = (Path(__file__).parents[1] / "README.md").read_text()
SNIPPETS = [code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "def test_" not in code]
"""Scripts; the suites among the Python snippets run in tests/test_pytest_document.py."""
RULES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_python_snippet_of_the_readme_runs(snippet, running):
    variables = environment(ANTHROPIC_BASE_URL=running.url, ANTHROPIC_API_KEY="sk-ant-fake")
    done = subprocess.run([sys.executable, "-c", snippet], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_rules_of_the_readme_answer_as_it_says():
    tester = in_process(Transport())
    (text,) = RULES
    tester.add(text)
    with tester.client() as client:
        said = [
            _said(client, words) for words in ("How is the weather?", "Please summarize this", "Please fix the bug")
        ]
    assert [block["type"] for block in said[2]] == ["tool_use"]
    assert [block.get("text") for content in said[:2] for block in content] == ["Sunny.", "Here is the summary."]
    assert [call.status for call in tester.calls] == [200, 529, 200, 200]


def _said(client: Any, words: str) -> Any:
    tools = [{"name": "read_file", "input_schema": {"type": "object"}}]
    messages = [{"role": "user", "content": words}]
    answer = client.messages.create(model="claude-opus-5", max_tokens=99, messages=messages, tools=tools)
    return answer.model_dump()["content"]


def test_every_snippet_is_in_a_language_that_is_run():
    assert set(re.findall(r"```(\w+)\n", README)) <= {"bash", "python", "typescript", "yaml"}


def test_every_document_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        assert (Path(__file__).parents[1] / link).is_file(), link
