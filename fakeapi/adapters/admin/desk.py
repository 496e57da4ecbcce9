"""One session of a server, as the admin API and the Python surface see it: values in, JSON out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from fakeapi.adapters.clock import Clock
from fakeapi.adapters.porter import OWN, Porter
from fakeapi.endpoints import reviewing, ruling
from fakeapi.errors import FakeapiError
from fakeapi.memory import exporting, filters, grading, verification
from fakeapi.memory.entries import Entry
from fakeapi.memory.journal import Journal
from fakeapi.memory.sessions import DEFAULT, Session
from fakeapi.model import Json, Rule
from fakeapi.rules.loading.document import RulesError, load, load_values

_PAGE = {"after", "before", "limit", "full"}
_SECRET = ("api_key",)


class MissingError(FakeapiError):
    """There is no such session, rule, snapshot or entry."""


class Desk:
    """What a tester does with one session. Every method answers JSON; FakeapiError for what can't be done."""

    def __init__(self, porter: Porter, session: str = DEFAULT) -> None:
        self._porter = porter
        self._id = session

    def at(self, id: str, *, born: bool = False) -> Desk:
        """The desk of another session. MissingError where it has to be `born` and isn't."""
        if born and self._porter.sessions.find(id) is None:
            raise MissingError(f"there is no session {id!r}")
        return Desk(self._porter, id)

    @property
    def session(self) -> Session[Clock]:
        """The session, born now if need be."""
        with self._porter.lock:
            return self._porter.open(self._id)

    # Rules

    def rules(self) -> Json:
        """The rules that are asked in this session: its own first, then those of files."""
        own = [_told(rule, "session", self._used(rule)) for rule in self.session.rules]
        return {"rules": own + [_told(rule, "server", self._used(rule)) for rule in self._porter.house.rules]}

    def add_rules(self, given: Any, place: str) -> Json:
        """Rules more; those that come later are asked first, as the last word of a test counts."""
        return self._put_rules(given, place, self.session.rules)

    def replace_rules(self, given: Any, place: str) -> Json:
        """These rules instead of the session's own."""
        return self._put_rules(given, place, ())

    def _put_rules(self, given: Any, place: str, before: tuple[Rule, ...]) -> Json:
        with self._porter.lock:
            session = self._porter.open(self._id)
            rules = self._read(given, place, {rule.name for rule in before})
            names = {rule.name for rule in rules}
            session.set_rules((*rules, *(rule for rule in before if rule.name not in names)))
        return {"added": [rule.name for rule in rules]}

    def _read(self, given: Any, place: str, taken: set[str]) -> tuple[Rule, ...]:
        known = self._porter.known()
        if isinstance(given, str):
            loaded = load([(place, given)], known)
        elif given is None:
            raise FakeapiError(f"{place}: the body is a rule, a list of rules, or an object with a list `rules`")
        else:
            stem = next(stem for number in range(len(taken) + 1) if not _is_taken(stem := _stem(number), taken))
            loaded = load_values(given, place, known, self._owner, stem=stem)
        if loaded.errors:
            raise RulesError(loaded.errors)
        return loaded.rules

    @property
    def _owner(self) -> str:
        return "" if self._id == DEFAULT else self._id

    def remove_rule(self, name: str) -> Json:
        """One rule of the session less."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            left = tuple(rule for rule in session.rules if rule.name != name)
            if len(left) == len(session.rules):
                raise MissingError(f"this session has no rule {name!r} of its own")
            session.set_rules(left)
        return {"removed": [name]}

    def remove_rules(self) -> Json:
        """All rules of the session less; those of files stay."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            removed = [rule.name for rule in session.rules]
            session.set_rules(())
        return {"removed": removed}

    def unused(self) -> Json:
        """The rules that never answered in this session."""
        return exporting.unused_as_json((*self.session.rules, *self._porter.house.rules), self._count)

    def _used(self, rule: Rule) -> int:
        return self._count(rule.name)

    def _count(self, name: str) -> int:
        with self._porter.lock:
            return self._porter.store.view(self._id, self.session.clock()).count(ruling.used_key(name))

    # Sessions

    def sessions(self) -> Json:
        """All sessions, in short."""
        with self._porter.lock:
            return {"sessions": [self._shown(session) for session in self._porter.sessions]}

    def show(self) -> Json:
        """This session, in short."""
        return self._shown(self.session)

    def _shown(self, session: Session[Clock]) -> Json:
        return {
            "id": session.id,
            "requests": session.number,
            "rules": len(session.rules),
            "settings": _without_secrets(session.changed),
            "now": session.clock(),
            "idle_seconds": round(max(0.0, time.monotonic() - session.used), 3),
            "snapshots": list(session.marks),
        }

    def birth(self, id: str, rules: Any, settings: Mapping[str, Any], place: str) -> Json:
        """A session of this id, or of a new one, with rules and settings of its own from the start."""
        with self._porter.lock:
            id = id or f"session-{self._porter.sessions.births + 1}"
            if not id.strip() or "/" in id or len(id) > 200:
                raise FakeapiError(f"{place}: an id has 1 to 200 characters and no '/'")
            desk = Desk(self._porter, id)
            if settings:
                desk.change(settings)
            if rules is not None:
                desk.replace_rules(rules, place)
            return desk.show()

    def reset(self) -> Json:
        """Let it begin anew."""
        with self._porter.lock:
            self._porter.reset(self._porter.open(self._id))
        return self.show()

    def drop(self) -> Json:
        """Forget it."""
        with self._porter.lock:
            self._porter.sessions.drop(self._id)
        return {"dropped": self._id}

    def mark(self, name: str) -> Json:
        """Take a snapshot."""
        with self._porter.lock:
            self._porter.mark(self._porter.open(self._id), name)
        return self.show()

    def roll_back(self, name: str) -> Json:
        """Go back to a snapshot."""
        with self._porter.lock:
            session = self._porter.open(self._id)
            if name not in session.marks:
                raise MissingError(f"the session {self._id!r} has no snapshot {name!r}")
            self._porter.roll_back(session, name)
        return self.show()

    # Clock and settings

    def clock(self) -> Json:
        """The time of this session."""
        now = self.session.clock()
        return {"now": now, "time": exporting.moment(now), "kind": self._porter.settings.clock}

    def advance(self, seconds: float) -> Json:
        """Let time pass at once."""
        try:
            self.session.clock.advance(seconds)
        except ValueError as fault:
            raise FakeapiError(str(fault)) from None
        return self.clock()

    def settings(self) -> Json:
        """The settings that hold in this session."""
        return _without_secrets(asdict(self.session.settings(self._porter.settings)))

    def change(self, changed: Mapping[str, Any]) -> Json:
        """Settings of its own for this session."""
        self._porter.change(self.session, **_read_settings(changed))
        return self.settings()

    # Journal

    @property
    def _journal(self) -> Journal:
        journal = self._porter.journal
        if journal is None:
            raise FakeapiError("this server keeps no journal: it was started with --journal-entries 0")
        return journal

    def entries(self) -> list[Entry]:
        """The exchanges of this session, the oldest first."""
        with self._porter.lock:
            return self._journal.entries(self._id)

    def page(self, query: Mapping[str, str]) -> Json:
        """A page of the journal, as the query asks for it."""
        wanted = filters.parse({name: value for name, value in query.items() if name not in _PAGE})
        before = _number(query, "before", -1)
        with self._porter.lock:
            page = self._journal.page(
                self._id,
                after=_number(query, "after", 0),
                before=None if before < 0 else before,
                limit=max(1, _number(query, "limit", 100)),
                wanted=wanted.takes,
            )
            return exporting.page_as_json(page, full=query.get("full", "") in ("true", "1", "yes"))

    def lines(self, query: Mapping[str, str]) -> Iterator[bytes]:
        """The journal as JSONL."""
        wanted = filters.parse(query)
        return exporting.as_lines([entry for entry in self.entries() if wanted.takes(entry)])

    def entry(self, number: str) -> Json:
        """One exchange, with all that is known of it."""
        entry = self._journal.get(int(number)) if number.isdecimal() else None
        if entry is None or entry.session != self._id:
            raise MissingError(f"the journal of this session has no exchange {number}")
        return exporting.as_json(entry)

    def clear_journal(self) -> Json:
        """Forget the exchanges, and nothing else."""
        with self._porter.lock:
            return {"dropped": self._journal.drop(self._id)}

    def verify(self, given: Any) -> Json:
        """Whether what should have come has come; with `timeout`, as soon as it has."""
        wanted = verification.parse(given, reviewing.pattern(self._porter.known()))
        deadline = time.monotonic() + verification.parse_timeout(given)
        with self._porter.over:
            while True:
                entries, forgotten = self._journal.entries(self._id), self._journal.forgotten(self._id)
                result = verification.verify(entries, wanted, forgotten)
                left = deadline - time.monotonic()
                if result.passed or left <= 0:
                    return result.as_json()
                self._porter.over.wait(left)

    def unmatched(self) -> Json:
        """The requests that no rule matched where one was needed."""
        return exporting.unmatched_as_json(self.entries())

    def verdicts(self, query: Mapping[str, str]) -> Json:
        """What the journal shows of the client."""
        only = query["only"].split(",") if query.get("only") else None
        return {"verdicts": [verdict.as_json() for verdict in grading.grade(self.entries(), only)]}


