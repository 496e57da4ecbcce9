"""The registry of judges, and what is linked to what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakeapi import assets
from fakeapi.errors import FakeapiError
from fakeapi.memory.grading import JUDGES, Limits, grade, report
from fakeapi.memory.grading.attempts import Attempt
from fakeapi.memory.grading.linking import askings, sequels
from tests.memory.diary import HEADERS, Diary, assistant, body, call, error, plain, result, text, user
from tests.memory.grading.judging import names, verdicts

ROWS = assets.read_json("fixtures/verdicts.json")["verdicts"]
DOCUMENT = (Path(__file__).parents[3] / "docs" / "grading.md").read_text()


def asked_together(diary: Diary) -> list[list[int]]:
    return [[attempt.number for attempt in asking] for asking in askings(map(Attempt, diary.entries))]


def followed(diary: Diary) -> list[tuple[int, int, int]]:
    found = sequels([Attempt(entry) for entry in diary.entries])
    return [(sequel.before.number, sequel.after.number, sequel.at) for sequel in found]


def test_every_judge_has_its_row_and_every_row_its_judge():
    assert list(JUDGES) == list(ROWS)
    assert {row["severity"] for row in ROWS.values()} == {"failure", "warning"}
    assert all(row["mend"].endswith(".") for row in ROWS.values())


def test_every_verdict_is_documented_with_its_kind_and_severity():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \|", DOCUMENT, re.MULTILINE)
    assert rows == [(name, row["kind"], row["severity"]) for name, row in ROWS.items()]


def test_every_limit_is_documented():
    for name, value in Limits()._asdict().items():
        assert f"`{name}` ({value:g})" in DOCUMENT


def test_a_report_has_sentence_evidence_and_mend():
    diary = Diary()
    diary.fail(status=400)
    diary.fail(status=400)
    found = verdicts(diary)
    assert report(found).startswith(
        "failure non_retryable_retried: sent the same request again once, although a 400 will not go away by itself"
        " (#1, #2)\n    Retry 408"
    )
    shown = found[0].as_json()
    assert (shown["name"], shown["evidence"], shown["session"]) == ("non_retryable_retried", [1, 2], "")
    assert report([]) == ""


def test_only_some_judges_or_kinds_are_asked():
    diary = Diary()
    diary.fail({**body(), "model": "claude-3-haiku-20240307"}, 404)
    diary.fail({**body(), "model": "claude-3-haiku-20240307"}, 404)
    assert names(diary) == ["non_retryable_retried", "retired_model"]
    assert names(diary, "models") == names(diary, "retired_model") == ["retired_model"]
    assert names(diary, "resilience") == ["non_retryable_retried"]


def test_a_name_that_no_judge_has_is_refused():
    with pytest.raises(FakeapiError, match="grade: 'retry' is no verdict; there are retry_after_ignored, "):
        grade([], ["retry"])


def test_nothing_came_nothing_is_objected_to():
    assert grade([]) == []


def test_attempts_are_linked_by_the_count_of_the_sdk():
    diary = Diary()
    for session_of_sdk in (0, 1, 2):
        diary.fail(retry=session_of_sdk)
    diary.fail(retry=0)
    diary.fail(retry=1)
    assert asked_together(diary)[0][:3] == [1, 2, 3]


def test_two_clients_that_ask_the_same_keep_their_own_attempts():
    diary = Diary()
    first, second = diary.open(), diary.open()
    diary.close(first, error(), status=529)
    diary.close(second, error(), status=529)
    diary.fail(retry=1)
    diary.fail(retry=1)
    assert asked_together(diary) == [[1, 3], [2, 4]]


def test_an_asking_ends_with_an_answer():
    diary = Diary()
    diary.fail()
    diary.ask(headers={**HEADERS, "x-stainless-retry-count": "1"})
    diary.ask()
    assert asked_together(diary) == [[1, 2], [3]]


def test_hours_later_it_is_another_asking():
    diary = Diary()
    diary.fail()
    diary.wait(3_600).fail()
    assert asked_together(diary) == [[1], [2]]


@pytest.mark.parametrize("count", ["x", "-1", "9999999", ""])
def test_a_count_that_cannot_be_read_is_none(count):
    assert Diary().ask(headers={**HEADERS, "x-stainless-retry-count": count}).attempt == 0


def test_a_request_goes_on_with_an_answer_by_its_tool_by_its_thread_or_by_its_words():
    diary = Diary()
    diary.ask(body(user("A")), plain(call("toolu_1"), stop_reason="tool_use", id="msg_a"))
    diary.ask(body(user("A"), assistant([call("toolu_1")]), user([result("toolu_1")])), plain(text("B"), id="msg_b"))
    diary.ask(
        body(user("C"), thread={"type": "continue", "previous_message_id": "msg_b"}), plain(text("D"), id="msg_d")
    )
    diary.ask(body(user([text("C")])), plain(text("D"), id="msg_e"))
    diary.ask(body(user("C"), assistant("D!"), user("E")))
    assert followed(diary) == [(1, 2, 1), (2, 3, -1), (3, 5, 1), (4, 5, 1)]


def test_marks_and_shapes_do_not_keep_a_conversation_from_being_known():
    diary = Diary()
    diary.ask(body(user([{**text("A"), "cache_control": {"type": "ephemeral"}}])), plain(text("B")))
    diary.ask(body(user("A"), assistant("B"), user("C")))
    assert followed(diary) == [(1, 2, 1)]


def test_a_long_conversation_is_linked_from_end_to_end():
    diary = Diary()
    said = [user("word " * 200)]
    for number in range(60):
        diary.ask(body(*said), plain(text(f"Answer {number}")))
        said += [assistant(f"Answer {number}"), user("word " * 200)]
    assert names(diary) == []
    assert followed(diary)[0] == (1, 2, 1)
    assert followed(diary)[-1] == (59, 60, 117)
