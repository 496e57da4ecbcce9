"""What a test wishes of its session, and a run of its server: the marker, over the ini options, over the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fakeapi import settings
from fakeapi.errors import FakeapiError
from fakeapi.model import Json
from fakeapi.settings import Settings

_INI_SETTINGS = ("contract", "seed", "pace", "unmatched", "models", "tools", "limits", "clock")
_SUFFIXES = (".yaml", ".yml", ".json")
_WORDS = ("rules", "required", "allow_refused", "verdicts", "in_process")
MARKER = "fakeapi"


class Wishes(NamedTuple):
    """What one test wishes.

    Attributes:
        settings: of its session, where they differ from the server's.
        rules: values, YAML texts and Paths; those that are asked first come last.
        place: of rules and settings: the file of the test, from the root on, and the line of its function.
        required: whether all rules of the test have to answer. allow_refused: whether requests may be refused.
        verdicts: what the client is graded for: names and kinds of verdicts; nothing by itself.
        in_process: without a socket. strict: whether a request needs a rule as soon as one says what to answer.
    """

    settings: Json
    rules: tuple[Any, ...] = ()
    place: str = ""
    required: bool = False
    allow_refused: bool = False
    verdicts: tuple[str, ...] = ()
    in_process: bool = False
    strict: bool = True


def of(item: pytest.Item, options: Mapping[str, Any], own: frozenset[str]) -> Wishes:
    """The wishes of a test: of its markers, the nearest first, and the ini options.

    `options` are those of the fixture, `own` the names of the settings that a session may have of its own. FakeapiError
    for a word that no marker knows, and for a rule file that isn't there.
    """
    given: dict[str, Any] = {}
    rules: list[Any] = []
    for mark in item.iter_markers(MARKER):
        _check_words(mark.kwargs, own, item)
        rules[:0] = [rule for each in (*mark.args, mark.kwargs.get("rules")) for rule in _parted(each, item)]
        given = {**mark.kwargs, **given}
    ini = item.config.getini
    chosen = {name: value for name, value in given.items() if name not in _WORDS}
    return Wishes(
        chosen,
        tuple(rules),
        _place(item),
        bool(given.get("required", ini("fakeapi_required"))),
        bool(given.get("allow_refused", ini("fakeapi_allow_refused"))),
        _verdicts(given.get("verdicts", tuple(ini("fakeapi_verdicts")))),
        bool(given.get("in_process", ini("fakeapi_in_process"))),
        not ({"unmatched"} & {*chosen, *options} or ini("fakeapi_unmatched")),
    )


def server_settings(config: pytest.Config, options: Mapping[str, Any]) -> Settings:
    """The settings of the run's server: the ini options, and over them the `options` of the fixture.

    FakeapiError, naming the option, for one that can't be read.
    """
    values = from_ini(config)
    known = {field.name for field in fields(Settings)}
    for name, value in options.items():
        if name not in known:
            raise FakeapiError(f"fakeapi_options: {name} is no setting; there are {', '.join(sorted(known))}")
        values[name] = _as_tuple(value) if name == "rules" or isinstance(value, list) else value
    rules = tuple(str(path) for path in config.getini("fakeapi_rules"))
    return replace(Settings(), **{**values, "rules": (*rules, *values.get("rules", ()))})


def from_ini(config: pytest.Config) -> dict[str, Any]:
    """The settings that the ini file gives; FakeapiError, naming the option, for one that can't be read."""
    by_name = {setting.name: setting for setting in settings.each()}
    given = {name: str(config.getini(f"fakeapi_{name}")) for name in _INI_SETTINGS}
    return {name: settings.parse(by_name[name], text, f"fakeapi_{name}") for name, text in given.items() if text}


def _check_words(words: Mapping[str, Any], own: frozenset[str], item: pytest.Item) -> None:
    known = {*_WORDS, *own}
    for word in words:
        if word not in known:
            raise FakeapiError(
                f"@pytest.mark.fakeapi of {item.nodeid} has no {word!r}; it takes {', '.join(sorted(known))}"
            )


def _parted(given: Any, item: pytest.Item) -> Iterator[Any]:
    """The rules of one `rules=`: Paths for files, everything else as it is."""
    if given is None:
        return
    if isinstance(given, tuple) or (isinstance(given, list) and any(_is_path(each) for each in given)):
        for each in given:
            yield from _parted(each, item)
    else:
        yield _found(given, item) if _is_path(given) else given


def _is_path(given: Any) -> bool:
    if isinstance(given, Path):
        return True
    return isinstance(given, str) and "\n" not in given and (given.endswith(_SUFFIXES) or given.endswith("/"))


def _found(given: str | Path, item: pytest.Item) -> Path:
    """A file or folder of rules: beside the test's file, or below the root of the run."""
    roots = (item.path.parent, item.config.rootpath)
    for root in roots:
        if (path := root / given).exists():
            return path
    raise FakeapiError(
        f"@pytest.mark.fakeapi of {item.nodeid}: there are no rules at {given}, neither beside the test "
        f"({roots[0]}) nor below the root ({roots[1]})"
    )


def _place(item: pytest.Item) -> str:
    path, line, _ = item.location
    return f"{path}:{(line or 0) + 1}"


def _verdicts(given: Any) -> tuple[str, ...]:
    """The kinds of verdicts that are asked for: `True` is resilience."""
    if given is True:
        return ("resilience",)
    if isinstance(given, str):
        return tuple(name.strip() for name in given.split(",") if name.strip())
    return tuple(given or ())


def _as_tuple(value: Any) -> tuple[str, ...]:
    every = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(each) for each in every)
