"""`fakeapi convert`: other tools' fixtures are read, their rules printed or written, and what needs a hand is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fakeapi.endpoints import ruling
from fakeapi.errors import FakeapiError
from fakeapi.rules.converting.formats import Converted, convert, is_convertible

SUFFIXES = (".json", ".yaml", ".yml")
_FOREIGN = frozenset({"node_modules", "__pycache__"})


def convert_files(paths: Sequence[str], format: str | None = None, output: str | None = None) -> int:
    """Convert files, and folders of them; the exit status: 0, or 1 where a fixture was left out.

    The rules go to `output`, else to stdout; what needs a hand goes to stderr, one `file:line:column: ...` a line.
    Raises FakeapiError for what can't be read or written, and OSError never.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    if output is not None and Path(output).resolve() in {file.resolve() for file in files}:
        raise FakeapiError(f"-o {output} would overwrite what is converted; name another file")
    converted = convert([(str(file), _text(file)) for file in files], ruling.known(), format)
    _write(converted.text, output)
    for note in converted.notes:
        print(note, file=sys.stderr)
    print(_summary(converted), file=sys.stderr)
    return 1 if converted.left_out else 0


def _files(path: str) -> Iterator[Path]:
    """A file itself; of a folder, whatever has fixtures, in the order in which aimock reads it."""
    root = Path(path)
    if root.is_dir():
        yield from (file for file in _inside(root) if _is_meant(file))
    elif root.exists():
        yield root
    else:
        raise FakeapiError(f"cannot read {path}: there is no such file or folder")


def _inside(folder: Path) -> Iterator[Path]:
    """Its files by name, then those of its folders."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    yield from (entry for entry in entries if entry.suffix.lower() in SUFFIXES and entry.is_file())
    for entry in entries:
        if entry.is_dir() and entry.name not in _FOREIGN:
            yield from _inside(entry)


def _is_meant(file: Path) -> bool:
    meant = is_convertible(str(file), _text(file))
    if not meant:
        print(f"{file}: left alone, since it has no fixtures of aimock or fakellm", file=sys.stderr)
    return meant


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as fault:
        raise FakeapiError(f"cannot read {file}: {fault.strerror or fault}") from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise FakeapiError(f"{file}:{line}: not UTF-8; save it as UTF-8") from None


def _write(text: str, output: str | None) -> None:
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as fault:
        raise FakeapiError(f"cannot write {output}: {fault.strerror or fault}") from None


def _summary(converted: Converted) -> str:
    counts = {"fixture": converted.found, "rule": converted.rules, "left out": converted.left_out}
    told = ", ".join(_counted(noun, count) for noun, count in counts.items())
    look = f"; {_counted('note', len(converted.notes))}, above the rules too, behind # !" if converted.notes else ""
    return f"{converted.format}: {told}{look}"


def _counted(noun: str, count: int) -> str:
    return f"{count} {noun}" if count == 1 or noun == "left out" else f"{count} {noun}s"
