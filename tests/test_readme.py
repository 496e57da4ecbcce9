"""Every Python snippet of the README runs against a server; curl and TypeScript ones run in tests/acceptance."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Server, environment, server

README = (Path(__file__).parents[1] / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_python_snippet_of_the_readme_runs(snippet, running):
    variables = environment(ANTHROPIC_BASE_URL=running.url, ANTHROPIC_API_KEY="sk-ant-fake")
    done = subprocess.run([sys.executable, "-c", snippet], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_snippet_is_in_a_language_that_is_run():
    assert set(re.findall(r"```(\w+)\n", README)) <= {"bash", "python", "typescript", "yaml"}


def test_every_document_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        assert (Path(__file__).parents[1] / link).is_file(), link
