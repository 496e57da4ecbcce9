"""The ways to a server's admin API: direct, where it is in this process, or over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from fakeapi.adapters.porter import Porter
from fakeapi.errors import FakeapiError


class Line(Protocol):
    """A way to the admin API of one session of a server."""

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """What it answers. FakeapiError with its sentence where it refuses."""
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
        headers = {"x-fakeapi-session": self._session, "content-type": kind}
        told = self._admin.answer(method, path, _query(query), headers, body, str(query.get("place", "")))
        return _content(told.status, told.content)


class HttpLine:
    """To a server that runs at this base URL."""

    def __init__(self, url: str, session: str, patience: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._session = session
        self._patience = patience

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """See Line. FakeapiError, too, where no server answers."""
        from urllib.error import HTTPError, URLError
        from urllib.request import ProxyHandler, Request, build_opener

        body, kind = _written(given)
        headers = {"x-fakeapi-session": self._session, "content-type": kind}
        url = f"{self._url}/_fakeapi{path}?{_query(query)}"
        request = Request(url, body or None, headers, method=method)
        patience = self._patience + float((given or {}).get("timeout", 0) if isinstance(given, Mapping) else 0)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=patience) as answer:
                return _content(answer.status, orjson.loads(answer.read()))
        except HTTPError as refused:
            with refused:
                return _content(refused.code, _json(refused.read()))
        except (URLError, OSError) as fault:
            raise FakeapiError(f"no server answers at {self._url}: {getattr(fault, 'reason', fault)}") from None


def _written(given: Any) -> tuple[bytes, str]:
    """The body and its content type: text is YAML."""
    if given is None:
        return b"", "application/json"
    if isinstance(given, str):
        return given.encode(), "application/yaml"
    try:
        return orjson.dumps(given), "application/json"
    except TypeError as fault:
        raise FakeapiError(f"only what JSON can say can be given: {fault}") from None


def _query(query: Mapping[str, Any]) -> str:
    return urlencode({name: str(value) for name, value in query.items() if value is not None})


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"error": {"message": body.decode("utf-8", "replace")[:300]}}


def _content(status: int, content: Any) -> Any:
    if status >= 400:
        raise FakeapiError(content["error"]["message"])
    return content
