"""Files that a user names: read, or refused in one clear line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from fakeapi.errors import FakeapiError


def read_models(paths: Iterable[str]) -> list[Any]:
    """The rows of model files: a JSON list of models, or an object with a list `models`. FakeapiError otherwise."""
    rows: list[Any] = []
    for path in paths:
        content = read_json(path)
        found = content.get("models") if isinstance(content, dict) else content
        if not isinstance(found, list):
            raise FakeapiError(f"{path}: expected a JSON list of models, or an object with a list `models`")
        rows += found
    return rows


def read_json(path: str) -> Any:
    """The JSON of a file; FakeapiError names the file, the place and the fault."""
    try:
        return orjson.loads(Path(path).read_bytes())
    except OSError as fault:
        raise FakeapiError(f"cannot read {path}: {fault.strerror or fault}") from None
    except orjson.JSONDecodeError as fault:
        raise FakeapiError(f"{path}:{fault.lineno}:{fault.colno}: not valid JSON: {fault.msg}") from None
