"""One session of a server, as the admin API and the Python surface see it: values in, JSON out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, asdict
from itertools import islice
from typing import Any

from fakeapi import settings
from fakeapi.adapters.admin.archive import Archive
from fakeapi.adapters.admin.asking import MissingError, in_words
from fakeapi.adapters.admin.shelf import Shelf
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.porter import OWN, Porter
from fakeapi.errors import FakeapiError
from fakeapi.memory import exporting
from fakeapi.memory.sessions import DEFAULT, Session, objection
from fakeapi.model import Json

_SECRET = ("api_key",)
_LAST_MOMENT = 253_370_764_799
"""The end of the year 9998: calendars end a year later, and what expires (batches, files) must have a date."""
_MOST_SNAPSHOTS = 100
_ON_OFF = {True: "on", False: "off"}


class Desk:
    """What a tester does with one session. Every method answers JSON; FakeapiError for what can't be done."""

    def __init__(self, porter: Porter, session: str = DEFAULT) -> None:
        self._porter = porter
        self._id = session

    def at(self, id: str, *, born: bool = False) -> Desk:
        """The desk of another session. MissingError where it has to be `born` and isn't, FakeapiError for no id."""
        if why := objection(id):
            raise FakeapiError(f"{id[:80]!r} can't be the id of a session: {why}")
        if born and self._porter.sessions.find(id) is None:
            raise MissingError(f"there is no session {id!r}; GET /_fakeapi/sessions lists them")
        return Desk(self._porter, id)

    @property
    def session(self) -> Session[Clock]:
        """The session, born now if need be."""
        with self._porter.lock:
            return self._porter.open(self._id)

    @property
    def shelf(self) -> Shelf:
        """Its rules."""
        return Shelf(self._porter, self._id)

    @property
    def archive(self) -> Archive:
        """Its journal. FakeapiError where the server keeps none."""
        return Archive(self._porter, self._id)

    # Sessions

    def sessions(self) -> Json:
        """All sessions, in short, the one used longest ago first."""
        with self._porter.lock:
            return {"sessions": [self._shown(session) for session in self._porter.sessions]}

    def show(self) -> Json:
        """This session, in short."""
        return self._shown(self._porter.sessions.find(self._id) or self.session)

    def _shown(self, session: Session[Clock]) -> Json:
        return {
            "id": session.id,
            "requests": session.number,
            "rules": len(session.rules),
            "settings": _without_secrets(session.changed),
            "now": session.clock(),
            "idle_seconds": round(max(0.0, time.monotonic() - session.used), 3),
            "snapshots": list(session.marks),
        }

    def birth(self, id: str, rules: Any, settings: Mapping[str, Any], place: str) -> Json:
        """A session of this id, or of a new one, with rules and settings of its own from the start; all or nothing."""
        with self._porter.lock:
            desk = Desk(self._porter, id or self._porter.sessions.new_id())
            if why := objection(desk._id):
                raise FakeapiError(f"{place}: {id[:80]!r} can't be the id of a session: {why}")
            changed = _read_settings(settings, place)
            with _told_at(place):
                self._porter.check(changed)
            if rules is not None:
                desk.shelf.read(rules, place)
                desk.shelf.replace(rules, place)
            self._porter.change(desk.session, **changed)
            return desk.show()

    def reset(self) -> Json:
        """Let it begin anew."""
        with self._porter.lock:
            self._porter.reset(self._porter.open(self._id))
            return self.show()

    def drop(self) -> Json:
        """Forget it."""
        with self._porter.lock:
            self._porter.sessions.drop(self._id)
        return {"dropped": [self._id]}

    def drop_all(self) -> Json:
        """Forget all sessions, and so all that came since the server was started."""
        with self._porter.lock:
            ids = [session.id for session in self._porter.sessions]
            for id in ids:
                self._porter.sessions.drop(id)
        return {"dropped": ids}

    def mark(self, name: str) -> Json:
        """Take a snapshot."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            if name not in session.marks and len(session.marks) >= _MOST_SNAPSHOTS:
                raise FakeapiError(
                    f"a session keeps {_MOST_SNAPSHOTS} snapshots; take one of {_few(session.marks)} anew"
                )
            self._porter.mark(session, name)
            return self.show()

    def roll_back(self, name: str) -> Json:
        """Go back to a snapshot. MissingError where there is none of that name."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            if name not in session.marks:
                raise MissingError(f"the session {self._id!r} has no snapshot {name!r}; it has {_few(session.marks)}")
            self._porter.roll_back(session, name)
            return self.show()

    # Clock and settings

    def clock(self) -> Json:
        """The time of this session."""
        now = self.session.clock()
        return {"now": now, "time": exporting.moment(now), "kind": self._porter.settings.clock}

    def advance(self, seconds: float, place: str) -> Json:
        """Let time pass at once."""
        clock = self.session.clock
        if not 0 <= seconds <= _LAST_MOMENT - clock():
            why = "time never runs backwards; reset the session, or roll it back" if seconds < 0 else "calendars end"
            raise FakeapiError(f"{place}: the clock can't be moved by {seconds} seconds: {why}")
        clock.advance(seconds)
        return self.clock()

    def settings(self) -> Json:
        """The settings that hold in this session."""
        return _without_secrets(asdict(self.session.settings(self._porter.settings)))

    def change(self, changed: Mapping[str, Any], place: str) -> Json:
        """Settings of its own for this session."""
        read = _read_settings(changed, place)
        with _told_at(place):
            self._porter.change(self.session, **read)
        return self.settings()

    def change_back(self) -> Json:
        """No settings of its own any more."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            session.changed, session.house = {}, None
        return self.settings()


def _few(names: Iterable[str]) -> str:
    """The first of some names."""
    return ", ".join(map(repr, islice(names, 10))) or "none"


def _without_secrets(settings: Mapping[str, Any]) -> Json:
    return {name: ["[redacted]"] * len(value) if name in _SECRET else value for name, value in settings.items()}


@contextmanager
def _told_at(place: str) -> Iterator[None]:
    """Say of a fault who asked for it."""
    try:
        yield
    except FakeapiError as fault:
        raise FakeapiError(f"{place}: {fault}") from None


def _read_settings(changed: Mapping[str, Any], place: str) -> Json:
    """Settings as they are given in JSON, checked as flags are. FakeapiError names the place."""
    known = {setting.name: setting for setting in settings.each()}
    read: Json = {}
    for name, value in changed.items():
        if name not in OWN:
            read[name] = value
            continue
        setting, source = known[name], f"{place}: {name}"
        values = value if isinstance(value, list | tuple) else [value]
        parsed = tuple(settings.parse(setting, _text(each, setting, source), source) for each in values)
        if not settings.is_repeatable(setting) and len(parsed) != 1:
            raise FakeapiError(f"{source} takes one value, not {len(parsed)}")
        read[name] = parsed if settings.is_repeatable(setting) else parsed[0]
    return read


def _text(value: Any, setting: Field[Any], source: str) -> str:
    """A setting as a flag would say it."""
    if isinstance(value, bool) and not isinstance(setting.default, int):
        return _ON_OFF[value]
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise FakeapiError(f"{source} must be {_wanted(setting)}, not {in_words(value)}")
    return str(value)


def _wanted(setting: Field[Any]) -> str:
    if isinstance(setting.default, int):
        return "a whole number"
    if settings.is_repeatable(setting):
        return "a text, or a list of texts"
    return f"one of {', '.join(choices)}" if (choices := setting.metadata["choices"]) else "a text"
