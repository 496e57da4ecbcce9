"""A server process, as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    """A running server: its base URL, what it printed first, and the process."""

    url: str
    banner: str
    process: subprocess.Popen[str]

    def stop(self) -> str:
        """Stop it as Ctrl-C does; what it wrote to stderr."""
        import signal

        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=10)[1]


def environment(**more: str) -> dict[str, str]:
    """The environment of a command, without what could change its settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAKEAPI_", "ANTHROPIC_"))}
    return {**kept, **more}


@contextmanager
def server(*flags: str, cwd: Path | None = None, unheard: bool = False, **variables: str) -> Iterator[Server]:
    """A server on a free port, stopped at the end; `unheard`: nobody reads its log, however long it gets."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fakeapi", "serve", "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if unheard else subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(**variables),
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "ANTHROPIC_API_KEY" in line:
            break
    banner = "".join(lines)
    found = re.search(r"ANTHROPIC_BASE_URL=(\S+)", banner)
    try:
        assert found, (banner, process.communicate(timeout=10)[1])
        yield Server(found.group(1), banner, process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=10)
