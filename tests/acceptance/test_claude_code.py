"""Claude Code's sessions run to their end with no rules: it is told to use a tool, uses it, and reports what came."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.acceptance.claude_code import PACKAGE, surroundings
from tests.running import Server, server

SECRET = "The password is swordfish."


class Session(NamedTuple):
    """What came of one run: the tools that were called, in order, their results, and the last word."""

    called: list[dict[str, Any]]
    results: list[dict[str, Any]]
    said: str


@pytest.fixture(scope="module")
def program(node_with) -> Path:
    return Path(node_with(PACKAGE)) / "node_modules" / ".bin" / "claude"


@pytest.fixture
def logging() -> Iterator[Server]:
    with server("--log", "json") as started:
        yield started


@pytest.fixture
def claude(program, logging, tmp_path) -> Callable[..., Session]:
    """Runs it in a fresh home, beside a file with a secret."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "notes.txt").write_text(f"{SECRET}\n")

    def run(prompt: str, *flags: str) -> Session:
        done = subprocess.run(
            [program, "-p", prompt, "--output-format", "stream-json", "--verbose", *flags],
            env=surroundings(tmp_path, logging.url),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr)
        return read([json.loads(line) for line in done.stdout.splitlines()])

    return run


def read(events: list[dict[str, Any]]) -> Session:
    blocks = [block for event in events if event["type"] in ("assistant", "user") for block in parts(event)]
    end = events[-1]
    assert (end["type"], end["subtype"], end["is_error"]) == ("result", "success", False), end
    return Session(
        [block for block in blocks if block["type"] == "tool_use"],
        [block for block in blocks if block["type"] == "tool_result"],
        end["result"],
    )


def parts(event: dict[str, Any]) -> list[dict[str, Any]]:
    content = event["message"]["content"]
    return content if isinstance(content, list) else []


def refusals(running: Server) -> list[str]:
    log = [json.loads(line) for line in running.stop().splitlines() if line.startswith("{")]
    assert log
    return [row["sentence"] for row in log if row["method"] == "POST" and row["status"] != 200]


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-opus-5-5", "claude-haiku-4-5"])
def test_it_reads_a_file_that_it_is_asked_to_read(model, claude, logging):
    session = claude("Read the file notes.txt and tell me what it says.", "--model", model, "--allowedTools", "Read")
    assert [(block["name"], block["input"]) for block in session.called] == [("Read", {"file_path": "notes.txt"})]
    assert SECRET in session.said
    assert refusals(logging) == []


def test_it_runs_a_command_that_it_is_asked_to_run(claude, logging):
    session = claude("Run the command: echo swordfish | rev", "--allowedTools", "Bash")
    assert [block["name"] for block in session.called] == ["Bash"]
    assert session.called[0]["input"]["command"] == "echo swordfish | rev"
    assert session.results[0]["content"] == "hsifdrows"
    assert "hsifdrows" in session.said
    assert refusals(logging) == []


def test_it_goes_on_with_a_conversation_and_its_thinking(claude, logging):
    claude("Read the file notes.txt", "--allowedTools", "Read")
    session = claude("Now run the command: wc -c notes.txt", "--continue", "--allowedTools", "Bash")
    assert [block["name"] for block in session.called] == ["Bash"]
    assert "27 notes.txt" in session.said
    assert refusals(logging) == []


def test_it_gets_an_answer_that_fits_a_schema(claude, logging):
    schema = {"type": "object", "properties": {"words": {"type": "integer", "minimum": 3}}, "required": ["words"]}
    session = claude("How many words are in notes.txt?", "--json-schema", json.dumps(schema))
    assert [block["name"] for block in session.called] == ["StructuredOutput"]
    assert json.loads(session.said)["words"] >= 3
    assert refusals(logging) == []
