"""Pace is data: waits between sends, tested by value."""

from __future__ import annotations

import pytest

from fakeapi import chance
from fakeapi.encoding.pacing import INSTANT, PING_SECONDS, Pace, pace, pace_whole, parse
from fakeapi.encoding.sse import PING_BYTES, Frame
from fakeapi.errors import FakeapiError
from fakeapi.wire import Send, Wait

FRAMES = [
    Frame(b"start", "message_start", 0),
    Frame(b"a", "content_block_delta", 2),
    Frame(b"b", "content_block_delta", 4),
]


def paced(speed: Pace, seed: int = 0) -> list[object]:
    return list(pace(FRAMES, speed, chance.draws("test", seed)))


def test_instant_waits_for_nothing():
    assert paced(INSTANT) == [Send(b"start"), Send(b"a"), Send(b"b")]


def test_the_first_token_waits_for_ttft_and_each_for_its_tokens():
    assert paced(Pace(tokens_per_second=2, ttft=0.5)) == [
        Send(b"start"),
        Wait(1.5),
        Send(b"a"),
        Wait(2.0),
        Send(b"b"),
    ]


def test_each_event_can_be_written_by_itself():
    assert paced(Pace(each=True)) == [Wait(0.0), Send(b"start"), Wait(0.0), Send(b"a"), Wait(0.0), Send(b"b")]


def test_jitter_is_drawn_from_the_seed_and_stays_within_its_share():
    speed = Pace(tokens_per_second=1, jitter=0.5)
    waits = [effect.seconds for effect in paced(speed) if isinstance(effect, Wait)]
    assert paced(speed) == paced(speed)
    assert paced(speed) != paced(speed, seed=1)
    assert 1 <= waits[0] <= 3
    assert 2 <= waits[1] <= 6


def test_a_long_silence_is_filled_with_pings():
    effects = paced(Pace(ttft=25))
    assert effects[1:6] == [Wait(PING_SECONDS), Send(PING_BYTES), Wait(PING_SECONDS), Send(PING_BYTES), Wait(5.0)]


def test_an_answer_that_is_not_streamed_comes_when_its_last_token_would():
    assert list(pace_whole(b"{}", 10, Pace(tokens_per_second=5, ttft=1), chance.draws(0))) == [Wait(3.0), Send(b"{}")]


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("instant", INSTANT),
        ("tokens_per_second=40,ttft=0.4,jitter=0.1", Pace(40, 0.4, 0.1)),
        (" ttft = .5 ", Pace(ttft=0.5)),
    ],
)
def test_a_pace_is_read_from_its_text(text, speed):
    assert parse(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "ttft", "ttft=-1", "ttft=1e3", "jitter=2", "tokens_per_second=x", "a=1"])
def test_what_is_no_pace_is_refused_with_its_source(text):
    with pytest.raises(FakeapiError) as fault:
        parse(text, "--pace")
    assert str(fault.value).startswith("--pace: ")
