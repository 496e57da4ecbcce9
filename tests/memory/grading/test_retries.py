"""How a client asks again. The waits of known clients are those that were measured with the real ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fakeapi.model import Exchange
from tests.memory.diary import HEADERS, JSON, STREAM, Diary, body, error, plain, streamed, text, user
from tests.memory.grading.judging import names, verdicts

SDK = (0.45, 0.9)
PATIENT: list[tuple[str, tuple[float, ...], bool]] = [
    ("the SDKs", SDK, True),
    ("an SDK with ten retries", (0.4, 0.9, 1.6, 3.1, 7.9, 6.2, 7.0, 6.1, 7.8, 6.3), True),
    ("claude code", (0.6, 1.1, 2.2, 4.2, 8, 18), False),
    ("dspy", (1.6, 2, 4), False),
    ("vercel ai", (2, 4), False),
    ("smolagents", (60,), False),
    ("a minute each", (60, 60, 60), False),
    ("langchain-js", (1.1, 2.3, 4.5, 9.1, 18), False),
    ("llama-index", (1, 1.5, 2.8, 4.4, 6.5, 8, 8, 8, 8, 8), False),
    ("pi", (0.5, 1, 2, 2.1, 2.2, 2.1, 2.3, 2.2, 2.1, 2.2, 2.3), False),
]


def failing(waits: Sequence[float], *lines: tuple[bytes, bytes], status: int = 529, counted: bool = False) -> Diary:
    """A client that waits so long before each attempt, and at last gets an answer."""
    diary = Diary()
    diary.fail(None, status, *lines)
    for retry, wait in enumerate(waits, 1):
        diary.wait(wait)
        if retry == len(waits):
            diary.ask(headers={**HEADERS, "x-stainless-retry-count": str(retry if counted else 0)})
        else:
            diary.fail(None, status, *lines, retry=retry if counted else 0)
    return diary


@pytest.mark.parametrize(("waits", "counted"), [row[1:] for row in PATIENT], ids=[row[0] for row in PATIENT])
@pytest.mark.parametrize("status", [429, 500, 529])
def test_no_known_client_is_accused(waits, counted, status):
    assert names(failing(waits, status=status, counted=counted)) == []


def test_rounds_of_retries_within_retries_are_not_taken_for_one_loop():
    """crewai: three rounds of the SDK's three attempts."""
    diary = Diary()
    for _ in range(3):
        for retry, wait in enumerate((0.1, *SDK)):
            diary.wait(wait).fail(retry=retry)
    assert names(diary) == []


def test_coming_back_too_early_is_reported_with_both_times():
    (verdict,) = verdicts(failing([0.5], (b"retry-after", b"3"), status=429))
    assert (verdict.name, verdict.severity, verdict.evidence) == ("retry_after_ignored", "failure", (1, 2))
    assert verdict.sentence == "was told to come back after 3 s, and came back after 0.5 s"


@pytest.mark.parametrize("wait", [2.96, 3.0, 9.0])
def test_coming_back_when_told_is_fine(wait):
    assert names(failing([wait], (b"retry-after", b"3"), status=429)) == []


def test_milliseconds_come_before_seconds():
    lines = ((b"retry-after", b"3"), (b"retry-after-ms", b"500"))
    assert names(failing([0.5], *lines)) == []
    assert names(failing([0.2], *lines)) == ["retry_after_ignored"]


def test_a_date_is_a_time_to_come_back_too():
    told = (b"retry-after", b"Thu, 01 Jan 1970 00:17:00 GMT")
    assert names(failing([19.5], told)) == []
    assert names(failing([1.0], told)) == ["retry_after_ignored"]


@pytest.mark.parametrize("value", [b"0", b"-1", b"soon", b"", b"nan"])
def test_a_time_that_says_nothing_is_no_order(value):
    assert names(failing(SDK, (b"retry-after", value))) == []


def test_equal_waits_that_were_told_are_no_lack_of_back_off():
    assert names(failing([1, 1, 1, 1], (b"retry-after", b"1"), status=429)) == []


def test_a_retry_after_of_another_request_is_not_held_against_a_client():
    diary = Diary()
    diary.fail(body(user("one")), 429, (b"retry-after", b"60"))
    diary.wait(1).ask(body(user("two")))
    assert names(diary) == []


def test_a_wait_that_only_a_steady_clock_shows_counts():
    """Under a virtual clock an SDK really waits, and no time passes on the session's clock."""
    diary = Diary()
    journal = diary.journal
    first = diary.open()
    diary.close(first, error(), status=429, lines=(*JSON, (b"retry-after", b"2")))
    first.entry.steady, first.entry.ended = 50.0, 50.1
    again = diary.open()
    again.entry.steady = 52.2
    diary.close(again, plain(text("Hi")))
    assert len(journal) == 2
    assert names(diary) == []


