"""The Python SDK, in the three generations that people use, gets the documented answers and its own typed errors."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.acceptance.conftest import CLIENTS
from tests.acceptance.expected import check
from tests.pictures import PNG_BASE64


@pytest.mark.parametrize("sdk", ["anthropic>=2,<3", "anthropic>=1,<2", "anthropic>=0.120,<1"])
def test_the_python_sdk_gets_the_documented_answers(sdk, python_with, client_environment):
    interpreter = python_with(sdk)
    done = subprocess.run(
        [interpreter, CLIENTS / "documented.py", PNG_BASE64],
        env=client_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    check(results)
    print(f"anthropic {results['version']} (Python): {len(results) - 1} results as documented")
