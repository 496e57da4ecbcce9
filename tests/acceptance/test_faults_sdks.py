"""Each fault does its work on the official SDKs: what they make of it, plain and streamed, is what was recorded."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fakeapi.encoding.faults import FAULTS, parse
from tests.acceptance.conftest import CLIENTS
from tests.acceptance.fault_cases import ROWS, SEEN_WITH, seen_by

DOCUMENT = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
ASKED = json.dumps({row["fault"]: row.get("timeout", 30) for row in ROWS})


def ran(command: list[Any], **how: Any) -> dict[str, Any]:
    done = subprocess.run([*command, ASKED], capture_output=True, text=True, check=False, **how)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


@pytest.fixture(scope="module")
def python_sdk(python_with, client_environment) -> dict[str, Any]:
    interpreter = python_with(f"anthropic=={SEEN_WITH['Python SDK']}")
    return ran([interpreter, CLIENTS / "faults.py"], env=client_environment)


@pytest.fixture(scope="module")
def typescript_sdk(node_with, client_environment) -> dict[str, Any]:
    folder = node_with(f"@anthropic-ai/sdk@{SEEN_WITH['TypeScript SDK']}")
    shutil.copy(CLIENTS / "faults.mjs", folder)
    return ran(["node", "faults.mjs"], cwd=folder, env=client_environment)


def test_the_curl_snippet_of_the_document_is_refused_as_it_asks(client_environment):
    (snippet,) = [code for code in re.findall(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL) if "curl" in code]
    done = subprocess.run(["bash", "-c", snippet], env=client_environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["error"] == {"type": "overloaded_error", "message": "Overloaded"}


def test_every_fault_is_met():
    assert {fault.name for row in ROWS for fault in parse(row["fault"])} == set(FAULTS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["fault"] or "none")
def test_the_python_sdk_does_what_was_recorded(row, python_sdk):
    assert seen_by(python_sdk["found"])[row["fault"]] == row["python"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["fault"] or "none")
def test_the_typescript_sdk_does_what_was_recorded(row, typescript_sdk):
    assert seen_by(typescript_sdk["found"])[row["fault"]] == row["typescript"]


def test_the_versions_are_those_that_the_document_names(python_sdk, typescript_sdk):
    versions = (python_sdk["version"], typescript_sdk["version"])
    assert versions == (SEEN_WITH["Python SDK"], SEEN_WITH["TypeScript SDK"])
    print(f"{len(ROWS)} faults met by anthropic {versions[0]} (Python) and @anthropic-ai/sdk {versions[1]}")
