"""Playing a reply over ASGI: what is written together, what apart, cuts, and clients that leave or read slowly."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from fakeapi.adapters.clock import RealClock
from fakeapi.adapters.player import ConnectionCutError, play
from fakeapi.wire import Cut, Effect, Reply, Send, Wait

HEADERS = ((b"content-type", b"text/plain"),)


class Street:
    """The other side of ASGI: `sent` is what has come; after each message `then` may do something."""

    def __init__(self, then: Callable[[Street], Any] = lambda _: None) -> None:
        self.sent: list[Any] = []
        self.left = asyncio.Event()
        self._then = then

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        done = self._then(self)
        if done is not None:
            await done

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]


def played(effects: Iterable[Effect], then: Callable[[Street], Any] = lambda _: None) -> tuple[str, Street]:
    """The outcome of a reply, and the street that it went to."""

    async def run() -> tuple[str, Street]:
        street = Street(then)
        return await play(Reply(200, HEADERS, effects), street.receive, street.send, RealClock()), street

    return asyncio.run(run())


def test_what_has_no_wait_between_it_goes_out_as_one_chunk():
    outcome, street = played([Send(b"a"), Send(b"b")])
    assert (outcome, street.bodies) == ("completed", [b"ab"])


def test_slices_with_a_wait_of_nothing_between_them_are_written_one_by_one():
    outcome, street = played([Send(b"a"), Wait(0.0), Send(b"b"), Wait(0.0)])
    assert outcome == "completed"
    assert [body for body in street.bodies if body] == [b"a", b"b"]
    assert not street.sent[-1].get("more_body", False)


def test_headers_go_out_with_the_first_byte():
    _, street = played([Wait(0.0), Send(b"a")])
    assert [message["type"] for message in street.sent] == ["http.response.start", "http.response.body"]


def test_an_empty_body_has_headers_all_the_same():
    for effects in ([], [Wait(0.0)]):
        outcome, street = played(effects)
        assert (outcome, street.bodies) == ("completed", [b""])


def test_a_cut_that_no_server_can_make_is_an_error_that_drops_the_connection():
    with pytest.raises(ConnectionCutError):
        played([Cut()])


class Endless:
    """A reply without an end that counts how far it was played."""

    def __init__(self, *between: Effect) -> None:
        self.made = 0
        self._between = between

    def __iter__(self) -> Iterator[Effect]:
        while True:
            self.made += 1
            yield Send(b"x")
            yield from self._between


def test_a_client_that_leaves_stops_the_making_of_its_answer():
    endless = Endless(Wait(0.0))
    outcome, street = played(endless, lambda street: street.left.set() if len(street.bodies) == 3 else None)
    assert outcome == "client left"
    assert endless.made <= len(street.bodies) + 2


def test_a_client_that_leaves_during_a_long_wait_is_noticed_at_once():
    outcome, street = played(Endless(Wait(3600.0)), lambda street: street.left.set())
    assert (outcome, len(street.bodies)) == ("client left", 1)


def test_a_client_that_leaves_before_the_first_byte_gets_nothing():
    async def run() -> str:
        street = Street()
        street.left.set()
        outcome = await play(Reply(200, HEADERS, [Wait(3600.0), Send(b"a")]), street.receive, street.send, RealClock())
        assert street.sent == []
        return outcome

    assert asyncio.run(run()) == "client left"


def test_what_a_client_left_behind_is_freed():
    async def run() -> weakref.ref[Any]:
        street = Street(lambda street: street.left.set())
        effects = iter(Endless(Wait(3600.0)))
        await play(Reply(200, HEADERS, effects), street.receive, street.send, RealClock())
        return weakref.ref(effects)

    left_behind = asyncio.run(run())
    gc.collect()
    assert left_behind() is None


def test_a_slow_reader_gets_an_answer_made_no_faster_than_it_reads():
    async def run() -> None:
        endless, read = Endless(Wait(0.0)), asyncio.Semaphore(0)
        street = Street(lambda _: read.acquire())
        playing = asyncio.ensure_future(play(Reply(200, HEADERS, endless), street.receive, street.send, RealClock()))
        for _ in range(5):
            read.release()
            await _settled()
        assert len(street.sent) == 6
        assert endless.made <= 6
        street.left.set()
        assert await playing == "client left"

    asyncio.run(run())


async def _settled() -> None:
    """All that can go on without anything new from outside has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_server_that_stops_is_not_a_client_that_left():
    async def run() -> None:
        street = Street()
        playing = asyncio.ensure_future(
            play(Reply(200, HEADERS, Endless(Wait(3600.0))), street.receive, street.send, RealClock())
        )
        await _settled()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing

    asyncio.run(run())
