"""The rules of one session: listed, added, replaced, removed. Every method answers JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from fakeapi.adapters.admin.asking import MissingError, Text
from fakeapi.adapters.clock import Clock
from fakeapi.adapters.porter import Porter
from fakeapi.endpoints import ruling
from fakeapi.errors import FakeapiError
from fakeapi.memory import exporting
from fakeapi.memory.sessions import DEFAULT, Session
from fakeapi.model import Json, Rule
from fakeapi.rules.loading.document import MOST_RULES, Loaded, RulesError, listed, load, load_values

_NOTHING_GIVEN = "the body is a rule, a list of rules, or an object with a list `rules`"


class Shelf:
    """What a session is answered by. FakeapiError for what can't be done."""

    def __init__(self, porter: Porter, id: str) -> None:
        self._porter = porter
        self._id = id

    def list(self) -> Json:
        """The rules that are asked in this session: its own first, then those of files."""
        with self._porter.lock:
            session = self._session()
            used, house = self._counts(session), self._porter.house.rules
            own = [_told(rule, "session", used[rule.name], session.ends.get(rule.name)) for rule in session.rules]
            names = {rule.name for rule in session.rules}
            return {"rules": own + [_told(rule, "server", used[rule.name]) for rule in house if rule.name not in names]}

    def show(self, name: str) -> Json:
        """One rule that is asked in this session. MissingError where there is none of that name."""
        for rule in self.list()["rules"]:
            if rule["name"] == name:
                return dict(rule)
        raise MissingError(f"no rule {name!r} is asked in this session; GET /_fakeapi/rules lists them")

    def add(self, given: Any, place: str, lifetime: float | None = None) -> Json:
        """Rules more; those that come later are asked first, as the last word of a test counts. One with the name of
        another stands in for it. `lifetime`: seconds on the session's clock for which they are asked."""
        with self._porter.lock:
            return self._put(given, place, lifetime, self._session().rules)

    def replace(self, given: Any, place: str, lifetime: float | None = None) -> Json:
        """These rules instead of the session's own."""
        with self._porter.lock:
            return self._put(given, place, lifetime, ())

    def remove(self, name: str) -> Json:
        """One rule of the session less. MissingError where it has none of that name."""
        with self._porter.lock:
            session = self._session()
            if all(rule.name != name for rule in session.rules):
                raise MissingError(self._why_missing(session, name))
            self._porter.remove_rules(session, {name})
        return {"removed": [name]}

    def clear(self) -> Json:
        """All rules of the session less; those of files stay."""
        with self._porter.lock:
            session = self._session()
            removed = [rule.name for rule in session.rules]
            self._porter.remove_rules(session, set(removed))
        return {"removed": removed}

    def unused(self) -> Json:
        """The rules that never answered in this session."""
        with self._porter.lock:
            session = self._session()
            used = self._counts(session)
            return exporting.unused_as_json(session.asked(self._porter.house.rules), used.__getitem__)

    def read(self, given: Any, place: str) -> Loaded:
        """Rules as they are given, with what is doubtful about them. RulesError for those that can't be used."""
        known = self._porter.known()
        if given is None:
            raise FakeapiError(f"{place}: {_NOTHING_GIVEN}")
        owner = "" if self._id == DEFAULT else self._id
        loaded = load([(place, given)], known) if isinstance(given, Text) else load_values(given, place, known)
        if loaded.errors:
            raise RulesError(loaded.errors)
        return loaded._replace(rules=tuple(replace(rule, session=owner) for rule in loaded.rules))

    def _put(self, given: Any, place: str, lifetime: float | None, before: Iterable[Rule]) -> Json:
        before = tuple(before)
        _beside(*_at_a_glance(given), before, place)
        loaded = self.read(given, place)
        session = self._session()
        rules = _named(loaded.rules, session, self._porter.house.rules)
        names = {rule.name for rule in rules}
        kept = _beside(names, len(rules), before, place)
        gone = {rule.name for rule in session.rules} - {rule.name for rule in kept}
        ends = {name: moment for name, moment in session.ends.items() if name not in names}
        if lifetime is not None:
            ends |= dict.fromkeys(names, session.clock() + lifetime)
        self._porter.forget_rules(session, gone | names)
        session.set_rules((*rules, *kept), ends)
        return {"added": [rule.name for rule in rules], "warnings": [str(problem) for problem in loaded.problems]}

    def _session(self) -> Session[Clock]:
        """The session, and in it no rule whose time is over."""
        session = self._porter.open(self._id)
        if over := session.over(session.clock()):
            self._porter.remove_rules(session, over)
        return session

    def _counts(self, session: Session[Clock]) -> dict[str, int]:
        """How often each rule has answered."""
        view = self._porter.store.view(session.id, session.clock())
        every = (*session.rules, *self._porter.house.rules)
        return {rule.name: view.count(ruling.used_key(rule.name)) for rule in every}

    def _why_missing(self, session: Session[Clock], name: str) -> str:
        if any(rule.name == name for rule in self._porter.house.rules):
            return f"the rule {name!r} is the server's; a session can add one of that name, which stands in for it"
        known = ", ".join(rule.name for rule in session.rules[:10]) or "none"
        return f"this session has no rule {name!r} of its own; it has {known}"


def _at_a_glance(given: Any) -> tuple[Collection[str], int]:
    """The names and the number of rules that were not read yet; what is YAML has to be read first."""
    rules = listed(given)
    names = (rule.get("name") for rule in rules if isinstance(rule, dict))
    return {name for name in names if isinstance(name, str)}, len(rules)


def _beside(names: Collection[str], count: int, before: Iterable[Rule], place: str) -> tuple[Rule, ...]:
    """The rules that stay beside so many of these names; FakeapiError where they are too many together."""
    kept = tuple(rule for rule in before if rule.name not in names)
    if count + len(kept) > MOST_RULES:
        mend = "; DELETE /_fakeapi/rules removes them" if kept else f", and these are {count:,}"
        raise FakeapiError(f"{place}: a session has {MOST_RULES:,} rules at most{mend}")
    return kept


def _named(rules: Iterable[Rule], session: Session[Clock], house: Collection[Rule]) -> tuple[Rule, ...]:
    """The rules, those without a name of their own called `rule#1`, `rule#2` ... as no other is or was."""
    taken = {rule.name for rule in (*session.rules, *house)} | {rule.name for rule in rules if "name" in rule.written}
    return tuple(rule if "name" in rule.written else replace(rule, name=_new_name(session, taken)) for rule in rules)


def _new_name(session: Session[Clock], taken: Collection[str]) -> str:
    while True:
        session.named += 1
        if (name := f"rule#{session.named}") not in taken:
            return name


def _told(rule: Rule, owner: str, used: int, ends: float | None = None) -> Json:
    return {
        "name": rule.name,
        "place": rule.place,
        "owner": owner,
        "priority": rule.priority,
        "times": rule.times,
        "ends": ends,
        "required": rule.required,
        "used": used,
        "rule": rule.written,
    }
