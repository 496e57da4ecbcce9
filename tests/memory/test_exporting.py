"""An entry as JSON and in lines for a person."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.memory import exporting
from fakeapi.memory.telling import tell, tell_all
from fakeapi.model import Rule
from tests.memory.diary import HEADERS, STREAM, Diary, body, call, error, plain, streamed, text, user

MEMBERS = (
    *("number", "session", "caller", "attempt", "time", "opened", "seconds", "method", "path", "status", "outcome"),
    *("model", "rule", "source", "input_tokens", "output_tokens", "cost_usd", "warnings"),
)
FURTHER = ("query", "request_id", "request", "answer", "usage", "sentence", "hint", "diagnosis")
NEAR = {
    "rules": 2,
    "nearest": [
        {
            "rule": "weather",
            "place": "rules.yaml:3:1",
            "distance": 0.1,
            "why": None,
            "mismatches": [
                {"what": "text", "wanted": "Wether", "came": "Weather in Rome", "distance": 0.1, "hint": "Wether?"}
            ],
        },
        {"rule": "once", "place": "", "distance": 0, "why": "it has answered once", "mismatches": []},
    ],
}


def test_an_entry_always_has_the_same_members():
    diary = Diary()
    shown = [
        exporting.as_json(each) for each in (diary.ask(), diary.ask(b"{", error(), status=400), diary.open().entry)
    ]
    assert {tuple(each) for each in shown} == {(*MEMBERS, *FURTHER)}
    assert tuple(exporting.as_row(diary.entries[0])) == MEMBERS


def test_a_message_is_shown_with_what_was_asked():
    diary = Diary()
    asked = body(user("Hi"))
    shown = exporting.as_json(diary.ask(asked, cost=0.25, rule="greeting", source="rule:greeting", session="s"))
    assert (shown["request"]["body"], shown["request"]["text"], shown["answer"]["error"]) == (asked, None, None)
    assert shown["answer"]["message"]["content"] == [text("Hi")]
    assert (shown["session"], shown["rule"], shown["cost_usd"], shown["status"]) == ("s", "greeting", 0.25, 200)
    assert (shown["input_tokens"], shown["output_tokens"], shown["time"]) == (12, 6, "1970-01-01T00:16:40.000Z")
    assert shown["request"]["headers"] == {**HEADERS, "x-api-key": "[redacted]"}


def test_what_is_no_json_is_shown_as_text():
    shown = exporting.as_json(Diary().ask(b"\xff{", b"<html>", status=502, lines=((b"content-type", b"text/html"),)))
    assert (shown["request"]["body"], shown["request"]["text"]) == (None, "\\xff{")
    assert (shown["answer"]["message"], shown["answer"]["text"]) == (None, "<html>")


def test_an_entry_that_is_under_way_has_no_status_and_no_end():
    shown = exporting.as_json(Diary().open().entry)
    assert [shown[name] for name in ("outcome", "status", "seconds", "answer")] == ["open", None, None, None]


def test_every_event_of_a_stream_has_its_moment():
    diary = Diary()
    record = diary.open()
    frames = [frame + b"\n\n" for frame in streamed(text("Hello")).split(b"\n\n") if frame]
    for frame in frames:
        record.sent(frame[:7], diary.wait(0.25).now)
        record.sent(frame[7:], diary.wait(0.25).now)
    parts = exporting.as_json(diary.close(record, lines=STREAM))["answer"]["parts"]
    assert [part["at"] for part in parts] == [0.25 + 0.5 * number for number in range(len(frames))]
    assert [part["event"] for part in parts][:2] == ["message_start", "content_block_start"]


def test_every_piece_of_another_answer_has_its_moment():
    diary = Diary()
    record = diary.open()
    record.sent(b'{"a"', diary.wait(1).now)
    record.sent(b":1}", diary.wait(1).now)
    answer = exporting.as_json(diary.close(record))["answer"]
    assert answer["parts"] == [{"at": 1.0, "bytes": 4}, {"at": 2.0, "bytes": 3}]


@pytest.mark.parametrize("moment", [float("inf"), 1e20, -1e20])
def test_a_moment_that_no_calendar_has_is_shown_as_a_number(moment):
    assert exporting.moment(moment) == str(moment)


def test_jsonl_has_one_entry_a_line():
    diary = Diary()
    diary.ask(body(user("one\ntwo")))
    diary.ask()
    lines = b"".join(exporting.as_lines(diary.entries)).splitlines()
    assert [orjson.loads(line)["number"] for line in lines] == [1, 2]


def test_a_page_says_where_the_next_one_begins():
    diary = Diary()
    for _ in range(3):
        diary.ask()
    page = exporting.page_as_json(diary.journal.page(limit=2))
    assert (len(page["entries"]), page["next"], page["previous"], page["forgotten"]) == (2, 2, None, 0)
    assert "request" in exporting.page_as_json(diary.journal.page(limit=1), full=True)["entries"][0]


def test_requests_without_a_rule_are_listed_with_what_came_nearest():
    diary = Diary()
    diary.ask()
    diary.ask(body(user("Weather in Rome")), error(), status=404, diagnosis=NEAR)
    (row,) = exporting.unmatched_as_json(diary.entries)["unmatched"]
    assert (row["number"], row["asked"], row["diagnosis"]) == (2, "Weather in Rome", NEAR)


def test_rules_that_never_answered_are_listed():
    match: Any = None
    rules = [Rule(name, match, (), f"r.yaml:{name}", {"name": name}, required=True) for name in "ab"]
    shown = exporting.unused_as_json(rules, {"a": 2}.get)
    assert shown == {"unused": [{"name": "b", "place": "r.yaml:b", "required": True, "rule": {"name": "b"}}]}


def test_the_weight_of_the_journal_is_shown():
    diary = Diary(entries=1)
    diary.ask()
    diary.ask()
    shown = exporting.weight_as_json(diary.journal)
    assert (shown["entries"], shown["last"], shown["forgotten"], shown["bytes"] > 0) == (1, 2, 1, True)


def test_an_entry_is_told_in_a_few_lines():
    diary = Diary()
    tool = {"name": "get_weather", "input_schema": {"type": "object"}}
    record = diary.open(body(user("What's the\nweather?"), tools=[tool]))
    diary.wait(0.4)
    answer = plain(text("Let me see."), call("toolu_1"), stop_reason="tool_use")
    entry = diary.close(record, answer, model="claude-opus-4-8", rule="weather", warning="not so; and not so")
    assert tell(entry).splitlines() == [
        "#1  POST /v1/messages  200 in 0.4 s  claude-opus-4-8",
        "    asked     What's the weather? (1 message, 1 tool)",
        '    answered  weather: “Let me see.”, tool_use get_weather {"city":"Paris"} -> tool_use, 12 in, 6 out',
        "    warning   not so",
        "    warning   and not so",
    ]


def test_a_request_that_no_rule_matched_is_told_with_the_nearest():
    entry = Diary().ask(body(user("Weather in Rome")), error("not_found_error", "no rule"), status=404, diagnosis=NEAR)
    assert tell(entry).splitlines()[2:] == [
        "    answered  -: not_found_error: no rule",
        "    nearest   weather: text wanted 'Wether', came 'Weather in Rome' (Wether?)",
        "    nearest   once: it has answered once",
    ]


@pytest.mark.parametrize(
    "asked", [b"", b"[]", b"null", b'{"messages": 7}', b'{"messages": [{"role": "user"}]}', b"\xff"]
)
def test_whatever_came_can_be_told_and_shown(asked):
    diary = Diary()
    for entry in (diary.ask(asked, b"", lines=STREAM), diary.ask(asked, b"event: x\ndata: 1\n\n", lines=STREAM)):
        assert tell(entry).startswith("#")
        assert exporting.as_json(entry)["number"] == entry.number


def test_a_telling_plays_no_tricks_with_the_terminal():
    entry = Diary().ask(body(user("\x1b[31mred\x07")), hint="\x1b[0m")
    assert "\x1b" not in tell(entry)
    assert all(len(line) <= 120 for line in tell(entry).splitlines())


def test_of_many_entries_the_last_are_told():
    diary = Diary()
    assert tell_all([]) == "(no request came)"
    for _ in range(3):
        diary.ask()
    told = tell_all(diary.entries, most=2)
    assert told.startswith("(1 earlier requests are not shown)\n#2")
