"""Whatever happens to batches, their counts add up and every item has exactly one line."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakeapi.endpoints.batches.record import Batch
from tests.endpoints.batching import PATH, Desk, item

KINDS = st.sampled_from([{}, {"model": "nope"}, {"stream": True}, {"model": "fakeapi-529"}])
STEPS = st.lists(
    st.one_of(st.just("show"), st.just("cancel"), st.floats(0, 70), st.integers(80_000, 90_000)), max_size=8
)


@given(st.lists(KINDS, min_size=1, max_size=9), st.sampled_from([0, 1, 60, 200_000]), STEPS)
@settings(max_examples=60)
def test_counts_always_add_up_to_the_items_of_the_batch(kinds, batch_time, steps):
    desk = Desk(batch_time=batch_time)
    id = desk.create(*(item(f"{at}", **members) for at, members in enumerate(kinds)))
    before = "in_progress"
    for step in steps:
        before = take(desk, id, step, before, len(kinds))
    desk.clock.advance(90_000)
    counts = check(desk.show(id), len(kinds))
    lines = Counter(line["result"]["type"] for line in desk.lines(id))
    assert lines == Counter({name: number for name, number in counts.items() if number})
    assert {line["custom_id"] for line in desk.lines(id)} == {f"{at}" for at in range(len(kinds))}


def take(desk: Desk, id: str, step: Any, before: str, count: int) -> str:
    """One step of its life; its status after it, which never goes back."""
    if step == "cancel":
        desk.ask("POST", f"{PATH}/{id}/cancel")
    elif step != "show":
        desk.clock.advance(float(step))
    shown = desk.show(id)
    check(shown, count)
    order = ("in_progress", "canceling", "ended")
    assert order.index(shown["processing_status"]) >= order.index(before)
    return str(shown["processing_status"])


def check(shown: Any, count: int) -> dict[str, int]:
    """What holds for every batch at any time."""
    counts: dict[str, int] = shown["request_counts"]
    assert sum(counts.values()) == count
    has_ended = shown["processing_status"] == "ended"
    assert (counts["processing"] == 0) == has_ended == (shown["ended_at"] is not None)
    assert has_ended == (shown["results_url"] is not None)
    if has_ended:
        assert shown["created_at"] <= shown["ended_at"] <= shown["expires_at"]
    else:
        assert counts["processing"] == count
    return counts


def batch(count: int, seconds: float, created: float = 1000.0) -> Batch:
    return Batch(
        id="msgbatch_x",
        owner="",
        number=1,
        created=created,
        seconds=seconds,
        count=count,
        parts=1,
        version="",
        betas=frozenset(),
        headers={},
        looked=created,
    )


@given(st.integers(1, 100_000), st.floats(0, 200_000), st.lists(st.floats(0, 200_000), min_size=2, max_size=2))
def test_items_come_due_in_order_and_all_by_the_end(count, seconds, moments):
    made = batch(count, seconds)
    early, late = sorted(1000.0 + moment for moment in moments)
    assert 0 <= made.due(early) <= made.due(late) <= count
    assert made.due(late) < count or late >= 1000.0 + seconds - 1e-6


@given(st.integers(1, 100_000), st.integers(0, 86_400), st.floats(0, 4e9))
def test_all_items_are_due_at_the_very_end(count, seconds, created):
    made = batch(count, float(seconds), created)
    assert made.due(made.ends()) == count
    assert made.next_moment(made.ends()) == made.ends()
