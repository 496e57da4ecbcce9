"""The session of a test and what is used wrongly, by each way: a server of one's own, one that runs, one in process."""

from __future__ import annotations

import re

import pytest

import fakeapi
from tests.adapters.desk import ask


def test_the_clock_is_moved(tester):
    before = tester.clock.now
    tester.clock.advance(3600)
    assert 3600 <= tester.clock.now - before < 3610


def test_a_failure_ends_on_the_sessions_clock(tester):
    tester.reply("Hi")
    tester.fail(529, lifetime=60)
    assert ask(tester, "x") == ask(tester, "x") == "529 overloaded_error"
    tester.clock.advance(61)
    assert ask(tester, "x") == "Hi"
    assert [rule["name"] for rule in tester.rules] == ["rule#1"]


def test_settings_are_the_sessions_own(tester):
    tester.change(contract="off", seed=7)
    assert (tester.settings["contract"], tester.settings["seed"]) == ("off", 7)
    other = tester.session("other")
    assert other.settings["contract"] == "strict"


def test_a_reset_session_is_as_new_born(tester):
    tester.reply("Hi")
    tester.change(seed=7)
    tester.clock.advance(86_400)
    before = tester.clock.now
    ask(tester, "Hello")
    tester.reset()
    assert (len(tester.rules), len(tester.exchanges), tester.settings["seed"]) == (0, 0, 0)
    assert tester.clock.now < before


def test_a_session_goes_back_to_a_snapshot(tester):
    tester.script(["one", "two", "three"])
    assert ask(tester, "x") == "one"
    tester.snapshot()
    now = tester.clock.now
    for _ in range(2):
        assert [ask(tester, "x"), ask(tester, "y")] == ["two", "three"]
        tester.clock.advance(86_400)
        tester.fail(500)
        tester.roll_back()
        assert len(tester.calls) == 1
        assert tester.clock.now - now < 3600


def test_an_unknown_snapshot_is_a_clear_error(tester):
    with pytest.raises(fakeapi.FakeapiError, match=r"has no snapshot 'typo'; it has none"):
        tester.roll_back("typo")


def test_sessions_are_apart(tester):
    one, two = tester.session("one"), tester.session("two")
    one.reply("One")
    two.reply("Two")
    assert [ask(one, "x"), ask(two, "x")] == ["One", "Two"]
    assert (len(one.calls), len(two.calls), len(tester.calls)) == (1, 1, 0)


def test_a_session_without_an_id_is_a_new_one_and_forgotten_at_its_end(tester):
    with tester.session(seed=3) as first, tester.session() as second:
        assert len({first.id, second.id}) == 2
        assert first.settings["seed"] == 3
        first.reply("x")
        assert ask(first, "Hello") == "x"
        id = first.id
    ids = [session["id"] for session in tester.ask("GET", "/sessions")["sessions"]]
    assert id not in ids


def test_an_odd_id_is_as_good_as_any(session):
    session.reply("Hi")
    assert ask(session, "Hello") == "Hi"
    assert len(session.calls) == 1
    assert session.ask("GET", "/session")["id"] == session.id == "a-b ünd ..%2F?#"
    session.drop()
    assert len(session.calls) == 0


@pytest.mark.parametrize("id", ["a/b", "..", "", "x" * 201, "a\nb", " a"])
def test_an_id_that_no_path_can_carry_is_refused(tester, id):
    with pytest.raises(fakeapi.FakeapiError, match="can't be the id of a session"):
        tester.session(id)


# Wrong use


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda tester: tester.reply(bogus=1), "respond has no key 'bogus'"),
        (lambda tester: tester.on(texts="x").reply("y"), "'texts'"),
        (lambda tester: tester.on("x").reply("y", times="often"), "times"),
        (lambda tester: tester.fail("no_such_error"), "no_such_error"),
        (lambda tester: tester.script([]), "turn"),
        (lambda tester: tester.add("- {match: a\n"), "(YAML):"),
        (lambda tester: tester.add(None), "the body is a rule"),
        (lambda tester: tester.add({"match": "x", "respond": {1, 2}}), "only what JSON can say"),
        (lambda tester: tester.fail(529, lifetime=-1), "lifetime is a number of seconds above 0"),
        (lambda tester: tester.change(port=1), "port belongs to the whole server"),
        (lambda tester: tester.change(contract="lax"), "'lax' is not one of"),
        (lambda tester: tester.clock.advance(-1), "time never runs backwards"),
        (lambda tester: tester.assert_called(text={"regexp": "x"}), "regexp"),
        (lambda tester: tester.wait_for(timeout=10_000), "timeout"),
        (lambda tester: tester.verdicts("nonsense"), "nonsense"),
        (lambda tester: tester.reply("x").__class__(tester, "gone").remove(), "no rule 'gone'"),
    ],
)
def test_wrong_use_is_an_error_at_the_line_of_the_test(tester, use, told):
    with pytest.raises(fakeapi.FakeapiError) as caught:
        use(tester)
    assert re.match(r"(tests/adapters/)?test_tester\.py:\d+", str(caught.value)), caught.value
    assert told in str(caught.value)
