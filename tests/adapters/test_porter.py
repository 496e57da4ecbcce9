"""The porter: everything that changes belongs to a session, and to nobody after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from json import dumps
from typing import Any

import orjson
import pytest

from fakeapi.adapters.admin.desk import Desk
from fakeapi.adapters.clock import RealClock, VirtualClock
from fakeapi.adapters.porter import Porter, Visit
from fakeapi.endpoints.ruling import used_key
from fakeapi.errors import FakeapiError
from fakeapi.memory.changes import Counted
from fakeapi.settings import Settings
from fakeapi.wire import Request as Asked
from fakeapi.wire import Send
from tests.street import BASIC, DOOR

CACHED = {**BASIC, "system": [{"type": "text", "text": "word " * 3000, "cache_control": {"type": "ephemeral"}}]}


def porter(clock: Callable[[], Any] | None = None, **settings: Any) -> Porter:
    return Porter(Settings(**{"clock": "virtual", **settings}), clock=clock)


def come(porter: Porter, body: Any = BASIC, session: str = "", **headers: str) -> Visit:
    prefix = f"/s/{session}" if session else ""
    return porter.answer(Asked("POST", f"{prefix}/v1/messages", "", {**dict(DOOR), **headers}, dumps(body).encode()))


def ask(porter: Porter, body: Any = BASIC, session: str = "", **headers: str) -> Any:
    visit = come(porter, body, session, **headers)
    sent = b"".join(effect.data for effect in visit.reply.effects if isinstance(effect, Send))
    visit.sent(sent)
    porter.close(visit, "completed")
    return orjson.loads(sent)


def read(answer: Any) -> tuple[int, int]:
    """Tokens written to the cache, and read from it."""
    usage = answer["usage"]
    return usage["cache_creation_input_tokens"] > 0, usage["cache_read_input_tokens"] > 0


def header(visit: Visit, name: bytes) -> bytes:
    return next(value for key, value in visit.reply.headers if key == name)


def test_caches_are_a_sessions_own():
    house = porter()
    assert [read(ask(house, CACHED, id)) for id in ("a", "a", "b", "", "a")] == [
        *((True, False), (False, True), (True, False), (True, False), (False, True))
    ]


def test_rate_limits_are_a_sessions_own():
    house = porter(limits="requests=1/min,input=100000/min,output=100000/min")
    kinds = [ask(house, session=id)["type"] for id in ("a", "a", "b", "")]
    assert kinds == ["message", "error", "message", "message"]


def test_batches_are_a_sessions_own():
    house = porter()
    batch = {"requests": [{"custom_id": "x", "params": BASIC}]}
    for id in ("a", "b"):
        visit = house.answer(Asked("POST", f"/s/{id}/v1/messages/batches", "", dict(DOOR), dumps(batch).encode()))
        assert visit.reply.status == 200
    listed = house.answer(Asked("GET", "/s/c/v1/messages/batches", "", dict(DOOR), b""))
    assert b'"data":[]' in b"".join(effect.data for effect in listed.reply.effects if isinstance(effect, Send))


@pytest.mark.parametrize("end", ["reset", "drop", "roll_back"])
def test_what_was_under_way_when_a_session_began_anew_is_not_remembered(end):
    house = porter()
    desk = Desk(house, "a")
    desk.mark("m")
    visit = come(house, CACHED, "a")
    ends: dict[str, Callable[[], Any]] = {
        "reset": desk.reset,
        "drop": desk.drop,
        "roll_back": partial(desk.roll_back, "m"),
    }
    ends[end]()
    before = house.store.snapshot("a")
    house.close(visit, "completed")
    assert house.store.snapshot("a") == before
    assert read(ask(house, CACHED, "a")) == (True, False)
    assert len(desk.archive.entries()) == 1


def test_a_session_that_goes_takes_everything_with_it():
    house = porter(session_ttl=1)
    desk = Desk(house, "a")
    desk.shelf.add([{"match": {}, "respond": ["1", "2"], "times": 2}], "here")
    ask(house, session="a")
    desk.drop()
    assert house.store.snapshot("a") == {}
    assert house.journal is not None
    assert house.journal.entries("a") == []
    assert desk.shelf.list() == {"rules": []}


def test_a_session_that_is_dropped_while_it_is_asked_leaves_nothing_behind():
    house = porter()
    visit = come(house, CACHED, "a")
    house.sessions.drop("a")
    house.close(visit, "completed")
    assert house.store._sessions == {}


def test_under_a_virtual_clock_equal_sessions_give_equal_bytes():
    house = porter()
    visits = [come(house, session=id) for id in ("a", "b")]
    assert len({header(visit, b"request-id") for visit in visits}) == 1
    assert ask(house, session="a") == ask(house, session="b")


def test_a_reset_session_gives_the_same_bytes_again():
    house = porter()
    desk = Desk(house, "a")
    first = [ask(house, session="a") for _ in range(2)]
    desk.advance(100, "here")
    desk.reset()
    assert [ask(house, session="a") for _ in range(2)] == first


def test_a_session_that_was_rolled_back_gives_the_same_bytes_again():
    house = porter()
    desk = Desk(house, "a")
    ask(house, session="a")
    desk.mark("m")
    then = [ask(house, session="a") for _ in range(2)]
    desk.advance(100, "here")
    desk.roll_back("m")
    assert [ask(house, session="a") for _ in range(2)] == then


def test_under_a_real_clock_no_two_sessions_have_an_id_in_common(monkeypatch):
    monkeypatch.setattr(RealClock, "__call__", lambda clock: 1_795_305_600.0)
    house = porter(clock=RealClock)
    ids = {header(come(house, session=id), b"request-id") for id in ("", "a", "b")}
    assert len(ids) == 3


def test_a_rule_that_is_gone_is_forgotten():
    house = porter()
    desk = Desk(house)
    given = [{"name": "x", "match": {}, "respond": "once", "times": 1}]
    ways: list[Callable[[], Any]] = [partial(desk.shelf.remove, "x"), desk.shelf.clear]
    ways.append(partial(desk.shelf.replace, [], "here"))
    for forget in ways:
        desk.shelf.add(given, "here")
        assert [ask(house)["content"][0]["text"] == "once" for _ in range(2)] == [True, False]
        forget()
    desk.shelf.add(given, "here", lifetime=1)
    ask(house)
    desk.advance(2, "here")
    ask(house)
    assert house.store.snapshot("default") == {}


def test_what_other_sessions_do_makes_no_rule_forget_how_often_it_answered():
    house = porter()
    Desk(house, "first").shelf.add([{"match": {}, "respond": "once", "times": 1}], "here")
    assert ask(house, session="first")["content"][0]["text"] == "once"
    rules = [{"match": f"rule {number}", "respond": "x"} for number in range(200)]
    for number in range(60):
        Desk(house, str(number)).shelf.add(rules, "here")
        for asked in range(200):
            house.store.apply(str(number), (Counted(used_key(f"rule#{asked + 1}")),))
    assert ask(house, session="first")["content"][0]["text"] != "once"


def test_a_setting_of_a_session_needs_no_words_of_the_command_line():
    with pytest.raises(FakeapiError, match=r"^pace") as caught:
        porter().check({"pace": "quick"})
    assert "--" not in str(caught.value)


def test_the_clocks_of_sessions_are_apart():
    house = porter()
    Desk(house, "a").advance(1000, "here")
    assert Desk(house, "a").clock()["now"] - Desk(house, "b").clock()["now"] == 1000


def test_a_clock_that_all_share_is_never_set_back():
    clock = VirtualClock()
    house = porter(lambda: clock)
    desk = Desk(house)
    desk.mark("m")
    desk.advance(10, "here")
    desk.roll_back("m")
    desk.reset()
    assert house.open().clock is clock
    assert clock.now == VirtualClock().now + 10


def test_a_clock_of_ones_own_making_is_shared_by_a_rollback():
    class Own(VirtualClock):
        fork = None  # type: ignore[assignment]

    house = porter(Own)
    desk = Desk(house)
    desk.mark("m")
    desk.advance(10, "here")
    desk.roll_back("m")
    assert isinstance(house.open().clock, Own)


def test_a_near_miss_names_a_rule_of_another_session():
    house = porter(unmatched="error")
    Desk(house, "other").shelf.add([{"name": "theirs", "match": "Hello", "respond": "x"}], "here")
    Desk(house, "a").shelf.add([{"match": "weather", "respond": "x"}], "here")
    assert "it matches, but belongs to the session other" in ask(house, session="a")["error"]["message"]
