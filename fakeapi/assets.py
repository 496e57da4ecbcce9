"""The only module that knows where `schemas/` and `fixtures/` lie."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).resolve().parent


@cache
def _root() -> Path:
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def path(name: str) -> Path:
    """The file of an asset, named from the top level: `fixtures/models.json`."""
    return _root() / name


def read_bytes(name: str) -> bytes:
    """The bytes of an asset; FileNotFoundError where there is none of that name."""
    return path(name).read_bytes()


def read_json(name: str) -> Any:
    """The parsed JSON of an asset. Not cached: whoever compiles it keeps what it compiled."""
    return orjson.loads(read_bytes(name))


def names(folder: str, suffix: str = ".json") -> Iterator[str]:
    """The assets below a folder, sorted, each as a name for `read_json`."""
    root = _root()
    for file in sorted((root / folder).rglob(f"*{suffix}")):
        yield file.relative_to(root).as_posix()
