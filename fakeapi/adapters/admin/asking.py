"""A request to the admin API, read: which operation, which session, what was given; faults name place and mend."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

from fakeapi.errors import FakeapiError
from fakeapi.memory.sessions import DEFAULT, objection, session_of

PREFIX = "/_fakeapi"
_LONGEST_PLACE = 300
_JSON = re.compile(r"[\w.-]+/([\w.-]+\+)?json\b", re.I)
_YAML = re.compile(r"[\w.-]+/([\w.-]+\+)?(x-)?yaml\b", re.I)


class MissingError(FakeapiError):
    """There is no such session, rule, snapshot or entry."""


class Text(str):
    """A body in YAML, as it was written: the reader of rules knows its lines."""


class Asked(NamedTuple):
    """A request to the admin API.

    Attributes:
        path: without the prefix and the session, and still percent-encoded.
        given: the parsed body, a Text where it is YAML, or None without one.
        place: who asks, for rules and their problems: `POST /_fakeapi/rules`, `tests/test_x.py:12`.
        session: whose affairs these are.
    """

    method: str
    path: str
    query: Mapping[str, str]
    given: Any
    place: str
    session: str

    @property
    def members(self) -> Mapping[str, Any]:
        """The body as an object; an empty one without a body. FakeapiError for anything else."""
        value = self.value
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise FakeapiError(
                f'{self.place}: the body is an object, such as {{"name": "value"}}, not {in_words(value)}'
            )
        return value

    @property
    def value(self) -> Any:
        """The body as a value, whatever it was written in."""
        return _from_yaml(self.given, self.place) if isinstance(self.given, Text) else self.given

    def member(self, name: str, kind: type | tuple[type, ...], told: str, default: Any = ...) -> Any:
        """A member of the body. FakeapiError where it isn't of this kind, or is missing and has no `default`."""
        value = self.members.get(name, default)
        if value is default and default is not ...:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            came = "it is missing" if value is ... else f"it is {in_words(value)}"
            raise FakeapiError(f"{self.place}: {name} is {told}; {came}")
        return value

    def only_asks(self, names: Collection[str]) -> None:
        """FakeapiError where the query string has parameters besides these, `session` and `place`."""
        for name in self.query:
            if name not in names:
                known = ", ".join(("session", "place", *names))
                raise FakeapiError(f"{self.place}: {name[:40]!r} is no parameter of the query; there are {known}")

    def only(self, *names: str) -> None:
        """FakeapiError where the body has members besides these."""
        for name in self.members:
            if name not in names:
                known = ", ".join(names) or "none"
                raise FakeapiError(f"{self.place}: {name!r} is no member of the body; there are {known}")

    def number(self, name: str, default: int | None = None, *, least: int = 0) -> int | None:
        """A whole number of the query string."""
        text = self.query.get(name)
        if not text:
            return default
        if not text.isascii() or not text.isdecimal() or len(text) > 18 or int(text) < least:
            raise FakeapiError(f"{self.place}: {name} is a whole number, {least} or more, not {text!r}")
        return int(text)

    def seconds(self, name: str) -> float | None:
        """A number of seconds of the query string."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 < seconds <= 1e9:
            raise FakeapiError(f"{self.place}: {name} is a number of seconds above 0, not {text!r}")
        return seconds

    def flag(self, name: str) -> bool:
        """Whether a parameter of the query string says yes."""
        text = self.query.get(name, "").lower()
        if text not in ("", "true", "1", "yes", "false", "0", "no"):
            raise FakeapiError(f"{self.place}: {name} is true or false, not {text!r}")
        return text in ("true", "1", "yes")


def read(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    place: str = "",
    session: str | None = None,
    how: str = "by-path",
) -> Asked:
    """A request, read. `session` is the one that is meant, whatever the request says; `how` as in the settings.

    Raises FakeapiError for what can't be read.
    """
    named, path = parted(path)
    method = method.upper()
    place = place or f"{method} {PREFIX}{unquote(path)}"
    wanted = _query(query, place)
    asked_for = wanted.pop("session", "")
    id = session if session is not None else named or asked_for or session_of("", headers, how)
    if why := objection(id):
        raise FakeapiError(f"{place}: {id[:80]!r} can't be the id of a session: {why}")
    given = _given(body, headers.get("content-type", ""), place)
    return Asked(method, path, wanted, given, wanted.pop("place", "")[:_LONGEST_PLACE] or place, id)


def parted(path: str) -> tuple[str, str]:
    """The session that a percent-encoded path names (`/s/<id>/_fakeapi/...`; "" for none), and the rest of the path
    behind the prefix."""
    session, path = "", re.sub("/{2,}", "/", path)
    if found := re.match(r"/s/([^/]+)(/.*)", path, re.DOTALL):
        session, path = unquote(found.group(1)), found.group(2)
    return session, path.removeprefix(PREFIX).rstrip("/") or "/"


def _query(query: str, place: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise FakeapiError(f"{place}: the query string has more than 100 parameters") from None
    wanted: dict[str, str] = {}
    for name, value in pairs:
        if name in wanted:
            raise FakeapiError(f"{place}: the query string says {name[:40]!r} twice; say it once")
        wanted[name] = value
    return wanted


def _given(body: bytes, kind: str, place: str) -> Any:
    """The parsed body. What isn't called JSON, and is none, is read as YAML, since curl calls everything a form."""
    if not body.strip():
        return None
    if not _YAML.match(kind):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            if _JSON.match(kind) or body.lstrip()[:1] in (b"{", b"["):
                where = f"line {fault.lineno}, column {fault.colno}"
                raise FakeapiError(f"{place}: the body is not valid JSON: {fault.msg} ({where})") from None
    try:
        return Text(body.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise FakeapiError(f"{place}: the body is not UTF-8: byte {fault.start + 1} is none") from None


def _from_yaml(text: str, place: str) -> Any:
    from fakeapi.rules.loading.nodes import UnreadableError
    from fakeapi.rules.loading.yaml_text import read_yaml

    def tell(fault: UnreadableError) -> None:
        raise fault

    try:
        return read_yaml(str(text), tell).value
    except UnreadableError as fault:
        line, column = fault.place
        mend = f"; {fault.mend}" if fault.mend else ""
        raise FakeapiError(f"{place}:{line}:{column}: {fault}{mend}") from None


def in_words(value: Any) -> str:
    """A value of JSON as a sentence says it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"


__all__ = ["DEFAULT", "PREFIX", "Asked", "MissingError", "Text", "in_words", "parted", "read"]
