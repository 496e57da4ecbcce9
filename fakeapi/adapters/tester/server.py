"""A server of one's own, in a thread of this process: `with fakeapi.Server() as server:`; and the way to others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import Field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from fakeapi.adapters import server as running
from fakeapi.adapters.asgi import App
from fakeapi.adapters.tester.lines import DirectLine, HttpLine, PlacedError
from fakeapi.adapters.tester.places import here
from fakeapi.adapters.tester.tester import KEY, Tester
from fakeapi.adapters.transport import BASE_URL, Transport
from fakeapi.adapters.transport import async_client as async_client_in_process
from fakeapi.adapters.transport import client as client_in_process
from fakeapi.errors import FakeapiError
from fakeapi.memory.sessions import DEFAULT, objection
from fakeapi.model import Exchange
from fakeapi.settings import LOG_STYLES, Settings, each, is_repeatable, parse

_OF_THE_COMMAND = ("host", "port", "log", "rules")
"""Settings that a server in a test has no use for, or takes otherwise."""


class Server(Tester):
    """A server on a free port of 127.0.0.1, from `with` (or `start`) to its end (or `stop`), and its default session.

    Args:
        rules: rules as a list, an object or YAML text, or a file or folder of rules, or several of these in a list.
            They are those of all sessions.
        settings: further settings; `options` are single ones: `Server(contract="warn", pace="human")`.
        log: is told of every exchange once it is over; or a style of `--log`, for lines on stderr: `log="line"`.

    Raises FakeapiError, with file and line of the test, for rules and settings that can't be used.
    """

    def __init__(
        self,
        rules: Any = None,
        *,
        settings: Settings | None = None,
        log: Callable[[Exchange], None] | str | None = None,
        **options: Any,
    ) -> None:
        __tracebackhide__ = True
        files, given = _parted(rules)
        try:
            self._app = App(_settings(settings or Settings(), files, options), _log(log))
            self._served: running.Thread | None = None
            self._address, self._is_over = "", False
            chosen = self._app.porter.settings
            key = next(iter(chosen.api_key), KEY)
            line = DirectLine(self._app.porter, DEFAULT)
            super().__init__(line, "", _client, _async_client, id=DEFAULT, api_key=key, session=self._at)
            self._within = f"/s/{DEFAULT}" if chosen.sessions == "by-key" else ""
            self._stand([(f"{here()} (YAML)" if isinstance(one, str) else here(), one) for one in given])
        except FakeapiError as fault:
            raise PlacedError(str(fault), here()) from None

    @property
    def url(self) -> str:
        """The base URL, for clients in any language. FakeapiError where the server isn't running."""
        if self._served is None:
            raise FakeapiError(
                f"{here()}: the server isn't running; use `with fakeapi.Server() as server:`, or start()"
            )
        return f"{self._address}{self._within}"

    def start(self) -> Self:
        """Answer from now on."""
        __tracebackhide__ = True
        if self._is_over:
            raise FakeapiError(f"{here()}: this server was stopped; make another one")
        if self._served is None:
            served = running.Thread(self._app)
            self._address = served.start()
            self._served = served
        return self

    def stop(self) -> None:
        """Answer no more; what came can still be looked at."""
        served, self._served, self._is_over = self._served, None, True
        if served is not None:
            served.stop()
        self._app.close()

    def _at(self, id: str) -> Tester:
        __tracebackhide__ = True
        _check(id)
        return _session(DirectLine(self._app.porter, id), self.url.removesuffix(self._within), id, self._api_key)

    def _stand(self, given: Sequence[tuple[str, Any]]) -> None:
        """Rules for all sessions."""
        from fakeapi.adapters.admin.asking import Text
        from fakeapi.adapters.admin.shelf import Shelf

        shelf = Shelf(self._app.porter, DEFAULT)
        read = [shelf.read(Text(one) if isinstance(one, str) else one, place).rules for place, one in given]
        every = [rule for rules in read for rule in rules]
        named = [
            rule if "name" in rule.written else replace(rule, name=f"server#{number}")
            for number, rule in enumerate(every, 1)
        ]
        self._app.porter.stand(tuple(named))

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> None:
        self.stop()


