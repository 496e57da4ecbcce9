"""The official SDK over the in-process transport: every block of a server tool is parsed, and loops end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from fakeapi.settings import Settings
from fakeapi.transport import Transport, client
from tests.endpoints.test_server_tools import CASES, body
from tests.replies.test_server_tools import PAUSE, SEARCH

BETA = ("advisor", "mcp")
BETAS = ["advisor-tool-2026-03-01", "mcp-client-2025-11-20"]


@pytest.fixture
def sdk() -> Iterator[anthropic.Anthropic]:
    with client(Transport(Settings())) as made:
        yield made


@pytest.mark.parametrize("name", [name for name in CASES if name not in BETA])
def test_every_block_is_parsed_plain_and_streamed(name: str, sdk: anthropic.Anthropic):
    asked: Any = body(CASES[name])
    plain = sdk.messages.create(**asked)
    with sdk.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert [block.type for block in plain.content] == [block.type for block in final.content]
    assert all(not block.model_extra for block in (*plain.content, *final.content))
    assert plain.stop_reason == final.stop_reason
    assert plain.usage.server_tool_use == final.usage.server_tool_use is not None


@pytest.mark.parametrize("name", CASES)
def test_every_block_is_parsed_by_the_beta_namespace(name: str, sdk: anthropic.Anthropic):
    asked: Any = body(CASES[name])
    plain = sdk.beta.messages.create(**asked, betas=BETAS)
    with sdk.beta.messages.stream(**asked, betas=BETAS) as stream:
        final = stream.get_final_message()
    assert [block.type for block in plain.content] == [block.type for block in final.content]
    assert all(not block.model_extra for block in (*plain.content, *final.content))
    assert plain.stop_reason == final.stop_reason


def test_a_paused_turn_is_sent_back_until_it_ends(sdk: anthropic.Anthropic):
    messages: list[Any] = [{"role": "user", "content": f"Search the web for tea {PAUSE}"}]
    reasons: list[str | None] = []
    while not reasons or reasons[-1] == "pause_turn":
        tools: Any = [SEARCH]
        answer = sdk.messages.create(model="claude-opus-4-8", max_tokens=20_000, messages=messages, tools=tools)
        reasons.append(answer.stop_reason)
        messages.append({"role": "assistant", "content": answer.content})
    assert reasons == ["pause_turn", "end_turn"]


def test_the_text_of_a_search_cites_its_pages(sdk: anthropic.Anthropic):
    answer = sdk.messages.create(**body(CASES["search"]))
    cited = [mark for block in answer.content if block.type == "text" for mark in block.citations or ()]
    assert {mark.type for mark in cited} == {"web_search_result_location"}
