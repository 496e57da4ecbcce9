"""One line on stderr for each exchange, for a person (`line`) or a program (`json`); `quiet` shows refusals only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

import orjson

from fakeapi.model import Exchange, Json

_RED, _GREEN, _DIM, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"


def logger(style: str, stream: TextIO | None = None) -> Callable[[Exchange], None]:
    """What to call with each exchange, for a `--log` style."""
    out = stream if stream is not None else sys.stderr
    if style == "json":
        return lambda exchange: _write(out, _as_json(exchange))
    paint = style_painter(out)
    if style == "quiet":
        return lambda exchange: _write(out, _as_line(exchange, paint)) if exchange.sentence else None
    return lambda exchange: _write(out, _as_line(exchange, paint))


def style_painter(out: TextIO) -> Callable[[str, str], str]:
    """Colours on a terminal, none elsewhere."""
    if out.isatty():
        return lambda colour, text: f"{colour}{text}{_PLAIN}"
    return lambda colour, text: text


def _write(out: TextIO, line: str) -> None:
    try:
        out.write(line + "\n")
        out.flush()
    except (OSError, ValueError):
        """Nobody reads the log any more; answers matter more."""


def _as_line(exchange: Exchange, paint: Callable[[str, str], str]) -> str:
    status = paint(_GREEN if exchange.status < 400 else _RED, str(exchange.status))
    words = [
        paint(_DIM, datetime.now().strftime("%H:%M:%S")),
        exchange.method,
        _visible(exchange.path),
        _visible(exchange.model),
        status,
        exchange.source,
    ]
    if exchange.usage:
        words.append(_tokens(exchange.usage))
    if exchange.sentence:
        words.append(_visible(exchange.sentence))
    if exchange.hint:
        words.append(paint(_DIM, f"({exchange.hint})"))
    return "  ".join(word for word in words if word)


def _tokens(usage: Json) -> str:
    written = f"{usage['input_tokens']} in"
    return f"{written}, {usage['output_tokens']} out" if "output_tokens" in usage else written


def _as_json(exchange: Exchange) -> str:
    row = {
        "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "method": exchange.method,
        "path": exchange.path,
        "model": exchange.model or None,
        "status": exchange.status,
        "source": exchange.source or None,
        "usage": exchange.usage or None,
        "request_id": exchange.request_id,
        "sentence": exchange.sentence or None,
        "hint": exchange.hint or None,
    }
    return orjson.dumps(row).decode()


def _visible(text: str) -> str:
    """Text from outside with control characters escaped, so that no request can play with the terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
