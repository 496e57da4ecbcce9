"""Playing a reply to a reader that pulls: bytes, waits, cuts, impatience, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from fakeapi.adapters.clock import VirtualClock
from fakeapi.adapters.playback import Playback
from fakeapi.wire import Cut, Effect, HeaderLines, Reply, Send, Wait


class Errors:
    """The errors of a client library."""

    class RemoteProtocolError(Exception):
        pass

    class ReadTimeout(Exception):  # noqa: N818
        pass


class Reader:
    """Reads a reply made of these effects, and keeps what it was told."""

    def __init__(self, effects: Iterable[Effect], patience: float | None = None, headers: HeaderLines = ()) -> None:
        self.clock = VirtualClock(start=0.0)
        self.outcomes: list[str] = []
        self.playback = Playback(Reply(200, headers, effects), self.clock, patience, Errors, self.outcomes.append)

    def read(self) -> tuple[bytes, float]:
        """The next bytes, and when they came."""
        return self.playback.read(), self.clock.now

    def read_all(self) -> list[bytes]:
        return list(iter(self.playback.read, b""))


def test_bytes_come_one_effect_at_a_time_and_the_end_is_empty():
    reader = Reader([Send(b"a"), Send(b""), Send(b"bc")])
    assert [reader.read()[0] for _ in range(4)] == [b"a", b"bc", b"", b""]
    assert reader.outcomes == ["completed"]


def test_waits_pass_on_the_clock():
    reader = Reader([Send(b"a"), Wait(30), Send(b"b"), Wait(1), Wait(0.5), Send(b"c")])
    assert [reader.read() for _ in range(3)] == [(b"a", 0.0), (b"b", 30.0), (b"c", 31.5)]


def test_the_async_reader_gets_the_same():
    reader = Reader([Send(b"a"), Wait(30), Send(b"b")])

    async def scene() -> list[bytes]:
        return [await reader.playback.read_async() for _ in range(3)]

    assert asyncio.run(scene()) == [b"a", b"b", b""]
    assert reader.clock.now == 30.0
    assert reader.outcomes == ["completed"]


def test_a_slow_reader_finds_ready_what_was_due_meanwhile():
    reader = Reader([Send(b"a"), Wait(2), Send(b"b"), Wait(5), Send(b"c")])
    reader.read()
    reader.clock.advance(6)
    assert reader.read() == (b"b", 6.0)
    assert reader.read() == (b"c", 7.0)


def test_nothing_is_made_before_it_is_asked_for():
    made: list[int] = []

    def effects() -> Iterator[Effect]:
        for number in range(3):
            made.append(number)
            yield Send(b"x")

    reader = Reader(effects())
    assert made == []
    reader.read()
    assert made == [0]


@pytest.mark.parametrize(
    ("headers", "sent", "sentence"),
    [
        ((), b"", "Server disconnected without sending a response."),
        ((), b"12345", "peer closed connection without sending complete message body (incomplete chunked read)"),
        (
            ((b"Content-Length", b"9"),),
            b"12345",
            "peer closed connection without sending complete message body (received 5 bytes, expected 9)",
        ),
    ],
)
def test_a_cut_is_told_in_the_words_of_a_real_transport(headers, sent, sentence):
    reader = Reader([Send(sent), Cut(), Send(b"never")], headers=headers)
    assert sent == b"" or reader.read()[0] == sent
    with pytest.raises(Errors.RemoteProtocolError) as fault:
        reader.read()
    assert str(fault.value) == sentence
    assert reader.outcomes == ["cut"]
    assert reader.read()[0] == b""


def test_a_cut_after_the_announced_bytes_is_not_noticed():
    reader = Reader([Send(b"12345"), Cut()], headers=((b"content-length", b"5"),))
    assert reader.read_all() == [b"12345"]
    assert reader.outcomes == ["cut"]


def test_a_reader_gives_up_when_its_patience_ends():
    reader = Reader([Send(b"a"), Wait(9), Send(b"b"), Wait(6), Wait(6), Send(b"c")], patience=10)
    assert [reader.read(), reader.read()] == [(b"a", 0.0), (b"b", 9.0)]
    with pytest.raises(Errors.ReadTimeout):
        reader.read()
    assert reader.clock.now == 19.0
    assert reader.outcomes == ["client left"]


def test_what_comes_in_the_last_moment_comes_in_time():
    reader = Reader([Wait(10), Send(b"a")], patience=10)
    assert reader.read() == (b"a", 10.0)


class Watched:
    """Effects without end that notice when they are stopped."""

    def __init__(self) -> None:
        self.stopped = False

    def effects(self) -> Iterator[Effect]:
        try:
            while True:
                yield Send(b"x")
                yield Wait(1.0)
        finally:
            self.stopped = True


def test_leaving_stops_the_making_of_the_reply():
    watched = Watched()
    reader = Reader(watched.effects())
    reader.read()
    assert not watched.stopped
    reader.playback.leave()
    reader.playback.leave()
    assert watched.stopped
    assert reader.outcomes == ["client left"]
    assert reader.read()[0] == b""


def test_who_has_had_everything_did_not_leave():
    reader = Reader([Send(b"a"), Wait(1.0), Send(b"")])
    reader.read()
    reader.playback.leave()
    assert reader.outcomes == ["completed"]
    assert reader.clock.now == 0.0


def test_a_reader_that_is_cancelled_leaves():
    watched = Watched()
    reader = Reader(watched.effects())

    async def scene() -> None:
        await reader.playback.read_async()
        waiting = asyncio.create_task(reader.playback.read_async())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(scene())
    assert watched.stopped
    assert reader.outcomes == ["client left"]


def test_a_bug_in_the_making_is_seen_and_counts_as_a_cut():
    def effects() -> Iterator[Effect]:
        yield Send(b"a")
        raise ZeroDivisionError

    reader: Any = Reader(effects())
    reader.read()
    with pytest.raises(ZeroDivisionError):
        reader.read()
    assert reader.outcomes == ["cut"]
