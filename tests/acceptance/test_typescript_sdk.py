"""The TypeScript SDK gets the documented answers and its own typed errors."""

from __future__ import annotations

import json
import shutil
import subprocess

from tests.acceptance.conftest import CLIENTS
from tests.acceptance.expected import check
from tests.pictures import PNG_BASE64


def test_the_typescript_sdk_gets_the_documented_answers(node_with, client_environment):
    folder = node_with("@anthropic-ai/sdk")
    shutil.copy(CLIENTS / "documented.mjs", folder)
    done = subprocess.run(
        ["node", "documented.mjs", PNG_BASE64],
        cwd=folder,
        env=client_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout))
