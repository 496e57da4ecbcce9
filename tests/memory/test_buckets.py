"""What is left of a limit, and when there is enough of it."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.memory import buckets
from fakeapi.memory.buckets import Bucket
from fakeapi.memory.store import Store

NOW = 1_787_150_053.864
KEY = ("bucket", "owner", "model", "requests")

limits = st.integers(1, 50_000_000)
moments = st.floats(0, 120)


def test_a_bucket_that_nobody_knows_is_full():
    assert buckets.bucket(Store().view("", NOW), KEY, 50).level(NOW) == 50


def test_it_fills_at_its_limit_in_a_minute():
    empty = Bucket(30_000, NOW + 60)
    assert empty.level(NOW) == pytest.approx(0)
    assert empty.level(NOW + 30) == pytest.approx(15_000)
    assert empty.level(NOW + 90) == 30_000


def test_what_is_larger_than_the_limit_never_fits():
    assert Bucket(8000, NOW).wait(8001, NOW) == inf
    assert Bucket(8000, NOW).wait(8000, NOW) == 0


@given(limits, moments, st.data())
def test_who_waits_as_told_finds_enough(limit, missing, data):
    held, amount = Bucket(limit, NOW + missing), data.draw(st.integers(1, limit))
    told = buckets.whole_seconds(held.wait(amount, NOW))
    assert held.wait(amount, NOW + told) == 0


@given(limits, st.lists(st.floats(0, 1e6), max_size=5), st.randoms())
def test_the_order_of_what_is_taken_makes_no_difference(limit, amounts, luck):
    def left(taken: list[float]) -> float:
        store = Store()
        store.apply("", [buckets.take(KEY, limit, amount, NOW) for amount in taken])
        return buckets.bucket(store.view("", NOW), KEY, limit).level(NOW)

    assert left(luck.sample(amounts, len(amounts))) == pytest.approx(left(amounts), abs=limit * 1e-6)


def test_a_bucket_that_is_full_again_is_forgotten():
    store = Store()
    store.apply("", [buckets.take(KEY, 60, 2, NOW)])
    assert store.view("", NOW + 1.9).get(KEY) is not None
    assert store.view("", NOW + 2.1).get(KEY) is None


@pytest.mark.parametrize(
    ("level", "limit", "shown"),
    [(30_000, 30_000, 30_000), (26_818, 30_000, 27_000), (499, 30_000, 0), (-5000, 8000, 0), (1500, 1500, 1500)],
)
def test_tokens_are_shown_to_the_nearest_thousand(level, limit, shown):
    assert buckets.nearest_thousand(level, limit) == shown


def test_what_is_left_of_a_small_limit_is_shown_exactly():
    assert [buckets.nearest_thousand(level, 400) for level in (400, 399, 17, -3)] == [400, 399, 17, 0]
