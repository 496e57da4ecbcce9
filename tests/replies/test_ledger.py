"""The ledger of the prompt cache by value: what is read, what is written, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import catalogue
from fakeapi.facts.points import Point, Points
from fakeapi.facts.prefixes import LONG, SHORT, Prefixes
from fakeapi.replies import ledger
from fakeapi.replies.cost import cost
from fakeapi.replies.ledger import Entry, Spread, spread_over

MINIMUM = 1000
KIND = "text"


class Memory:
    """What is held, as a store of memory would: what is over is gone."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def ask(self, prefixes: Prefixes, now: float = 0.0, ttft: float = 0.0) -> Spread:
        def held(digest: str) -> Entry | None:
            entry = self.entries.get(digest)
            return entry if entry and now < entry.until else None

        found = ledger.spread(prefixes, held, now, now + ttft)
        self.entries |= dict(found.kept)
        return found


def prompt(*lengths: int, marks: dict[int, int], rest: int = 10, kinds: dict[int, str] | None = None) -> Prefixes:
    """A prompt of blocks of these lengths; `marks`: block -> seconds."""
    points, tokens = [], 0
    for at, length in enumerate(lengths):
        tokens += length
        points.append(Point(f"b{at}", str(at), tokens, (kinds or {}).get(at, KIND), marks.get(at, 0)))
    return Prefixes(Points.of(points), tokens + rest, MINIMUM)


def counts(found: Spread) -> tuple[int, int, int, int]:
    return found.read, found.written_5m, found.written_1h, found.uncached


def test_the_first_writes_and_the_second_reads() -> None:
    memory, asked = Memory(), prompt(2000, 500, marks={1: SHORT})
    assert counts(memory.ask(asked)) == (0, 2500, 0, 10)
    assert counts(memory.ask(asked)) == (2500, 0, 0, 10)


def test_a_prompt_under_the_minimum_is_neither_read_nor_written() -> None:
    memory, asked = Memory(), prompt(500, 499, marks={1: SHORT})
    assert counts(memory.ask(asked)) == (0, 0, 0, 1009)
    assert memory.ask(asked).why == "short"
    assert not memory.entries


def test_the_minimum_itself_is_enough() -> None:
    assert counts(Memory().ask(prompt(500, 500, marks={1: SHORT}))) == (0, 1000, 0, 10)


def test_of_several_marks_those_that_are_long_enough_are_written() -> None:
    memory = Memory()
    assert counts(memory.ask(prompt(400, 700, marks={0: SHORT, 1: SHORT}))) == (0, 1100, 0, 10)
    assert list(memory.entries) == ["1"]


def test_what_is_beyond_the_last_mark_is_uncached() -> None:
    assert counts(Memory().ask(prompt(2000, 500, 300, marks={0: SHORT}))) == (0, 2000, 0, 810)


def test_a_longer_prompt_reads_what_was_written_and_writes_the_rest() -> None:
    memory = Memory()
    memory.ask(prompt(2000, marks={0: SHORT}))
    assert counts(memory.ask(prompt(2000, 40, 60, marks={2: SHORT}))) == (2000, 100, 0, 10)


def test_only_marks_are_written_so_what_differs_after_nothing_is_not_found() -> None:
    memory = Memory()
    memory.ask(prompt(2000, 40, marks={1: SHORT}))
    changed = prompt(2000, 41, marks={1: SHORT})
    changed = replace(changed, points=Points.of([changed.points[0], changed.points[1]._replace(digest="else")]))
    assert counts(memory.ask(changed)) == (0, 2041, 0, 10)


@pytest.mark.parametrize(("seconds", "ttl", "read"), [(299, SHORT, True), (300, SHORT, False), (3599, LONG, True),
                                                      (3600, LONG, False)])  # fmt: skip
def test_what_is_not_read_for_its_lifetime_is_over(seconds: int, ttl: int, read: bool) -> None:
    memory, asked = Memory(), prompt(2000, marks={0: ttl})
    memory.ask(asked)
    assert (memory.ask(asked, seconds).read > 0) is read


