"""Memory: counts by key, changed by values, bounded."""

from __future__ import annotations

from fakeapi.memory.changes import Counted
from fakeapi.memory.store import EMPTY, Store


def test_what_was_never_counted_is_zero():
    assert Store().count(("a",)) == 0


def test_changes_are_applied_in_order_and_key_by_key():
    store = Store()
    store.apply([Counted(("a",)), Counted(("b",)), Counted(("a",))])
    assert (store.count(("a",)), store.count(("b",))) == (2, 1)


def test_what_was_touched_longest_ago_is_forgotten_first():
    store = Store(bound=2)
    store.apply([Counted(("a",)), Counted(("b",)), Counted(("a",)), Counted(("c",))])
    assert [store.count((key,)) for key in "abc"] == [2, 0, 1]


def test_the_empty_memory_stays_empty():
    EMPTY.apply([Counted(("a",))])
    assert EMPTY.count(("a",)) == 0