def _told(rule: Rule, owner: str, used: int) -> Json:
    return {
        "name": rule.name,
        "place": rule.place,
        "owner": owner,
        "priority": rule.priority,
        "times": rule.times,
        "required": rule.required,
        "used": used,
        "rule": rule.written,
    }


def _stem(number: int) -> str:
    return "rule" if not number else f"rule{number + 1}"


def _is_taken(stem: str, taken: set[str]) -> bool:
    return any(name.startswith(f"{stem}#") for name in taken)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    if value and not value.isdecimal():
        raise FakeapiError(f"journal: {name} is a whole number, not {value!r}")
    return int(value) if value else default


def _without_secrets(settings: Mapping[str, Any]) -> Json:
    return {name: ["[redacted]"] * len(value) if name in _SECRET else value for name, value in settings.items()}


def _read_settings(changed: Mapping[str, Any]) -> Json:
    """Settings as they are given in JSON, checked as flags are."""
    from fakeapi import settings

    known = {setting.name: setting for setting in settings.each()}
    read: Json = {}
    for name, value in changed.items():
        if name not in OWN:
            read[name] = value
            continue
        values = value if isinstance(value, list | tuple) else [value]
        parsed = tuple(settings.parse(known[name], str(each), name) for each in values)
        read[name] = parsed if settings.is_repeatable(known[name]) else parsed[0]
    return read
