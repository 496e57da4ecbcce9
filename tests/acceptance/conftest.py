"""Real clients against a real server. Run by `.ci/run`, and by `python -m pytest tests/acceptance`."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.running import Server, environment, server

CLIENTS = Path(__file__).with_name("clients")
KEY = "sk-ant-fake-accepted"
ROOT = Path(__file__).parents[2]
FRAMEWORKS = (
    *("anthropic==2.12.0", "langchain-anthropic==1.7.7", "pydantic-ai-slim[anthropic]==2.68.0"),
    *("pytest==9.2.0", str(ROOT)),
)


class Seen(NamedTuple):
    """What a client printed as JSON, and the sentences of the refusals that it met."""

    results: dict[str, Any]
    refusals: list[str]

    def of(self, kind: str) -> dict[str, Any]:
        """The results whose names begin with `kind`, at least one."""
        found = {name: result for name, result in self.results.items() if name.startswith(kind)}
        assert found, kind
        return found


def met(command: list[str | Path], *, given: str = "", cwd: Path | None = None) -> Seen:
    """What a client's script sees of a server without rules; it is given a base URL, a key, and `given` on stdin."""
    with server("--log", "json") as running:
        done = subprocess.run(
            command,
            input=given,
            env=environment(ANTHROPIC_BASE_URL=running.url, ANTHROPIC_API_KEY=KEY),
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = running.stop().splitlines()
    assert done.returncode == 0, done.stderr
    log = [json.loads(line) for line in lines if line.startswith("{")]
    return Seen(json.loads(done.stdout), [row["sentence"] for row in log if row["status"] != 200])


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
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder for some packages, and fills it once in a run: other workers wait until it is."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(fill: Callable[[Path, tuple[str, ...]], None], packages: tuple[str, ...]) -> Path:
        folder = shared / (fill.__name__ + blake2b(repr(packages).encode(), digest_size=6).hexdigest())
        with folder.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (done := folder / ".filled").exists():
                fill(folder, packages)
                done.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def python_with(filled: Callable[..., Path]) -> Callable[..., Path]:
    """Makes an interpreter whose environment holds just these packages."""
    return lambda *packages: filled(_python, packages) / "bin" / "python"


@pytest.fixture(scope="session")
def node_with(filled: Callable[..., Path]) -> Callable[..., Path]:
    """Makes a folder in which Node finds just these packages."""
    return lambda *packages: filled(_node, packages)


def _python(folder: Path, packages: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--python", str(folder / "bin" / "python"), "install", "--no-compile", *packages], check=True)


def _node(folder: Path, packages: tuple[str, ...]) -> None:
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    subprocess.run(command, check=True, capture_output=True)
