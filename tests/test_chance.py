"""Ids and numbers depend on the seed alone, and have the forms that were recorded."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fakeapi import chance
from fakeapi.chance import Chance

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
NOW = 1787150053.864


def decoded(identity: str) -> int:
    number = 0
    for char in identity.partition("_01")[2]:
        number = number * 58 + ALPHABET.index(char)
    return number


def test_a_request_id_is_a_uuid7_of_the_clock_in_base58():
    number = decoded(Chance(0, 1, NOW).request_id())
    assert datetime.fromtimestamp((number >> 80) / 1000, UTC).isoformat() == "2026-08-19T14:34:13.864000+00:00"
    assert (number >> 76) & 0xF == 7
    assert (number >> 62) & 0x3 == 2


def test_ids_of_2026_begin_as_recorded_ones_do():
    assert Chance(0, 1, NOW).request_id().startswith("req_011C")
    assert Chance(0, 1, NOW).message_id().startswith("msg_011C")


@given(st.integers(0, 2**128 - 1))
def test_every_number_has_22_characters_of_the_alphabet(number):
    text = chance.base58(number)
    assert re.fullmatch(f"[{ALPHABET}]{{22}}", text)
    assert decoded("x_01" + text) == number


def test_equal_seed_number_and_clock_give_equal_ids():
    assert [Chance(3, 7, NOW).identity("toolu")] == [Chance(3, 7, NOW).identity("toolu")]
    assert Chance(3, 7, NOW).request_id() == Chance(3, 7, NOW).request_id()


def test_ids_differ_between_exchanges_at_the_same_instant():
    ids = {Chance(0, number, NOW).request_id() for number in range(1000)}
    ids |= {Chance(0, number, NOW).message_id() for number in range(1000)}
    assert len({name.partition("_")[2] for name in ids}) == 2000


def test_each_id_drawn_in_one_exchange_is_new():
    luck = Chance(0, 1, NOW)
    assert luck.identity("toolu") != luck.identity("toolu")


def test_a_trace_context_has_the_recorded_form():
    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01", Chance(0, 1, NOW).trace())
    assert re.fullmatch(rb"[0-9a-f]{16}-SJC", Chance(0, 1, NOW).ray())


def test_faker_says_the_same_for_the_same_parts():
    assert chance.faker("a", 1).name() == chance.faker("a", 1).name()


def test_text_that_is_no_unicode_can_still_seed():
    assert chance.digest("\ud800") != chance.digest("\ud801")
