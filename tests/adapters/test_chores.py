"""The work between requests: an ASGI app does it in slices, whoever moves the clock; others are answered meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from fakeapi.adapters.asgi import App
from fakeapi.adapters.chores import Manners
from fakeapi.adapters.clock import VirtualClock
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.settings import Settings
from tests.endpoints.batching import PATH, Desk, item, items
from tests.street import BASIC, DOOR, NOW


class Street:
    """An app with a clock that tests move."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock(NOW)
        self.app = App(Settings(**{"batch_time": 60, **settings}), clock=lambda: self.clock)

    async def ask(self, method: str, path: str = PATH, body: Any = None) -> tuple[int, bytes]:
        """Status and body."""
        pieces = [body[at : at + 9_000_000] for at in range(0, len(body), 9_000_000)] if isinstance(body, bytes) else []
        pieces = pieces or [b"" if body is None else orjson.dumps(body)]
        events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        events[-1]["more_body"] = False
        headers = [(name.encode(), value.encode()) for name, value in DOOR]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
        sent: list[Any] = []

        async def receive() -> Any:
            return events.pop(0) if events else await asyncio.Event().wait()

        async def send(event: Any) -> None:
            sent.append(event)

        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(event.get("body", b"") for event in sent[1:])

    async def show(self, id: str) -> Any:
        """A batch as it is now."""
        return orjson.loads((await self.ask("GET", f"{PATH}/{id}"))[1])

    async def create(self, count: int) -> str:
        """The id of a new batch."""
        status, body = await self.ask("POST", body={"requests": items(count)})
        assert status == 200, body
        return str(orjson.loads(body)["id"])


def test_a_moved_clock_ends_a_batch_at_once():
    async def scene() -> None:
        street = Street()
        id = await street.create(3)
        assert (await street.show(id))["processing_status"] == "in_progress"
        street.clock.advance(60)
        assert (await street.show(id))["processing_status"] == "ended"

    asyncio.run(scene())


def test_a_large_batch_is_walked_while_others_are_answered():
    async def scene() -> None:
        street = Street(batch_time=0)
        id = await street.create(400)
        statuses, answered = [], 0
        while (shown := await street.show(id))["processing_status"] != "ended":
            statuses.append(shown["request_counts"]["processing"])
            answered += (await street.ask("POST", "/v1/messages", BASIC))[0] == 200
            await asyncio.sleep(0)
        assert set(statuses) == {400}
        assert len(statuses) == answered > 3
        assert (await street.ask("GET", f"{PATH}/{id}/results"))[1].count(b"\n") == 400

    asyncio.run(scene())


def test_nobody_has_to_ask_for_a_batch_to_go_on():
    async def scene() -> None:
        street = Street(batch_time=0)
        await street.create(40)
        while street.app.porter.chores:
            await asyncio.sleep(0)
        assert street.app.porter.store.weight("blob")[0] == 10

    asyncio.run(scene())


def test_a_small_batch_does_not_wait_for_a_large_one():
    async def scene() -> None:
        street = Street(batch_time=0)
        large, small = await street.create(400), await street.create(2)
        while (await street.show(small))["processing_status"] != "ended":
            await asyncio.sleep(0)
        assert (await street.show(large))["processing_status"] == "in_progress"

    asyncio.run(scene())


def test_batches_go_on_in_another_event_loop():
    street = Street(batch_time=60)
    id = asyncio.run(street.create(1))
    street.clock.advance(60)
    assert asyncio.run(street.show(id))["processing_status"] == "ended"


def test_the_body_of_a_batch_may_be_larger_than_that_of_a_message():
    text = orjson.dumps({"requests": [item(text="x" * (BODY_LIMIT + 1))]})
    street = Street()
    assert asyncio.run(street.ask("POST", body=text))[0] == 200
    assert asyncio.run(street.ask("POST", "/v1/messages", text))[0] == 413
    assert asyncio.run(street.ask("POST", f"{PATH}/x/cancel", text))[0] == 404


@pytest.mark.parametrize("most", [1, 2, 3])
def test_between_requests_no_more_is_walked_in_one_go_than_asked_for(most):
    desk = Desk(batch_time=0)
    desk.porter.chores.at_requests = 0
    desk.create(*items(6))
    for done in range(most, 7, most):
        desk.porter.chores.next(most)
        assert walked(desk) == done


def walked(desk: Desk) -> int:
    """How many items have been walked of the only batch."""
    memory = desk.porter.store.snapshot("default")
    return next(int(entry.value.done) for key, entry in memory.items() if key[0] == "batch")


def test_at_a_request_no_more_is_walked_than_the_server_wants():
    desk = Desk(batch_time=0)
    desk.porter.chores.at_requests = 2
    id = desk.create(*items(5))
    for done in (2, 4):
        desk.show(id)
        assert walked(desk) == done
    assert desk.show(id)["processing_status"] == "ended"


def test_a_request_waits_for_one_item_of_a_batch_at_most(monkeypatch):
    async def scene() -> None:
        street = Street(batch_time=0)
        await street.create(400)
        chores, items = street.app.porter.chores, 0
        walk = chores.next

        def counted(most: float) -> float | None:
            nonlocal items
            items += 1
            return walk(most)

        monkeypatch.setattr(chores, "next", counted)
        while items < 3:
            await asyncio.sleep(0)
        for _ in range(5):
            before = items
            await asyncio.create_task(street.ask("POST", "/v1/messages", BASIC))
            assert items - before <= 1

    asyncio.run(scene())


def test_who_works_rests_where_the_loop_had_something_else_to_do():
    manners = Manners()
    assert manners.rest(1.0, 1.000_005) == 0
    assert manners.rest(1.001, 1.001_2) == 0.002


@pytest.mark.parametrize(("since", "rests"), [(0.01, 0.002), (0.09, 0.002), (0.2, 0)])
def test_who_works_among_requests_rests_after_a_millisecond_of_work(since, rests):
    manners = Manners()
    manners.rest(1.0, 1.001)
    begun = 1.001 + since
    assert manners.rest(begun, begun) == 0
    assert manners.rest(begun + 0.000_4, begun + 0.000_4) == 0
    assert manners.rest(begun + 0.001_1, begun + 0.001_1) == rests
    assert manners.rest(begun + 0.004, begun + 0.004) == 0


def test_whom_nobody_asks_never_rests_and_walks_a_few_items_at_a_time():
    manners = Manners()
    assert manners.items == 1
    assert not any(manners.rest(at / 1000, at / 1000) for at in range(1000))
    assert manners.items > 1


def test_who_works_among_requests_walks_one_item_at_a_time():
    manners = Manners()
    manners.rest(0.0, 0.0)
    manners.rest(1.0, 1.001)
    seen = {manners.items}
    for at in range(90):
        manners.rest(1.001 + at / 1000, 1.001 + at / 1000)
        seen.add(manners.items)
    assert seen == {1}
