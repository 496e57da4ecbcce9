"""Choosing among the entries of the journal as a query string says it."""

from __future__ import annotations

import pytest

from fakeapi.errors import FakeapiError
from fakeapi.memory import filters
from tests.memory.diary import Diary, body, error, plain, text, user


@pytest.fixture
def diary() -> Diary:
    made = Diary()
    made.ask(body(user("weather")), plain(text("Sunny")), model="claude-opus-4-8", rule="weather")
    made.ask(body(user("news")), error(), status=529, warning="too warm", session="s")
    made.ask({}, error(), status=404, path="/s/x/v1/models", method="GET", diagnosis={"rules": 0, "nearest": []})
    made.open(body(user("slow")))
    return made


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"method": "get"}, [3]),
        ({"path": "/v1/messages"}, [1, 2, 4]),
        ({"status": "529"}, [2]),
        ({"status": "4xx"}, [3]),
        ({"status": "error"}, [2, 3]),
        ({"outcome": "open"}, [4]),
        ({"model": "claude-opus-4-8"}, [1]),
        ({"rule": "weather"}, [1]),
        ({"text": "Sunny"}, [1]),
        ({"text": "news"}, [2]),
        ({"matched": "false"}, [2, 3, 4]),
        ({"unmatched": "true"}, [3]),
        ({"warned": "1"}, [2]),
        ({"status": "error", "path": "/messages"}, [2]),
    ],
)
def test_entries_are_chosen_by_what_they_are(diary, query, numbers):
    wanted = filters.parse(query)
    assert [entry.number for entry in diary.journal.page(wanted=wanted.takes).entries] == numbers


def test_entries_are_chosen_by_caller(diary):
    digest = diary.entries[0].caller
    assert len([entry for entry in diary.entries if filters.parse({"caller": digest}).takes(entry)]) == 4


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"colour": "red"}, "journal: 'colour' is no filter; there are method, path, status"),
        ({"status": "900"}, "journal: status is a number such as 429"),
        ({"status": "x"}, "journal: status is a number such as 429"),
        ({"outcome": "done"}, "journal: outcome is one of open, completed, cut, client left, not 'done'"),
        ({"matched": "maybe"}, "journal: matched is true or false, not 'maybe'"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_with_its_mend(query, sentence):
    with pytest.raises(FakeapiError) as caught:
        filters.parse(query)
    assert str(caught.value).startswith(sentence)
