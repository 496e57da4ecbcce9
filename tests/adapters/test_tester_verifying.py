"""What a test says should come, and what it waits for, the same on all three ways."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

import fakeapi
from fakeapi.adapters.tester.tester import Tester
from tests.adapters.desk import ASKED, ask, client_of, reached


def test_assertions_hold(tester):
    tester.reply("Hi")
    tester.assert_not_called()
    ask(tester, "Hello")
    tester.assert_called_once()
    ask(tester, "Goodbye")
    tester.assert_called()
    tester.assert_called(2)
    tester.assert_called_once(text="Hello")
    tester.assert_not_called(text="Nothing")
    tester.assert_order("Hello", {"text": "Goodbye"})


def test_an_assertion_that_does_not_hold_says_what_came_instead(tester):
    ask(tester, "Hello")
    with pytest.raises(AssertionError, match="exactly 1 request: text 'Goodby'") as caught:
        tester.assert_called_once(text="Goodby")
    assert "came 'Hello'" in str(caught.value)
    with pytest.raises(AssertionError):
        tester.assert_not_called()
    with pytest.raises(AssertionError, match="in this order"):
        tester.assert_order("Goodbye", "Hello")


def test_the_retries_of_an_sdk_may_count_or_not(tester):
    tester.reply("Hi")
    tester.fail(529, times=1, headers={"retry-after-ms": "1"})
    assert ask(tester, "Hello", retries=2) == "Hi"
    tester.assert_called(2)
    tester.assert_called_once(retries=False)
    assert [call.attempt for call in tester.calls] == [0, 1]


def test_unused_rules_and_unmatched_requests_are_found(tester):
    rule = tester.on("never").reply("x")
    with pytest.raises(AssertionError, match=re.escape(rule)):
        tester.assert_all_used()
    tester.change(unmatched="error")
    assert ask(tester, "nevr").startswith("400")
    with pytest.raises(AssertionError, match="no rule matched #1 'nevr'"):
        tester.assert_none_unmatched()
    assert tester.unmatched[0]["diagnosis"]["nearest"][0]["rule"] == rule
    ask(tester, "never")
    tester.assert_all_used()


def test_a_client_that_copes_is_resilient(tester):
    tester.reply("Hi")
    tester.fail(529, times=1, headers={"retry-after-ms": "1"})
    assert ask(tester, "Hello", retries=2) == "Hi"
    tester.assert_resilient()


def test_a_client_that_does_not_cope_is_not(tester):
    tester.fail(401)
    for _ in range(3):
        ask(tester, "Hello")
    with pytest.raises(AssertionError, match="failure non_retryable_retried"):
        tester.assert_resilient()
    tester.assert_resilient("retry_after_ignored")
    assert [verdict["name"] for verdict in tester.verdicts("non_retryable_retried")] == ["non_retryable_retried"]


def test_one_waits_for_what_a_thread_asks(tester):
    tester.reply("Hi")
    thread = threading.Thread(target=lambda: [ask(tester, str(number)) for number in range(3)])
    thread.start()
    calls = tester.wait_for(n=3, timeout=30)
    assert [call.status for call in calls] == [200, 200, 200]
    tester.wait_for(text="2")
    thread.join()


def test_waiting_in_vain_says_so(tester):
    ask(tester, "Hello")
    with pytest.raises(AssertionError, match="at least 2 requests"):
        tester.wait_for(n=2, timeout=0.05)


def test_tasks_go_on_while_one_waits(tester):
    async def run() -> list[str]:
        async with tester.async_client() as client:
            asking = [client.messages.create(**ASKED, messages=[{"role": "user", "content": str(n)}]) for n in range(3)]
            waiting = asyncio.ensure_future(tester.wait_for_async(n=3, timeout=30))
            await asyncio.gather(*asking)
            return sorted(call.text for call in await waiting)

    assert asyncio.run(run()) == ["0", "1", "2"]


def test_tasks_of_trio_go_on_while_one_waits():
    with reached("in_process") as tester:
        waited: list[int] = []

        async def wait() -> None:
            waited.append(len(await tester.wait_for_async(n=2, timeout=30)))

        async def run() -> None:
            async with tester.async_client() as client, trio.open_nursery() as nursery:
                nursery.start_soon(wait)
                for _ in range(2):
                    await client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])

        trio.run(run)
    assert waited == [2]


def test_waiting_in_async_code_fails_at_the_line_of_the_test(tester):
    with pytest.raises(fakeapi.FakeapiError, match=r"test_tester_verifying\.py:\d+: verify: timeout"):
        asyncio.run(tester.wait_for_async(timeout=-1))
    with pytest.raises(AssertionError, match="at least 1 request"):
        asyncio.run(tester.wait_for_async(timeout=0.01))


def test_a_test_is_read_while_others_ask(tester):
    tester.reply("Hi")
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(_ask_often, tester) for _ in range(4)]
        while not all(each.done() for each in asking):
            assert all(call.number for call in tester.calls)
            tester.assert_not_called(text="nothing of the kind")
            tester.tell(5)
        for each in asking:
            each.result()
    assert {call.outcome for call in tester.wait_for(n=120)} == {"completed"}


def _ask_often(tester: Tester) -> None:
    with client_of(tester, max_retries=0) as client:
        for number in range(30):
            asked: Any = {**ASKED, "messages": [{"role": "user", "content": f"number {number}"}]}
            with client.messages.stream(**asked) as stream:
                stream.get_final_message()
