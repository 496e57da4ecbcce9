"""The journal of a whole Claude Code session: it reads well, its verdicts are good, and no secret is in it."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.claude_code import PACKAGE, surroundings
from tests.running import server

ASKED = "Read the file notes.txt and tell me what it says."
SECRET = "The password is swordfish."
KEY = "sk-ant-api03-" + "QwErTyUiOp1234567890" * 4 + "-AA"


@pytest.fixture(scope="module")
def url(node_with, tmp_path_factory) -> Iterator[str]:
    """The base URL of a session of the server, to which Claude Code has talked."""
    program = Path(node_with(PACKAGE)) / "node_modules" / ".bin" / "claude"
    folder = tmp_path_factory.mktemp("project")
    (folder / "notes.txt").write_text(f"{SECRET}\nANTHROPIC_API_KEY={KEY}\n")
    with server("--log", "quiet") as started:
        done = subprocess.run(
            [program, "-p", ASKED, "--model", "claude-opus-4-8", "--allowedTools", "Read"],
            env={**surroundings(folder, f"{started.url}/s/claude"), "ANTHROPIC_API_KEY": KEY},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert SECRET in done.stdout
        yield f"{started.url}/s/claude"


def asked(url: str, path: str) -> str:
    """What the admin API answers."""
    with urllib.request.urlopen(f"{url}/_fakeapi{path}") as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def entries(url) -> list[dict[str, Any]]:
    return [json.loads(line) for line in asked(url, "/journal.jsonl").splitlines()]


def test_it_reads_well(url):
    told = asked(url, "/journal.txt")
    assert max(map(len, told.splitlines())) <= 120
    lines = [line.strip() for line in told.splitlines()]
    assert any(line.startswith("asked") and ASKED in line for line in lines)
    assert any("tool_use Read" in line and "-> tool_use" in line for line in lines)
    assert any(line.startswith("asked") and "tool_result “1" in line for line in lines)
    assert any("The password is" in line and "-> end_turn" in line for line in lines)


def test_every_exchange_is_there_from_its_request_to_its_end(entries):
    assert entries
    assert {(entry["session"], entry["outcome"]) for entry in entries} == {("claude", "completed")}
    messages = [entry for entry in entries if entry["path"].endswith("/v1/messages")]
    assert len({entry["caller"] for entry in messages}) == 1
    assert all(entry["usage"] and entry["cost_usd"] and entry["request_id"] for entry in messages)
    stops = [entry["answer"]["message"]["stop_reason"] for entry in messages]
    assert stops[-2:] == ["tool_use", "end_turn"]
    parts = [part["event"] for part in messages[-1]["answer"]["parts"]]
    assert (parts[0], parts[-1]) == ("message_start", "message_stop")


@pytest.mark.parametrize("path", ["/journal.jsonl", "/journal.txt", "/journal?full=true&limit=1000", "/verdicts"])
def test_no_secret_is_in_it(url, path):
    exported = asked(url, path)
    for start in range(13, len(KEY) - 12, 12):
        assert KEY[start : start + 12] not in exported


def test_the_key_in_a_file_that_was_read_is_marked(entries):
    results = [block for entry in entries for block in results_of(entry)]
    assert any("[redacted" in json.dumps(block) for block in results)


def results_of(entry: dict[str, Any]) -> list[dict[str, Any]]:
    body = entry["request"]["body"] or {}
    contents = [message["content"] for message in body.get("messages", []) if isinstance(message["content"], list)]
    return [block for content in contents for block in content if block["type"] == "tool_result"]


def test_claude_code_copes(url):
    assert json.loads(asked(url, "/verdicts?only=resilience,history"))["verdicts"] == []
