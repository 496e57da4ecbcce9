"""From text (`cut; after=3 events; times=2, slice=1`), or a mapping as rules write it, to Faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from fakeapi.encoding.faults.answers import OFF
from fakeapi.encoding.faults.registry import FAULTS, Kind
from fakeapi.encoding.faults.values import Fault, Place
from fakeapi.errors import FakeapiError

LONGEST = 2000
"""Characters of a text; a longer one is refused."""
_LONGEST_WAIT = 86400.0
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^",;=]+|[,;=]|"')
_PLACE = re.compile(r"(\d{1,9}) *(event|token|byte)?s?")
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?|\.\d+")
_THROUGH = ("character", "crlf")
_OF_ALL = ("times", "id")
_LIMITS = ("requests", "tokens", "input-tokens", "output-tokens")


class _UnreadableError(Exception):
    """Why a fault can't be read, and what to write instead."""


@lru_cache(maxsize=256)
def parse(text: str, source: str = "fault") -> tuple[Fault, ...]:
    """The faults of a text: separated by commas, each `name` or `name=value`, then `; option=value` as needed.

    A value may stand in double quotes. Raises FakeapiError that names `source`, the fault and the mend.
    """
    if len(text) > LONGEST:
        raise FakeapiError(f"{source}: longer than {LONGEST} characters")
    return tuple(_named(items, source) for items in _split(text, source) if items != [("", "")])


def read(spec: object, source: str = "fault") -> tuple[Fault, ...]:
    """The faults of a spec: a text, a status, a mapping (`{cut: 3 events, times: 2}`), or a list of those.

    Raises FakeapiError as `parse` does.
    """
    if isinstance(spec, Mapping):
        if not spec:
            raise FakeapiError(f"{source}: no fault is named; say one such as cut")
        return (_named([(str(name), _written(value)) for name, value in spec.items()], source),)
    if isinstance(spec, list | tuple):
        return tuple(fault for each in spec for fault in read(each, source))
    return parse(str(spec), source)


def _written(value: object) -> str:
    """A value of a mapping as text would have it: `no-ping: true` is the name alone."""
    return "" if value is None or value is True else str(value)


def _split(text: str, source: str) -> Iterator[list[tuple[str, str]]]:
    """The names and values of each fault of a text."""
    items: list[list[str]] = [[""]]
    for piece in [*_PIECE.findall(text), ","]:
        if piece == ",":
            yield [(item[0].strip(), "=".join(item[1:]).strip()) for item in items]
            items = [[""]]
        elif piece == ";":
            items.append([""])
        elif piece == "=" and len(items[-1]) == 1:
            items[-1].append("")
        elif piece == '"':
            raise FakeapiError(f"{source}: {text!r}: a quotation mark is not closed")
        else:
            items[-1][-1] += _unquoted(piece)


def _unquoted(piece: str) -> str:
    return re.sub(r"\\(.)", r"\1", piece[1:-1]) if piece.startswith('"') else piece


def _named(items: list[tuple[str, str]], source: str) -> Fault:
    try:
        return _fault(items)
    except _UnreadableError as reason:
        said = "; ".join(f"{name}={value}" if value else name for name, value in items)
        raise FakeapiError(f"{source}: {said!r}: {reason}") from None


def _fault(items: list[tuple[str, str]]) -> Fault:
    (name, value), *more = items
    if name.isdecimal():
        name, value = "status", name
    kind = FAULTS.get(name)
    if kind is None:
        raise _UnreadableError(_no_such("fault", name, ["529 (any status from 400 to 599)", *FAULTS]))
    given: dict[str, Any] = {kind.main: _value(kind.main, value)} if value and kind.main else {}
    if value and not kind.main:
        raise _UnreadableError(f"{name} takes no value")
    for option, text in more:
        known = _known(option, name, kind)
        given[known] = _value(known, text)
    if name == "status":
        given.setdefault("status", kind.options["status"])
    times, mark = given.pop("times", None), given.pop("id", "")
    return Fault(name, tuple(sorted(given.items())), times, mark)


def _known(option: str, name: str, kind: Kind) -> str:
    known = {known.replace("_", "-"): known for known in (*kind.options, *_OF_ALL)}
    if option not in known:
        raise _UnreadableError(_no_such(f"option of {name}", option, known))
    return known[option]


def _no_such(what: str, name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    meant = f"did you mean {near[0]}? Say" if near else "say"
    return f"{name!r} is no {what}; {meant} one of {', '.join(known)}"


def _value(option: str, text: str) -> Any:
    try:
        return _READERS[option](text)
    except _UnreadableError as reason:
        raise _UnreadableError(f"{option.replace('_', '-')}={text}: {reason}") from None


def _whole(text: str, least: int) -> int:
    if not (text.isdecimal() and len(text) < 10 and int(text) >= least):
        raise _UnreadableError(f"say a whole number from {least}")
    return int(text)


def _status(text: str) -> int:
    if not (text.isdecimal() and len(text) == 3 and 400 <= int(text) <= 599):
        raise _UnreadableError("say a status from 400 to 599")
    return int(text)


def _place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if not found:
        raise _UnreadableError("say how many events, tokens or bytes: 3 events, 20 tokens, 100 bytes")
    return Place(int(found[1]), f"{found[2] or 'event'}s")


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) > _LONGEST_WAIT:
        raise _UnreadableError(f"say a number of seconds, up to {_LONGEST_WAIT:g}")
    return float(text)


def _number_or_off(text: str) -> str:
    if text != OFF and not _SECONDS.fullmatch(text):
        raise _UnreadableError(f"say a number, or {OFF}")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise _UnreadableError(f"say {' or '.join(choices)}")
        return text

    return read


def _word(text: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,100}", text, re.ASCII):
        raise _UnreadableError("say a word of letters, digits, '_', '-' and '.'")
    return text


def _header_value(text: str) -> str:
    if not (text.isascii() and text.isprintable() and text):
        raise _UnreadableError("say a content type, such as text/html")
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "after": _place,
    "seconds": _seconds,
    "every": _seconds,
    "times": lambda text: _whole(text, 1),
    "id": str,
    "size": lambda text: _whole(text, 1),
    "through": _one_of(*_THROUGH),
    "status": _status,
    "type": _word,
    "error_code": _word,
    "message": str,
    "value": _header_value,
    "retry_after": _number_or_off,
    "retry_after_ms": _number_or_off,
    "x_should_retry": _one_of("true", "false", OFF),
    "limit": _one_of(*_LIMITS),
}
"""How the value of each option is read."""
