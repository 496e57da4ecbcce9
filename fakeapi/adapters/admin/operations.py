"""What the admin API can do, as a table: method and path -> a function of a Desk and what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

import orjson

from fakeapi.adapters.admin.desk import Desk, MissingError
from fakeapi.adapters.porter import Porter
from fakeapi.errors import FakeapiError
from fakeapi.memory.sessions import DEFAULT, HEADER
from fakeapi.model import Json

PREFIX = "/_fakeapi"
_JSONL = "application/x-ndjson"
_YAML = re.compile(r"application/(x-)?yaml|text/(x-)?yaml", re.I)


class Asked(NamedTuple):
    """A request to the admin API: `path` without the prefix and the session, `given` the parsed body."""

    method: str
    path: str
    query: Mapping[str, str]
    given: Any = None
    place: str = ""


class Told(NamedTuple):
    """An answer of the admin API: JSON, or lines of it."""

    status: int
    content: Json | Iterator[bytes]
    kind: str = "application/json"


Operation: TypeAlias = Callable[[Desk, Asked, str], Json]


class Admin:
    """The operations on the sessions of one server. `place` says who asks, for rules and their problems."""

    def __init__(self, porter: Porter) -> None:
        self._porter = porter

    def answer(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        place: str = "",
    ) -> Told:
        """The answer to a request; faults of the request are answers, too."""
        try:
            session, path = _parted(path)
            wanted = dict(parse_qsl(query, keep_blank_values=True))
            headers = headers or {}
            session = session or wanted.pop("session", "") or headers.get(HEADER, DEFAULT)
            place = place or f"{method} {PREFIX}{path}"
            asked = Asked(method, path, wanted, _given(body, headers.get("content-type", ""), place), place)
            return self._operate(asked, session)
        except MissingError as fault:
            return _refused(404, str(fault))
        except FakeapiError as fault:
            return _refused(400, str(fault))

    def _operate(self, asked: Asked, session: str) -> Told:
        method, path = asked.method, asked.path
        if (method, path) == ("GET", "/journal.jsonl"):
            return Told(200, Desk(self._porter, session).lines(asked.query), _JSONL)
        found = {name: (match, operation) for name, match, operation in _found(path)}
        if not found:
            known = ", ".join(sorted({f"{PREFIX}{path}" for _, path in OPERATIONS}))
            return _refused(404, f"there is no {PREFIX}{path}; there are {known}")
        if method not in found:
            return _refused(405, f"{PREFIX}{path} takes {', '.join(found)}, not {method}")
        match, operation = found[method]
        name = unquote(match.group(1)) if match.groups() else ""
        return Told(200, operation(Desk(self._porter, session), asked, name))


def _parted(path: str) -> tuple[str, str]:
    """The session that a path names (`/s/<id>/_fakeapi/...`), and the path behind the prefix."""
    session = ""
    if found := re.match(r"/s/([^/]+)(/.*)", path):
        session, path = unquote(found.group(1)), found.group(2)
    return session, path.removeprefix(PREFIX).rstrip("/") or "/"


def _given(body: bytes, kind: str, place: str) -> Any:
    """The parsed body: JSON, or YAML where its content type says so (as text, which the reader of rules reads)."""
    if not body.strip():
        return None
    if _YAML.match(kind):
        return body.decode("utf-8", "replace")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise FakeapiError(f"{place}: the body is not valid JSON: {fault}") from None


def _refused(status: int, message: str) -> Told:
    return Told(status, {"error": {"status": status, "message": message}})


def _found(path: str) -> Iterator[tuple[str, re.Match[str], Operation]]:
    for (method, pattern), operation in OPERATIONS.items():
        if found := re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", pattern), path):
            yield method, found, operation


def _object(asked: Asked) -> Json:
    if asked.given is None:
        return {}
    if not isinstance(asked.given, dict):
        raise FakeapiError(f"{asked.place}: the body is a JSON object")
    return asked.given


def _member(asked: Asked, name: str, kind: type | tuple[type, ...], told: str, default: Any = ...) -> Any:
    value = _object(asked).get(name, default)
    if value is ... or (value is not default and (not isinstance(value, kind) or isinstance(value, bool))):
        raise FakeapiError(f"{asked.place}: {name} is {told}")
    return value


def _add_rules(desk: Desk, asked: Asked, _: str) -> Json:
    return desk.add_rules(asked.given, asked.query.get("place") or asked.place)


def _move_clock(desk: Desk, asked: Asked, _: str) -> Json:
    number = (int, float)
    if "set" in _object(asked):
        return desk.advance(_member(asked, "set", number, "Unix time in seconds") - desk.clock()["now"])
    return desk.advance(_member(asked, "advance", number, "the seconds to let pass"))


def _mark(desk: Desk, asked: Asked, id: str) -> Json:
    return desk.at(id).mark(_member(asked, "name", str, "the name of the snapshot", "snapshot"))


def _roll_back(desk: Desk, asked: Asked, id: str) -> Json:
    return desk.at(id).roll_back(_member(asked, "name", str, "the name of the snapshot", "snapshot"))


def _birth(desk: Desk, asked: Asked, _: str) -> Json:
    settings = _member(asked, "settings", dict, "an object of settings", {})
    rules = _object(asked).get("rules")
    return desk.birth(_member(asked, "id", str, "the id of the session", ""), rules, settings, asked.place)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/rules"): lambda desk, asked, _: desk.rules(),
    ("POST", "/rules"): _add_rules,
    ("PUT", "/rules"): lambda desk, asked, _: desk.replace_rules(asked.given, asked.query.get("place") or asked.place),
    ("DELETE", "/rules"): lambda desk, asked, _: desk.remove_rules(),
    ("GET", "/rules/unused"): lambda desk, asked, _: desk.unused(),
    ("GET", "/unused"): lambda desk, asked, _: desk.unused(),
    ("DELETE", "/rules/{name}"): lambda desk, asked, name: desk.remove_rule(name),
    ("GET", "/sessions"): lambda desk, asked, _: desk.sessions(),
    ("POST", "/sessions"): _birth,
    ("GET", "/sessions/{id}"): lambda desk, asked, id: desk.at(id, born=True).show(),
    ("DELETE", "/sessions/{id}"): lambda desk, asked, id: desk.at(id, born=True).drop(),
    ("POST", "/sessions/{id}/reset"): lambda desk, asked, id: desk.at(id).reset(),
    ("POST", "/sessions/{id}/snapshot"): _mark,
    ("POST", "/sessions/{id}/rollback"): _roll_back,
    ("POST", "/reset"): lambda desk, asked, _: desk.reset(),
    ("GET", "/journal"): lambda desk, asked, _: desk.page(asked.query),
    ("DELETE", "/journal"): lambda desk, asked, _: desk.clear_journal(),
    ("GET", "/journal/{number}"): lambda desk, asked, number: desk.entry(number),
    ("POST", "/verify"): lambda desk, asked, _: desk.verify(asked.given),
    ("GET", "/unmatched"): lambda desk, asked, _: desk.unmatched(),
    ("GET", "/verdicts"): lambda desk, asked, _: desk.verdicts(asked.query),
    ("GET", "/clock"): lambda desk, asked, _: desk.clock(),
    ("POST", "/clock"): _move_clock,
    ("GET", "/settings"): lambda desk, asked, _: desk.settings(),
    ("PATCH", "/settings"): lambda desk, asked, _: desk.change(_object(asked)),
}
"""Every operation by method and path, but for health, metrics and the two that aren't plain JSON."""
