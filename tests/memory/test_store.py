"""Memory: values and counts by key, changed by values, bounded by kind."""

from __future__ import annotations

from fakeapi.memory.changes import Counted, Drop, Put
from fakeapi.memory.store import EMPTY, Bound, Store

A, B, C = ("kind", "a"), ("kind", "b"), ("kind", "c")


def kept(store: Store, *keys: tuple[str, ...], session: str = "", now: float = 0.0) -> list[object]:
    """What a session remembers under these keys."""
    return [store.view(session, now).get(key) for key in keys]


def test_what_was_never_put_or_counted_is_none_and_zero():
    seen = Store().view("", 0.0)
    assert (seen.get(A), seen.count(A)) == (None, 0)


def test_changes_are_applied_in_order_and_key_by_key():
    store = Store()
    store.apply("", [Counted(A), Put(B, "old"), Counted(A), Put(B, "new")])
    assert kept(store, A, B) == [2, "new"]


def test_what_was_dropped_is_gone():
    store = Store()
    store.apply("", [Put(A, 1), Drop(A), Drop(B)])
    assert kept(store, A) == [None]


def test_a_value_is_over_at_its_moment():
    store = Store()
    store.apply("", [Put(A, 1, until=10.0)])
    assert (kept(store, A, now=9.9), kept(store, A, now=10.0)) == ([1], [None])


def test_what_was_used_longest_ago_is_forgotten_first():
    store = Store({"kind": Bound(entries=2)})
    store.apply("", [Put(A, 1), Put(B, 2)])
    store.view("", 0.0).get(A)
    store.apply("", [Put(C, 3)])
    assert kept(store, A, B, C) == [1, None, 3]


def test_bytes_are_bounded_too():
    store = Store({"kind": Bound(bytes=1500)})
    store.apply("", [Put(A, 1, size=500), Put(B, 2, size=500), Put(C, 3, size=500)])
    assert kept(store, A, B, C) == [None, 2, 3]
    assert store.weight("kind") == (2, 1400)


def test_what_alone_is_too_heavy_is_not_kept():
    store = Store({"kind": Bound(bytes=300)})
    store.apply("", [Put(A, 1, size=500)])
    assert store.weight("kind") == (0, 0)


def test_kinds_have_bounds_of_their_own():
    store = Store({"kind": Bound(entries=1)})
    store.apply("", [Put(A, 1), Put(("other", "a"), 1), Put(("other", "b"), 1)])
    assert store.weight("other")[0] == 2


def test_sessions_do_not_see_one_another():
    store = Store()
    store.apply("one", [Put(A, 1)])
    assert (kept(store, A, session="one"), kept(store, A, session="two")) == ([1], [None])


def test_a_dropped_session_remembers_nothing_and_weighs_nothing():
    store = Store()
    store.apply("one", [Put(A, 1, size=9)])
    store.apply("two", [Put(A, 2)])
    store.drop("one")
    assert (kept(store, A, session="one"), kept(store, A, session="two")) == ([None], [2])
    assert store.weight("kind")[0] == 1


def test_a_session_goes_back_to_what_it_was():
    store = Store()
    store.apply("one", [Put(A, 1, until=50.0), Counted(B)])
    before = store.snapshot("one")
    store.apply("one", [Put(A, 2), Counted(B), Put(C, 3)])
    store.restore("one", before)
    assert kept(store, A, B, C, session="one", now=49.0) == [1, 1, None]
    assert kept(store, A, session="one", now=50.0) == [None]


def test_the_empty_memory_is_empty():
    assert (EMPTY.get(A), EMPTY.count(A)) == (None, 0)