def test_reading_lets_it_last_as_long_again() -> None:
    memory, asked = Memory(), prompt(2000, marks={0: SHORT})
    assert [memory.ask(asked, at).read for at in (0, 200, 400, 600, 901)] == [0, 2000, 2000, 2000, 0]


def test_an_hour_stays_an_hour_when_it_is_read_for_five_minutes() -> None:
    memory = Memory()
    memory.ask(prompt(2000, marks={0: LONG}))
    assert memory.ask(prompt(2000, marks={0: SHORT}), 3000).read == 2000
    assert memory.ask(prompt(2000, marks={0: SHORT}), 6000).read == 2000


def test_what_is_used_all_the_time_is_written_down_now_and_then() -> None:
    memory, asked = Memory(), prompt(2000, marks={0: SHORT})
    assert [len(memory.ask(asked, at).kept) for at in (0.0, 0.01, 0.04, 0.06, 0.07)] == [1, 0, 0, 1, 0]


def test_marks_before_the_one_that_is_read_are_used_too() -> None:
    memory = Memory()
    both = prompt(2000, 500, marks={0: SHORT, 1: SHORT})
    for at in (0, 200, 400):
        memory.ask(both, at)
    assert memory.ask(prompt(2000, marks={0: SHORT}), 600).read == 2000


MIXED = {
    "nothing held": ((), (0, 300, 2000, 10)),
    "the hour held": ((1,), (2000, 300, 0, 10)),
    "part of the hour held": ((0,), (1500, 300, 500, 10)),
    "all held": ((2,), (2300, 0, 0, 10)),
}


@pytest.mark.parametrize(("held", "expected"), MIXED.values(), ids=MIXED)
def test_lifetimes_are_billed_between_the_hit_the_last_hour_and_the_last_mark(
    held: tuple[int, ...], expected: tuple[int, int, int, int]
) -> None:
    memory = Memory()
    for mark in held:
        memory.ask(prompt(1500, 500, 300, marks={mark: LONG}))
    assert counts(memory.ask(prompt(1500, 500, 300, marks={1: LONG, 2: SHORT}))) == expected


class Window(NamedTuple):
    """Blocks of the first request, of the second, further marks of that, and whether it reads."""

    first: int
    second: int
    marks: tuple[int, ...]
    reads: bool


WINDOWS = {
    "ten blocks, then fifteen": Window(10, 15, (), True),
    "the twentieth position is looked at": Window(15, 34, (), True),
    "the one before it is not": Window(15, 35, (), False),
    "a second mark has a window of its own": Window(15, 35, (14,), True),
    "a mark between has one, too": Window(15, 50, (33,), True),
}


@pytest.mark.parametrize("row", WINDOWS.values(), ids=WINDOWS)
def test_twenty_positions_are_looked_at_for_each_mark(row: Window) -> None:
    memory = Memory()
    memory.ask(prompt(*[200] * row.first, marks={row.first - 1: SHORT}))
    marks = dict.fromkeys((*row.marks, row.second - 1), SHORT)
    found = memory.ask(prompt(*[200] * row.second, marks=marks))
    assert found.read == (200 * row.first if row.reads else 0)
    assert found.read + found.written_5m == 200 * row.second


@pytest.mark.parametrize("kind", ["tool_use", "tool_result"])
def test_a_run_of_calls_or_of_results_is_one_position(kind: str) -> None:
    memory = Memory()
    memory.ask(prompt(2000, marks={0: SHORT}))
    kinds = dict.fromkeys(range(1, 40), kind)
    assert memory.ask(prompt(2000, *[5] * 40, marks={40: SHORT}, kinds=kinds)).read == 2000
    assert Memory().ask(prompt(2000, *[5] * 40, marks={40: SHORT})).read == 0


def test_what_is_just_being_written_cannot_be_read_yet() -> None:
    memory, asked = Memory(), prompt(2000, marks={0: SHORT})
    first = memory.ask(asked, 0.0, ttft=0.5)
    second = memory.ask(asked, 0.1, ttft=0.5)
    assert counts(first) == counts(second) == (0, 2000, 0, 10)
    assert (first.why, second.why) == ("unknown", "early")
    assert memory.ask(asked, 0.5).read == 2000


