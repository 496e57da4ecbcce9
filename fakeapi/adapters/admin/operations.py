"""What the admin API can do, as a table: method and path -> a function of a Desk and what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from fakeapi.adapters.admin.asking import PREFIX as PREFIX
from fakeapi.adapters.admin.asking import Asked, MissingError, parted, read
from fakeapi.adapters.admin.desk import Desk
from fakeapi.adapters.admin.watching import Watch
from fakeapi.adapters.porter import Porter
from fakeapi.errors import FakeapiError
from fakeapi.model import Json

_SNAPSHOT = "snapshot"


class Told(NamedTuple):
    """An answer of the admin API: JSON, or lines; a Watch is JSON that may take its time."""

    status: int
    content: Json | Iterator[bytes] | Watch
    kind: str = "application/json"


Operation: TypeAlias = Callable[[Desk, Asked, str], "Json | Watch"]
Text: TypeAlias = Callable[[Desk, Asked], Iterator[bytes]]


class Admin:
    """The operations on the sessions of one server."""

    def __init__(self, porter: Porter) -> None:
        self._porter = porter

    def answer(self, *request: Any, **how: Any) -> Told:
        """The answer to a request, as `begin` takes it; a verification may make this thread wait."""
        told = self.begin(*request, **how)
        return told._replace(content=told.content.wait()) if isinstance(told.content, Watch) else told

    def begin(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        place: str = "",
        session: str | None = None,
    ) -> Told:
        """The answer to a request; faults of the request are answers, too. It never waits: see Watch.

        Args:
            path: percent-encoded, with the prefix. headers: by lower-case name.
            place: who asks, for rules and their problems. session: the one that is meant, whatever the request says.
        """
        played = _operation(method.upper(), parted(path)[1])
        if isinstance(played, Told):
            return played
        try:
            how = self._porter.settings.sessions
            asked = read(method, path, query, headers or {}, body, place, session, how)
            return played.play(Desk(self._porter, asked.session), asked, played.name)
        except MissingError as fault:
            return refused(404, str(fault))
        except FakeapiError as fault:
            return refused(400, str(fault))
        except Exception as bug:
            return refused(500, f"a bug of fakeapi, please report it: {type(bug).__name__}: {bug}")


def refused(status: int, message: str) -> Told:
    """An answer that says what is wrong."""
    return Told(status, {"error": {"status": status, "message": message}})


_Played: TypeAlias = Callable[[Desk, Asked, str], Told]


class _Operation(NamedTuple):
    """What is done at a path: the operation, and what stands for the name in the path."""

    play: _Played
    name: str


def _operation(method: str, path: str) -> _Operation | Told:
    """What a method does at a path, before anything else of the request is read; 404 or 405 where it is nothing."""
    found = list(_found(path))
    if not found:
        return refused(404, _where_instead(path))
    for known, name, operation in found:
        if known == ("GET" if method == "HEAD" else method):
            return _Operation(operation, name)
    methods = ", ".join(dict.fromkeys(known for known, *_ in found))
    return refused(405, f"{PREFIX}{unquote(path)} takes {methods}, not {method}")


def _found(path: str) -> Iterator[tuple[str, str, _Played]]:
    """What can be done at a path: the methods, what stands for the name in it, and the operation."""
    for method, pattern, play in _compiled():
        if match := pattern.fullmatch(path):
            yield method, unquote(match.group(1)) if match.groups() else "", play


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str], _Played], ...]:
    rows = [
        (method, path, _json(operation, QUERIES.get((method, path), ())))
        for (method, path), operation in OPERATIONS.items()
    ]
    rows += [("GET", path, _lines(kind, text)) for path, (kind, text) in TEXTS.items()]
    return tuple((method, re.compile(_pattern(path)), play) for method, path, play in rows)


def _pattern(path: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path))


def _json(operation: Operation, query: Collection[str] | None) -> _Played:
    def played(desk: Desk, asked: Asked, name: str) -> Told:
        if query is not None:
            asked.only_asks(query)
        return Told(200, operation(desk, asked, name))

    return played


def _lines(kind: str, text: Text) -> _Played:
    return lambda desk, asked, _: Told(200, text(desk, asked), kind)


def _where_instead(path: str) -> str:
    known = ", ".join(dict.fromkeys(f"{PREFIX}{path}" for _, path in OPERATIONS))
    return f"there is no {PREFIX}{unquote(path)}; there are {known}; {PREFIX}/openapi.json describes them"


def _add_rules(desk: Desk, asked: Asked, _: str) -> Json:
    return desk.shelf.add(asked.given, asked.place, asked.seconds("lifetime"))


def _replace_rules(desk: Desk, asked: Asked, _: str) -> Json:
    return desk.shelf.replace(asked.given, asked.place, asked.seconds("lifetime"))


def _move_clock(desk: Desk, asked: Asked, _: str) -> Json:
    asked.only("advance", "set")
    if "set" in asked.members:
        if "advance" in asked.members:
            raise FakeapiError(f"{asked.place}: set and advance don't go together")
        return desk.advance(_number(asked, "set", "Unix time in seconds") - desk.clock()["now"], asked.place)
    return desk.advance(_number(asked, "advance", "the seconds to let pass"), asked.place)


def _number(asked: Asked, name: str, told: str) -> float:
    return float(asked.member(name, (int, float), told))


def _reset(desk: Desk, asked: Asked) -> Json:
    """A body with members is refused: one that names another session there would reset this one."""
    asked.only()
    return desk.reset()


def _name(asked: Asked) -> str:
    asked.only("name")
    name: str = asked.member("name", str, "the name of the snapshot, a text", _SNAPSHOT)
    if not 0 < len(name) <= 200:
        raise FakeapiError(f"{asked.place}: name has 1 to 200 characters, not {len(name)}")
    return name


def _birth(desk: Desk, asked: Asked, _: str) -> Json:
    asked.only("id", "rules", "settings")
    settings = asked.member("settings", dict, "an object of settings", {})
    id = asked.member("id", str, "the id of the session, a text", "")
    return desk.birth(id, asked.members.get("rules"), settings, asked.place)


def _verify(desk: Desk, asked: Asked, _: str) -> Watch:
    return desk.archive.watch(asked.value)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/rules"): lambda desk, asked, _: desk.shelf.list(),
    ("POST", "/rules"): _add_rules,
    ("PUT", "/rules"): _replace_rules,
    ("DELETE", "/rules"): lambda desk, asked, _: desk.shelf.clear(),
    ("GET", "/rules/unused"): lambda desk, asked, _: desk.shelf.unused(),
    ("GET", "/unused"): lambda desk, asked, _: desk.shelf.unused(),
    ("GET", "/rules/{name}"): lambda desk, asked, name: desk.shelf.show(name),
    ("DELETE", "/rules/{name}"): lambda desk, asked, name: desk.shelf.remove(name),
    ("GET", "/sessions"): lambda desk, asked, _: desk.sessions(),
    ("POST", "/sessions"): _birth,
    ("DELETE", "/sessions"): lambda desk, asked, _: desk.drop_all(),
    ("GET", "/sessions/{id}"): lambda desk, asked, id: desk.at(id, born=True).show(),
    ("DELETE", "/sessions/{id}"): lambda desk, asked, id: desk.at(id, born=True).drop(),
    ("POST", "/sessions/{id}/reset"): lambda desk, asked, id: _reset(desk.at(id), asked),
    ("POST", "/sessions/{id}/snapshot"): lambda desk, asked, id: desk.at(id).mark(_name(asked)),
    ("POST", "/sessions/{id}/rollback"): lambda desk, asked, id: desk.at(id).roll_back(_name(asked)),
    ("GET", "/session"): lambda desk, asked, _: desk.show(),
    ("DELETE", "/session"): lambda desk, asked, _: desk.drop(),
    ("POST", "/reset"): lambda desk, asked, _: _reset(desk, asked),
    ("POST", "/snapshot"): lambda desk, asked, _: desk.mark(_name(asked)),
    ("POST", "/rollback"): lambda desk, asked, _: desk.roll_back(_name(asked)),
    ("GET", "/journal"): lambda desk, asked, _: desk.archive.page(asked),
    ("DELETE", "/journal"): lambda desk, asked, _: desk.archive.clear(),
    ("GET", "/journal/{number}"): lambda desk, asked, number: desk.archive.entry(number),
    ("POST", "/verify"): _verify,
    ("GET", "/unmatched"): lambda desk, asked, _: desk.archive.unmatched(),
    ("GET", "/verdicts"): lambda desk, asked, _: desk.archive.verdicts(asked.query),
    ("GET", "/clock"): lambda desk, asked, _: desk.clock(),
    ("POST", "/clock"): _move_clock,
    ("GET", "/settings"): lambda desk, asked, _: desk.settings(),
    ("PATCH", "/settings"): lambda desk, asked, _: desk.change(asked.members, asked.place),
    ("DELETE", "/settings"): lambda desk, asked, _: desk.change_back(),
}
"""Every operation that answers JSON, by method and path; those on a server as a whole are the door's."""

QUERIES: dict[tuple[str, str], tuple[str, ...] | None] = {
    ("POST", "/rules"): ("lifetime",),
    ("PUT", "/rules"): ("lifetime",),
    ("GET", "/verdicts"): ("only",),
    ("GET", "/journal"): None,
}
"""What the query string of an operation may say, beside `session` and `place`; None is the filters of the journal."""

TEXTS: dict[str, tuple[str, Text]] = {
    "/journal.jsonl": ("application/x-ndjson", lambda desk, asked: desk.archive.lines(asked)),
    "/journal.txt": ("text/plain; charset=utf-8", lambda desk, asked: desk.archive.story(asked)),
}
"""What can be read as text, by path: its content type, and its lines."""
