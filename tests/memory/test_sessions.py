"""Sessions: born on first use, expiring, bounded, with all that is their own; whose a request is."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from fakeapi.memory.sessions import DEFAULT, Session, Sessions, key_session, objection, session_of, spelt
from fakeapi.model import Rule
from fakeapi.settings import Settings


class Kept:
    """Sessions with a clock that gives 0, 1, 2 ... for each new one, and the ids that were forgotten."""

    def __init__(self, ttl: float = 100, kept: int = 10) -> None:
        self.forgotten: list[str] = []
        numbers = count()
        self.sessions: Sessions[Any] = Sessions(
            lambda: (lambda at: lambda: at)(next(numbers)), ttl, kept, self.forgotten.append
        )

    @property
    def ids(self) -> list[str]:
        return [session.id for session in self.sessions]


def rule(name: str) -> Rule:
    return Rule(name, match=None, turns=())  # type: ignore[arg-type]


def test_a_session_is_born_on_first_use():
    kept = Kept()
    assert kept.sessions.find("a") is None
    session = kept.sessions.open("a", 5)
    assert (session.id, session.born, session.used) == ("a", 5, 5)
    assert kept.sessions.open("a", 6) is session
    assert session.used == 6


def test_each_has_a_clock_of_its_own():
    kept = Kept()
    assert [kept.sessions.open(id, 0).clock() for id in ("a", "b", "a")] == [0, 1, 0]


def test_what_is_not_used_for_long_enough_is_forgotten_at_the_next_birth():
    kept = Kept(ttl=100)
    for id, now in (("a", 0), ("b", 50), ("a", 60), ("c", 150)):
        kept.sessions.open(id, now)
    assert (kept.forgotten, kept.ids) == (["b"], ["a", "c"])


def test_what_comes_back_too_late_is_born_anew():
    kept = Kept(ttl=100)
    first = kept.sessions.open("a", 0)
    second = kept.sessions.open("a", 100)
    assert second is not first
    assert (kept.forgotten, second.born, first.age) == (["a"], 100, 1)


def test_the_default_session_never_expires():
    kept = Kept(ttl=100, kept=1)
    default = kept.sessions.open(DEFAULT, 0)
    for number in range(5):
        kept.sessions.open(str(number), 1000 * number)
    assert kept.sessions.open(DEFAULT, 10_000) is default
    assert kept.ids == ["4", DEFAULT]


def test_of_too_many_those_go_that_were_used_longest_ago():
    kept = Kept(kept=2)
    for id in ("a", "b", "a", "c"):
        kept.sessions.open(id, 0)
    assert (kept.forgotten, kept.ids) == (["b"], ["a", "c"])


@pytest.mark.parametrize("most", [0, 1])
def test_a_session_that_was_just_born_stays(most):
    kept = Kept(kept=most)
    kept.sessions.open(DEFAULT, 0)
    for id in ("a", "b"):
        assert kept.sessions.open(id, 0) is kept.sessions.find(id)
    assert kept.ids == [DEFAULT, "b"]


def test_ten_thousand_sessions_are_born_without_a_look_at_each_other():
    kept = Kept(ttl=1e9, kept=10_000)
    looked = count()
    kept.sessions._is_old = lambda *_: next(looked) < 0  # type: ignore[method-assign]
    for number in range(10_000):
        kept.sessions.open(str(number), 0)
    assert next(looked) <= 10_000


def test_a_new_id_is_nobodys():
    kept = Kept()
    kept.sessions.open("session-2", 0)
    id = kept.sessions.new_id()
    assert kept.sessions.find(id) is None
    kept.sessions.open(id, 0)
    assert kept.sessions.new_id() not in kept.ids


def test_a_session_that_is_dropped_is_told_so():
    kept = Kept()
    session = kept.sessions.open("a", 0)
    assert kept.sessions.drop("a")
    assert not kept.sessions.drop("a")
    assert (session.age, kept.forgotten, len(kept.sessions)) == (1, ["a"], 0)


def test_rules_end_when_their_time_is_over():
    session = Session("a", lambda: 0.0, 0, 0)
    session.set_rules((rule("x"), rule("y"), rule("z")), {"x": 10, "y": 20})
    assert [session.over(now) for now in (9, 10, 20)] == [(), ("x",), ("x", "y")]
    session.set_rules((rule("y"), rule("z")))
    assert session.ends == {"y": 20}
    session.set_rules((rule("z"),))
    assert session.over(1e12) == ()


def test_its_own_rules_come_first_and_stand_in_for_those_of_the_same_name():
    session = Session("a", lambda: 0.0, 0, 0)
    session.set_rules((rule("x"), rule("b")))
    assert [each.name for each in session.asked((rule("a"), rule("b"), rule("c")))] == ["x", "b", "a", "c"]


def test_it_goes_back_to_what_it_was():
    session = Session("a", lambda: 0.0, 0, 0)
    session.set_rules((rule("x"),), {"x": 10})
    session.change({"seed": 1})
    session.number = 3
    session.mark("m", "memory", "clock", 7)
    session.set_rules(())
    session.change({"seed": 2, "tools": "never"})
    session.number = 9
    session.go_back(session.marks["m"], lambda: 5.0)
    assert ([each.name for each in session.rules], session.ends) == (["x"], {"x": 10})
    assert (session.changed, session.number, session.clock(), session.age) == ({"seed": 1}, 3, 5.0, 1)
    assert session.settings(Settings()).seed == 1


def test_it_begins_anew():
    session = Session("a", lambda: 0.0, 0, 0)
    session.set_rules((rule("x"),), {"x": 10})
    session.change({"seed": 1})
    session.mark("m", None, None, 0)
    session.begin_anew(lambda: 5.0)
    assert (session.rules, session.ends, session.changed, session.marks) == ((), {}, {}, {})
    assert (session.number, session.clock(), session.age) == (0, 5.0, 1)


@pytest.mark.parametrize(
    ("path", "headers", "how", "id"),
    [
        ("", {}, "by-path", DEFAULT),
        ("one", {}, "by-path", "one"),
        ("one", {"x-fakeapi-session": "two"}, "by-path", "one"),
        ("", {"x-fakeapi-session": "two"}, "by-path", "two"),
        ("", {"x-fakeapi-session": "two", "x-api-key": "k"}, "by-key", "two"),
        ("", {"x-fakeapi-session": "%C3%BC"}, "by-path", "ü"),
        ("", {"x-fakeapi-session": ""}, "by-path", DEFAULT),
        ("", {"x-api-key": "k"}, "by-path", DEFAULT),
        ("", {}, "by-key", DEFAULT),
        ("", {"x-api-key": " ", "authorization": "Basic x"}, "by-key", DEFAULT),
    ],
)
def test_whose_a_request_is(path, headers, how, id):
    assert session_of(path, headers, how) == id


def test_a_key_has_one_session_however_it_comes():
    ids = {
        key_session({"x-api-key": "sk-one"}),
        key_session({"x-api-key": " sk-one ", "authorization": "Bearer sk-two"}),
        key_session({"authorization": "bearer sk-one"}),
    }
    assert len(ids) == 1
    assert not ids & {key_session({"x-api-key": "sk-two"}), DEFAULT}
    assert "sk-one" not in next(iter(ids))


@pytest.mark.parametrize(
    ("header", "id"),
    [
        ("plain", "plain"),
        ("a%20b", "a b"),
        ("100%", "100%"),
        ("%25", "%"),
        ("Ã¼", "ü"),
        ("\xfc", "ü"),
        ("東", "東"),
        ("%FF", "\ufffd"),
    ],
)
def test_a_header_spells_an_id_as_a_path_does(header, id):
    assert spelt(header) == id


@pytest.mark.parametrize("id", ["a", "x" * 200, "ünd", "a b", "...", ".a", "#?%", "東京", "session-1"])
def test_nearly_anything_can_be_an_id(id):
    assert objection(id) == ""


@pytest.mark.parametrize("id", ["", "x" * 201, ".", "..", "a/b", " a", "a ", "a\nb", "\0", "\ud800", "\x7f", "\u2028"])
def test_what_no_path_or_log_can_carry_cannot_be_one(id):
    assert objection(id)