def test_a_shorter_prefix_is_read_while_a_longer_one_is_being_written() -> None:
    memory = Memory()
    memory.ask(prompt(2000, marks={0: SHORT}), 0.0)
    memory.ask(prompt(2000, 100, marks={1: SHORT}), 1.0, ttft=0.5)
    assert counts(memory.ask(prompt(2000, 100, marks={1: SHORT}), 1.1)) == (2000, 100, 0, 10)


USAGE: dict[str, Any] = {
    "input_tokens": 2510,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 7,
    "service_tier": "standard",
}


def test_a_usage_keeps_its_order_and_its_other_members() -> None:
    found = spread_over(USAGE, Spread(1000, 900, 600, 10))
    assert list(found) == list(USAGE)
    assert found == {
        **USAGE,
        "input_tokens": 10,
        "cache_creation_input_tokens": 1500,
        "cache_read_input_tokens": 1000,
        "cache_creation": {"ephemeral_5m_input_tokens": 900, "ephemeral_1h_input_tokens": 600},
    }


def test_the_last_step_of_an_answer_says_the_same() -> None:
    step = {name: USAGE[name] for name in list(USAGE)[:5]} | {"type": "message"}
    found = spread_over({**USAGE, "iterations": [step]}, Spread(1000, 1500, 0, 10))
    assert {name: found["iterations"][0][name] for name in list(USAGE)[:5]} == {
        name: found[name] for name in list(USAGE)[:5]
    }


def test_tokens_beyond_the_prompt_are_uncached() -> None:
    found = spread_over({**USAGE, "input_tokens": 3000}, Spread(1000, 1500, 0, 10))
    assert (found["input_tokens"], found["cache_read_input_tokens"]) == (500, 1000)


def test_each_part_has_its_price() -> None:
    model = catalogue.resolve("claude-opus-4-8")
    assert model is not None
    usage = {**spread_over(USAGE, Spread(1000, 900, 600, 10)), "output_tokens": 0}
    assert cost(usage, model) == pytest.approx((10 * 5 + 1000 * 0.5 + 900 * 6.25 + 600 * 10) / 1e6)


def test_a_prompt_that_is_long_by_what_it_reads_costs_the_higher_price() -> None:
    model = catalogue.resolve("claude-haiku-5-5")
    assert model is not None
    usage = {**spread_over({**USAGE, "input_tokens": 120_010}, Spread(120_000, 0, 0, 10)), "output_tokens": 0}
    assert cost(usage, model) == pytest.approx((10 * 0.5 + 120_000 * 0.05) / 1e6)


lifetimes = st.sampled_from([0, 0, SHORT, LONG])


@st.composite
def prompts(draw: st.DrawFn) -> Prefixes:
    """Prompts that share their beginnings: block n is the same in all of them."""
    blocks = [(at * 37) % 400 for at in range(draw(st.integers(1, 30)))]
    marked = draw(st.lists(st.tuples(st.integers(0, len(blocks) - 1), lifetimes), max_size=4))
    return prompt(*blocks, marks=dict(marked), rest=draw(st.integers(0, 50)))


@given(st.lists(st.tuples(prompts(), st.floats(0, 2000)), min_size=1, max_size=8))
def test_the_parts_always_sum_to_the_whole(asked: list[tuple[Prefixes, float]]) -> None:
    memory, now = Memory(), 0.0
    for each, later in asked:
        now += later
        found = memory.ask(each, now, ttft=later % 2)
        assert min(counts(found)) >= 0
        assert sum(counts(found)) == each.whole
        assert found.uncached >= each.whole - each.points[-1].tokens
        for _, entry in found.kept:
            assert entry.until == now + entry.ttl


@given(prompts())
def test_asking_again_reads_all_that_was_written(asked: Prefixes) -> None:
    memory = Memory()
    first, second = memory.ask(asked), memory.ask(asked, 1.0)
    assert second.read == first.written_5m + first.written_1h
    assert second.written_5m == second.written_1h == 0


@given(prompts())
def test_what_is_read_is_never_more_than_what_was_written(asked: Prefixes) -> None:
    assert Memory().ask(asked).read == 0
