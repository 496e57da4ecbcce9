"""Faults of plug-ins: played like fakeapi's own, but whole before a byte is sent, so that a mistake is an answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import orjson

from fakeapi.encoding.faults import FAULTS, Instead, Kind, Place, Scene
from fakeapi.encoding.faults.registry import BODY, HEADERS, INSTEAD, WRITES
from fakeapi.encoding.sse import Frame
from fakeapi.errors import FakeapiError
from fakeapi.facts.sentences import refusal
from fakeapi.replies.plugged import where
from fakeapi.wire import Cut, HeaderLines, Reply, Send, Wait

STAGES = (BODY, WRITES, HEADERS, INSTEAD)
_OF_ALL = ("times", "id")
_JSON = "application/json"


def kind(name: str, function: Callable[..., Any], origin: str, stage: str, main: str) -> Kind:
    """The kind of fault that a function plays. FakeapiError for a stage or an option that there isn't."""
    if stage not in STAGES:
        raise FakeapiError(f"fault {name!r} of {origin}: there is no stage {stage!r}; say one of {', '.join(STAGES)}")
    defaults = _options(name, function, origin)
    if main and main not in defaults:
        raise FakeapiError(f"fault {name!r} of {origin}: main={main!r} is none of its options")
    play = _PLAYS[stage](_guarded(name, function, origin))
    play.__kwdefaults__ = defaults
    return Kind(stage, play, main, resizes=stage in (BODY, WRITES))


def _options(name: str, function: Callable[..., Any], origin: str) -> dict[str, Any]:
    """The options and their defaults; they are those that faults have, so that they are read alike."""
    known = {option for own in FAULTS.values() for option in own.options}
    found: dict[str, Any] = {}
    for each in inspect.signature(function).parameters.values():
        if each.kind is not each.KEYWORD_ONLY:
            continue
        if each.name not in known:
            there = ", ".join(sorted(known))
            raise FakeapiError(f"fault {name!r} of {origin}: faults have no option {each.name!r}; there is {there}")
        if each.default is each.empty:
            raise FakeapiError(f"fault {name!r} of {origin}: the option {each.name!r} needs a default")
        found[each.name] = _placed(each.default) if each.name == "after" else each.default
    return found


def _placed(default: Any) -> Any:
    return Place(default) if type(default) is int else default


def _guarded(name: str, function: Callable[..., Any], origin: str) -> Callable[..., Any]:
    """The function, its mistakes told in one line."""

    @wraps(function)
    def played(read: Callable[[Any], Any], *what: Any, **options: Any) -> Any:
        try:
            return read(function(*what, **options))
        except Exception as fault:
            raise refusal("fault_failed", name=name, origin=origin, reason=where(fault)) from None

    return played


def _body(played: Callable[..., Any]) -> Any:
    def play(parts: Iterable[Any], **options: Any) -> list[Any]:
        return played(lambda given: [_part(each) for each in given], iter(parts), **options)  # type: ignore[no-any-return]

    return play


def _writes(played: Callable[..., Any]) -> Any:
    def play(effects: Iterable[Any], **options: Any) -> list[Any]:
        return played(lambda given: [_effect(each) for each in given], iter(effects), **options)  # type: ignore[no-any-return]

    return play


def _headers(played: Callable[..., Any]) -> Any:
    def play(lines: HeaderLines, **options: Any) -> HeaderLines:
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines]
        return played(_lines, told, **options)  # type: ignore[no-any-return]

    return play


def _instead(played: Callable[..., Any]) -> Any:
    def play(_: Scene, **options: Any) -> Instead:
        return played(_answer, **options)  # type: ignore[no-any-return]

    return play


def _part(given: Any) -> Any:
    if isinstance(given, bytes):
        return Frame(given, "", 0)
    return _one_of(given, (Frame, Wait, Cut), "an Event, bytes, a Wait or a Cut")


def _effect(given: Any) -> Any:
    return (
        Send(given) if isinstance(given, bytes) else _one_of(given, (Send, Wait, Cut), "a Send, bytes, a Wait or a Cut")
    )


def _one_of(given: Any, kinds: tuple[type, ...], wanted: str) -> Any:
    if not isinstance(given, kinds):
        raise TypeError(f"it gave {type(given).__name__}; give {wanted}")
    return given


def _lines(given: Any) -> HeaderLines:
    """Header lines of pairs or of a mapping. TypeError for what is none, ValueError for what can't be sent."""
    pairs = given.items() if isinstance(given, Mapping) else given
    lines = tuple((str(name).encode("latin-1"), str(value).encode("latin-1")) for name, value in pairs)
    if any(b"\n" in part or b"\r" in part for line in lines for part in line):
        raise ValueError("a header may not have a line break")
    return lines


def _answer(given: Any) -> Instead:
    """Another answer, of (status, headers, body): bytes, a text, or what is sent as JSON."""
    status, headers, body = given
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
    lines = {name.lower(): value for name, value in _lines(headers)}
    lines.setdefault(b"content-type", b"text/plain; charset=utf-8" if isinstance(body, bytes | str) else _JSON.encode())
    lines[b"content-length"] = b"%d" % len(data)
    if not 200 <= int(status) <= 599:
        raise ValueError(f"{status} is no status of an answer")
    return Instead(Reply(int(status), tuple(lines.items()), (Send(data),)), f"{status} by a plug-in")


_PLAYS: dict[str, Callable[[Callable[..., Any]], Any]] = {
    BODY: _body,
    WRITES: _writes,
    HEADERS: _headers,
    INSTEAD: _instead,
}
