"""One counter for texts: what it counts, how it takes them apart, where it cuts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakeapi.facts import tokens

FAMILIES = ("classic", "2026")
families = st.sampled_from(FAMILIES)
alphabet = st.sampled_from("ab The HELLO n't'sé“”’ 12.,:;!?-=(){}[]\n\t\r\x00\u00a0ß中文가🎉👨‍👩‍👧नमस्तेاب²½\ud800\ufe0f")
texts = st.one_of(st.text(max_size=60), st.text(alphabet, max_size=60))

MEASURED = [
    ("", 0, 0),
    ("hello", 1, 2),
    ("hello, world", 3, 4),
    ("4", 2, 1),
    ("C) Formicidae", 6, 7),
    ("don't", 2, 2),
    ("HELLO", 2, 4),
    ("5 apples", 5, 4),
    ("今天天气很好，我们去公园吧。", 16, 15),
    ("Привет, мир! Как дела?", 12, 12),
    ("नमस्ते दुनिया", 11, 11),
    ("x = {\n    'a': [1, 2, 3],\n}", 19, 19),
]
"""What the measured vocabularies make of a text at the beginning of a turn: text, classic, 2026."""


@pytest.mark.parametrize(("text", "classic", "new"), MEASURED)
def test_a_text_counts_as_the_measured_vocabularies_make_it(text: str, classic: int, new: int) -> None:
    assert [tokens.count(text, family) for family in FAMILIES] == [classic, new]


def test_the_newer_family_counts_about_a_third_more_in_english() -> None:
    text = "I went to the market this morning, and there was nothing left to buy but bread. So I came back home. " * 4
    assert 1.1 < tokens.count(text, "2026") / tokens.count(text, "classic") < 1.5


def test_an_unknown_family_is_a_fault_of_the_catalogue() -> None:
    with pytest.raises(KeyError):
        tokens.count("hello", "2031")


@given(texts, families)
def test_any_text_has_a_count_and_always_the_same(text: str, family: str) -> None:
    counted = tokens.count(text, family)
    assert counted >= 0
    assert tokens.count("".join(list(text)), family) == counted


@given(texts, families)
@example("e\u0301te\u0301", "classic")
@example("\r\n\x07", "classic")
@example("“\x00a’s”", "2026")
def test_the_pieces_of_a_text_concatenate_to_it(text: str, family: str) -> None:
    assert "".join(tokens.split(text, family)) == text


@given(texts, families)
def test_no_piece_is_empty_and_there_are_no_more_than_tokens(text: str, family: str) -> None:
    pieces = tokens.split(text, family)
    assert all(pieces)
    assert len(pieces) <= max(tokens.count(text, family), 1)


@given(texts, families, st.integers(-1, 40))
@example("C) Formicidae", "classic", 1)
def test_a_cut_text_is_a_beginning_within_the_limit(text: str, family: str, limit: int) -> None:
    kept = tokens.cut(text, limit, family)
    assert text.startswith(kept)
    assert tokens.count(kept, family) <= max(limit, 0)


@given(texts, families, st.integers(0, 40))
def test_a_larger_limit_never_keeps_less(text: str, family: str, limit: int) -> None:
    assert tokens.cut(text, limit + 1, family).startswith(tokens.cut(text, limit, family))


@given(texts, families)
def test_a_limit_that_suffices_keeps_everything(text: str, family: str) -> None:
    assert tokens.cut(text, tokens.count(text, family), family) == text


@pytest.mark.parametrize("family", FAMILIES)
def test_the_documented_prefill_is_continued_by_one_token(family: str) -> None:
    assert tokens.cut("C) Formicidae", 1, family) == "C"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_long_answer_is_cut_at_exactly_the_limit(family: str) -> None:
    text = "The quick brown fox jumps over the lazy dog, again and again. " * 40
    for limit in range(1, 60):
        assert tokens.count(tokens.cut(text, limit, family), family) == limit


@given(texts, texts, families)
def test_text_in_the_midst_of_other_text_adds_up(one: str, other: str, family: str) -> None:
    together = tokens.count_inside(f"{one} word {other}", family)
    apart = tokens.count_inside(f"{one} word", family) + tokens.count_inside(f"word {other}", family)
    assert together == apart - tokens.count_inside("word", family)


def test_digits_cost_by_their_number_alone() -> None:
    numbers = ("7", "42", "999", "1000", "123456")
    assert [tokens.count_inside(number, "classic") for number in numbers] == [1, 1, 1, 2, 2]


def test_control_characters_cost_nothing() -> None:
    assert tokens.count("Hel\x07lo\r\nthere", "classic") == tokens.count("Hello\nthere", "classic")


def test_curly_quotes_are_straight_ones_to_the_older_family_only() -> None:
    curly, straight = "“yes”, it’s", '"yes", it\'s'
    assert tokens.count(curly, "classic") == tokens.count(straight, "classic")
    assert tokens.count(curly, "2026") != tokens.count(straight, "2026")
