"""The ways to a server's admin API: direct, where it is in this process, or over HTTP."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NoReturn, Protocol
from urllib.parse import quote, urlencode, urlsplit

import orjson

from fakeapi.adapters.admin.watching import Watch
from fakeapi.adapters.porter import Porter
from fakeapi.errors import FakeapiError

_PREFIX = "/_fakeapi"
_SHOWN = 300


class PlacedError(FakeapiError):
    """A fault in what a test asked for; its text begins with the test's file and line."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message if message.startswith(place) else f"{place}: {message}")
        self.place = place


class Line(Protocol):
    """A way to the admin API of one session of a server."""

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """What it answers; the path may have a query. FakeapiError with its sentence where it refuses."""
        ...


class DirectLine:
    """To a server in this process."""

    def __init__(self, porter: Porter, session: str) -> None:
        from fakeapi.adapters.admin.operations import Admin

        self._admin = Admin(porter)
        self._session = session

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """See Line."""
        body, kind = _written(given)
        place = str(query.pop("place", ""))
        path, _, wanted = _with(path, query).partition("?")
        asked = (method, path, wanted, {"content-type": kind}, body)
        told = self._admin.answer(*asked, place=place, session=self._session)
        if isinstance(told.content, dict):
            return told.content if told.status < 400 else _refuse(told.content)
        assert not isinstance(told.content, Watch)
        return b"".join(told.content).decode()


class HttpLine:
    """To a server that runs at this base URL, and to a session of it; without one, to that of the key, or the default.

    Connections are kept for the next question. Threads may share it.
    """

    def __init__(self, url: str, session: str | None, api_key: str = "", patience: float = 30.0) -> None:
        self._url = url
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or not where.hostname:
            raise FakeapiError(f"{url!r} is not the base URL of a server, such as http://127.0.0.1:4010")
        self._address = (where.hostname, where.port)
        self._kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
        named = "" if session is None else f"/s/{quote(session, safe='')}"
        self._path = f"{where.path.rstrip('/')}{named}{_PREFIX}"
        self._headers = {"x-api-key": api_key} if api_key and session is None else {}
        self._patience = patience
        self._idle: list[HTTPConnection] = []
        self._process = os.getpid()
        weakref.finalize(self, _close, self._idle)

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """See Line. FakeapiError, too, where no server answers, or one of another kind."""
        body, kind = _written(given)
        target = self._path + _with(path, query)
        waits = given.get("timeout", 0) if isinstance(given, Mapping) else 0
        patience = self._patience + (waits if isinstance(waits, int | float) else 0)
        answer, data = self._sent(method, target, body, {**self._headers, "content-type": kind}, patience)
        if answer.headers.get_content_type() == "text/plain" and answer.status == 200:
            return data.decode()
        return self._read(answer.status, data)

    def _sent(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], patience: float
    ) -> tuple[HTTPResponse, bytes]:
        """The answer; an idle connection that the server has closed meanwhile is replaced."""
        idle = self._taken()
        try:
            return self._exchange(idle or self._opened(), method, target, body, headers, patience)
        except (HTTPException, OSError) as fault:
            if idle is None or isinstance(fault, TimeoutError):
                raise self._unreachable(fault) from None
        try:
            return self._exchange(self._opened(), method, target, body, headers, patience)
        except (HTTPException, OSError) as fault:
            raise self._unreachable(fault) from None

    def _exchange(
        self,
        connection: HTTPConnection,
        method: str,
        target: str,
        body: bytes,
        headers: Mapping[str, str],
        patience: float,
    ) -> tuple[HTTPResponse, bytes]:
        try:
            connection.timeout = patience
            if connection.sock is not None:
                connection.sock.settimeout(patience)
            connection.request(method, target, body or None, dict(headers))
            answer = connection.getresponse()
            data = answer.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer, data

    def _taken(self) -> HTTPConnection | None:
        """A connection that is idle; those of a parent process are its own."""
        if self._process != os.getpid():
            self._idle.clear()
            self._process = os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _opened(self) -> HTTPConnection:
        host, port = self._address
        return self._kind(host, port)

    def _read(self, status: int, data: bytes) -> Any:
        try:
            content = orjson.loads(data)
            return content if status < 400 else _refuse(content)
        except (orjson.JSONDecodeError, TypeError, KeyError):
            said = data[:_SHOWN].decode("utf-8", "replace")
            raise FakeapiError(f"{self._url} is no fakeapi server: it answered {status} {said!r}") from None

    def _unreachable(self, fault: Exception) -> FakeapiError:
        why = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
        return FakeapiError(f"no server answers at {self._url}: {why}; start one with `fakeapi serve`")


def _close(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


def _written(given: Any) -> tuple[bytes, str]:
    """The body and its content type: text is YAML."""
    if given is None:
        return b"", "application/json"
    if isinstance(given, str):
        return given.encode("utf-8", "replace"), "application/yaml"
    try:
        return orjson.dumps(given), "application/json"
    except TypeError as fault:
        raise FakeapiError(f"only what JSON can say can be given: {fault}") from None


def _with(path: str, query: Mapping[str, Any]) -> str:
    """A path with what is asked of it."""
    wanted = urlencode({name: str(value) for name, value in query.items() if value is not None})
    return f"{path}{'&' if '?' in path else '?'}{wanted}" if wanted else path


def _refuse(content: Any) -> NoReturn:
    raise FakeapiError(str(content["error"]["message"]))
