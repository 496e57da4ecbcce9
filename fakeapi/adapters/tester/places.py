"""Where a test stands that says something to a server: `tests/test_weather.py:12`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import fakeapi

_PACKAGE = str(Path(fakeapi.__file__).parent) + os.sep


def here() -> str:
    """File and line of the nearest caller outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"


def _shown(file: str) -> str:
    """A file's name from the current folder on, or its last part where it lies elsewhere."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (OSError, ValueError):
        return Path(file).name
