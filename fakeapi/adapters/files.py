"""Files that a user names: read, or refused in one clear line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from fakeapi.errors import FakeapiError
from fakeapi.facts import media


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


def read_sizes(pairs: Iterable[str]) -> dict[str, media.Size | media.Pdf]:
    """The sizes of the local files that stand for what is behind urls (`URL=FILE`). FakeapiError where one can't be."""
    sizes: dict[str, media.Size | media.Pdf] = {}
    for pair in pairs:
        url, _, path = pair.rpartition("=")
        if not url or not path:
            raise FakeapiError(f"--media: {pair!r} is not URL=FILE")
        try:
            data = Path(path).read_bytes()
        except OSError as fault:
            raise FakeapiError(f"--media: cannot read {path}: {fault.strerror or fault}") from None
        size = media.image_size(data) or media.pdf(data)
        if size is None:
            raise FakeapiError(f"--media: {path} is neither a picture nor a PDF that can be read")
        sizes[url] = size
    return sizes


def read_json(path: str) -> Any:
    """The JSON of a file; FakeapiError names the file, the place and the fault."""
    try:
        return orjson.loads(Path(path).read_bytes())
    except OSError as fault:
        raise FakeapiError(f"cannot read {path}: {fault.strerror or fault}") from None
    except orjson.JSONDecodeError as fault:
        raise FakeapiError(f"{path}:{fault.lineno}:{fault.colno}: not valid JSON: {fault.msg}") from None


def read_documents(path: str) -> Iterator[tuple[str, Any]]:
    """The documents of a JSON or JSONL file (`-` is stdin), each with its place: `file`, or `file:line`.

    A JSON list is a list of documents. What can't be read comes as a FakeapiError in the place of its document, so that
    one bad line hides no other.
    """
    name = "stdin" if path == "-" else path
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as fault:
        yield name, FakeapiError(f"cannot read {path}: {fault.strerror or fault}")
        return
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield name, FakeapiError(f"{name}: not UTF-8 (it looks like UTF-16)")
        return
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        yield from _read_lines(name, data, fault)
        return
    if isinstance(content, list):
        yield from ((f"{name}[{index}]", item) for index, item in enumerate(content))
    else:
        yield name, content


def _read_lines(name: str, data: bytes, whole: orjson.JSONDecodeError) -> Iterator[tuple[str, Any]]:
    """JSON Lines; where the first line is no document by itself, the file was meant as one, and that fault is told."""
    documents = 0
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield f"{name}:{number}", orjson.loads(line)
        except orjson.JSONDecodeError as fault:
            place, told = ((number, fault.colno), fault) if documents else ((whole.lineno, whole.colno), whole)
            yield name, FakeapiError(f"{name}:{place[0]}:{place[1]}: not valid JSON: {told.msg}")
            if not documents:
                return
        documents += 1
    if not documents:
        yield name, FakeapiError(f"{name}: there is no JSON in it")
