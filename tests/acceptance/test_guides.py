"""docs/guides, tried as written: their files in an empty folder, their commands one after the other.

Not run here: what stands under "Before:", the installing (the packages are there, pinned), and the guides of LiteLLM and
Claude Code, whose packages take long: `python -m pytest tests/acceptance/slow_guides.py`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
PYTHON = ("anthropic==2.12.0", "langchain-anthropic==1.7.7", "pydantic-ai-slim[anthropic]==2.68.0", "pytest==9.2.0")
NODE = ("vitest@4.1.12", "@anthropic-ai/sdk@1.12.0", "ai@6.0.326", "@ai-sdk/anthropic@3.0.139", "zod@4.6.7")
SLOW = {"litellm", "claude-code"}
IN_PYTHON = ("fork-pull-requests", "langchain", "pydantic-ai", "from-respx", "from-vcrpy", "from-unittest-mock", "from-aimock")
IN_NODE = ("typescript", "vercel-ai")
_BLOCK = re.compile(r"(?:\*\*`(?P<file>[^`]+)`\*\*\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
_INSTALLS = re.compile(r"(pip|npm|pipx) install ")
CASSETTE = """interactions:
- request: {method: POST, uri: https://api.anthropic.com/v1/messages, body: '{}', headers: {}}
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body:
      string: '{"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-opus-5", "content": [{"type":
        "text", "text": "There will be rain."}], "stop_reason": "end_turn", "stop_sequence": null, "usage":
        {"input_tokens": 12, "output_tokens": 8}}'
version: 1
"""


class Guide(NamedTuple):
    """A page: its files by name, its commands, and what it shows of their output."""

    files: dict[str, str]
    commands: list[str]
    shown: list[str]


def guide(name: str) -> Guide:
    """What a page has its reader do; what stands under "Before:" isn't done any more."""
    page = re.sub(r"^Before:\n.*?^After", "After", (GUIDES / f"{name}.md").read_text(), flags=re.M | re.S)
    blocks = list(_BLOCK.finditer(page))
    files = {block["file"]: block["text"] for block in blocks if block["file"]}
    commands = [block["text"] for block in blocks if block["language"] == "bash" and not _INSTALLS.match(block["text"])]
    return Guide(files, commands, [block["text"] for block in blocks if block["language"] == "text"])


def follow(name: str, folder: Path, programs: Path, **variables: str) -> str:
    """Do what a page says, in a folder; what the commands said. Every one of them succeeds."""
    page = guide(name)
    for file, text in page.files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("FAKEAPI_", "ANTHROPIC_"))}
    surroundings = {**kept, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "1", "NO_COLOR": "1", **variables}
    said = []
    for command in page.commands:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout + done.stderr)
    return "".join(said)


@pytest.fixture(scope="module")
def python(python_with: Callable[..., Path]) -> Path:
    """The programs of an environment in which fakeapi is installed, as a user installs it, beside the frameworks."""
    return python_with(*PYTHON, str(ROOT)).parent


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_guide_in_python_works_as_written(name, python, tmp_path):
    if name == "from-vcrpy":
        (tmp_path / "cassettes").mkdir()
        (tmp_path / "cassettes" / "forecast.yaml").write_text(CASSETTE)
    said = follow(name, tmp_path, python)
    for shown in guide(name).shown:
        assert shown in said


@pytest.mark.parametrize("name", IN_NODE)
def test_a_guide_in_typescript_works_as_written(name, python, node_with, tmp_path):
    folder = node_with(*NODE) / name
    folder.mkdir()
    said = follow(name, folder, python)
    assert "passed" in said
    assert " failed" not in said


def test_what_a_guide_shows_of_converted_rules_is_what_comes(python, tmp_path):
    follow("from-aimock", tmp_path, python)
    assert (tmp_path / "rules.yaml").read_text() == re.findall(
        r"^```yaml\n(.*?)^```$", (GUIDES / "from-aimock.md").read_text(), re.M | re.S
    )[0]


WORKFLOW = guide("fork-pull-requests").files[".github/workflows/tests.yml"]


def test_the_workflow_has_the_shape_of_one():
    workflow: dict[Any, Any] = yaml.safe_load(WORKFLOW)
    assert workflow.keys() == {"name", True, "permissions", "jobs"}, "YAML 1.1 reads `on` as true"
    assert workflow[True] == ["push", "pull_request"]
    for job in workflow["jobs"].values():
        assert job.keys() <= {"runs-on", "steps", "if", "needs", "strategy", "env", "timeout-minutes"}
        for step in job["steps"]:
            assert step.keys() <= {"uses", "run", "with", "env", "name", "if"}
            assert len(step.keys() & {"uses", "run"}) == 1
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/checkout@v4"))


def test_the_workflow_needs_no_secret():
    assert "secrets" not in WORKFLOW
    assert "API_KEY" not in WORKFLOW


def test_the_workflow_runs_the_tests_and_leaves_a_report(python, tmp_path):
    follow("fork-pull-requests", tmp_path, python)
    steps = yaml.safe_load(WORKFLOW)["jobs"]["test"]["steps"]
    (command,) = [step["run"] for step in steps if step.get("run", "").startswith("fakeapi")]
    surroundings = {**os.environ, "PATH": f"{python}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fakeapi.xml").read_text().startswith("<?xml")


def test_every_guide_is_tried_and_listed():
    pages = {page.stem for page in GUIDES.glob("*.md")} - {"README"}
    assert pages == {*IN_PYTHON, *IN_NODE, *SLOW}
    assert set(re.findall(r"\((\S+)\.md\)", (GUIDES / "README.md").read_text())) == pages


@pytest.mark.parametrize("page", sorted(GUIDES.glob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("name", sorted({*IN_PYTHON, *IN_NODE}))
def test_what_a_guide_installs_is_what_is_tried(name):
    text = (GUIDES / f"{name}.md").read_text()
    wanted = {word.strip("'") for line in re.findall(r"(?:pip|npm) install ([^\n`]+)", text) for word in line.split()}
    tried = {re.split(r"(?<=.)[@=]", package)[0] for package in (*PYTHON, *NODE)} | {"fakeapi-messages"}
    assert wanted - {"--save-dev", "&&", "npm", "install", "-r", "requirements.txt"} <= tried
