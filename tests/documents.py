"""Documents whose examples run: fenced blocks, curl commands, and answers to compare with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from http.client import HTTPConnection
from json import loads
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

DOCS = Path(__file__).parents[1] / "docs"


class Block(NamedTuple):
    """A fenced block: its language, its text, and the line where it stands."""

    language: str
    text: str
    line: int


def blocks(name: str) -> Iterator[Block]:
    """The fenced blocks of a document."""
    content = (DOCS / name).read_text()
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", content, re.DOTALL | re.MULTILINE):
        yield Block(found[1], found[2], content.count("\n", 0, found.start()) + 2)


def curl(command: str, environment: dict[str, str]) -> str:
    """What curl would print, for the few options that documents use: every client has to be able to do this."""
    for name, value in environment.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    url, method, headers, body = "", "", {}, None
    while words:
        word = words.pop(0)
        if word in ("-H", "--header"):
            name, _, value = words.pop(0).partition(":")
            headers[name.strip().lower()] = value.strip()
        elif word in ("-d", "--data", "--data-binary"):
            body = words.pop(0)
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
        elif word in ("-X", "--request"):
            method = words.pop(0)
        elif word != "-s":
            assert not word.startswith("-"), word
            url = word
    where = urlsplit(url)
    connection = HTTPConnection(where.netloc, timeout=30)
    target = where.path + (f"?{where.query}" if where.query else "")
    connection.request(method or ("GET" if body is None else "POST"), target, body and body.encode(), headers)
    said = connection.getresponse().read().decode()
    connection.close()
    return said


def commands(text: str) -> list[str]:
    """The curl commands of a block."""
    return [command for command in re.split(r"^(?=curl )", text, flags=re.MULTILINE) if command.strip()]


def differs(shown: Any, came: Any, place: str = "") -> str:
    """Where what came isn't what a document shows: it shows a part, and `…` stands for anything; "" for nowhere."""
    if isinstance(shown, dict) and isinstance(came, dict):
        found = (differs(value, came.get(name, "(nothing)"), f"{place}.{name}") for name, value in shown.items())
        return next((one for one in found if one), "")
    if isinstance(shown, list) and isinstance(came, list) and len(shown) == len(came):
        found = (
            differs(one, other, f"{place}[{index}]") for index, (one, other) in enumerate(zip(shown, came, strict=True))
        )
        return next((one for one in found if one), "")
    if isinstance(shown, str) and "…" in shown:
        pattern = ".*".join(map(re.escape, shown.split("…")))
        return "" if re.fullmatch(pattern, str(came), re.DOTALL) else f"{place}: {shown!r} is shown, {came!r} came"
    return "" if shown == came else f"{place}: {shown!r} is shown, {came!r} came"


def answer_shown(block: Block) -> Any:
    """The answer that a block shows."""
    return loads(block.text)
