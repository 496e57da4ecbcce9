"""The README's curl and TypeScript snippets, as they stand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()


def snippet(language: str, containing: str) -> str:
    found = [code for code in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in code]
    assert len(found) == 1
    return str(found[0])


def test_the_curl_snippet_is_answered(client_environment):
    done = subprocess.run(
        ["bash", "-c", snippet("bash", "curl")], env=client_environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["content"] == [{"type": "text", "text": "Hello!"}]


def test_the_typescript_snippet_prints_the_answer(node_with, client_environment):
    folder = node_with("@anthropic-ai/sdk")
    (folder / "snippet.mjs").write_text(snippet("typescript", "Anthropic"))
    done = subprocess.run(
        ["node", "snippet.mjs"], cwd=folder, env=client_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Hello!"
