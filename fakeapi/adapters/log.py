"""One line on stderr for each exchange, for a person (`line`) or a program (`json`); `quiet` shows refusals only.

Where no rule matched, the nearest stand below it, in two columns. Keys are never written.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

import orjson

from fakeapi.memory.redaction import clean_json, clean_text
from fakeapi.memory.sessions import DEFAULT
from fakeapi.model import Exchange, Json, Mismatch

if TYPE_CHECKING:
    from fakeapi.rules.diagnosis import Diagnosis, NearMiss

_RED, _GREEN, _YELLOW, _DIM, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m", "\x1b[0m"
_BOLD = "\x1b[1m"
_NEAR_MISS = {"name": _BOLD, "wanted": _GREEN, "came": _RED, "hint": _YELLOW, "dim": _DIM}
"""The styles of rules.diagnosis."""


def logger(style: str, stream: TextIO | None = None) -> Callable[[Exchange], None]:
    """What to call with each exchange, for a `--log` style."""
    out = Stream(stream if stream is not None else sys.stderr)
    if style == "json":
        return lambda exchange: out.write(_as_json(exchange))
    paint = style_painter(out.stream)
    if style == "quiet":
        return lambda exchange: out.write(_as_line(exchange, paint)) if exchange.sentence else None
    return lambda exchange: out.write(_as_line(exchange, paint))


def reporter(style: str, stream: TextIO | None = None) -> Callable[[Sequence[Any]], None]:
    """What to call with the problems of rule files: a line for each, and what is in force; or that all is well."""
    out = Stream(stream if stream is not None else sys.stderr)

    def report(problems: Sequence[Any]) -> None:
        lines = [*map(str, problems)] or ["the rules are reloaded"]
        if any(problem.severity == "error" for problem in problems):
            lines.append("the rules as they were stay in force until that is mended")
        for told in lines:
            out.write(orjson.dumps({"time": _now(), "rules": told}).decode() if style == "json" else f"rules: {told}")

    return report


def take_over(style: str, stream: TextIO | None = None) -> None:
    """What uvicorn says of itself comes as our lines do: errors only, in one line, as JSON where the log is JSON."""
    logger = logging.getLogger("uvicorn.error")
    logger.propagate = False
    logger.setLevel(logging.ERROR)
    logger.handlers = [_ServerHandler(style, Stream(stream if stream is not None else sys.stderr))]


class _ServerHandler(logging.Handler):
    """Writes what the server itself reports."""

    def __init__(self, style: str, out: Stream) -> None:
        super().__init__()
        self._style = style
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        """One line for a record, whatever it carries."""
        fault = record.exc_info[1] if record.exc_info else None
        told = record.getMessage().strip().splitlines()[0] + (f": {fault!r}" if fault else "")
        if self._style == "json":
            told = orjson.dumps({"time": _now(), "server": told}, default=str).decode()
        self._out.write(told)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


class Stream:
    """Lines for a text stream: those of one turn of the event loop are written together, outside a loop at once."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        """Write a line, soon."""
        self._lines.append(line)
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_soon(self._flush)
            except RuntimeError:
                self._flush()

    def _flush(self) -> None:
        text = "\n".join(self._lines) + "\n"
        self._lines.clear()
        if self.stream is None:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            """Nobody reads the log any more; answers matter more."""


def style_painter(out: TextIO | None) -> Callable[[str, str], str]:
    """Colours on a terminal, none elsewhere."""
    if out is not None and out.isatty():
        return lambda colour, text: f"{colour}{text}{_PLAIN}"
    return lambda _, text: text


def _as_line(exchange: Exchange, paint: Callable[[str, str], str]) -> str:
    when = paint(_DIM, _clock(int(time.time())))
    status = paint(_GREEN if exchange.status < 400 else _RED, str(exchange.status))
    place = _visible(f"{exchange.method}  {exchange.path}  {exchange.model}".rstrip())
    line = f"{when}  {place}  {status}  {_visible(exchange.source)}"
    if exchange.usage:
        line += "  " + _tokens(exchange.usage)
    if exchange.cost is not None:
        line += f"  ${exchange.cost:.6f}"
    if exchange.cache:
        line += f"  cache {exchange.cache}"
    if exchange.session and not exchange.path.startswith("/s/"):
        line += "  " + paint(_DIM, f"session {_visible(exchange.session)}")
    if exchange.outcome != "completed":
        line += "  " + paint(_YELLOW, exchange.outcome)
    return line + _remarks(exchange, paint) if exchange.sentence or exchange.warning or exchange.hint else line


def _remarks(exchange: Exchange, paint: Callable[[str, str], str]) -> str:
    """What is to be said of an exchange that isn't as it should be; near misses say more than their sentence."""
    said = ""
    if exchange.diagnosis is not None:
        near = _clean(exchange.diagnosis).as_text(lambda style, text: paint(_NEAR_MISS[style], text))
        return "\n  " + near.replace("\n", "\n  ")
    if exchange.sentence:
        said += "  " + _without_secrets(exchange.sentence)
    if exchange.warning:
        said += "  " + paint(_YELLOW, "warning: " + _without_secrets(exchange.warning))
    if exchange.hint:
        said += "  " + paint(_DIM, f"({_without_secrets(exchange.hint)})")
    return said


def _without_secrets(text: str) -> str:
    """The text as it is shown. The last ones that may be shown as they are, are remembered."""
    if text in _HARMLESS:
        return text
    shown = _visible(clean_text(text))
    if shown is text:
        if len(_HARMLESS) >= _MOST_HARMLESS:
            _HARMLESS.clear()
        _HARMLESS.add(text)
    return shown


_HARMLESS: set[str] = set()
_MOST_HARMLESS = 256


def _clean(diagnosis: Diagnosis) -> Diagnosis:
    """Near misses without secrets: before they are cut, since half a key isn't known for one."""
    return diagnosis._replace(nearest=tuple(miss._replace(mismatches=_cleaned(miss)) for miss in diagnosis.nearest))


def _cleaned(miss: NearMiss) -> tuple[Mismatch, ...]:
    return tuple(each._replace(came=clean_text(each.came), hint=clean_text(each.hint)) for each in miss.mismatches)


@lru_cache(maxsize=2)
def _clock(second: int) -> str:
    return datetime.fromtimestamp(second).strftime("%H:%M:%S")


def _tokens(usage: Json) -> str:
    written = f"{usage['input_tokens']} in"
    return f"{written}, {usage['output_tokens']} out" if "output_tokens" in usage else written


def _as_json(exchange: Exchange) -> str:
    row = {
        "time": _now(),
        "method": exchange.method,
        "path": exchange.path,
        "session": exchange.session or DEFAULT,
        "model": exchange.model or None,
        "status": exchange.status,
        "source": exchange.source or None,
        "rule": exchange.rule or None,
        "cache": exchange.cache or None,
        "usage": exchange.usage or None,
        "cost_usd": exchange.cost,
        "outcome": exchange.outcome,
        "request_id": exchange.request_id,
        "sentence": clean_text(exchange.sentence) or None,
        "warning": clean_text(exchange.warning) or None,
        "hint": clean_text(exchange.hint) or None,
    }
    if exchange.diagnosis is not None:
        row["diagnosis"] = clean_json(exchange.diagnosis.as_json())
    return orjson.dumps(row).decode()


def _visible(text: str) -> str:
    """Text from outside with control characters escaped, so that no request can play with the terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
