"""Run the README's first command as it stands, in a copy of the checkout, and get one answer from it.

`python tests/acceptance/first_command.py`; port 4010 must be free. It prints how long a newcomer waits.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
BODY = {
    "model": "claude-opus-4-1-20250805",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hello, Claude"}],
}
DOOR = {"x-api-key": "sk-ant-fake", "anthropic-version": "2023-06-01"}


def first_command() -> str:
    """The first command of the README."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return next(str(block) for block in blocks if "fakeapi serve" in block)


def clone(folder: Path) -> Path:
    """The files that git tracks, as they are now."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def answered(process: subprocess.Popen[bytes], seconds: float = 180) -> str:
    """The text of the first answer."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds and process.poll() is None:
        try:
            answer = requests.post("http://127.0.0.1:4010/v1/messages", json=BODY, headers=DOOR, timeout=5)
            return str(answer.json()["content"][0]["text"])
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the README's first command started no server")


def main() -> int:
    """Start, ask, stop."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        process = subprocess.Popen(["bash", "-c", first_command()], cwd=clone(Path(folder)), start_new_session=True)
        try:
            text = answered(process)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(15)
    print(f"answered {text!r} {time.monotonic() - begun:.0f} s after the command was typed")
    return 0 if text == "Hello!" else 1


if __name__ == "__main__":
    sys.exit(main())
