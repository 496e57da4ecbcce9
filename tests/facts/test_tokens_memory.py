"""What the counter remembers makes it quick, and changes no count."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import counter, marking
from fakeapi.facts.counter import Counter, Remembered, Texts
from fakeapi.facts.vocabulary import vocabulary

FAMILIES = ("classic", "2026")


@cache
def bare(family: str) -> Counter:
    """A counter that was told nothing in advance."""
    return Counter(vocabulary(family), {"words": {}, "gaps": {}, "runs": {}})


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_told_in_advance_is_what_would_be_found(family: str) -> None:
    common = counter.counter(family)
    found = bare(family)
    assert all(found.word(word) == cost for word, cost in list(common._words.items()) if word.isalpha())
    assert all(found.gap(gap) == cost for gap, cost in list(common._gaps.items()))


@given(st.text(max_size=80), st.sampled_from(FAMILIES))
def test_common_words_change_no_count(text: str, family: str) -> None:
    assert counter.counter(family).count(text) == bare(family).count(text)


@given(st.text(max_size=80), st.sampled_from(FAMILIES))
def test_the_tiles_of_a_text_sum_to_its_count(text: str, family: str) -> None:
    own = bare(family)
    cleaned = marking.clean(text, own.known)
    tiles = [tile for segment in own.segments(cleaned) for tile in segment.tiles]
    assert sum(cost for _, cost in tiles) == own.count(text)
    assert sum(size for size, _ in tiles) == len(cleaned)


def test_a_text_by_itself_and_amid_others_are_remembered_apart() -> None:
    own = bare("classic")
    assert [own.count("4"), own.count_inside("4"), own.count("4"), own.count_inside("4")] == [2, 1, 2, 1]
    assert [own.count("\x00"), own.count_inside("")] == [1, 0]


def test_when_full_all_is_forgotten_but_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "_COSTS_KEPT", 3)
    costs = Remembered(len, {"given": 5})
    for word in ("a", "bb", "ccc", "dddd"):
        assert costs[word] == len(word)
    assert dict(costs) == {"given": 5, "dddd": 4}


def test_long_strings_are_found_out_each_time_and_not_kept() -> None:
    costs = Remembered(len)
    assert costs["x" * 1000] == 1000
    assert not costs


def test_texts_are_kept_within_a_bound_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "_CHARS_KEPT", 10_000)
    texts = Texts()
    for number in range(1000):
        texts.put(f"{number}" * 100, number)
    kept = [number for number in range(1000) if texts.get(f"{number}" * 100) == number]
    assert kept == list(range(kept[0], 1000))
    assert 10 < len(kept) < 70


def test_a_text_too_long_for_the_bound_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "_CHARS_KEPT", 1000)
    texts = Texts()
    texts.put("x" * 300, 3)
    assert texts.get("x" * 300) is None


def test_a_very_long_run_is_counted_in_slices() -> None:
    assert counter.counter("classic").count("-" * 100_000) < 3000
    assert counter.counter("classic").count("ab" * 50_000) > 10_000
