"""The official Python SDK over the in-process transport: its streams spell the plain message, at no cost in time."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

import anthropic
import anyio
import httpx2
import pytest

from fakeapi import assets, engine
from fakeapi.adapters.clock import START
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from fakeapi.transport import Transport, async_client, client
from fakeapi.wire import Cut
from tests.test_fixture_files import own_request

ROWS = [assets.read_json(name) for name in assets.names("fixtures/examples")]
EXAMPLES = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
OFF = Settings(contract="off")
ASKED: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Tell me about bridges"}],
}

pytestmark = pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")


def request_of(row: dict[str, Any]) -> dict[str, Any]:
    """An example's request as the SDK takes it: what has no simple argument goes into the body as it is."""
    body = {**own_request(row), "max_tokens": 8192}
    named = {name: body.pop(name) for name in ("model", "max_tokens", "messages")}
    return {**named, "extra_body": body}


def messages_of(sdk: Any, row: dict[str, Any]) -> Any:
    """Blocks of a beta are gathered by the SDK's beta streams only."""
    is_beta = "context_management" in row or any(
        block["type"] in ("compaction", "fallback") for block in row["content"]
    )
    return sdk.beta.messages if is_beta else sdk.messages


def said(message: Any) -> dict[str, Any]:
    """A message as data, without the empty members that the SDK's streams add by themselves."""
    whole: dict[str, Any] = message.to_dict()
    added = {"parsed_output": None, "encrypted_content": None}
    whole["content"] = [
        dict(member for member in block.items() if member not in added.items()) for block in whole["content"]
    ]
    return whole


@EXAMPLES
def test_the_stream_of_each_documented_answer_gives_the_plain_message(row):
    plain = messages_of(client(Transport(OFF)), row).create(**request_of(row))
    with messages_of(client(Transport(OFF)), row).stream(**request_of(row)) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert said(final) == said(plain)
    assert text == "".join(block.text for block in plain.content if block.type == "text")


def test_async_streams_give_the_plain_messages_too():
    async def scene() -> None:
        for row in ROWS:
            plain = await messages_of(async_client(Transport(OFF)), row).create(**request_of(row))
            async with messages_of(async_client(Transport(OFF)), row).stream(**request_of(row)) as stream:
                text = "".join([chunk async for chunk in stream.text_stream])
                final = await stream.get_final_message()
            assert said(final) == said(plain), row["name"]
            assert text == "".join(block.text for block in plain.content if block.type == "text")

    asyncio.run(scene())


def with_block(kind: str) -> Any:
    rows = [row for row in ROWS if any(block["type"] == kind for block in row["content"])]
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["name"])


@with_block("tool_use")
def test_the_fragments_of_a_tools_input_spell_it(row):
    with messages_of(client(Transport(OFF)), row).stream(**request_of(row)) as stream:
        fragments: dict[int, list[str]] = {}
        for event in stream:
            if event.type == "content_block_start":
                index = event.index
            elif event.type == "input_json":
                fragments.setdefault(index, []).append(event.partial_json)
        inputs = {
            index: block.input
            for index, block in enumerate(stream.get_final_message().content)
            if hasattr(block, "input")
        }
    assert {index: json.loads("".join(parts) or "{}") for index, parts in fragments.items()} == inputs


@with_block("thinking")
def test_thinking_comes_in_pieces_and_is_signed_at_its_end(row):
    with messages_of(client(Transport(OFF)), row).stream(**request_of(row)) as stream:
        events = [event for event in stream if event.type in ("thinking", "signature")]
        blocks = [block for block in stream.get_final_message().content if block.type == "thinking"]
    assert "".join(event.thinking for event in events if event.type == "thinking") == "".join(
        block.thinking for block in blocks
    )
    assert [event.signature for event in events if event.type == "signature"] == [block.signature for block in blocks]


@pytest.fixture
def awake(monkeypatch) -> None:
    """Nobody sleeps."""

    def refuse(seconds: float) -> None:
        raise AssertionError(f"slept for {seconds} s")

    monkeypatch.setattr(time, "sleep", refuse)


@pytest.mark.usefixtures("awake")
def test_an_answer_paced_at_30_seconds_takes_none():
    transport = Transport(Settings(pace="ttft=30"))
    client(transport).messages.create(**ASKED)
    assert transport.clock() == START + 30


@pytest.mark.usefixtures("awake")
def test_a_stream_at_a_human_pace_takes_its_time_on_the_virtual_clock():
    transport = Transport(Settings(pace="tokens_per_second=10,ttft=2"))
    moments = []
    with client(transport).messages.stream(**ASKED) as stream:
        for _ in stream.text_stream:
            moments.append(transport.clock() - START)
        tokens = stream.get_final_message().usage.output_tokens
    assert moments == sorted(set(moments))
    assert 2 < moments[0] < 3
    assert moments[-1] == pytest.approx(2 + tokens / 10, abs=1.5)


