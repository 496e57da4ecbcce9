"""The journal of one session: read, exported, verified, graded. Every method answers JSON, but for the exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakeapi.adapters.admin.asking import Asked, MissingError
from fakeapi.adapters.admin.watching import Watch
from fakeapi.adapters.porter import Porter
from fakeapi.endpoints import reviewing
from fakeapi.errors import FakeapiError
from fakeapi.memory import exporting, filters, grading, telling, verification
from fakeapi.memory.entries import Entry
from fakeapi.memory.journal import Journal
from fakeapi.model import Json

_PAGE = {"after", "before", "limit", "full"}
_LONGEST_PAGE = 10_000


class Archive:
    """What came to a session. FakeapiError for what can't be done, also where the server keeps no journal."""

    def __init__(self, porter: Porter, id: str) -> None:
        if porter.journal is None:
            raise FakeapiError("this server keeps no journal: it was started with --journal-entries 0")
        self._porter = porter
        self._id = id
        self._journal: Journal = porter.journal

    def entries(self, query: Mapping[str, str] | None = None) -> list[Entry]:
        """The exchanges of this session, the oldest first; with `query`, those it asks for."""
        with self._porter.lock:
            entries = self._journal.entries(self._id)
        if not query:
            return entries
        wanted = filters.parse(query)
        return [entry for entry in entries if wanted.takes(entry)]

    def page(self, asked: Asked) -> Json:
        """A page of the journal, as the query asks for it."""
        wanted = filters.parse({name: value for name, value in asked.query.items() if name not in _PAGE})
        limit = asked.number("limit", 100, least=1) or 100
        after, before = asked.number("after", 0) or 0, asked.number("before")
        with self._porter.lock:
            page = self._journal.page(
                self._id, after=after, before=before, limit=min(limit, _LONGEST_PAGE), wanted=wanted.takes
            )
        return exporting.page_as_json(page, full=asked.flag("full"))

    def lines(self, asked: Asked) -> Iterator[bytes]:
        """The journal as JSONL."""
        return exporting.as_lines(self.entries(asked.query))

    def story(self, asked: Asked) -> Iterator[bytes]:
        """The journal for a person, a few lines an exchange."""
        query = {name: value for name, value in asked.query.items() if name != "limit"}
        entries, most = self.entries(query), asked.number("limit", least=1)
        return iter((telling.tell_all(entries, most or len(entries) or 1).encode(), b"\n"))

    def entry(self, number: str) -> Json:
        """One exchange, with all that is known of it. MissingError where there is none of that number."""
        known = number.isascii() and number.isdecimal() and len(number) < 18
        with self._porter.lock:
            entry = self._journal.get(int(number)) if known else None
        if entry is None or entry.session != self._id:
            raise MissingError(f"the journal of this session has no exchange {number[:40]!r}")
        return exporting.as_json(entry)

    def clear(self) -> Json:
        """Forget the exchanges, and nothing else."""
        with self._porter.lock:
            return {"dropped": self._journal.drop(self._id)}

    def watch(self, given: Any) -> Watch:
        """Whether what should have come has come; with `timeout`, as soon as it has."""
        over = False
        if isinstance(given, Mapping):
            over = given.get("over", False)
            if not isinstance(over, bool):
                raise FakeapiError(f"verify: over is true or false, not {over!r}")
            given = {name: value for name, value in given.items() if name != "over"}
        wanted = verification.parse(given, reviewing.pattern(self._porter.known(), self._porter.house.every.names))
        return Watch(self._porter, self._journal, self._id, wanted, over, verification.parse_timeout(given))

    def unmatched(self) -> Json:
        """The requests that no rule matched where one was needed."""
        return exporting.unmatched_as_json(self.entries())

    def verdicts(self, query: Mapping[str, str]) -> Json:
        """What the journal shows of the client."""
        only = [name.strip() for name in query["only"].split(",")] if query.get("only") else None
        return {
            "verdicts": [
                verdict.as_json()
                for verdict in grading.grade(self.entries(), only, known=self._porter.house.every.names)
            ]
        }
