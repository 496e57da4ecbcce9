"""Verifications that wait: hundreds at once, without a thread for each, and nobody else has to wait for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from json import dumps
from typing import Any, TypeAlias

import httpx2

import fakeapi
from fakeapi.adapters.admin.operations import Admin, Told
from fakeapi.adapters.admin.watching import Watch
from fakeapi.adapters.porter import Porter, Visit
from fakeapi.endpoints import reviewing
from fakeapi.memory.journal import Journal
from fakeapi.settings import Settings
from fakeapi.wire import Request
from tests.adapters.admin_calls import Asker
from tests.street import BASIC, DOOR

Waiting: TypeAlias = "asyncio.Task[httpx2.Response]"
MANY = httpx2.Limits(max_connections=300)


def told(text: str) -> Any:
    """A request for a message."""
    return {**BASIC, "messages": [{"role": "user", "content": text}]}


def client(url: str) -> httpx2.AsyncClient:
    """A client that may have hundreds of requests under way."""
    return httpx2.AsyncClient(base_url=url, limits=MANY, timeout=60, trust_env=False, headers=dict(DOOR))


async def waiting(server: fakeapi.Server, http: httpx2.AsyncClient, given: Any, number: int) -> list[Waiting]:
    """So many verifications that wait, all of them under way."""
    tasks = [asyncio.ensure_future(http.post("/_fakeapi/verify", json=given)) for _ in range(number)]
    await until(lambda: listeners(server) == number)
    assert not [task for task in tasks if task.done()]
    return tasks


def listeners(server: fakeapi.Server) -> int:
    """How many wait for something to happen in the default session."""
    return len(server._app.porter.bell._ears.get("default", ()))


async def until(holds: Callable[[], bool]) -> None:
    """Let others go on until this holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_two_hundred_wait_in_one_session_and_nobody_waits_for_them():
    async def run(server: fakeapi.Server) -> None:
        async with client(server.url) as http:
            threads = threading.active_count()
            tasks = await waiting(server, http, {"match": {"text": "go"}, "at_least": 2, "timeout": 60}, 200)
            assert threading.active_count() - threads < 50
            began = time.monotonic()
            for number in range(20):
                assert (await http.post("/v1/messages", json=told(f"else {number}"))).status_code == 200
                assert (await http.get("/_fakeapi/journal?limit=1")).status_code == 200
            assert time.monotonic() - began < 10
            for _ in range(2):
                assert not [task for task in tasks if task.done()]
                await http.post("/v1/messages", json=told("go"))
            results = [(await task).json() for task in tasks]
        assert [len(result["matched"]) for result in results] == [2] * 200
        assert all(result["passed"] for result in results)

    with fakeapi.Server() as server:
        asyncio.run(run(server))


def test_those_of_other_sessions_hear_nothing():
    async def run(server: fakeapi.Server) -> None:
        async with client(server.url) as http:
            (task,) = await waiting(server, http, {"timeout": 0.5}, 1)
            await http.post("/s/other/v1/messages", json=told("x"))
            result = (await task).json()
        assert (result["passed"], result["came"]) == (False, "no requests of 0")

    with fakeapi.Server() as server:
        asyncio.run(run(server))


def test_whoever_goes_away_is_not_waited_for_any_more():
    async def run(server: fakeapi.Server) -> None:
        async with client(server.url) as http:
            tasks = await waiting(server, http, {"timeout": 600}, 20)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: not listeners(server))

    with fakeapi.Server() as server:
        asyncio.run(run(server))


def test_a_server_stops_while_some_wait():
    async def run(server: fakeapi.Server) -> None:
        async with client(server.url) as http:
            tasks = await waiting(server, http, {"timeout": 600}, 5)
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 5
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, httpx2.TransportError) for end in ends)

    with fakeapi.Server() as server:
        asyncio.run(run(server))


def test_one_waits_for_answers_that_are_over_or_for_requests_that_have_come():
    porter = Porter(Settings())
    visit = come(porter)
    assert look(porter, {}).as_json()["passed"]
    assert not look(porter, {"over": True}).as_json()["passed"]
    porter.close(visit, "completed")
    assert look(porter, {"over": True}).as_json()["passed"]


def test_what_comes_while_one_waits_is_heard_at_once():
    porter = Porter(Settings())
    for given, arrive in (({"timeout": 60, "over": True}, come_and_go), ({"timeout": 60}, come)):
        Admin(porter).answer("DELETE", "/_fakeapi/journal")
        timer = threading.Timer(0.2, arrive, [porter])
        timer.start()
        began = time.monotonic()
        assert begun(porter, given).wait()["passed"]
        assert time.monotonic() - began < 10
        timer.join()


def test_in_vain_the_report_shows_all_that_came():
    porter = Porter(Settings())
    timer = threading.Timer(0.1, come_and_go, [porter])
    timer.start()
    result = begun(porter, {"match": {"text": "Goodbye"}, "timeout": 0.5}).wait()
    timer.join()
    assert not result["passed"]
    assert "came 'Hello, Claude'" in result["report"]


def test_a_pattern_looks_at_each_exchange_once(monkeypatch):
    looked: list[int] = []
    lacks = reviewing.lacks

    def counting(rule: Any, entry: Any, models: Any) -> Any:
        looked.append(entry.number)
        return lacks(rule, entry, models)

    monkeypatch.setattr(reviewing, "lacks", counting)
    porter = Porter(Settings())
    for _ in range(5):
        come_and_go(porter)
    watch = begun(porter, {"match": {"text": "Hello"}, "count": 9})
    for _ in range(3):
        watch.result()
    assert looked == [1, 2, 3, 4, 5]


def come(porter: Porter) -> Visit:
    """A request has come, and its answer is under way."""
    return porter.answer(Request("POST", "/v1/messages", "", dict(DOOR), _body(BASIC)))


def come_and_go(porter: Porter) -> None:
    """A request has come and was answered."""
    porter.close(come(porter), "completed")


def _body(value: Any) -> bytes:
    return dumps(value).encode()


def begun(porter: Porter, given: Any) -> Watch:
    """A verification that hasn't looked yet."""
    told: Told = Admin(porter).begin("POST", "/_fakeapi/verify", body=_body(given))
    assert isinstance(told.content, Watch), told
    return told.content


def look(porter: Porter, given: Any) -> Any:
    """What a verification says now."""
    return begun(porter, given).result()


def test_the_journal_of_a_bell_that_nobody_hears_waits_as_ever(monkeypatch):
    written: list[int] = []
    write_down = Journal.write_down

    def counting(journal: Journal) -> None:
        written.append(1)
        write_down(journal)

    monkeypatch.setattr(Journal, "write_down", counting)
    porter = Porter(Settings())
    for _ in range(10):
        come_and_go(porter)
    assert written == []


def test_a_client_of_any_language_waits_with_one_request():
    with fakeapi.Server() as server:
        asker = Asker(server.url)
        other = Asker(server.url)
        timer = threading.Timer(0.2, other.say, ["Hello"])
        timer.start()
        assert asker.json("POST", "/_fakeapi/verify", {"match": {"text": "hello"}, "timeout": 30, "over": True})[
            "passed"
        ]
        timer.join()
        for each in (asker, other):
            each.close()
