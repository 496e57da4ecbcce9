"""The tester that the fixture `fakeapi` gives: one session, which is held to account at the end of its test."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeapi.adapters import findings, rule_files
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.findings import Finding
from fakeapi.adapters.porter import Porter, Visit
from fakeapi.adapters.pytest_plugin_wishes import Wishes
from fakeapi.adapters.tester.lines import DirectLine
from fakeapi.adapters.tester.tester import KEY, Tester
from fakeapi.adapters.transport import BASE_URL, Transport, async_client, client
from fakeapi.errors import FakeapiError
from fakeapi.memory.entries import OPEN, Entry
from fakeapi.memory.sessions import HEADER, Session
from fakeapi.model import Rule
from fakeapi.rules.loading.document import RulesError
from fakeapi.wire import Request

if TYPE_CHECKING:
    from fakeapi.adapters.tester.server import Server

_PATIENCE = 0.5
"""Seconds for what is under way at the end of a test to be over."""
_SHOWN = 5
"""Exchanges that a failing test shows."""
_NUMBERS = count(1)


@dataclass(eq=False)
class Expectation:
    """A refusal that a test expects: what its sentence contains, and its status."""

    sentence: str
    status: int | None
    met: bool = False

    def covers(self, status: int, sentence: str) -> bool:
        """Whether a refusal is the expected one."""
        return self.sentence in sentence and self.status in (None, status)

    def told(self) -> str:
        """In words."""
        status = "" if self.status is None else f"{self.status} "
        return f"{status}{self.sentence!r}" if self.sentence else f"{status}any sentence"


class Place(NamedTuple):
    """Where a session lives: its porter, its id, its URL, the key of clients, and how SDK clients for it are made.

    `session` leads to another session of the same server, `transport` to this one, where there is no socket.
    """

    porter: Porter
    id: str
    url: str
    api_key: str
    client: Callable[..., Any]
    async_client: Callable[..., Any]
    session: Callable[[str], Tester] | None = None
    transport: Transport | None = None


class CheckedTester(Tester):
    """A session of its own for one test, with all that a Tester can do; it knows at the end what went wrong."""

    def __init__(self, place: Place, wishes: Wishes) -> None:
        self._place = place
        self._wishes = wishes
        self._expected: list[Expectation] = []
        self._left: list[Entry] | None = None
        clients = (place.client, place.async_client)
        line = _StrictLine(self)
        super().__init__(line, place.url, *clients, id=place.id, api_key=place.api_key, session=place.session)
        self.renew()

    @property
    def transport(self) -> Transport:
        """The way to this session for clients of httpx2 and httpx. FakeapiError where it is reached by a socket."""
        if self._place.transport is None:
            raise FakeapiError("only the in-process fixture has a transport: fakeapi_in_process, or in_process=True")
        return self._place.transport

    def expect_refusal(self, sentence: str = "", status: int | None = None) -> None:
        """This test means to be refused, with a sentence that contains this: such refusals don't fail it, and it fails
        where none comes. It may be said before or after the request."""
        self._expected.append(Expectation(sentence, status))

    def load(self, *paths: str | Path) -> None:
        """Rules of files and folders, for this session; RulesError, with file, line and column, for a broken one."""
        porter = self._place.porter
        read = rule_files.read_rules(map(str, paths), porter.known())
        if read.loaded.errors:
            raise RulesError(read.loaded.errors)
        with porter.lock:
            session = porter.open(self._place.id)
            session.set_rules((*read.loaded.rules, *session.rules))
        self.be_strict()

    # What the plugin does

    def renew(self) -> None:
        """Give the session what its test wishes."""
        if self._wishes.settings:
            self._line.ask("PATCH", "/settings", self._wishes.settings, place=self._wishes.place)
        for rules in self._wishes.rules:
            if isinstance(rules, Path):
                self.load(rules)
            else:
                self._line.ask("POST", "/rules", rules, place=self._wishes.place)
        if self._wishes.rules or self._place.porter.house.rules:
            self.be_strict()

    def be_strict(self) -> None:
        """From the first rule on that says what to answer, every request needs one that matches."""
        if not self._wishes.strict:
            return
        porter = self._place.porter
        with porter.lock:
            session = porter.open(self._place.id)
            if "unmatched" not in session.changed and any(map(_answers, (*session.rules, *porter.house.rules))):
                porter.change(session, unmatched="error")

    def account(self) -> str:
        """What went wrong so far, each with what to do about it; "" for nothing."""
        entries = self.settled()
        found = [*self._faults(entries), *self._unused(), *self._missed()]
        if self._wishes.verdicts and entries:
            found += self._graded(entries)
        return findings.explain(found)

    def entries(self) -> list[Entry]:
        """The exchanges of the journal."""
        porter = self._place.porter
        if porter.journal is None:
            return []
        with porter.lock:
            return porter.journal.entries(self._place.id)

    def settled(self) -> list[Entry]:
        """The same, once those that are under way had a moment to be over: clients go on before a server does."""
        if not _under_way(entries := self.entries()):
            return entries
        deadline, come = time.monotonic() + _PATIENCE, threading.Event()
        with self._place.porter.bell.heard(self._place.id, lambda _: come.set()):
            while _under_way(entries := self.entries()) and come.wait(max(0.0, deadline - time.monotonic())):
                come.clear()
        return entries

    def story(self) -> tuple[str, str]:
        """A title and the last exchanges, short, for the report of a test that failed."""
        from fakeapi.memory import telling

        entries = self.entries() if self._left is None else self._left
        exchanges = "1 exchange" if len(entries) == 1 else f"{len(entries)} exchanges"
        return f"fakeapi: {exchanges}", telling.tell_all(entries, _SHOWN)

    def close(self) -> None:
        """Forget the session; its exchanges are left for the report, as long as somebody has this tester."""
        porter, self._left = self._place.porter, self.entries()
        with porter.lock:
            porter.sessions.drop(self._place.id)

    def _faults(self, entries: list[Entry]) -> Iterator[Finding]:
        """What the exchanges show, but for the refusals that are allowed or expected."""
        wrong = [entry for entry in entries if entry.exchange is not None and findings.kind_of(entry.exchange)]
        yield from findings.of_entries(entry for entry in wrong if not self._is_forgiven(entry))

    def _is_forgiven(self, entry: Entry) -> bool:
        assert entry.exchange is not None
        if findings.kind_of(entry.exchange) not in (findings.REFUSED, findings.WARNED):
            return False
        said = entry.exchange.sentence or entry.exchange.warning
        covering = [one for one in self._expected if one.covers(entry.status, said)]
        for one in covering:
            one.met = True
        return bool(covering) or self._wishes.allow_refused

    def _missed(self) -> Iterator[Finding]:
        for one in self._expected:
            if not one.met:
                yield Finding(findings.EXPECTED, one.told())

    def _unused(self) -> Iterator[Finding]:
        """The rules of this test that had to answer and never did."""
        session = self._place.porter.sessions.find(self._place.id)
        needed = [rule for rule in session.rules if rule.required or self._wishes.required] if session else []
        if needed:
            unused = {rule["name"] for rule in self.unused}
            for rule in needed:
                if rule.name in unused:
                    yield Finding(findings.UNUSED, f"{rule.name} ({rule.place})", more=_wanted(rule))

    def _graded(self, entries: list[Entry]) -> Iterator[Finding]:
        from fakeapi.memory import grading

        for verdict in grading.grade(entries, self._wishes.verdicts):
            if verdict.severity == "failure":
                first, _, mend = verdict.told().partition("\n")
                yield Finding(findings.VERDICTS, first, more=(mend.strip(),))


class _StrictLine:
    """The line of a checked tester: what brings rules, or takes everything back, concerns its strictness."""

    def __init__(self, tester: CheckedTester) -> None:
        self._tester = tester
        self._line = DirectLine(tester._place.porter, tester._place.id)

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """See Line."""
        told = self._line.ask(method, path, given, **query)
        if path == "/rules" and method in ("POST", "PUT"):
            self._tester.be_strict()
        elif path == "/reset":
            self._tester.renew()
        return told


def _under_way(entries: list[Entry]) -> bool:
    return any(entry.outcome == OPEN for entry in entries)


def _answers(rule: Rule) -> bool:
    """Whether a rule says what to answer: more than an error, a fault or a pace."""
    return any(response.parts for turn in rule.turns for response in turn.attempts)


def _wanted(rule: Rule) -> tuple[str, ...]:
    match = rule.written.get("match") if isinstance(rule.written, Mapping) else None
    return (f"it waits for: {match}",) if match else ()


def session_id(name: str) -> str:
    """An id for the session of a test: its name, as far as a URL takes it, and a number."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)[:60].strip('-') or 'test'}-{next(_NUMBERS)}"


