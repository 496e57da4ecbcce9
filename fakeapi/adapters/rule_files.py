"""Files of rules: found in folders, read, and loaded together; whatever can't be read is a problem with a place."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import orjson

from fakeapi.endpoints import ruling
from fakeapi.errors import FakeapiError
from fakeapi.model import Json
from fakeapi.rules.loading.document import LARGEST, Loaded, load
from fakeapi.rules.loading.nodes import Problem
from fakeapi.rules.loading.reader import Known

SUFFIXES = (".yaml", ".yml", ".json")
_OF_RULES = frozenset({"rules", "match", "respond"})
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Read(NamedTuple):
    """What became of the paths.

    Attributes:
        loaded: the rules and the problems.
        files: the files of rules, in the order in which they are asked.
        beside: further files that rules name: recorded answers.
    """

    loaded: Loaded
    files: tuple[Path, ...]
    beside: tuple[Path, ...] = ()


def read_rules(paths: Iterable[str], known: Known | None = None) -> Read:
    """The rules of files and folders; FakeapiError for a path that isn't there.

    `known` is what rules may name: by itself what fakeapi has, and the plug-ins that are installed.
    """
    files = tuple(dict.fromkeys(found for path in paths for found in rule_files(path)))
    beside: dict[Path, None] = {}

    def recorded(rules: str, name: str) -> Json:
        path = Path(rules).parent / name
        beside[path] = None
        return _read_answer(path, name)

    texts: list[tuple[str, str]] = []
    unread: list[Problem] = []
    for path in files:
        text = _text(path)
        if isinstance(text, Problem):
            unread.append(text)
        else:
            texts.append((str(path), text))
    base = known or _with_plugins()
    loaded = load(texts, replace(base, recorded=recorded))
    return Read(Loaded(loaded.rules, (*unread, *loaded.problems)), files, tuple(beside))


def _with_plugins() -> Known:
    from fakeapi.adapters import plugins

    plugins.load()
    return ruling.known(patterns=plugins.PATTERNS)


def rule_files(path: str) -> Iterator[Path]:
    """The files of rules at a path: itself, or those in a folder and its folders, sorted.

    A JSON file in a folder that is plainly something else (a recorded answer) is left out. FakeapiError where nothing
    is at the path.
    """
    found = candidates(path)
    return iter(found) if found == [Path(path)] else (file for file in found if not _is_answer(file))


def candidates(path: str) -> list[Path]:
    """The same by their names alone; hidden ones don't count."""
    root = Path(path)
    if not root.exists():
        raise FakeapiError(f"cannot read rules from {path}: there is no such file or folder")
    if not root.is_dir():
        return [root]
    found = (file for file in sorted(root.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file())
    return [file for file in found if not any(part.startswith(".") for part in file.relative_to(root).parts)]


def _is_answer(file: Path) -> bool:
    """Whether a JSON file is plainly something else than rules."""
    if file.suffix.lower() != ".json":
        return False
    try:
        content = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(content, dict) and not _OF_RULES & content.keys()


def _text(path: Path) -> str | Problem:
    try:
        data = path.read_bytes()
    except OSError as fault:
        return Problem(str(path), 1, 1, f"cannot be read: {fault.strerror or fault}")
    if data.startswith(_UTF_16):
        return Problem(str(path), 1, 1, "not UTF-8 (it looks like UTF-16)", "save it as UTF-8")
    if len(data) > 4 * LARGEST:
        return Problem(str(path), 1, 1, f"the file has more than {4 * LARGEST:,} bytes", "split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start]
        line, column = before.count(b"\n") + 1, fault.start - before.rfind(b"\n")
        message = f"not UTF-8: byte 0x{data[fault.start]:02x} can't stand here"
        return Problem(str(path), line, column, message, "save it as UTF-8")


def _read_answer(path: Path, name: str) -> Json:
    try:
        found: Json = orjson.loads(path.read_bytes())
    except OSError as fault:
        raise FakeapiError(f"fixture {name}: cannot read {path}: {fault.strerror or fault}") from None
    except orjson.JSONDecodeError as fault:
        raise FakeapiError(
            f"fixture {name}: {path}:{fault.lineno}:{fault.colno}: not valid JSON: {fault.msg}"
        ) from None
    return found
