"""The admin API over HTTP: rules, sessions, journal, verification, clock, settings."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import orjson
import pytest

from fakeapi import assets
from fakeapi.adapters.admin.operations import OPERATIONS, PREFIX, TEXTS
from tests.adapters.admin_calls import Asker, serving
from tests.street import BASIC, DOOR

ODD = ["rule#1", "a/b", "a?b=c&d", "ünd", "100%25", "a b", "..", "%2F", "東京"]
YAML = {"content-type": "application/yaml"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Asker]:
    with serving() as asker:
        yield asker


@pytest.fixture
def server(shared) -> Iterator[Asker]:
    """A server on which nothing has happened."""
    yield shared
    shared.ask("DELETE", "/_fakeapi/sessions")


# Rules


def test_a_rule_answers_as_soon_as_it_is_added(server):
    assert server.json("POST", "/_fakeapi/rules", {"match": "weather", "respond": "Sunny."}) == {
        "added": ["rule#1"],
        "warnings": [],
    }
    assert server.say("the weather?") == "Sunny."


@pytest.mark.parametrize(
    "given",
    [
        {"match": "weather", "respond": "Sunny."},
        [{"match": "weather", "respond": "Sunny."}],
        {"rules": [{"match": "weather", "respond": "Sunny."}]},
    ],
)
def test_rules_come_in_every_form_that_files_have(server, given):
    server.json("POST", "/_fakeapi/rules", given)
    assert server.say("the weather?") == "Sunny."


@pytest.mark.parametrize("kind", ["application/yaml", "text/x-yaml", "application/x-www-form-urlencoded", "", None])
def test_rules_may_be_yaml(server, kind):
    text = b"- {match: weather, respond: Sunny.}\n- match: rain\n  respond: Wet.\n"
    headers = {} if kind is None else {"content-type": kind}
    assert server.ask("POST", "/_fakeapi/rules", text, headers).json["added"] == ["rule#1", "rule#2"]
    assert [server.say(text) for text in ("weather", "rain")] == ["Sunny.", "Wet."]


def test_yaml_is_good_for_every_operation(server):
    assert server.ask("POST", "/_fakeapi/clock", b"advance: 3600", YAML).json["kind"] == "real"
    verified = server.ask("POST", "/_fakeapi/verify", b"match: {text: x}\nnever: true\n", YAML)
    assert verified.json["passed"]
    assert server.ask("PATCH", "/_fakeapi/settings", b"contract: warn\nlocked: on\n", YAML).json["contract"] == "warn"


def test_later_rules_are_asked_first_and_priorities_count(server):
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "first", "priority": 1})
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "second"})
    assert server.say("x") == "first"
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "third", "priority": 1})
    assert server.say("x") == "third"


def test_a_rule_answers_as_often_as_it_may(server):
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "Twice.", "times": 2})
    assert [server.say("Hello, Claude") for _ in range(3)] == ["Twice.", "Twice.", "Hello!"]
    (rule,) = server.json("GET", "/_fakeapi/rules")["rules"]
    assert (rule["times"], rule["used"]) == (2, 2)


def test_a_rule_lives_as_long_as_it_may_on_the_sessions_clock(server):
    server.json("POST", "/_fakeapi/rules?lifetime=60", {"match": {}, "respond": "For a minute."})
    server.json("POST", "/_fakeapi/rules", {"name": "x", "match": {"text": "never"}, "respond": "x"})
    now = server.json("GET", "/_fakeapi/clock")["now"]
    ends = {rule["name"]: rule["ends"] for rule in server.json("GET", "/_fakeapi/rules")["rules"]}
    assert ends["x"] is None
    assert 50 < ends["rule#1"] - now <= 60
    server.json("POST", "/_fakeapi/clock", {"advance": 59})
    assert server.say("Hello, Claude") == "For a minute."
    server.json("POST", "/_fakeapi/clock", {"advance": 2})
    assert server.say("Hello, Claude") == "Hello!"
    assert [rule["name"] for rule in server.json("GET", "/_fakeapi/rules")["rules"]] == ["x"]


def test_a_rule_whose_time_is_over_is_gone_from_the_list_before_anybody_asks(server):
    server.json("POST", "/_fakeapi/rules?lifetime=1", {"match": {}, "respond": "x"})
    server.json("POST", "/_fakeapi/clock", {"advance": 2})
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


def test_rules_are_replaced_and_removed(server):
    server.json("POST", "/_fakeapi/rules", [{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    replaced = server.json("PUT", "/_fakeapi/rules", [{"match": "c", "respond": "C"}])
    assert replaced["added"] == ["rule#3"]
    assert server.say("c") == "C"
    assert server.json("DELETE", "/_fakeapi/rules") == {"removed": ["rule#3"]}
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


@pytest.mark.parametrize("name", ODD)
def test_a_rule_of_any_name_is_found_and_removed(server, name):
    server.json("POST", "/_fakeapi/rules", {"name": name, "match": "a", "respond": "A"})
    path = f"/_fakeapi/rules/{quote(name, safe='')}"
    assert server.json("GET", path)["name"] == name
    assert server.json("DELETE", path) == {"removed": [name]}
    assert server.ask("DELETE", path).status == 404


def test_doubtful_rules_come_with_a_warning(server):
    rules = [{"match": {}, "respond": "x"}, {"match": "never reached", "respond": "y"}]
    (warning,) = server.json("POST", "/_fakeapi/rules", rules)["warnings"]
    assert "matches everything" in warning


def test_unused_rules_are_told(server):
    server.json("POST", "/_fakeapi/rules", [{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    server.say("a")
    for path in ("/_fakeapi/unused", "/_fakeapi/rules/unused"):
        assert [rule["name"] for rule in server.json("GET", path)["unused"]] == ["rule#2"]


# Sessions


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


# Journal


def test_the_journal_is_filtered_and_paged(server):
    for number in range(5):
        server.say(f"number {number}")
    server.ask("GET", "/nowhere")
    page = server.json("GET", "/_fakeapi/journal?limit=2")
    numbers = [entry["number"] for entry in page["entries"]]
    following = server.json("GET", f"/_fakeapi/journal?limit=2&after={page['next']}")
    assert [entry["number"] - numbers[0] for entry in following["entries"]] == [2, 3]
    assert [entry["status"] for entry in server.json("GET", "/_fakeapi/journal?status=4xx")["entries"]] == [404]
    found = server.json("GET", "/_fakeapi/journal?text=number%203&full=true")["entries"]
    assert [entry["request"]["body"]["messages"][0]["content"] for entry in found] == ["number 3"]
    last = server.json("GET", f"/_fakeapi/journal?limit=1&before={10**15}")["entries"]
    assert last[0]["path"] == "/nowhere"


def test_the_journal_is_exported(server):
    for number in range(3):
        server.say(f"number {number}")
    answer = server.ask("GET", "/_fakeapi/journal.jsonl")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [orjson.loads(line) for line in answer.body.splitlines()]
    assert [line["request"]["body"]["messages"][0]["content"] for line in lines] == [f"number {n}" for n in range(3)]
    assert len(server.ask("GET", "/_fakeapi/journal.jsonl?text=number%201").body.splitlines()) == 1
    assert lines[0] == server.json("GET", f"/_fakeapi/journal/{lines[0]['number']}")


def test_the_journal_is_told_to_a_person(server):
    server.say("Hello, Claude")
    answer = server.ask("GET", "/_fakeapi/journal.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Hello, Claude" in answer.body.decode()


def test_a_large_journal_is_exported_in_pieces(server):
    for _ in range(40):
        server.say("x" * 10_000)
    assert len(server.ask("GET", "/_fakeapi/journal.jsonl").body.splitlines()) == 40


def test_the_journal_is_cleared_and_nothing_else(server):
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "x"})
    server.say("a")
    assert server.json("DELETE", "/_fakeapi/journal") == {"dropped": 1}
    assert server.json("GET", "/_fakeapi/rules")["rules"][0]["used"] == 1


def test_an_exchange_of_another_session_is_not_shown(server):
    server.say("x", "/s/one")
    (entry,) = server.json("GET", "/s/one/_fakeapi/journal")["entries"]
    assert server.ask("GET", f"/_fakeapi/journal/{entry['number']}").status == 404


def test_what_should_have_come_is_verified(server):
    for text in ("weather", "news"):
        server.say(text)
    for given in (
        {"match": {"text": "weather"}, "count": 1},
        {"at_least": 2},
        {"order": [{"text": "weather"}, {"text": "news"}]},
        {"match": {"model": "claude-opus-4-1*"}, "count": 2},
        {"match": {"text": "sport"}, "never": True},
    ):
        assert server.json("POST", "/_fakeapi/verify", given)["passed"], given
    result = server.json("POST", "/_fakeapi/verify", {"match": {"text": "wether"}})
    assert not result["passed"]
    assert "you have 'weather'" in result["report"] or "weather" in result["report"]


def test_a_model_that_nobody_knows_is_matched_by_its_name(server):
    server.ask("POST", "/v1/messages", {**BASIC, "model": "my-model"}, dict(DOOR))
    for model, passed in (("my-*", True), ("claude-*", False)):
        assert server.json("POST", "/_fakeapi/verify", {"match": {"model": model}})["passed"] is passed


def test_unmatched_requests_and_verdicts_are_told():
    with serving(unmatched="error") as server:
        server.json("POST", "/_fakeapi/rules", {"name": "w", "match": {"text": "weather"}, "respond": "x"})
        assert "no rule matches" in server.say("wether")
        (row,) = server.json("GET", "/_fakeapi/unmatched")["unmatched"]
        assert (row["asked"], row["diagnosis"]["nearest"][0]["rule"]) == ("wether", "w")
        assert server.json("GET", "/_fakeapi/verdicts?only=resilience,%20history") == {"verdicts": []}


# Clock and settings


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