def on_socket(server: Server, name: str) -> Place:
    """A session of a server that runs."""
    id = session_id(name)
    like = server.session(id)
    return Place(server._app.porter, id, like.url, like._api_key, like._client, like._async_client, server.session)


def in_process(porter: Porter, name: str) -> Place:
    """A session that is reached without a socket, on a clock of its own."""
    id = session_id(name)
    transport = _OwnTransport(porter, id)
    key = next(iter(porter.settings.api_key), KEY)
    clients = (partial(client, transport), partial(async_client, transport))
    return Place(porter, id, BASE_URL, key, *clients, transport=transport)


class _OwnTransport(Transport):
    """The way to one session of a porter that others share, on the clock of that session."""

    def __init__(self, porter: Porter, id: str) -> None:
        self.settings = porter.settings
        self.porter = _Doorway(porter, id)  # type: ignore[assignment]

    @property
    def clock(self) -> Clock:
        """The session's, also after it has begun anew."""
        return self.porter.open().clock


class _Doorway:
    """A porter as one session sees it: whatever comes belongs to it."""

    def __init__(self, porter: Porter, id: str) -> None:
        self._porter = porter
        self._id = id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._porter, name)

    def open(self) -> Session[Clock]:
        """The session."""
        with self._porter.lock:
            return self._porter.open(self._id)

    def answer(self, request: Request) -> Visit:
        """See Porter."""
        return self._porter.answer(request._replace(headers={**request.headers, HEADER: self._id}))
