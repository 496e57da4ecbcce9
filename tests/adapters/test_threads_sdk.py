"""The official Python SDK's threads and tool runner over the in-process transport: ten turns, every thread error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import beta_tool

from fakeapi.adapters.clock import VirtualClock
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.transport import Transport

ASKED: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 300, "system": "You know bridges. " * 400}
CACHED: Any = {"type": "ephemeral"}


class Way:
    """A server, a client of it, and what the server says happened."""

    def __init__(self) -> None:
        self.log: list[Exchange] = []
        self.clock = VirtualClock()
        self.transport = Transport(Settings(thread_ttl=300), clock=self.clock, log=self.log.append)
        http = httpx2.Client(transport=self.transport)
        self.sdk = anthropic.Anthropic(api_key="k", base_url="http://fakeapi", http_client=http, max_retries=0)

    def statuses(self) -> list[int]:
        """Those of the exchanges since the last time."""
        found = [exchange.status for exchange in self.log]
        self.log.clear()
        return found


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def streamed(thread: Any, text: str) -> Any:
    with thread.stream(user(text)) as stream:
        return stream.get_final_message()


def plain(thread: Any, text: str) -> Any:
    return thread.send(user(text))


def alternating(thread: Any, text: str) -> Any:
    return (streamed if len(thread.messages) % 4 else plain)(thread, text)


@pytest.mark.parametrize("turn", [plain, streamed, alternating])
def test_a_thread_of_the_sdk_holds_ten_turns(turn: Callable[[Any, str], Any]) -> None:
    way = Way()
    thread = way.sdk.beta.messages.thread(**ASKED, cache_control=CACHED)
    read = 0
    for number in range(10):
        message = turn(thread, f"Question {number}")
        usage = message.usage
        assert usage.cache_read_input_tokens == read
        read += usage.cache_creation_input_tokens
        assert thread.previous_message_id == message.id
    assert way.statuses() == [200] * 10
    assert len(thread.messages) == 20


def test_a_thread_of_the_async_client_holds_a_conversation() -> None:
    async def talk() -> list[int]:
        log: list[Exchange] = []
        http = httpx2.AsyncClient(transport=Transport(log=log.append))
        async with anthropic.AsyncAnthropic(api_key="k", base_url="http://fakeapi", http_client=http) as sdk:
            thread = sdk.beta.messages.thread(**ASKED)
            for number in range(5):
                await thread.send(user(f"Question {number}"))
                async with thread.stream(user("And?")) as stream:
                    await stream.get_final_message()
        return [exchange.status for exchange in log]

    assert asyncio.run(talk()) == [200] * 10


@beta_tool
def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"Sunny in {city}"


@pytest.mark.parametrize("stream", [False, True])
def test_the_tool_runner_goes_through_a_thread(stream: bool) -> None:
    way = Way()
    runner: Any = way.sdk.beta.messages.tool_runner(
        model="claude-opus-5-5",
        max_tokens=300,
        tools=[get_weather],
        messages=[user("What is the weather in Paris?")],
        stream=stream,
    )
    reasons = [(each.get_final_message() if stream else each).stop_reason for each in runner]
    assert reasons == ["tool_use", "end_turn"]
    assert way.statuses() == [200, 200]


def begun(way: Way) -> Any:
    """A thread with one answer."""
    thread = way.sdk.beta.messages.thread(**ASKED)
    plain(thread, "Hello")
    way.statuses()
    return thread


@pytest.mark.parametrize("turn", [plain, streamed])
def test_a_thread_that_is_over_is_replayed(turn: Callable[[Any, str], Any]) -> None:
    way = Way()
    thread = begun(way)
    way.clock.advance(301)
    turn(thread, "Still there?")
    turn(thread, "And now?")
    assert way.statuses() == [404, 200, 200]


@pytest.mark.parametrize("turn", [plain, streamed])
def test_a_thread_that_somebody_else_went_on_with_is_replayed(turn: Callable[[Any, str], Any]) -> None:
    way = Way()
    thread = begun(way)
    way.sdk.beta.messages.create(
        model=ASKED["model"],
        max_tokens=10,
        messages=[user("Me first")],
        thread={"type": "continue", "previous_message_id": thread.previous_message_id},
        betas=["message-threads-2026-08-12"],
    )
    way.statuses()
    turn(thread, "Still there?")
    assert way.statuses() == [400, 200]


def test_a_thread_that_is_being_continued_is_replayed() -> None:
    way = Way()
    thread = begun(way)
    running = way.sdk.beta.messages.create(
        model=ASKED["model"],
        max_tokens=10,
        messages=[user("Me first")],
        thread={"type": "continue", "previous_message_id": thread.previous_message_id},
        betas=["message-threads-2026-08-12"],
        stream=True,
    )
    plain(thread, "Still there?")
    running.close()
    assert [(each.status, each.sentence[:20]) for each in way.log[:1]] == [(400, "thread: another requ")]
    assert sorted(way.statuses()) == [200, 200, 400]


def test_a_stream_that_is_left_starts_a_new_thread() -> None:
    way = Way()
    thread = begun(way)
    with thread.stream(user("Tell me a lot")) as stream:
        for event in stream:
            if event.type == "text":
                break
    way.statuses()
    plain(thread, "Go on")
    plain(thread, "Go on")
    assert way.statuses() == [200, 200]


def test_another_setting_than_the_threads_is_told_by_its_own_error() -> None:
    way = Way()
    thread = begun(way)
    with pytest.raises(anthropic.BadRequestError, match="differing field"):
        thread.send(user("Faster?"), model="claude-sonnet-5-5")
    plain(thread, "As before")


EDITS: Any = {"edits": [{"type": "clear_tool_uses_20250919"}]}


def test_what_does_not_go_with_threads_ends_a_thread_but_not_a_tool_runner() -> None:
    way = Way()
    betas: list[Any] = ["context-management-2025-06-27"]
    thread = way.sdk.beta.messages.thread(**ASKED, context_management=EDITS, betas=betas)
    with pytest.raises(anthropic.BadRequestError, match="context_management"):
        plain(thread, "Hello")
    way.statuses()
    runner = way.sdk.beta.messages.tool_runner(
        model="claude-opus-5-5",
        max_tokens=300,
        tools=[get_weather],
        messages=[user("What is the weather in Paris?")],
        context_management=EDITS,
        betas=betas,
    )
    assert [message.stop_reason for message in runner] == ["tool_use", "end_turn"]
    assert way.statuses() == [400, 200, 200]
