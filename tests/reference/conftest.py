"""Recorded evidence, which lies beside the checkout and is never part of it: `../shared/reference`.

`python -m pytest tests/reference -s` prints the counts; FAKEAPI_REFERENCE names another folder.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("FAKEAPI_REFERENCE", Path(__file__).parents[3] / "shared" / "reference"))


def pytest_configure() -> None:
    """Without the evidence there is nothing to run."""
    if not FOLDER.is_dir():
        pytest.exit(f"no evidence at {FOLDER}: set FAKEAPI_REFERENCE to where it lies", returncode=2)


@pytest.fixture(scope="session")
def recordings() -> list[dict[str, Any]]:
    """Real exchanges with the API."""
    with gzip.open(FOLDER / "recordings.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file of the evidence."""
    for line in (FOLDER / name).read_text().splitlines():
        yield json.loads(line)
