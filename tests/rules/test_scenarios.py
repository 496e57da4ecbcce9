"""Scenarios: turns x attempts, and that a repetition never eats the next answer."""

from __future__ import annotations

import pytest

from fakeapi.model import Rule
from fakeapi.rules import scenarios
from fakeapi.rules.scenarios import State, Step
from tests.rules.written import rules

AGENT = """
- name: agent
  match: fix the bug
  respond:
    - {tool_use: {name: read_file, input: {path: a.py}}}
    - attempts: [{error: 529}, {text: Almost., fault: cut}, "Fixed."]
    - "Done."
"""


class Playing:
    """A scenario as one session plays it."""

    def __init__(self, text: str) -> None:
        (self.rule,) = rules(text)
        self.state: State | None = None

    def step(self, digest: str, retry: int = 0, broken: bool = False) -> Step:
        step = scenarios.step(self.rule, self.state, retry, digest, broken)
        if not step.why:
            self.state = step.state
        return step

    def ask(self, digest: str, retry: int = 0, broken: bool = False) -> str:
        """What is said: a text, an error's status, a tool's name, or why nothing is."""
        step = self.step(digest, retry, broken)
        return said(step) if step.response else step.why


def said(step: Step) -> str:
    assert step.response is not None
    if step.response.error:
        return str(step.response.error["status"])
    (value,) = (value for part in step.response.parts for value in part.values())
    return str(value["name"] if isinstance(value, dict) else value)


def turns(*texts: str, **more: object) -> str:
    extra = "".join(f", {name}: {str(value).lower()}" for name, value in more.items())
    return f"- {{match: a, respond: [{', '.join(texts)}]{extra}}}"


def test_each_new_request_takes_the_next_turn():
    play = Playing(turns("one", "two", "three"))
    assert [play.ask(digest) for digest in "abc"] == ["one", "two", "three"]


def test_equal_requests_take_the_next_turn_too_if_nothing_was_broken():
    play = Playing(turns("one", "two"))
    assert [play.ask("a"), play.ask("a")] == ["one", "two"]


def test_a_retry_takes_the_next_attempt_of_its_turn():
    play = Playing(AGENT)
    assert play.ask("a") == "read_file"
    assert [play.ask("b", retry) for retry in (0, 1, 2)] == ["529", "Almost.", "Fixed."]
    assert play.ask("c") == "Done."


def test_the_last_attempt_stays():
    play = Playing("- {match: a, respond: [{attempts: [{error: 529}, one]}, two]}")
    assert [play.ask("a", retry) for retry in (0, 1, 2, 3)] == ["529", "one", "one", "one"]
    assert play.ask("b") == "two"


def test_a_turn_without_attempts_answers_every_retry_alike():
    play = Playing(turns("{error: 529}", "two"))
    assert [play.ask("a", retry) for retry in (0, 1, 2)] == ["529", "529", "529"]
    assert play.ask("b") == "two"


def test_the_programs_own_retry_after_a_broken_answer_takes_the_next_attempt():
    play = Playing(AGENT)
    play.ask("a")
    assert [play.ask("b") for _ in range(3)] == ["529", "Almost.", "Fixed."]
    assert play.ask("b") == "Done."


def test_another_request_after_a_broken_answer_takes_the_next_turn():
    play = Playing(turns("{text: one, fault: cut}", "two"))
    assert [play.ask("a"), play.ask("b")] == ["one", "two"]


def test_a_fault_that_spares_the_answer_breaks_nothing():
    play = Playing(turns("{text: one, fault: slice}", "two"))
    assert [play.ask("a"), play.ask("a")] == ["one", "two"]


def test_an_answer_that_the_request_itself_has_broken_is_repeated():
    play = Playing(turns("one", "two"))
    assert [play.ask("a", broken=True), play.ask("a"), play.ask("a")] == ["one", "one", "two"]


