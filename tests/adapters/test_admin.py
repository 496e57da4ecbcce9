"""The admin API as a whole: its paths and methods, the clock, the settings."""

from __future__ import annotations

import pytest

from fakeapi import assets
from fakeapi.adapters.admin.operations import OPERATIONS, PREFIX, TEXTS
from tests.adapters.admin_calls import serving
from tests.street import BASIC, DOOR


def test_the_clock_is_moved_and_set(server):
    first = server.json("GET", "/_fakeapi/clock")
    moved = server.json("POST", "/_fakeapi/clock", {"advance": 0.5})
    assert 0.5 <= moved["now"] - first["now"] < 10
    goal = first["now"] + 86_400
    assert 0 <= server.json("POST", "/_fakeapi/clock", {"set": goal})["now"] - goal < 10
    other = server.json("GET", "/s/other/_fakeapi/clock")["now"]
    assert other < goal - 80_000


def test_on_a_virtual_clock_waits_take_no_time():
    with serving(clock="virtual", pace="ttft=3600") as server:
        before = server.json("GET", "/s/one/_fakeapi/clock")
        server.say("x", "/s/one")
        after = server.json("GET", "/s/one/_fakeapi/clock")
        assert (before["kind"], after["now"] - before["now"]) == ("virtual", 3600)
        assert server.json("GET", "/_fakeapi/clock")["now"] == before["now"]


def test_settings_are_changed_for_a_session_and_changed_back(server):
    shown = server.json("PATCH", "/s/one/_fakeapi/settings", {"contract": "off", "locked": True, "api_key": ["sk-a"]})
    assert (shown["contract"], shown["locked"], shown["api_key"]) == ("off", "on", ["[redacted]"])
    assert server.json("GET", "/_fakeapi/settings")["contract"] == "strict"
    assert server.ask("POST", "/s/one/v1/messages", BASIC, dict(DOOR)).status == 401
    assert server.json("DELETE", "/s/one/_fakeapi/settings")["contract"] == "strict"
    assert server.ask("POST", "/s/one/v1/messages", BASIC, dict(DOOR)).status == 200


# The server as a whole


def test_the_document_describes_every_operation_and_no_other(server):
    document = server.json("GET", "/_fakeapi/openapi.json")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    beside = {("GET", f"{PREFIX}/{name}") for name in ("health", "metrics", "openapi.json")}
    texts = {("GET", f"{PREFIX}{path}") for path in TEXTS}
    assert described == {(method, f"{PREFIX}{path}") for method, path in OPERATIONS} | texts | beside
    assert document == assets.read_json("schemas/admin/openapi.json")


@pytest.mark.parametrize("prefix", ["", "/s/one", "/s/%C3%BC"])
@pytest.mark.parametrize("path", ["/health", "/metrics", "/openapi.json", "/rules", "/journal.jsonl"])
def test_every_session_has_everything(server, prefix, path):
    assert server.ask("GET", f"{prefix}/_fakeapi{path}").status == 200
    assert server.ask("HEAD", f"{prefix}/_fakeapi{path}").body == b""


def test_an_unknown_path_names_those_there_are(server):
    for path in ("/_fakeapi", "/_fakeapi/", "/_fakeapi/rule", "/_fakeapi/rules/a/b"):
        answer = server.ask("GET", path)
        assert answer.status == 404
        assert "/_fakeapi/rules" in answer.said


@pytest.mark.parametrize("path", ["/rules", "/health"])
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
def test_another_method_is_told_which_there_are(server, method, path):
    answer = server.ask(method, f"/_fakeapi{path}")
    assert answer.status == 405
    assert "takes GET" in answer.said


def test_a_body_that_is_too_large_is_refused(server):
    answer = server.ask("POST", "/_fakeapi/rules", b" " * (33 * 1024 * 1024))
    assert answer.status == 413


def test_a_server_may_keep_no_journal():
    with serving(journal_entries=0) as server:
        assert server.say("Hello, Claude") == "Hello!"
        assert "keeps no journal" in server.ask("GET", "/_fakeapi/journal").said
        assert "keeps no journal" in server.ask("POST", "/_fakeapi/verify", {}).said
        server.json("POST", "/_fakeapi/snapshot")
        assert server.json("POST", "/_fakeapi/rollback")["snapshots"] == ["snapshot"]
