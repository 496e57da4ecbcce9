"""Answers leave no circles behind: what looks for those stops the server while it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from json import dumps
from typing import Any

import pytest

from fakeapi.adapters.porter import Porter
from fakeapi.settings import Settings
from fakeapi.wire import Request, Send
from tests.street import BASIC, DOOR

TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
SYSTEM = [{"type": "text", "text": "word " * 3000, "cache_control": {"type": "ephemeral"}}]


@pytest.fixture
def undisturbed() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def ask(porter: Porter, number: int, more: Any) -> None:
    body = {**BASIC, "messages": [{"role": "user", "content": f"Tell me about {number}"}], **more}
    visit = porter.answer(Request("POST", "/v1/messages", "", dict(DOOR), dumps(body).encode()))
    for effect in visit.reply.effects:
        if isinstance(effect, Send):
            visit.sent(effect.data)
    porter.close(visit, "completed")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="plain"),
        pytest.param({"stream": True}, id="streamed"),
        pytest.param({"max_tokens": -1}, id="refused"),
        pytest.param({"tools": [TOOL], "tool_choice": {"type": "any"}}, id="with a tool"),
        pytest.param({"system": SYSTEM}, id="cached"),
    ],
)
def test_nothing_is_left_for_the_collector(undisturbed: None, more: Any) -> None:
    porter = Porter(Settings())
    for number in range(5):
        ask(porter, number, more)
    gc.collect()
    for number in range(5, 10):
        ask(porter, number, more)
    assert gc.collect() == 0
