"""A request that came before is answered from memory: only ids, dates and what memory holds are new."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.memory.store import Store
from fakeapi.wire import Request, Send, joined
from tests.street import BASIC, DOOR, NOW, house

MARKED = {"type": "text", "text": "All bridges carry loads. " * 300, "cache_control": {"type": "ephemeral"}}


class Street:
    """Asks again and again, a second later each time; memory stays."""

    def __init__(self) -> None:
        self.store, self.number = Store(), 0

    def ask(self, body: Any, *more: tuple[str, str]) -> tuple[engine.Answer, str]:
        self.number += 1
        now = NOW + self.number
        request = Request("POST", "/v1/messages", "", joined((*DOOR, *more)), json.dumps(body).encode())
        answer = engine.handle(house(), request, Chance(0, self.number, now), self.store.view("", now))
        sent = b"".join(effect.data for effect in answer.reply.effects if isinstance(effect, Send)).decode()
        self.store.apply("", answer.changes)
        return answer, sent


def without_id(sent: str) -> str:
    return re.sub(r"msg_\w+", "msg", sent)


@pytest.mark.parametrize("stream", [False, True])
def test_it_is_the_same_under_a_new_id(stream: bool) -> None:
    street, body = Street(), {**BASIC, "stream": stream}
    answers = [street.ask(body) for _ in range(4)]
    assert len({without_id(sent) for _, sent in answers}) == 1
    assert len({re.findall(r"msg_\w+", sent)[0] for _, sent in answers}) == 4
    assert len({answer.exchange.request_id for answer, _ in answers}) == 4
    told = [answer.exchange._replace(number=0, request_id="") for answer, _ in answers]
    assert told == [told[0]] * 4
    assert [answer.reply.headers[1:3] for answer, _ in answers] == [answers[0][0].reply.headers[1:3]] * 4


def test_what_the_cache_makes_of_it_is_new() -> None:
    street, body = Street(), {**BASIC, "model": "claude-sonnet-5", "system": [MARKED]}
    answers = [street.ask(body) for _ in range(4)]
    assert [answer.exchange.cache for answer, _ in answers] == ["write", "hit", "hit", "hit"]
    read = [json.loads(sent)["usage"]["cache_read_input_tokens"] for _, sent in answers]
    assert read[0] == 0
    assert read[1] == read[2] == read[3] > 1000
    assert all(answer.changes for answer, _ in answers)  # each use makes it last


def test_what_a_request_asks_for_beside_it_is_heard() -> None:
    street = Street()
    plain = [street.ask(BASIC)[1] for _ in range(2)]
    broken, _ = street.ask(BASIC, ("x-fakeapi-fault", "529"))
    assert broken.reply.status == 529
    assert without_id(street.ask(BASIC)[1]) == without_id(plain[0])


def test_calls_of_tools_get_ids_of_their_own_each_time() -> None:
    tool = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
    street, body = Street(), {**BASIC, "tools": [tool], "tool_choice": {"type": "tool", "name": "get_weather"}}
    ids = {json.loads(street.ask(body)[1])["content"][0]["id"] for _ in range(3)}
    assert len(ids) == 3
