"""Claude Code meets each fault: `python tests/acceptance/claude_code.py [--write]`; it needs npm and about a minute.

Faults are asked for by the model's name alone, as by a client that can set no header. What it does is held against
tests/corpus/faults_in_clients.jsonl; with `--write` it is written there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.acceptance.fault_cases import ROWS, SEEN_WITH, write
from tests.running import server

PACKAGE = f"@anthropic-ai/claude-code@{SEEN_WITH['Claude Code']}"
QUIET = (
    *("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY"),
    *("DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER"),
)
RETRIES = "3"
"""CLAUDE_CODE_MAX_RETRIES; Claude Code's own default is 10."""


def installed(folder: str) -> str:
    """The program, installed into this folder."""
    (Path(folder) / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE]
    subprocess.run(command, check=True)
    return f"{folder}/node_modules/.bin/claude"


def surroundings(home: str | Path, base_url: str) -> dict[str, str]:
    """Its environment: this home, this server, and no traffic of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": "sk-ant-fake",
        "CLAUDE_CODE_MAX_RETRIES": RETRIES,
        **dict.fromkeys(QUIET, "1"),
    }


def run(program: str, base_url: str, fault: str) -> tuple[int, str]:
    """Its exit status and what it printed, for one prompt, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [program, "-p", "hello", "--model", f"fakeapi-{fault}" if fault else "claude-opus-4-8"],
            env=surroundings(home, base_url),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    return done.returncode, done.stdout.strip()


def words(status: int, printed: str, requests: int) -> str:
    """What it did, in words."""
    sentence = re.split(r"[.—·:(] ?(?=[A-Z]|—|This|\()|\.$", printed.replace("API Error: ", "", 1))[0].strip()
    said = "the answer" if status == 0 else f"exit {status} “{sentence}”"
    return said if requests == 1 else f"{said}, {requests} requests"


def seen(program: str) -> dict[str, str]:
    """What it does when it meets each fault; each in a session of its own."""
    faults = [row["fault"] for row in ROWS]
    with server("--log", "json") as running, ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(lambda n: run(program, f"{running.url}/s/{n}", faults[n]), range(len(faults))))
        log = [json.loads(line) for line in running.stop().splitlines() if line.startswith("{")]
    asked: dict[str, int] = {}
    for exchange in log:
        if exchange["path"].endswith("/v1/messages"):
            asked[exchange["path"].split("/")[2]] = asked.get(exchange["path"].split("/")[2], 0) + 1
    return {
        fault: words(*end, requests=asked.get(str(number), 0))
        for number, (fault, end) in enumerate(zip(faults, ends, strict=True))
    }


def main() -> int:
    """Run, compare, report."""
    with tempfile.TemporaryDirectory() as folder:
        found = seen(installed(folder))
    if "--write" in sys.argv:
        write([{**row, "claude_code": found[row["fault"]]} for row in ROWS])
        return 0
    different: list[Any] = [row for row in ROWS if row.get("claude_code") != found[row["fault"]]]
    for row in different:
        print(f"{row['fault'] or 'no fault'}: {found[row['fault']]}; recorded: {row.get('claude_code')}")
    print(f"Claude Code {SEEN_WITH['Claude Code']}: {len(ROWS) - len(different)} of {len(ROWS)} faults as recorded")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
