"""The admin API as any client reaches it: HTTP and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from json import dumps
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

import fakeapi
from tests.street import BASIC, DOOR


class Answer(NamedTuple):
    """Status, headers by lower-case name, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def said(self) -> str:
        """The sentence of a refusal; fails where it isn't one in the form that all have."""
        error = self.json["error"]
        assert error.keys() == {"status", "message"}
        assert error["status"] == self.status
        return str(error["message"])


class Asker:
    """A connection to a server."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.authority = where.netloc
        self._connection = HTTPConnection(where.hostname or "", where.port, timeout=60)

    def ask(self, method: str, path: str, given: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """What the server answers; a body that isn't bytes is sent as JSON."""
        body = given if isinstance(given, bytes | None) else dumps(given).encode()
        self._connection.request(method, path, body, dict(headers or {}))
        answer = self._connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def json(self, method: str, path: str, given: Any = None, **headers: str) -> Any:
        """The JSON of an answer; fails where it is a refusal."""
        answer = self.ask(method, path, given, headers)
        assert answer.status == 200, answer.body
        return answer.json

    def say(self, text: str, prefix: str = "", **headers: str) -> str:
        """What the API says to a text; its error's sentence where it refuses."""
        body = {**BASIC, "messages": [{"role": "user", "content": text}]}
        answer = self.ask("POST", f"{prefix}/v1/messages", body, {**dict(DOOR), **headers})
        content = answer.json
        return str(content["error"]["message"] if answer.status != 200 else content["content"][0]["text"])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def serving(**settings: Any) -> Iterator[Asker]:
    """A new server, and a connection to it."""
    with fakeapi.Server(**settings) as server:
        asker = Asker(server.url.removesuffix("/s/default"))
        try:
            yield asker
        finally:
            asker.close()
