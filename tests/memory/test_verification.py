"""Expectations held against the journal: how many, in which order, and why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.errors import FakeapiError
from fakeapi.memory import verification
from fakeapi.memory.entries import Entry
from fakeapi.memory.exporting import asked
from fakeapi.memory.verification import (
    ANYTHING,
    Expectation,
    Pattern,
    at_least,
    at_most,
    exactly,
    in_order,
    never,
    verify,
)
from fakeapi.model import Json, Mismatch
from tests.memory.diary import HEADERS, Diary, body, user


def says(word: str) -> Pattern:
    """Requests whose last user text has this word; how far off others are is how little they share with it."""

    def lacks(entry: Entry) -> tuple[Mismatch, ...]:
        came = asked(entry)
        if word in came:
            return ()
        near = len(set(word) & set(came)) / len(set(word))
        return (Mismatch("text", word, came, 1 - near * 0.9, "spelt otherwise" if near > 0.8 else ""),)

    return Pattern(f"text {word!r}", lacks)


def diary_of(*said: str) -> Diary:
    diary = Diary()
    for each in said:
        diary.ask(body(user(each)))
    return diary


def result_of(expectation: Expectation, *said: str) -> verification.Result:
    return verify(diary_of(*said).entries, expectation)


@pytest.mark.parametrize(
    ("expectation", "passed"),
    [
        (exactly(2, says("rain")), True),
        (exactly(1, says("rain")), False),
        (exactly(3, says("rain")), False),
        (at_least(2, says("rain")), True),
        (at_least(3, says("rain")), False),
        (at_most(2, says("rain")), True),
        (at_most(1, says("rain")), False),
        (never(says("snow")), True),
        (never(says("rain")), False),
        (exactly(3), True),
        (Expectation((says("rain"),), 1, 2), True),
    ],
)
def test_requests_are_counted(expectation, passed):
    result = result_of(expectation, "rain", "sun", "more rain")
    assert result.passed == passed
    assert set(result.matched) <= {1, 2, 3}


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 12))
def test_the_bounds_of_a_count_are_what_they_say(rains, number):
    entries = diary_of(*("rain" if rain else "sun" for rain in rains)).entries
    count = sum(rains)
    assert verify(entries, exactly(number, says("rain"))).passed == (count == number)
    assert verify(entries, at_least(number, says("rain"))).passed == (count >= number)
    assert verify(entries, at_most(number, says("rain"))).passed == (count <= number)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
def test_an_order_is_kept_exactly_if_it_is_a_subsequence(said, wanted):
    rest = iter(said)
    kept = all(any(each == word for each in rest) for word in wanted)
    result = result_of(in_order(*map(says, wanted)), *said)
    assert result.passed == kept
    assert list(result.matched) == sorted(set(result.matched))


def test_too_few_requests_show_what_came_nearest():
    result = result_of(exactly(1, says("weather")), "the wether in Paris", "xyz")
    assert (result.wanted, result.came) == ("exactly 1 request: text 'weather'", "no requests of 2")
    assert [miss.entry.number for miss in result.nearest] == [1, 2]
    report = result.report()
    assert "#1 'the wether in Paris'" in report
    assert "text: wanted 'weather', came 'the wether in Paris'  (spelt otherwise)" in report


def test_too_many_requests_show_which():
    result = result_of(never(says("rain")), "rain", "sun", "rain")
    assert (result.wanted, result.came) == ("no request: text 'rain'", "2 requests (#1, #3) of 3")
    assert result.nearest == ()


def test_a_broken_order_says_what_is_missing_and_what_came_too_early():
    result = result_of(in_order(says("b"), says("a")), "a", "b", "c")
    assert result.wanted == "in this order: text 'b', then text 'a'"
    assert result.came == "after #2, no request for the 2nd: text 'a'; it came too early (#1)"


def test_an_order_that_never_began_says_so():
    assert result_of(in_order(says("x")), "a").came == "no request for the 1st: text 'x'"


def test_other_paths_do_not_count():
    diary = diary_of("rain")
    diary.ask(body(user("rain")), path="/v1/messages/count_tokens")
    diary.ask({}, path="/v1/models", method="GET")
    assert verify(diary.entries, exactly(1)).passed


def test_retries_count_unless_they_are_not_to():
    diary = Diary()
    for retry in range(3):
        diary.ask(headers={**HEADERS, "x-stainless-retry-count": str(retry)})
    assert verify(diary.entries, exactly(3)).passed
    assert verify(diary.entries, exactly(1)._replace(retries=False)).passed


def test_a_request_that_is_under_way_counts():
    diary = Diary()
    diary.open(body(user("rain")))
    assert verify(diary.entries, exactly(1, says("rain"))).passed


def test_what_the_journal_has_forgotten_is_said():
    result = verify([], exactly(1), forgotten=7)
    assert "7 earlier requests were forgotten" in result.report()
    assert result.as_json()["forgotten"] == 7


def test_a_result_as_json_has_the_report_only_where_it_failed():
    failed, passed = result_of(exactly(1, says("x")), "rain").as_json(), result_of(exactly(1), "rain").as_json()
    assert failed["nearest"] == [
        {
            "number": 1,
            "asked": "rain",
            "mismatches": [{"what": "text", "wanted": "x", "came": "rain", "distance": 1.0, "hint": ""}],
        }
    ]
    assert (failed["passed"], failed["report"] != "", passed["passed"], passed["report"]) == (False, True, True, "")


def test_no_secret_of_a_pattern_is_reported():
    key = "sk-ant-" + "api03-" + "Zq7" * 20
    result = result_of(exactly(1, says(key)), "rain")
    assert key not in result.report()
    assert key not in str(result.as_json())


def test_a_number_below_zero_is_refused():
    with pytest.raises(ValueError, match="0 or more, not -1"):
        exactly(-1)


def pattern_of(match: Json, place: str) -> Pattern:
    if "text" not in match:
        raise FakeapiError(f"{place}: only text here")
    return says(match["text"])


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ({}, 1, None),
        ({"count": 2}, 2, 2),
        ({"count": 0}, 0, 0),
        ({"at_least": 2}, 2, None),
        ({"at_most": 2}, 0, 2),
        ({"at_least": 1, "at_most": 2}, 1, 2),
        ({"never": True}, 0, 0),
    ],
)
def test_bounds_are_read_from_json(value, least, most):
    expectation = verification.parse({"match": {"text": "x"}, **value}, pattern_of)
    assert (expectation.least, expectation.most, expectation.patterns[0].told) == (least, most, "text 'x'")


def test_an_order_is_read_from_json():
    expectation = verification.parse({"order": [{"text": "a"}, {}], "retries": False}, pattern_of)
    assert (expectation.ordered, expectation.retries) == (True, False)
    assert [pattern.told for pattern in expectation.patterns] == ["text 'a'", ANYTHING.told]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "verify: the body is an object"),
        ({"times": 2}, "verify: 'times' is no member; there are match, count, at_least"),
        ({"count": -1}, "verify: count is a whole number from 0, not -1"),
        ({"count": True}, "verify: count is a whole number from 0, not True"),
        ({"count": "1"}, "verify: count is a whole number from 0, not '1'"),
        ({"count": 1, "at_least": 1}, "verify: count goes without at_least and at_most"),
        ({"at_least": 3, "at_most": 2}, "verify: at_most is less than at_least"),
        ({"never": False}, "verify: never is true or absent, not False"),
        ({"never": True, "count": 1}, "verify: never goes without count"),
        ({"order": []}, "verify: order is a list of matches, and not empty"),
        ({"order": [{}], "count": 1}, "verify: order and count don't go together; ask twice"),
        ({"order": [1]}, "verify: order.0 is an object, as in a rule, not 1"),
        ({"order": [{"text": "a"}, {"tex": "b"}]}, "verify: order.1: only text here"),
        ({"match": 5}, "verify: match is an object, as in a rule, not 5"),
        ({"retries": 1}, "verify: retries is true or false, not 1"),
    ],
)
def test_json_that_asks_for_nothing_sensible_is_refused_with_its_place(value, sentence):
    with pytest.raises(FakeapiError) as caught:
        verification.parse(value, pattern_of)
    assert str(caught.value).startswith(sentence)


def test_a_timeout_is_a_number_of_seconds():
    assert [verification.parse_timeout(value) for value in ({}, {"timeout": 2}, {"timeout": 0.5})] == [0, 2, 0.5]
    for wrong in (-1, "2", True, 601, None):
        with pytest.raises(FakeapiError, match="timeout is a number of seconds from 0 to 600"):
            verification.parse_timeout({"timeout": wrong})