def test_two_parallel_requests_never_take_the_same_turn():
    play = Playing("- {match: a, respond: [{attempts: [{error: 529}, one]}, {attempts: [{error: 503}, two]}]}")
    assert [play.ask("a"), play.ask("b")] == ["529", "503"]
    assert [play.ask("b", 1), play.ask("a", 1)] == ["two", "one"]


def test_equal_parallel_retries_get_one_turn_each():
    play = Playing("- {match: a, respond: [{attempts: [{error: 529}, one]}, {attempts: [{error: 503}, two]}]}")
    first, second = play.ask("a"), play.ask("a", 0)
    assert (first, second) == ("529", "one")


def test_a_retry_whose_first_try_never_came_this_far_takes_a_turn():
    play = Playing(turns("one", "two", "three"))
    assert [play.ask("a", 1), play.ask("b", 2)] == ["one", "two"]


def test_a_retry_with_another_body_repeats_the_turn_that_broke():
    play = Playing("- {match: a, respond: [{attempts: [{error: 529}, one]}, two]}")
    assert [play.ask("a"), play.ask("changed", 1), play.ask("b")] == ["529", "one", "two"]


def test_a_script_that_is_over_ends_loudly():
    play = Playing(turns("one", "two"))
    assert [play.ask(digest) for digest in "abcd"] == ["one", "two", "ended", "ended"]


def test_a_retry_of_the_last_turn_is_answered_when_the_script_is_over():
    play = Playing(turns("one"))
    assert [play.ask("a"), play.ask("b"), play.ask("a", 1)] == ["one", "ended", "one"]


def test_at_end_repeat_gives_the_last_turn_again():
    play = Playing(turns("one", "two", at_end="repeat"))
    assert [play.ask(digest) for digest in "abcd"] == ["one", "two", "two", "two"]


def test_a_loop_begins_again():
    play = Playing(turns("one", "two", loop=True))
    assert [play.ask(digest) for digest in "abcde"] == ["one", "two", "one", "two", "one"]


def test_a_counted_loop_ends():
    play = Playing(turns("one", "two", loop=2))
    assert [play.ask(digest) for digest in "abcde"] == ["one", "two", "one", "two", "ended"]


def test_the_alarm_rings_when_an_agent_asks_for_more_turns():
    play = Playing(turns("one", loop=True, alarm=3))
    assert [play.ask(digest) for digest in "abcd"] == ["one", "one", "one", "alarm"]


def test_the_alarm_of_a_plain_answer_rings_too():
    play = Playing("- {match: a, respond: one, alarm: 2}")
    assert [play.ask(digest) for digest in "abc"] == ["one", "one", "alarm"]


def test_retries_do_not_ring_the_alarm():
    play = Playing(turns("{error: 529}", loop=True, alarm=1))
    assert [play.ask("a", retry) for retry in range(5)] == ["529"] * 5


def test_attempts_without_turns_begin_anew_with_each_request():
    play = Playing("- {match: a, respond: {attempts: [{error: 529}, one]}}")
    assert [play.ask("a"), play.ask("a", 1), play.ask("b"), play.ask("b", 1)] == ["529", "one", "529", "one"]


def test_a_scenario_that_was_rewritten_begins_anew():
    play = Playing(turns("one", "two"))
    play.ask("a")
    (play.rule,) = rules(turns("uno", "due"))
    assert play.ask("b") == "uno"


def test_the_state_is_bounded():
    play = Playing(turns("one", loop=True))
    for number in range(200):
        play.ask(str(number))
    assert play.state is not None
    assert len(play.state.given) <= 32
    assert play.state.taken == 200


def test_the_log_learns_turn_and_attempt():
    play = Playing(AGENT)
    play.ask("a")
    play.ask("b")
    step = play.step("b", 1)
    assert (step.turn, step.attempt) == (2, 2)


@pytest.fixture
def agent() -> Rule:
    return rules(AGENT)[0]


def test_the_turns_are_told_in_a_line(agent):
    assert scenarios.told(agent) == (
        "1. tool_use read_file; 2. error 529, then 'Almost.' + fault cut, then 'Fixed.'; 3. 'Done.'"
    )
