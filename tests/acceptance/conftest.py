"""Real clients against a real server. Run by `.ci/run`, and by `python -m pytest tests/acceptance`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Server, server

CLIENTS = Path(__file__).with_name("clients")
KEY = "sk-ant-fake-accepted"


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """A server that accepts one key only."""
    with server("--api-key", KEY) as started:
        yield started


@pytest.fixture(scope="session")
def client_environment(running: Server) -> dict[str, str]:
    """What a client is given: base URL and key alone."""
    return {**os.environ, "ANTHROPIC_BASE_URL": running.url, "ANTHROPIC_API_KEY": KEY}


@pytest.fixture(scope="session")
def python_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes an interpreter whose environment holds just these packages."""

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("python")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        interpreter = folder / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(interpreter)]
        subprocess.run([*pip, "install", *packages], check=True)
        return interpreter

    return make


@pytest.fixture(scope="session")
def node_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder in which Node finds just these packages."""

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("node")
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
        subprocess.run(command, check=True, capture_output=True)
        return folder

    return make
