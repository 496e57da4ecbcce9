"""The corpus of conversations, asked of the tools: `python -m pytest tests/acceptance/slow_converting.py`.

tests/adapters/test_converting.py holds our rules to the same answers. Half a minute, most of it for installing.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.adapters.test_converting import CONVERSATIONS

AIMOCK, FAKELLM = "@copilotkit/aimock@1.43.0", "fakellm==0.3.5"


@contextmanager
def started(command: list[Any], port: int) -> Iterator[str]:
    """A server of another tool, once it listens."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(url: str, asked: dict[str, Any]) -> Any:
    """What the tool says: texts and names of tools, or the status of an error."""
    messages = [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(asked["said"])]
    body: dict[str, Any] = {key: asked[key] for key in ("system", "tools") if key in asked}
    body |= {"model": asked.get("model", "claude-opus-4-8"), "max_tokens": 1024, "messages": messages}
    headers = {"content-type": "application/json", "x-api-key": "sk", **asked.get("headers", {})}
    try:
        with urlopen(Request(f"{url}/v1/messages", json.dumps(body).encode(), headers)) as answer:
            content = json.load(answer)["content"]
    except HTTPError as fault:
        return fault.code
    return "".join(block.get("text", block.get("name", "")) for block in content)


def same(there: Any, gets: Any) -> bool:
    """Equal, as JSON where it is JSON; fakellm adds a made-up text to tool calls that have none."""
    told = there[there.index("]") + 1 :] if str(there).startswith("[mock") else there
    try:
        return bool(json.loads(str(told)) == json.loads(str(gets)))
    except ValueError:
        return bool(told == gets)


@pytest.mark.parametrize("case", CONVERSATIONS, ids=lambda case: case["name"])
def test_the_tool_itself_answers_so(case, tmp_path, node_with, python_with):
    path, port = tmp_path / "fixtures.json", free_port()
    path.write_text(json.dumps(case["file"]))
    if case["from"] == "aimock":
        command: list[Any] = ["node", node_with(AIMOCK) / "node_modules/@copilotkit/aimock/dist/cli.js"]
        command += ["-p", str(port), "-f", path]
    else:
        command = [python_with(FAKELLM).parent / "fakellm", "serve", "--port", str(port), "--config", path]
    with started(command, port) as url:
        there = [said(url, asked) for asked in case["asked"]]
    wrong = [(asked, told) for asked, told in zip(case["asked"], there, strict=True) if not same(told, asked["gets"])]
    assert wrong == []
