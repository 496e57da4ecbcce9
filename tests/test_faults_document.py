"""docs/faults.md shows every fault with all its options, and what real clients do when they meet it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakeapi.encoding.faults import FAULTS, parse
from tests.acceptance.fault_cases import ROWS, SEEN_WITH
from tests.running import environment, server

DOCUMENT = (Path(__file__).parents[1] / "docs" / "faults.md").read_text()
LINES = DOCUMENT.splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]


def fault_row(name: str) -> str:
    """How a fault begins its line: its name, what it does, its options with their defaults."""
    kind = FAULTS[name]
    options = [f"`{option.replace('_', '-')}` {_shown(default)}".rstrip() for option, default in kind.options.items()]
    said = (kind.play.__doc__ or "").split("\n\n")[0].replace("\n    ", " ")
    return f"| `{name}` | {said} | {', '.join(options) or '–'} |"


def _shown(default: Any) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def client_row(row: dict[str, Any]) -> str:
    """The line of what comes of a fault in each client."""
    ways = [row[client] for client in ("python", "typescript")]
    came = [way["plain"] if way["plain"] == way["stream"] else f"{way['plain']} / {way['stream']}" for way in ways]
    return f"| `{row['fault']}` | {' | '.join(came)} | {row['claude_code']} |"


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_shown_with_what_it_does_and_its_options(name):
    row = next((line for line in LINES if line.startswith(fault_row(name))), None)
    assert row is not None, fault_row(name)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_shown_with_a_header_and_a_model_name_that_ask_for_it(name):
    *_, header, model = cells(next(line for line in LINES if line.startswith(f"| `{name}` |")))
    (fault,) = parse(header)
    assert fault.name == name
    assert model == f"fakeapi-{header}"


@pytest.mark.parametrize("row", [row for row in ROWS if row["fault"]], ids=lambda row: row["fault"])
def test_what_clients_make_of_it_is_shown(row):
    assert client_row(row) in LINES


def test_the_python_snippet_runs():
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    with server() as running:
        variables = environment(ANTHROPIC_BASE_URL=running.url, ANTHROPIC_API_KEY="sk-ant-fake")
        done = subprocess.run(
            [sys.executable, "-c", snippet], env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert running.stop().count("Overloaded") == 2


def test_the_document_names_the_versions_that_were_run():
    for client, version in SEEN_WITH.items():
        assert f"{client} {version}" in DOCUMENT