@pytest.mark.usefixtures("awake")
def test_the_sdks_timeout_is_met_in_virtual_time():
    transport = Transport(Settings(pace="ttft=30"))
    with pytest.raises(anthropic.APITimeoutError):
        client(transport, timeout=20, max_retries=0).messages.create(**ASKED)
    assert transport.clock() == START + 20


def cutting(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Every answer is cut after so many effects."""
    handle = engine.handle

    def cut(*given: Any) -> Any:
        answer = handle(*given)
        effects = [*list(answer.reply.effects)[:after], Cut()]
        return answer._replace(reply=answer.reply._replace(effects=effects))

    monkeypatch.setattr(engine, "handle", cut)


def test_a_connection_cut_before_the_answer_is_the_sdks_connection_error(monkeypatch):
    cutting(monkeypatch, 0)
    with pytest.raises(anthropic.APIConnectionError) as fault:
        client(max_retries=0).messages.create(**ASKED)
    assert "Server disconnected" in str(fault.value.__cause__)


def test_a_connection_cut_within_a_stream_is_the_librarys_error(monkeypatch):
    cutting(monkeypatch, 5)
    heard: list[str] = []
    with pytest.raises(httpx2.RemoteProtocolError), client().messages.stream(**ASKED) as stream:
        heard.extend(stream.text_stream)
    assert heard


def test_a_stream_that_is_left_early_is_an_exchange_that_the_client_left():
    exchanges: list[Exchange] = []
    with client(Transport(log=exchanges.append)).messages.stream(**ASKED) as stream:
        next(iter(stream.text_stream))
    assert [exchange.outcome for exchange in exchanges] == ["client left"]


def test_a_stream_that_is_heard_to_its_end_is_completed():
    exchanges: list[Exchange] = []
    with client(Transport(log=exchanges.append)).messages.stream(**ASKED) as stream:
        stream.until_done()
    assert [exchange.outcome for exchange in exchanges] == ["completed"]


def test_refusals_are_the_sdks_typed_errors():
    sdk = client(Transport(Settings(api_key=("right",))))
    with pytest.raises(anthropic.BadRequestError, match="at least one message is required"):
        sdk.messages.create(**{**ASKED, "messages": []})
    with pytest.raises(anthropic.NotFoundError, match="model: claude-0"):
        sdk.messages.create(**{**ASKED, "model": "claude-0"})
    with pytest.raises(anthropic.AuthenticationError):
        sdk.with_options(api_key="wrong").messages.create(**ASKED)


def test_equal_clients_get_equal_messages_with_equal_ids():
    assert client().messages.create(**ASKED) == client().messages.create(**ASKED)


def test_the_other_roads_are_open():
    sdk = client()
    assert sdk.messages.count_tokens(model=ASKED["model"], messages=ASKED["messages"]).input_tokens > 0
    assert any(model.id == ASKED["model"] for model in sdk.models.list())


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_the_async_client_works_under_both_event_loops(loop):
    async def scene() -> anthropic.types.Message:
        async with async_client(Transport(Settings(pace="human"))) as sdk, sdk.messages.stream(**ASKED) as stream:
            return await stream.get_final_message()

    assert said(anyio.run(scene, backend=loop)) == said(client().messages.create(**ASKED))


def test_clients_share_the_server_of_a_transport():
    exchanges: list[Exchange] = []
    transport = Transport(log=exchanges.append)

    async def scene() -> None:
        async with async_client(transport) as sdk:
            await sdk.messages.create(**ASKED)

    client(transport).messages.create(**ASKED)
    asyncio.run(scene())
    assert [exchange.number for exchange in exchanges] == [1, 2]


def test_what_the_environment_says_of_the_real_api_is_of_no_effect(monkeypatch):
    plain = client().messages.create(**ASKED)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.example/v1/v1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-real")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert client().messages.create(**ASKED) == plain
    assert client().api_key == "sk-ant-fake"


def test_options_of_the_sdk_are_passed_on():
    sdk = client(auth_token="token", base_url="http://mine.example", max_retries=7)
    assert (sdk.auth_token, sdk.api_key, str(sdk.base_url), sdk.max_retries) == (
        "token",
        None,
        "http://mine.example",
        7,
    )
    assert sdk.messages.create(**ASKED).content


def test_no_socket_is_opened(monkeypatch):
    def refuse(*given: Any) -> None:
        raise AssertionError("a socket was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert client().messages.create(**ASKED).content
    assert asyncio.run(async_client().messages.create(**ASKED)).content
