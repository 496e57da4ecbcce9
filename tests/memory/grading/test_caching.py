"""Whether marks for the prompt cache are of any use."""

from __future__ import annotations

import pytest

from fakeapi.model import Json
from tests.memory.diary import USAGE, Diary, assistant, body, text, user
from tests.memory.grading.judging import names, verdicts

MARK = {"cache_control": {"type": "ephemeral"}}


def asked(*messages: Json, prompt: str = "You are helpful.") -> Json:
    return body(*messages, system=[{**text(prompt), **MARK}])


def billed(written: int = 0, read: int = 0) -> Json:
    return {**USAGE, "cache_creation_input_tokens": written, "cache_read_input_tokens": read}


def write(diary: Diary, request: Json, written: int = 2_000, read: int = 0, wait: float = 1.0) -> None:
    """A request that the cache had a say in."""
    state = "hit" if read else "write" if written else "miss"
    diary.wait(wait).ask(request, usage=billed(written, read), cache=state, model="claude-opus-4-8")


def test_writing_again_and_again_without_a_hit_is_reported():
    diary = Diary()
    for number in range(3):
        write(diary, asked(user("Hi"), prompt=f"It is {number} o'clock."))
    (verdict,) = verdicts(diary)
    assert (verdict.name, verdict.severity, verdict.evidence) == ("cache_never_hit", "warning", (1, 2, 3))
    assert verdict.sentence == "wrote 6,000 tokens to the prompt cache in 3 requests, and never read any"


def test_within_a_conversation_twice_is_enough():
    diary = Diary()
    write(diary, asked(user("Hi"), prompt="It is 1 o'clock."))
    write(diary, asked(user("Hi"), assistant("Hi"), user("And?"), prompt="It is 2 o'clock."))
    assert names(diary) == ["cache_never_hit"]


def test_a_single_hit_is_a_use():
    diary = Diary()
    for number in range(3):
        write(diary, asked(user("Hi")), read=2_000 if number == 2 else 0)
    assert names(diary) == []


def test_two_prompts_that_have_nothing_to_do_with_each_other_are_no_pattern():
    diary = Diary()
    write(diary, asked(user("Hi"), prompt="You are a poet."))
    write(diary, asked(user("Ho"), prompt="You are a cook."))
    assert names(diary) == []


def test_what_comes_at_the_same_time_cannot_hit():
    diary = Diary()
    for _ in range(4):
        write(diary, asked(user("Hi")), wait=0.0)
    assert names(diary) == []


def test_what_comes_after_the_cache_has_forgotten_cannot_hit():
    diary = Diary()
    for _ in range(4):
        write(diary, asked(user("Hi")), wait=4_000.0)
    assert names(diary) == []


def test_other_callers_have_caches_of_their_own():
    diary = Diary()
    for key in "abc":
        headers = {"x-api-key": f"sk-ant-{key}"}
        diary.wait(1).ask(asked(user("Hi")), headers=headers, usage=billed(2_000), cache="write")
    assert names(diary) == []


def test_prompts_too_short_for_the_cache_are_reported():
    diary = Diary()
    for number in range(2):
        write(diary, asked(user(f"Hi {number}")), written=0)
    (verdict,) = verdicts(diary)
    assert (verdict.name, verdict.evidence) == ("cache_too_short", (1, 2))
    assert "claude-opus-4-8 caches from 1,024 tokens on" in verdict.sentence


def test_one_short_prompt_is_no_pattern():
    diary = Diary()
    write(diary, asked(user("Hi")), written=0)
    assert names(diary) == []


@pytest.mark.parametrize("request_", [body(user("Hi")), asked(user("Hi"))])
def test_where_the_cache_had_no_say_nothing_is_said(request_):
    diary = Diary()
    for _ in range(4):
        diary.wait(1).ask(request_, model="claude-opus-4-8")
    assert names(diary) == []
