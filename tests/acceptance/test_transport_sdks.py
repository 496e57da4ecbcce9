"""The in-process transport under SDK generations that bring httpx2, and under one that brings httpx."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fakeapi import assets
from tests.acceptance.conftest import CLIENTS
from tests.adapters.test_transport_sdk import request_of
from tests.running import environment

ROOT = Path(__file__).parents[2]
OLDER_BLOCKS = {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result"}
"""Blocks that the streams of every generation gather without the beta namespace."""


def requests() -> dict[str, object]:
    rows = (assets.read_json(name) for name in assets.names("fixtures/examples"))
    kept = [row for row in rows if {block["type"] for block in row["content"]} <= OLDER_BLOCKS]
    return {row["name"]: asking(row) for row in kept if "context_management" not in row}


def asking(row: dict[str, Any]) -> dict[str, Any]:
    """The request of an example, with its thinking shown: current models leave it out by themselves."""
    asked = request_of(row)
    if row.get("when", {}).get("thinking"):
        asked["extra_body"] |= {"thinking": {"type": "adaptive", "display": "summarized"}}
    return asked


@pytest.mark.parametrize(
    ("sdk", "library"),
    [
        (("anthropic>=1,<2",), "httpx2"),
        (("anthropic==0.125.0",), "httpx"),
        (("anthropic==0.120.0", "httpx==0.25.2"), "httpx"),
    ],
)
def test_the_python_sdk_works_without_a_socket(sdk, library, python_with):
    interpreter = python_with(*sdk, str(ROOT))
    asked = requests()
    done = subprocess.run(
        [interpreter, CLIENTS / "in_process.py"],
        input=json.dumps(asked),
        env=environment(),
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["library"] == library
    assert [name for name, found in results["compared"].items() if not found["equal"]] == []
    kinds = {kind for found in results["compared"].values() for kind in found["kinds"]}
    assert {"text", "input_json", "thinking", "signature", "citation"} <= kinds
    assert results["virtual_seconds"] >= 30
    assert results["refused"][1] == "BadRequestError"
    assert "at least one message is required" in results["refused"][2]
    assert results["timed_out"][1:] == ["APITimeoutError", "The read operation timed out"]
    assert results["cut_at_once"][1:] == ["APIConnectionError", "Server disconnected without sending a response."]
    assert results["cut_in_stream"] == [
        library,
        "RemoteProtocolError",
        "peer closed connection without sending complete message body (incomplete chunked read)",
    ]
    print(f"anthropic {results['version']} ({library}), in process: {len(asked)} messages, plain and streamed alike")
