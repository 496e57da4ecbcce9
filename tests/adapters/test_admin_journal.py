"""The journal by the admin API, and what is verified and told of it."""

from __future__ import annotations

import orjson

from tests.adapters.admin_calls import serving
from tests.street import BASIC, DOOR


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
