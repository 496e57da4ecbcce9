"""Sessions by the admin API: how they are named, born, reset, rolled back and dropped."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.adapters.admin_calls import serving
from tests.street import BASIC, DOOR


def test_a_session_is_named_by_path_header_or_query(server):
    server.json("POST", "/s/one/_fakeapi/rules", {"match": {}, "respond": "One."})
    assert server.say("x", "/s/one") == "One."
    assert server.say("x", **{"x-fakeapi-session": "one"}) == "One."
    for path, headers in [
        ("/s/one/_fakeapi/journal", {}),
        ("/_fakeapi/journal?session=one", {}),
        ("/_fakeapi/journal", {"x-fakeapi-session": "one"}),
    ]:
        assert len(server.json("GET", path, **headers)["entries"]) == 2
    assert server.say("Hello, Claude") == "Hello!"


@pytest.mark.parametrize("id", ["ünd", "a b", "a#b?", "100%", "%2e", "東京", "x" * 200, "-", "..."])
def test_an_odd_id_is_the_same_session_however_it_is_written(server, id):
    quoted = quote(id, safe="")
    server.json("POST", f"/s/{quoted}/_fakeapi/rules", {"match": {}, "respond": "Here."})
    assert server.say("x", f"/s/{quoted}") == "Here."
    assert server.say("x", **{"x-fakeapi-session": quoted}) == "Here."
    assert server.json("GET", f"/_fakeapi/sessions/{quoted}")["requests"] == 2
    assert id in [session["id"] for session in server.json("GET", "/_fakeapi/sessions")["sessions"]]
    assert server.json("DELETE", f"/_fakeapi/sessions/{quoted}") == {"dropped": [id]}


def test_a_header_may_be_utf_8(server):
    server.json("POST", "/s/%C3%BCnd/_fakeapi/rules", {"match": {}, "respond": "Here."})
    assert server.say("x", **{"x-fakeapi-session": "ünd".encode().decode("latin-1")}) == "Here."


@pytest.mark.parametrize("id", ["x" * 201, "a/b", "..", " ", "a\tb", "\x7f"])
def test_what_cannot_be_an_id_is_refused_by_the_api_and_by_admin(server, id):
    quoted = quote(id, safe="")
    assert "the session's id can't be one" in server.say("x", **{"x-fakeapi-session": quoted})
    assert "can't be the id of a session" in server.ask("GET", f"/_fakeapi/rules?session={quoted}").said
    assert "can't be the id of a session" in server.ask("POST", f"/_fakeapi/sessions/{quoted}/reset").said
    assert server.ask("POST", "/_fakeapi/sessions", {"id": id}).status == 400
    (session,) = server.json("GET", "/_fakeapi/sessions")["sessions"]
    assert session["id"] == "default"


def test_a_refused_request_belongs_to_the_session_it_names(server):
    for body in (b"{", b'{"model": 1}'):
        assert server.ask("POST", "/s/one/v1/messages", body, dict(DOOR)).status == 400
    assert server.ask("POST", "/s/one/v1/messages", BASIC, {"content-type": "application/json"}).status == 401
    assert server.ask("GET", "/s/one/nowhere").status == 404
    assert server.ask("HEAD", "/s/one").status == 200
    statuses = [entry["status"] for entry in server.json("GET", "/s/one/_fakeapi/journal")["entries"]]
    assert statuses == [400, 400, 401, 404, 200]
    assert server.json("GET", "/_fakeapi/journal")["entries"] == []


def test_a_session_is_born_with_rules_and_settings(server):
    rules = [{"match": {}, "respond": "Here."}]
    given = {"id": "one", "rules": rules, "settings": {"contract": "off", "seed": 7}}
    shown = server.json("POST", "/_fakeapi/sessions", given)
    assert (shown["id"], shown["rules"], shown["settings"]) == ("one", 1, {"contract": "off", "seed": 7})
    assert server.say("x", "/s/one") == "Here."


def test_a_session_without_an_id_gets_one_that_is_free(server):
    first = server.json("POST", "/_fakeapi/sessions")["id"]
    number = int(first.removeprefix("session-"))
    server.json("POST", "/_fakeapi/sessions", {"id": f"session-{number + 2}"})
    ids = [server.json("POST", "/_fakeapi/sessions")["id"] for _ in range(3)]
    assert len({first, f"session-{number + 2}", *ids}) == 5


@pytest.mark.parametrize(
    "given", [{"id": "x", "rules": [{"match": 1}]}, {"id": "x", "settings": {"seed": "y"}}, {"id": "x", "colour": 1}]
)
def test_a_session_that_cannot_be_is_not_born(server, given):
    assert server.ask("POST", "/_fakeapi/sessions", given).status == 400
    assert server.ask("GET", "/_fakeapi/sessions/x").status == 404


def test_a_session_is_reset_rolled_back_and_dropped_in_one_call(server):
    server.json("POST", "/s/one/_fakeapi/rules", {"match": {}, "respond": ["1", "2", "3"]})
    assert server.say("x", "/s/one") == "1"
    assert server.json("POST", "/_fakeapi/sessions/one/snapshot", {"name": "after 1"})["snapshots"] == ["after 1"]
    assert [server.say(text, "/s/one") for text in ("y", "z")] == ["2", "3"]
    assert server.json("POST", "/_fakeapi/sessions/one/rollback", {"name": "after 1"})["requests"] == 1
    assert server.say("y", "/s/one") == "2"
    shown = server.json("POST", "/_fakeapi/sessions/one/reset")
    assert (shown["requests"], shown["rules"], shown["snapshots"]) == (0, 0, [])
    assert server.json("DELETE", "/_fakeapi/sessions/one") == {"dropped": ["one"]}
    assert server.ask("GET", "/_fakeapi/sessions/one").status == 404


def test_the_session_that_asks_has_ways_without_its_id(server):
    assert server.json("GET", "/s/one/_fakeapi/session")["id"] == "one"
    server.json("POST", "/s/one/_fakeapi/rules", {"match": {}, "respond": "x"})
    server.json("POST", "/s/one/_fakeapi/snapshot")
    server.json("POST", "/s/one/_fakeapi/reset")
    server.json("POST", "/s/one/_fakeapi/rules", {"match": {}, "respond": "x"})
    server.json("POST", "/s/one/_fakeapi/snapshot", {"name": "b"})
    assert server.json("POST", "/s/one/_fakeapi/rollback", {"name": "b"})["rules"] == 1
    assert server.json("DELETE", "/s/one/_fakeapi/session") == {"dropped": ["one"]}


def test_all_sessions_are_dropped_in_one_call(server):
    server.say("x", "/s/one")
    server.say("x")
    assert server.json("DELETE", "/_fakeapi/sessions") == {"dropped": ["one", "default"]}
    assert server.json("GET", "/_fakeapi/sessions") == {"sessions": []}


def test_sessions_by_key_are_those_of_the_journal():
    with serving(sessions="by-key") as server:
        server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "One."}, **{"x-api-key": "sk-one"})
        assert server.say("x", **{"x-api-key": "sk-one"}) == "One."
        assert server.say("Hello, Claude", **{"x-api-key": "sk-two"}) == "Hello!"
        (entry,) = server.json("GET", "/_fakeapi/journal", authorization="Bearer sk-one")["entries"]
        assert entry["session"] == f"key-{entry['caller']}"
        assert server.say("x", "/s/other", **{"x-api-key": "sk-one"}) != "One."