def connect(url: str, session: str | None = None, *, api_key: str = KEY) -> Tester:
    """The same surface over the admin API of a server that runs at this base URL.

    `session` is the id of the session that is meant; without one it is the default one, or, where the server was
    started with `--sessions by-key`, that of `api_key`, which clients have. FakeapiError for what is no URL or id.
    """
    __tracebackhide__ = True
    url = url.rstrip("/")

    def at(id: str) -> Tester:
        _check(id)
        return _session(HttpLine(url, id), url, id, api_key, at)

    try:
        if session is not None:
            return at(session)
        line = HttpLine(url, None, api_key)
    except FakeapiError as fault:
        raise PlacedError(str(fault), here()) from None
    return Tester(line, url, _client, _async_client, api_key=api_key, session=at)


def in_process(transport: Transport, session: str = DEFAULT) -> Tester:
    """The same surface over an in-process transport: no socket. FakeapiError for what can't be the id of a session."""
    __tracebackhide__ = True
    _check(session)
    url = BASE_URL if session == DEFAULT else f"{BASE_URL}/s/{quote(session, safe='')}"
    key = next(iter(transport.settings.api_key), KEY)
    clients = (partial(client_in_process, transport), partial(async_client_in_process, transport))
    line = DirectLine(transport.porter, session)
    return _InProcess(line, url, *clients, id=session, api_key=key, session=partial(in_process, transport))


class _InProcess(Tester):
    """A session without a socket."""

    @property
    def env(self) -> dict[str, str]:
        """Nothing leads here from outside. FakeapiError that says so."""
        raise FakeapiError(f"{here()}: what is in process has no address; use client(), or a fakeapi.Server")


def _session(line: Any, url: str, id: str, key: str, session: Callable[[str], Tester] | None = None) -> Tester:
    base = f"{url}/s/{quote(id, safe='')}"
    return Tester(line, base, _client, _async_client, id=id, api_key=key, session=session)


def _check(id: str) -> None:
    __tracebackhide__ = True
    if why := objection(id):
        raise FakeapiError(f"{here()}: {id[:80]!r} can't be the id of a session: {why}")


def _log(log: Callable[[Exchange], None] | str | None) -> Callable[[Exchange], None] | None:
    if not isinstance(log, str):
        return log
    if log not in LOG_STYLES:
        raise FakeapiError(f"log: {log!r} is not one of {', '.join(LOG_STYLES)}, and nothing to call")
    from fakeapi.adapters.log import logger

    return logger(log)


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
    files = tuple(str(one) for one in every if _is_path(one))
    texts = [one for one in every if isinstance(one, str) and not _is_path(one)]
    values = [one for one in every if not isinstance(one, str | Path)]
    return files, [*texts, *([values] if values else [])]


def _is_path(one: Any) -> bool:
    """Whether this names a file: a text that has several lines, or begins as a list or an object does, is YAML."""
    return isinstance(one, Path) or (
        isinstance(one, str) and "\n" not in one and one.lstrip()[:1] not in ("-", "[", "{")
    )


def _settings(base: Settings, files: tuple[str, ...], options: dict[str, Any]) -> Settings:
    known = {setting.name: setting for setting in each() if setting.name not in _OF_THE_COMMAND}
    for name in options.keys() - known.keys():
        why = "is a setting of the command `fakeapi serve`" if name in _OF_THE_COMMAND else "is no setting"
        raise FakeapiError(f"{name} {why}; there are {', '.join(sorted(known))}")
    values = {name: _value(known[name], value) for name, value in options.items()}
    return replace(base, **values, rules=(*base.rules, *files))


def _value(setting: Field[Any], value: Any) -> Any:
    """A setting as Python gives it, checked as flags are."""
    if is_repeatable(setting):
        every = value if isinstance(value, list | tuple) else [value]
        return tuple(parse(setting, str(one), setting.name) for one in every)
    text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
    return parse(setting, text, setting.name)
