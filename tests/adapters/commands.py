"""Commands under `fakeapi run`, as a user types them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.running import environment

CLIENT = """
import json, os, sys, urllib.error, urllib.request

def ask(said, model="claude-opus-5", **more):
    messages = [{"role": "user", "content": said}]
    body = {"model": model, "max_tokens": 64, "messages": messages, **more}
    headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01",
               "content-type": "application/json"}
    url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as fault:
        with fault:
            return json.load(fault)

"""


def python(code: str) -> tuple[str, ...]:
    """A command: a client that can `ask`."""
    return (sys.executable, "-c", CLIENT + code)


def run(*arguments: str, given: str = "", cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fakeapi", "run", *arguments],
        capture_output=True,
        text=True,
        input=given,
        env=environment(**more),
        timeout=30,
        cwd=cwd,
        check=False,
    )
