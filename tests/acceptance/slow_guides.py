"""The guides whose packages take long to install: `python -m pytest tests/acceptance/slow_guides.py` (two minutes)."""

from __future__ import annotations

from tests.acceptance.claude_code import PACKAGE
from tests.acceptance.conftest import ROOT
from tests.acceptance.slow_clients import LITELLM
from tests.acceptance.test_guides import follow


def test_litellm(python_with, tmp_path):
    follow("litellm", tmp_path, python_with(*LITELLM, "pytest==9.2.0", str(ROOT)).parent)


def test_claude_code(python_with, node_with, tmp_path):
    folder = node_with(PACKAGE) / "guide"
    folder.mkdir()
    said = follow("claude-code", folder, python_with(str(ROOT)).parent, HOME=str(tmp_path))
    assert said.endswith("Hello, ants!")
