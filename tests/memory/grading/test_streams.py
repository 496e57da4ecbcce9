"""What a client makes of a stream that ends early."""

from __future__ import annotations

import pytest

from tests.memory.diary import STREAM, Diary, assistant, body, call, error, plain, result, streamed, text, user
from tests.memory.grading.judging import names, verdicts

SAID = "One two three four five six seven eight nine ten"
WHOLE = streamed(text(SAID))
HALF = WHOLE[: WHOLE.rindex(b"event: content_block_delta")]
ASKED = body(user("Count"), stream=True)


def came(diary: Diary) -> str:
    """The text of the first answer as far as it came."""
    return str(diary.entries[0].message()["content"][0]["text"])  # type: ignore[index]


@pytest.mark.parametrize("outcome", ["completed", "cut"])
def test_a_conversation_that_goes_on_with_half_an_answer_is_reported(outcome):
    diary = Diary()
    diary.ask(ASKED, HALF, lines=STREAM, outcome=outcome)
    diary.ask(body(user("Count"), assistant(came(diary)), user("Go on")))
    (verdict,) = verdicts(diary)
    assert (verdict.name, verdict.severity, verdict.evidence) == ("truncated_stream_accepted", "failure", (1, 2))
    assert "One two" in verdict.sentence


def test_an_error_amid_the_stream_is_an_early_end_too():
    diary = Diary()
    diary.ask(ASKED, HALF + b"event: error\ndata: " + error() + b"\n\n", lines=STREAM)
    diary.ask(body(user("Count"), assistant([text(came(diary))]), user("Go on")))
    assert names(diary) == ["truncated_stream_accepted"]


def test_a_tool_that_was_called_by_half_an_answer_is_reported():
    whole = streamed(call("toolu_1"), stop_reason="tool_use")
    diary = Diary()
    diary.ask(ASKED, whole.partition(b"event: message_delta")[0], lines=STREAM)
    diary.ask(body(user("Count"), assistant([call("toolu_1")]), user([result("toolu_1")])))
    assert names(diary) == ["truncated_stream_accepted"]


def test_asking_again_and_going_on_with_the_whole_is_fine():
    diary = Diary()
    diary.ask(ASKED, HALF, lines=STREAM)
    diary.wait(0.5).ask(ASKED, WHOLE, lines=STREAM)
    diary.ask(body(user("Count"), assistant(SAID), user("Thanks")))
    assert names(diary) == []


def test_asking_for_the_rest_with_a_prefill_is_fine():
    diary = Diary()
    diary.ask(ASKED, HALF, lines=STREAM)
    diary.ask(body(user("Count"), assistant(came(diary))))
    assert names(diary) == []


def test_a_stream_that_just_ended_and_was_not_asked_again_is_a_warning():
    diary = Diary()
    diary.ask(ASKED, HALF, lines=STREAM)
    diary.ask(body(user("Another thing")))
    (verdict,) = verdicts(diary)
    assert (verdict.name, verdict.severity, verdict.evidence) == ("truncated_stream_not_retried", "warning", (1,))


@pytest.mark.parametrize("outcome", ["cut", "client left"])
def test_a_connection_that_broke_was_noticed_by_whoever_reads(outcome):
    diary = Diary()
    diary.ask(ASKED, HALF, lines=STREAM, outcome=outcome)
    assert names(diary) == []


def test_an_error_that_was_not_asked_again_was_noticed():
    diary = Diary()
    diary.ask(ASKED, HALF + b"event: error\ndata: " + error() + b"\n\n", lines=STREAM)
    assert names(diary) == []


def test_a_stream_that_lacks_no_more_than_its_message_stop_is_whole():
    diary = Diary()
    diary.ask(ASKED, WHOLE.partition(b"event: message_stop")[0], lines=STREAM)
    diary.ask(body(user("Count"), assistant(SAID), user("Thanks")))
    assert names(diary) == []


def test_whole_answers_are_whole():
    diary = Diary()
    diary.ask(ASKED, WHOLE, lines=STREAM)
    diary.ask(body(user("Count")), plain(text(SAID)))
    diary.ask(body(user("Count"), assistant(SAID), user("Thanks")))
    assert names(diary) == []


def test_an_answer_that_the_journal_could_not_keep_is_not_judged():
    diary = Diary(size=80_000)
    diary.ask(ASKED, streamed(text("word " * 4_000)), lines=STREAM)
    assert diary.entries[0].clipped
    assert names(diary) == []
