"""Every suite of docs/pytest.md, and of the README's section on pytest, passes as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import environment

ROOT = Path(__file__).parents[1]
PAGES = ("docs/pytest.md", "README.md")
SUITES = [
    pytest.param(code, id=f"{page}-{number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL))
    if "def test_" in code
]
FIVE = ("one_line", "tool_loop", "flaky_upstream", "scripted_agent", "what_was_sent")


@pytest.mark.parametrize("code", SUITES)
def test_a_suite_of_the_document_passes(code, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_page.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--fakeapi-block-network"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{len(re.findall(r'def test_', code))} passed" in done.stdout


def test_the_page_begins_with_the_five_examples():
    first = SUITES[0].values[0]
    assert isinstance(first, str)
    assert [name for name in FIVE if re.search(rf"def test_(a_)?{name}\(", first)] == list(FIVE)
