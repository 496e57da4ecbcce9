"""docs/guides, tried as written: their files in an empty folder, their commands one after the other.

Not run here: what stands under "Before:", the installing (the packages are there, pinned), and the guides of LiteLLM
and Claude Code, whose packages take long: `python -m pytest tests/acceptance/slow_guides.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from fakeapi.cli import main
from tests.acceptance.conftest import FRAMEWORKS, ROOT

GUIDES = ROOT / "docs" / "guides"
NODE = ("vitest@4.1.12", "@anthropic-ai/sdk@1.12.0", "ai@6.0.326", "@ai-sdk/anthropic@3.0.139", "zod@4.6.7")
SLOW = {"litellm", "claude-code"}
WITH_THE_SDK = ("fork-pull-requests", "from-respx", "from-vcrpy", "from-unittest-mock", "from-aimock")
WITH_FRAMEWORKS = ("langchain", "pydantic-ai")
IN_NODE = ("typescript", "vercel-ai")
_BLOCK = re.compile(r"(?:\*\*`(?P<file>[^`]+)`\*\*\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
_INSTALLS = re.compile(r"(pip|npm|pipx) install ")
OWN = Path(sys.executable).parent
"""The programs of the environment that runs the tests: the SDK, pytest and fakeapi are there."""
_OURS = ("FAKEAPI_", "ANTHROPIC_", "PYTHON")
"""What a reader doesn't have in the environment."""
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
    """A page: its files by name, its commands, the rules it shows without a file, and other output."""

    files: dict[str, str]
    commands: list[str]
    rules: str
    shown: str


def guide(name: str) -> Guide:
    """What a page has its reader do; what stands under "Before:" isn't done any more."""
    page = re.sub(r"^Before:\n.*?^After", "After", (GUIDES / f"{name}.md").read_text(), flags=re.M | re.S)
    blocks = list(_BLOCK.finditer(page))
    files = {block["file"]: block["text"] for block in blocks if block["file"]}
    commands = [block["text"] for block in blocks if block["language"] == "bash" and not _INSTALLS.match(block["text"])]
    rules, shown = (
        "".join(block["text"] for block in blocks if block["language"] == language and not block["file"])
        for language in ("yaml", "text")
    )
    return Guide(files, commands, rules, shown)


def lay_out(name: str, folder: Path) -> Guide:
    """Write the files of a page into a folder."""
    page = guide(name)
    for file, text in page.files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return page


def follow(name: str, folder: Path, programs: Path, **variables: str) -> str:
    """Do what a page says, in a folder; what the commands said. Every one of them succeeds."""
    page = lay_out(name, folder)
    return "".join(shell(command, folder, programs, **variables) for command in page.commands)


def shell(command: str, folder: Path, programs: Path, **variables: str) -> str:
    """What a command says that succeeds, with these programs before all others."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    surroundings = {**kept, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "1", "NO_COLOR": "1", **variables}
    words = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", WITH_THE_SDK)
def test_a_guide_for_the_sdk_works_as_written(name, tmp_path):
    if name == "from-vcrpy":
        (tmp_path / "cassettes").mkdir()
        (tmp_path / "cassettes" / "forecast.yaml").write_text(CASSETTE)
    follow(name, tmp_path, OWN)


@pytest.mark.parametrize("name", WITH_FRAMEWORKS)
def test_a_guide_for_a_framework_works_as_written(name, python_with, tmp_path):
    follow(name, tmp_path, python_with(*FRAMEWORKS).parent)


@pytest.mark.parametrize("name", IN_NODE)
def test_a_guide_in_typescript_works_as_written(name, node_with):
    folder = node_with(*NODE) / name
    folder.mkdir()
    said = follow(name, folder, OWN)
    assert "passed" in said
    assert " failed" not in said


def test_what_comes_of_a_conversion_is_what_its_guide_shows(tmp_path, monkeypatch, capsys):
    page = guide("from-aimock")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "support.json").write_text(page.files["fixtures/support.json"])
    assert main(["convert", "fixtures/"]) == 0
    assert tuple(capsys.readouterr()) == (page.rules, page.shown)


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


def test_the_workflow_runs_the_tests_and_leaves_a_report(tmp_path):
    lay_out("fork-pull-requests", tmp_path)
    steps = yaml.safe_load(WORKFLOW)["jobs"]["test"]["steps"]
    (command,) = [step["run"] for step in steps if step.get("run", "").startswith("fakeapi")]
    shell(command, tmp_path, OWN)
    assert (tmp_path / "fakeapi.xml").read_text().startswith("<?xml")


def test_every_guide_is_tried_and_listed():
    pages = {page.stem for page in GUIDES.glob("*.md")} - {"README"}
    assert pages == {*WITH_THE_SDK, *WITH_FRAMEWORKS, *IN_NODE, *SLOW}
    assert set(re.findall(r"\((\S+)\.md\)", (GUIDES / "README.md").read_text())) == pages


@pytest.mark.parametrize("page", sorted(GUIDES.glob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("name", [*WITH_THE_SDK, *WITH_FRAMEWORKS, *IN_NODE])
def test_what_a_guide_installs_is_what_is_tried(name):
    text = (GUIDES / f"{name}.md").read_text()
    wanted = {word.strip("'") for line in re.findall(r"(?:pip|npm) install ([^\n`]+)", text) for word in line.split()}
    tried = {re.split(r"(?<=.)[@=]", package)[0] for package in (*FRAMEWORKS, *NODE)} | {"fakeapi-messages"}
    assert wanted - {"--save-dev", "&&", "npm", "install", "-r", "requirements.txt"} <= tried