@pytest.mark.parametrize(
    "waits", [(0, 0), (1, 1), (1, 1.05), (1, 1, 1), (3, 2, 1), (2, 1.9, 2, 1.8), (0.01, 0.04, 0.03)]
)
def test_waits_that_do_not_grow_are_no_back_off(waits):
    (verdict,) = verdicts(failing(waits), "no_back_off")
    assert (verdict.severity, verdict.evidence) == ("failure", tuple(range(1, len(waits) + 2)))


def test_a_second_wait_that_is_shorter_may_be_chance():
    (verdict,) = verdicts(failing((2, 1)), "no_back_off")
    assert (verdict.severity, verdict.sentence) == (
        "warning",
        "asked again and again without waiting longer each time: 2 s, 1 s",
    )


def test_one_wait_says_nothing_of_back_off():
    assert names(failing([0.0])) == []


def test_a_virtual_clock_that_was_moved_between_attempts_is_no_hurry():
    assert names(failing([0.4, 3600])) == []


def test_too_many_attempts_are_a_storm():
    (verdict,) = verdicts(failing([0.5 * 1.2**n for n in range(13)]), "retry_storm")
    assert verdict.sentence.startswith("asked for the same thing 14 times within ")
    assert names(failing([0.5 * 1.2**n for n in range(11)])) == []


def test_many_attempts_at_once_are_a_storm_early():
    assert "retry_storm" in names(failing([0.01] * 4))
    assert "retry_storm" not in names(failing([0.3] * 4))


def test_attempts_that_were_told_to_come_at_once_are_no_storm():
    assert names(failing([0.002] * 8, (b"retry-after-ms", b"1"))) == []


def test_the_limits_can_be_narrower():
    diary = failing([1, 2, 4])
    assert names(diary) == []
    assert names(diary, attempts=3) == ["retry_storm"]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413])
def test_the_same_request_after_a_final_refusal_is_in_vain(status):
    (verdict,) = verdicts(failing([0.5], status=status))
    assert (verdict.name, verdict.evidence) == ("non_retryable_retried", (1, 2))
    assert f"a {status} will not go away" in verdict.sentence


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 504, 529])
def test_the_same_request_after_what_passes_is_fine(status):
    assert names(failing([0.5], status=status)) == []


def test_a_server_that_says_to_try_again_is_obeyed():
    assert names(failing([0.5], (b"x-should-retry", b"true"), status=400)) == []


def test_a_request_that_was_mended_is_no_retry():
    diary = Diary()
    diary.fail(body(user("Hi"), top_k=1), 400)
    diary.wait(0.1).ask(body(user("Hi")))
    assert names(diary) == []


def test_the_same_request_with_another_key_is_no_retry():
    diary = Diary()
    diary.fail(status=401)
    diary.ask(headers={**HEADERS, "x-api-key": "sk-ant-better"})
    assert names(diary) == []


def test_asking_with_get_until_something_is_there_is_polling():
    diary = Diary()
    for _ in range(5):
        diary.wait(1).ask(
            b"", error("not_found_error"), status=404, method="GET", path="/v1/messages/batches/b/results"
        )
    assert names(diary, "non_retryable_retried") == []


def test_the_same_question_after_an_answer_is_another_asking():
    diary = Diary()
    for _ in range(20):
        diary.ask()
    assert names(diary) == []


def test_the_same_question_from_many_at_once_is_no_storm():
    """Claude Code's /context: two dozen requests within 40 ms."""
    diary = Diary()
    records = [diary.open() for _ in range(24)]
    for record in records:
        diary.close(record, error(), status=529)
    assert names(diary) == []


def test_sessions_are_judged_apart():
    diary = Diary()
    for session in ("a", "b", "c"):
        diary.ask(answer=error(), status=400, session=session)
    assert names(diary) == []


def test_a_broken_stream_that_is_asked_again_is_an_attempt():
    broken = streamed(text("One two three")).partition(b"event: message_delta")[0]
    diary = Diary()
    for _ in range(4):
        diary.wait(1).ask(answer=broken, lines=STREAM, outcome="cut")
    assert names(diary, "no_back_off") == ["no_back_off"]


def test_a_cut_that_was_noticed_late_does_not_shorten_the_wait():
    diary = Diary()
    for wait in (0, 0.4, 0.9):
        record = diary.wait(wait).open()
        record.sent(b"event: ping\n", diary.now)
        exchange = Exchange(1, "POST", "/v1/messages", 200, "req_1")
        record.close(exchange, STREAM, "cut", diary.now + 1.0)
    assert names(diary, "no_back_off") == []


def test_a_client_that_gave_up_waiting_and_asks_again_makes_an_attempt():
    diary = Diary()
    for retry in range(3):
        diary.wait(1).ask(answer=b"", outcome="client left", headers={**HEADERS, "x-stainless-retry-count": str(retry)})
    assert names(diary, "no_back_off") == ["no_back_off"]
