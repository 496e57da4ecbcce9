"""`fakeapi run -- COMMAND`: a server for as long as a command runs, and an account of what the command did with it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from fakeapi import settings as known
from fakeapi.adapters import environment, log, run_process, server
from fakeapi.adapters.asgi import App
from fakeapi.adapters.run_process import MissingCommandError
from fakeapi.adapters.run_report import KINDS, Run, as_json_text, as_junit, as_text
from fakeapi.adapters.run_tally import Tally
from fakeapi.errors import FakeapiError
from fakeapi.model import Exchange
from fakeapi.settings import Settings

__all__ = ["MissingCommandError", "Wishes", "for_a_run", "given_names", "parse_fail_on", "run"]

_ENTRIES = 10_000
"""Exchanges that the journal keeps for the verdicts, unless a number is given."""
_MOMENT = 0.5
"""Seconds that answers which are under way have once the command is over."""


class Wishes(NamedTuple):
    """What is wished beside the settings: where reports go, and what lets the run fail (names of `KINDS`)."""

    report_json: str | None = None
    report_junit: str | None = None
    fail_on: tuple[str, ...] = ()


def parse_fail_on(given: Sequence[str]) -> tuple[str, ...]:
    """The names in `--fail-on refused,unmatched`; FakeapiError for one that is none."""
    names = tuple(name.strip() for text in given for name in text.split(",") if name.strip())
    for name in names:
        if name not in KINDS:
            raise FakeapiError(f"--fail-on: {name!r} is not one of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(names))


def for_a_run(chosen: Settings, given: Collection[str]) -> Settings:
    """The settings, where those that weren't `given` are such as a run needs: a free port, a long journal."""
    better: dict[str, Any] = {"port": 0, "journal_entries": _ENTRIES}
    return replace(chosen, **{name: value for name, value in better.items() if name not in given})


def run(command: Sequence[str], settings: Settings, wishes: Wishes, logged: bool = False) -> int:
    """Run a command against a server of its own; the exit status.

    `logged` writes a line for each request as `fakeapi serve` does. FakeapiError for settings and report files that
    can't be used, before the command starts.
    """
    words = [word for at, word in enumerate(command) if at or word != "--"]
    if not words:
        raise FakeapiError("run: which command? Write it behind two dashes: fakeapi run -- npm test")
    _check_files(wishes)
    run_process.look_up(words, os.environ.get("PATH"))
    tally = Tally()
    app = App(settings, _both(tally, log.logger(settings.log)) if logged else tally)
    tally.watch(app.porter)
    served = _Served(app, settings)
    log.take_over(settings.log)
    url, begun = served.start(), time.monotonic()
    try:
        key = next(iter(settings.api_key), environment.KEY)
        status = run_process.execute(words, environment.changed(os.environ, url, key))
        seconds = time.monotonic() - begun
        _settle(app)
    finally:
        served.stop()
        app.close()
    done = Run(words, url, seconds, status, tally, tally.verdicts(), wishes.fail_on)
    sys.stderr.write("\n" + as_text(done))
    _write(wishes, done)
    return done.exit_status


def _both(first: Callable[[Exchange], None], second: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    def tell(exchange: Exchange) -> None:
        first(exchange)
        second(exchange)

    return tell


class _Served(server.Thread):
    """A server in a thread, where the settings want it."""

    def __init__(self, app: App, settings: Settings) -> None:
        super().__init__(app)
        self._listener.close()
        self._listener = server.bind(settings.host, settings.port)


def _settle(app: App) -> None:
    """Wait a moment for what is under way: a client that is gone is noticed only then."""
    journal, deadline = app.porter.journal, time.monotonic() + _MOMENT
    while journal is not None and time.monotonic() < deadline:
        with app.porter.lock:
            if all(entry.exchange is not None for entry in journal.entries()):
                return
        time.sleep(0.01)


def _check_files(wishes: Wishes) -> None:
    """FakeapiError for a report that couldn't be written: better now than after an hour of tests."""
    for flag, name in (("--report-json", wishes.report_json), ("--report-junit", wishes.report_junit)):
        if name is None:
            continue
        path = Path(name)
        if path.is_dir() or not path.parent.is_dir():
            why = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
            raise FakeapiError(f"{flag}: cannot write {name}: {why}")


def _write(wishes: Wishes, done: Run) -> None:
    for flag, name, text in (
        ("--report-json", wishes.report_json, as_json_text),
        ("--report-junit", wishes.report_junit, as_junit),
    ):
        if name is not None:
            try:
                Path(name).write_text(text(done), encoding="utf-8", errors="replace")
            except OSError as fault:
                raise FakeapiError(f"{flag}: cannot write {name}: {fault.strerror or fault}") from None


def given_names(flags: Mapping[str, object], variables: Mapping[str, str]) -> set[str]:
    """The settings that flags or the environment give."""
    return {
        setting.name
        for setting in known.each()
        if flags.get(setting.name) is not None or variables.get(known.variable(setting))
    }
