"""The journal: two phases, bounds that always hold, pages, sessions, going back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.memory.journal import Journal
from fakeapi.model import Exchange
from tests.memory.diary import STREAM, Diary, answered, body, error, plain, request, streamed, text, user


def test_an_entry_is_there_as_soon_as_the_request_has_come():
    diary = Diary()
    diary.open(body(user("Hi")))
    (entry,) = diary.entries
    assert (entry.number, entry.outcome, entry.status, entry.closed) == (1, "open", 0, None)
    assert entry.request["messages"] == [user("Hi")]


def test_a_closed_entry_holds_the_answer_and_how_it_ended():
    diary = Diary()
    entry = diary.ask(answer=plain(text("Hi")), outcome="client left", model="claude-opus-4-8", rule="greeting")
    assert (entry.status, entry.outcome, entry.model, entry.rule) == (200, "client left", "claude-opus-4-8", "greeting")
    assert answered(entry)["content"] == [text("Hi")]


def test_each_piece_of_an_answer_is_kept_with_its_moment():
    diary = Diary()
    record = diary.open()
    record.sent(b"one", diary.wait(0.5).now)
    record.sent(b"", diary.now)
    record.sent(b"two", diary.wait(1.5).now)
    entry = diary.close(record)
    assert entry.pieces == [(0.5, b"one"), (2.0, b"two")]
    assert (entry.answer, entry.size, entry.seconds) == (b"onetwo", 6, 2.0)


def test_a_stream_is_put_together_to_the_message_it_spells():
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"city": "Paris", "days": [1, 2]}}
    content = ({"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}, text("Well, well."), call)
    entry = Diary().ask(answer=streamed(*content, stop_reason="tool_use"), lines=STREAM)
    message = answered(entry)
    assert message["content"] == list(content)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("tool_use", 6)


def test_a_stream_that_ended_early_gives_what_came():
    whole = streamed(text("One two three four five six seven eight nine ten"))
    entry = Diary().ask(answer=whole[: whole.rindex(b"event: content_block_delta")], lines=STREAM)
    message = answered(entry)
    assert message["stop_reason"] is None
    assert "One two three four five six seven eight nine ten".startswith(message["content"][0]["text"])


def test_the_json_of_a_tool_that_never_became_whole_is_shown_as_text():
    whole = streamed({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"city": "Paris and Rome"}})
    cut = whole[: whole.rindex(b"event: content_block_delta")]
    (block,) = answered(Diary().ask(answer=cut, lines=STREAM))["content"]
    assert isinstance(block["input"], str)


@pytest.mark.parametrize("change", [lambda data: data.replace(b"\n", b"\r\n"), lambda data: b": comment\n\n" + data])
def test_a_stream_is_read_in_every_form_that_its_format_allows(change):
    entry = Diary().ask(answer=change(streamed(text("Hello"))), lines=STREAM)
    assert answered(entry)["content"] == [text("Hello")]


def test_an_event_that_cannot_be_read_is_passed_over():
    broken = streamed(text("Hello")).replace(b"event: message_stop", b"event: odd\ndata: {]\n\nevent: message_stop")
    assert answered(Diary().ask(answer=broken, lines=STREAM))["stop_reason"] == "end_turn"


def test_an_error_is_found_before_and_amid_a_stream():
    amid = streamed(text("Hello")).partition(b"event: content_block_stop")[0]
    diary = Diary()
    plainly = diary.ask(answer=error(), status=529)
    midway = diary.ask(answer=amid + b"event: error\ndata: " + error() + b"\n\n", lines=STREAM)
    assert plainly.error() == midway.error() == {"type": "overloaded_error", "message": "Overloaded"}
    assert answered(midway)["content"] == [text("Hello")]


def test_a_body_that_is_no_json_is_kept_as_it_came():
    diary = Diary()
    entry = diary.ask(b"\xff{not json", status=400, answer=error())
    assert (entry.request, entry.body.data) == (None, b"\xff{not json")


def test_a_body_that_is_nested_too_deep_is_kept_but_not_shown_as_json():
    deep = b"[" * 500 + b"]" * 500
    entry = Diary().ask(deep, status=400, answer=error())
    assert (entry.request, entry.body.data) == (None, deep)


def test_of_a_huge_body_the_beginning_and_the_true_size_are_kept():
    diary = Diary(size=80_000)
    record = diary.open(b"x" * 50_000)
    record.sent(b"y" * 7_000, diary.now)
    record.sent(b"y" * 7_000, diary.now)
    entry = diary.close(record)
    assert (len(entry.body.data), entry.body.size, entry.body.cut) == (10_000, 50_000, True)
    assert (len(entry.answer), entry.size, entry.clipped) == (10_000, 14_000, True)


def test_what_is_over_longest_is_forgotten_first():
    diary = Diary(entries=2)
    for _ in range(4):
        diary.ask()
    assert [entry.number for entry in diary.entries] == [3, 4]
    assert (diary.journal.forgotten(), diary.journal.last) == (2, 4)


def test_what_is_under_way_outlives_what_is_over():
    diary = Diary(entries=2)
    diary.open()
    for _ in range(3):
        diary.ask()
    assert [entry.number for entry in diary.entries] == [1, 4]


def test_even_what_is_under_way_is_bounded():
    diary = Diary(entries=3)
    records = [diary.open() for _ in range(5)]
    assert [entry.number for entry in diary.entries] == [3, 4, 5]
    entry = diary.close(records[0], b"late")
    assert (entry.kept, diary.journal.weight[0]) == (False, 3)


def test_bytes_are_bounded_too():
    diary = Diary(size=100_000)
    for _ in range(20):
        diary.ask(b"x" * 9_000, b"y" * 9_000)
    entries, size = diary.journal.weight
    assert (entries, size <= 100_000) == (4, True)


def test_an_answer_that_grows_makes_others_leave_and_not_itself():
    diary = Diary(size=100_000)
    slow = diary.open()
    others = [diary.open(b"x" * 9_000) for _ in range(8)]
    for _ in range(10):
        slow.sent(b"y" * 1_000, diary.now)
    assert slow.entry.kept
    assert [other.entry.kept for other in others].count(False) == 1
    assert diary.journal.weight[1] <= 100_000


def test_an_answer_in_very_many_pieces_weighs_what_they_cost():
    diary = Diary(size=100_000)
    slow = diary.open()
    others = [diary.ask() for _ in range(10)]
    for _ in range(700):
        slow.sent(b"y", diary.now)
    assert [other.kept for other in others] != [True] * 10
    assert diary.journal.weight[1] <= 100_000
    assert len(diary.close(slow).pieces) == 700


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000), st.booleans()), max_size=60))
def test_the_bounds_hold_whatever_comes(steps):
    journal = Journal(entries=7, size=60_000)
    records = []
    for session, size, closes in steps:
        records.append(journal.open(request(b"x" * size), str(session)))
        records[len(records) // 2].sent(b"y" * size, 1.0)
        if closes:
            records.pop(0).close(Exchange(1, "POST", "/", 200, ""), (), "completed", 1.0)
        entries, weight = journal.weight
        kept = journal.entries()
        assert entries == len(kept) == sum(journal.sessions().values()) <= 7
        assert weight == sum(entry.weight for entry in kept) <= 60_000
        assert [entry.number for entry in kept] == sorted(entry.number for entry in kept)


def test_a_session_is_dropped_with_what_is_under_way_and_nothing_else():
    diary = Diary()
    diary.ask(session="a")
    open_one = diary.open(session="a")
    diary.ask(session="b")
    assert diary.journal.drop("a") == 2
    assert [entry.session for entry in diary.entries] == ["b"]
    diary.close(open_one, b"too late")
    assert diary.journal.weight == (1, diary.entries[0].weight)
    assert diary.journal.drop("a") == 0


def test_going_back_forgets_what_came_to_the_session_since():
    diary = Diary()
    diary.ask(session="a")
    mark = diary.journal.last
    diary.ask(session="a")
    diary.ask(session="b")
    assert diary.journal.rollback("a", mark) == 1
    assert [(entry.session, entry.number) for entry in diary.entries] == [("a", 1), ("b", 3)]


def test_pages_follow_one_another_in_both_directions():
    diary = Diary()
    for _ in range(5):
        diary.ask()
    first = diary.journal.page(limit=2)
    second = diary.journal.page(limit=2, after=first.following)
    third = diary.journal.page(limit=2, after=second.following)
    assert [[entry.number for entry in page.entries] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert (first.preceding, second.preceding, third.following) == (None, None, None)
    last = diary.journal.page(limit=2, before=6)
    assert ([entry.number for entry in last.entries], last.preceding) == ([4, 5], 4)
    earlier = diary.journal.page(limit=3, before=last.preceding)
    assert ([entry.number for entry in earlier.entries], earlier.preceding) == ([1, 2, 3], None)


def test_a_page_of_a_session_counts_what_that_session_has_lost():
    diary = Diary(entries=3)
    for session in "aabba":
        diary.ask(session=session)
    page = diary.journal.page("a", wanted=lambda entry: entry.number > 0)
    assert ([entry.number for entry in page.entries], page.forgotten) == ([5], 2)
    assert diary.journal.forgotten("b") == 0


def test_a_page_has_at_least_one_entry():
    with pytest.raises(ValueError, match="at least 1 entry"):
        Journal().page(limit=0)


@pytest.mark.parametrize(("entries", "size"), [(0, 100_000), (10, 9_999)])
def test_bounds_that_keep_nothing_are_refused(entries, size):
    with pytest.raises(ValueError, match="at least 1 entry and 10,000 bytes"):
        Journal(entries, size)


def test_an_entry_is_found_by_its_number():
    diary = Diary()
    diary.ask()
    diary.open()
    assert [entry and entry.number for entry in map(diary.journal.get, (1, 2, 3))] == [1, 2, None]


def test_a_thousand_sessions_of_a_hundred_exchanges_stay_within_the_bounds():
    diary = Diary(entries=2_000, size=4_000_000)
    for number in range(100_000):
        diary.ask(session=str(number % 1_000), answer=b"{}")
    entries, size = diary.journal.weight
    assert (entries <= 2_000, size <= 4_000_000, len(diary.journal.sessions())) == (True, True, 1_000)


def test_small_exchanges_are_cleaned_together_and_each_is_seen_at_once():
    """Whoever looks sees all that has come, in order, though it is written down in batches."""
    diary = Diary()
    key = "sk-ant-" + "api03-" + "Zq7" * 20
    slow = diary.open(body(user("slow")))
    for number in range(150):
        diary.journal.open(request(body(user(key if number % 50 == 7 else f"n {number}"))), "s", diary.now)
        assert diary.journal.last == number + 2
    entries = diary.journal.entries("s")
    assert [entry.number for entry in entries] == list(range(2, 152))
    assert [entry.number for entry in entries if b"[redacted" in entry.body.data] == [9, 59, 109]
    diary.close(slow, plain(text("at last")))
    assert [entry.number for entry in diary.entries if entry.outcome == "completed"] == [1]


def test_what_waits_is_dropped_with_its_session():
    diary = Diary()
    record = diary.journal.open(request(body()), "a", diary.now)
    diary.journal.open(request(body()), "b", diary.now)
    assert diary.journal.drop("a") == 1
    record.close(Exchange(1, "POST", "/v1/messages", 200, "req_1"), (), "completed", 1.0)
    assert [entry.session for entry in diary.entries] == ["b"]


def test_a_body_that_a_small_journal_cannot_keep_is_cut_however_small_it_is():
    entry = Diary(size=10_000).ask(b"x" * 2_000)
    assert (len(entry.body.data), entry.body.size, entry.body.cut) == (1_250, 2_000, True)
