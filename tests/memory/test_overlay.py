"""Changes on top of a view: seen at once, applied later, once each."""

from __future__ import annotations

from fakeapi.memory import blobs
from fakeapi.memory.changes import Counted, Drop, Put
from fakeapi.memory.overlay import Overlay
from fakeapi.memory.store import Store


def test_what_was_changed_is_seen_over_what_is_below():
    store = Store()
    store.apply("", [Put(("a",), 1), Put(("b",), 2), Counted(("c",))])
    seen = Overlay(store.view("", 0.0))
    seen.apply([Put(("a",), 3), Drop(("b",)), Counted(("c",)), Counted(("c",))])
    assert (seen.get(("a",)), seen.get(("b",)), seen.count(("c",)), seen.get(("d",))) == (3, None, 3, None)
    assert store.view("", 0.0).get(("a",)) == 1


def test_the_changes_make_below_what_was_seen_above():
    store = Store()
    store.apply("", [Put(("b",), 2)])
    seen = Overlay(store.view("", 0.0))
    seen.apply([Put(("a",), 1), Put(("a",), 2), Counted(("c",)), Counted(("c",)), Drop(("b",))])
    assert len(seen.changes) == 4
    store.apply("", seen.changes)
    view = store.view("", 0.0)
    assert (view.get(("a",)), view.get(("b",)), view.count(("c",))) == (2, None, 2)


def test_a_blob_is_kept_in_parts_of_a_few_items():
    parts = list(blobs.split([1, "x" * 40_000, *range(5)]))
    assert [(part.first, part.items) for part in parts] == [(0, 1), (1, 1), (2, 4), (6, 1)]
    assert parts[2].data == b"[0,1,2,3]"
    assert list(blobs.split([])) == []


def test_a_part_is_there_until_its_time_is_over_or_it_is_dropped():
    store = Store()
    (part,) = blobs.split(["a"])
    store.apply("", [blobs.put("one", 0, part, 10.0), blobs.put("two", 0, part, 10.0)])
    assert blobs.get(store.view("", 9.0), "one", 0) == part
    assert blobs.get(store.view("", 10.0), "one", 0) is None
    store.apply("", blobs.drop("two", range(3)))
    assert blobs.get(store.view("", 9.0), "two", 0) is None
