"""A server of one's own, in a thread of this process: `with fakeapi.Server() as server:`; and the way to others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from fakeapi.adapters import server as running
from fakeapi.adapters.asgi import App
from fakeapi.adapters.tester.lines import DirectLine, HttpLine
from fakeapi.adapters.tester.tester import Tester
from fakeapi.adapters.transport import BASE_URL, Transport
from fakeapi.adapters.transport import async_client as async_client_in_process
from fakeapi.adapters.transport import client as client_in_process
from fakeapi.errors import FakeapiError
from fakeapi.memory.sessions import DEFAULT
from fakeapi.model import Exchange
from fakeapi.settings import Settings


class Server(Tester):
    """A server on a free port of 127.0.0.1, from `with` (or `start`) to its end (or `stop`), and its default session.

    Args:
        rules: rules as a list or an object, or a file or folder of rules, or several of these.
        settings: further settings; `options` are single ones: `Server(contract="warn", pace="human")`.
        log: is told of every exchange once it is over.

    Raises FakeapiError for rules and settings that can't be used.
    """

    def __init__(
        self,
        rules: Any = None,
        *,
        settings: Settings | None = None,
        log: Callable[[Exchange], None] | None = None,
        **options: Any,
    ) -> None:
        files, given = _parted(rules)
        self._app = App(_settings(settings, files, options), log)
        super().__init__(DirectLine(self._app.porter, DEFAULT), "", _client, _async_client)
        self._served: running.Thread | None = None
        if given:
            self.add(given)

    def start(self) -> Self:
        """Answer from now on."""
        if self._served is None:
            self._served = running.Thread(self._app)
            self.url = self._served.start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        served, self._served = self._served, None
        if served is not None:
            served.stop()
        self._app.close()

    def session(self, id: str) -> Tester:
        """Another session of this server, apart from all others."""
        return Tester(DirectLine(self._app.porter, id), f"{self.url}/s/{quote(id, safe='')}", _client, _async_client)

    def drop(self, id: str) -> None:
        """Forget a session."""
        self._line.ask("DELETE", f"/sessions/{quote(id, safe='')}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *fault: object) -> None:
        self.stop()


def connect(url: str, session: str = DEFAULT) -> Tester:
    """The same surface over the admin API of a server that runs at this base URL."""
    url = url.rstrip("/")
    base = url if session == DEFAULT else f"{url}/s/{quote(session, safe='')}"
    return Tester(HttpLine(url, session), base, _client, _async_client)


def in_process(transport: Transport, session: str = DEFAULT) -> Tester:
    """The same surface over an in-process transport: no socket."""
    url = BASE_URL if session == DEFAULT else f"{BASE_URL}/s/{quote(session, safe='')}"
    line = DirectLine(transport.porter, session)
    return Tester(line, url, partial(client_in_process, transport), partial(async_client_in_process, transport))


def _client(**options: Any) -> Any:
    import anthropic

    return anthropic.Anthropic(**options)


def _async_client(**options: Any) -> Any:
    import anthropic

    return anthropic.AsyncAnthropic(**options)


def _parted(rules: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Files and folders of rules, and rules that were given themselves."""
    if rules is None:
        return (), []
    every: Sequence[Any] = rules if isinstance(rules, list | tuple) else [rules]
    files = tuple(str(each) for each in every if isinstance(each, str | Path))
    return files, [each for each in every if not isinstance(each, str | Path)]


def _settings(settings: Settings | None, files: tuple[str, ...], options: dict[str, Any]) -> Settings:
    known = {field.name for field in fields(Settings)} - {"rules"}
    for name in options.keys() - known:
        raise FakeapiError(f"{name} is no setting; there are {', '.join(sorted(known))}")
    base = settings or Settings()
    values: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in options.items()}
    return replace(base, **values, rules=(*base.rules, *files))
