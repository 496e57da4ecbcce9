"""Plug-ins: generators, match patterns and faults that somebody else wrote, registered here or by an entry point.

A distribution names its module under the entry-point group `fakeapi.plugins`; importing it registers what it has.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from fakeapi.adapters import plugged_faults
from fakeapi.encoding.faults import FAULTS
from fakeapi.errors import FakeapiError
from fakeapi.model import Call
from fakeapi.replies.generators import GENERATORS
from fakeapi.replies.plugged import Plugged, where

GROUP = "fakeapi.plugins"
"""The entry-point group."""
PATTERNS: dict[str, Callable[[Any, Call, Mapping[str, str]], bool | str]] = {}
"""The match patterns of plug-ins by name, as the reader of rules takes them."""

_NAME = re.compile(r"[A-Za-z][\w-]{0,60}", re.ASCII)
_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Owner(NamedTuple):
    """Whose a plug-in is: for people, and the module that registered it."""

    title: str
    module: str


_OWNERS: dict[tuple[str, str], _Owner] = {}
_loading: list[str] = []


def generator(name: str) -> Callable[[_Function], _Function]:
    """Registers a generator: `(request, kit, *, option=default) -> text, content blocks or a message`.

    `request` is the body of the request; `kit` is a `Kit`, and may be left out of the signature. Rules ask for it by
    `generator: name`, or `generator: {name: ..., arguments: {option: value}}`. FakeapiError for a name that is taken or
    a function that can't be called that way.
    """

    def register(function: _Function) -> _Function:
        _take("generator", name, function, GENERATORS, positional=(1, 2))
        GENERATORS[name] = Plugged(name, function, _OWNERS["generator", name].title)
        return function

    return register


def pattern(name: str) -> Callable[[_Function], _Function]:
    """Registers a match pattern: `(value, request, headers) -> True`; `False`, or a text that says what came instead.

    `value` is what the rule gives to the pattern; `request` is the body of the request, `headers` (which may be left
    out of the signature) are by lower-case name. FakeapiError as above.
    """

    def register(function: _Function) -> _Function:
        _take("pattern", name, function, PATTERNS, positional=(2, 3))
        PATTERNS[name] = _asking(name, function, _OWNERS["pattern", name].title)
        return function

    return register


def fault(
    name: str, *, stage: str = "body", main: str = "", streams_only: bool = False, spares: bool = False
) -> Callable[[_Function], _Function]:
    """Registers a fault, for rules and for the header `x-fakeapi-fault`. FakeapiError as above.

    Args:
        name: what it is asked for by.
        stage: what the function gets and gives: `body`, the Events, Waits and Cuts of an answer (a plain body is one
            Event) before pacing; `writes`, the Sends, Waits and Cuts after it; `headers`, (name, value) pairs;
            `instead`, nothing -> (status, headers, body) of another answer.
        main: the option that `name=value` sets.
        streams_only: whether an answer that isn't streamed has nothing to break.
        spares: whether a client still gets the whole answer: a scenario then goes on to its next turn.
    """

    def register(function: _Function) -> _Function:
        _take("fault", name, function, FAULTS, positional=(0, 0) if stage == "instead" else (1, 1))
        origin = _OWNERS["fault", name].title
        made = plugged_faults.kind(name, function, origin, stage, main)
        FAULTS[name] = made._replace(streams_only=streams_only, spares=spares)
        return function

    return register


@cache
def load() -> None:
    """Loads the plug-ins of all installed distributions, once. FakeapiError, naming the one that can't be loaded."""
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        title = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        with _owned_by(title):
            try:
                _begin(point.load())
            except FakeapiError:
                raise
            except (Exception, SystemExit) as fault:
                reason = where(fault)
                raise FakeapiError(
                    f"the plug-in {point.name} = {point.value} of {title} can't be loaded: {reason}"
                ) from None


def _begin(loaded: Any) -> None:
    """A module has registered what it has; a function is called to do so, unless it is itself what was registered."""
    if isinstance(loaded, ModuleType) or not callable(loaded):
        return
    if not any(each.default is each.empty for each in inspect.signature(loaded).parameters.values()):
        loaded()


@contextmanager
def _owned_by(title: str) -> Iterator[None]:
    _loading.append(title)
    try:
        yield
    finally:
        _loading.pop()


def _take(what: str, name: str, function: Any, known: Iterable[str], positional: tuple[int, int]) -> None:
    """Takes a name for a function, or says why it can't be had. A module may register anew what it registered."""
    if not _NAME.fullmatch(name):
        raise FakeapiError(f"{what} {name!r}: a name is made of letters, digits, '_' and '-', and begins with a letter")
    if not inspect.isfunction(function) and not callable(function):
        raise FakeapiError(f"{what} {name!r}: a function is expected, not {type(function).__name__}")
    owner = _Owner(_loading[-1] if _loading else _place_of(function), str(getattr(function, "__module__", "")))
    before = _OWNERS.get((what, name))
    taken = name in known if what != "pattern" else name in known or name in _own_patterns()
    if taken and (before is None or before.module != owner.module):
        whose = f"by {before.title}" if before else "by fakeapi itself"
        raise FakeapiError(f"{what} {name!r} of {owner.title}: the name is taken {whose}; choose another one")
    _check_signature(f"{what} {name!r} of {owner.title}", function, positional)
    _OWNERS[what, name] = owner


def _own_patterns() -> frozenset[str]:
    from fakeapi.rules import patterns

    return frozenset(patterns.PATTERNS)


def _check_signature(what: str, function: Any, positional: tuple[int, int]) -> None:
    """FakeapiError where a function can't be called as a plug-in is."""
    if inspect.iscoroutinefunction(function):
        raise FakeapiError(f"{what}: it is async, and answers are made at once; write a plain def")
    parameters = inspect.signature(function).parameters.values()
    taken = [each for each in parameters if each.kind <= each.POSITIONAL_OR_KEYWORD]
    needed = [each for each in taken if each.default is each.empty]
    open_ended = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    least, most = positional
    if len(needed) > most or (len(taken) < least and not open_ended):
        wanted = str(least) if least == most else f"{least} or {most}"
        names = ", ".join(each.name for each in taken) or "none"
        raise FakeapiError(f"{what}: it takes {wanted} positional arguments, not ({names}); options follow a *")


def _asking(
    name: str, function: Callable[..., Any], origin: str
) -> Callable[[Any, Call, Mapping[str, str]], bool | str]:
    """The pattern as rules ask it: a failing one doesn't match, and the near miss says why."""
    takes_headers = len(inspect.signature(function).parameters) > 2

    @wraps(function)
    def ask(value: Any, call: Call, headers: Mapping[str, str]) -> bool | str:
        try:
            found = function(value, call.body, *([headers] if takes_headers else []))
        except Exception as fault:
            return f"the pattern {name!r} of {origin} failed: {where(fault)}"
        return found if isinstance(found, str) else bool(found)

    return ask


def _place_of(function: Any) -> str:
    """The file and line of a function; what it is, where it has none."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else type(function).__name__
