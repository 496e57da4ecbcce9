"""A request that comes again, byte for byte, is answered from what was told: only ids, dates and the cache are new."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.memory.store import Bound, Store
from fakeapi.settings import Settings
from fakeapi.wire import Notes, Request, Send, joined
from tests.street import BASIC, DOOR, NOW, house

MARKED = {"type": "text", "text": "All bridges carry loads. " * 300, "cache_control": {"type": "ephemeral"}}
CACHED = {**BASIC, "model": "claude-sonnet-5", "system": [MARKED]}
FILE = {"type": "document", "source": {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}}
NAMING = {**BASIC, "messages": [{"role": "user", "content": [FILE]}]}
TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
CALLING = {**BASIC, "tools": [TOOL], "tool_choice": {"type": "tool", "name": "get_weather"}}


class Street:
    """Asks the very same again and again, a second later each time; memory stays."""

    def __init__(self, body: Any, *more: tuple[str, str], **settings: Any) -> None:
        self.house, self.store, self.number = house(Settings(**settings)), Store(), 0
        lines = joined((*DOOR, *more))
        self.request = Request("POST", "/v1/messages", "", lines, json.dumps(body).encode(), notes=Notes())

    def ask(self) -> engine.Answer:
        """The general answer."""
        return self._remember(engine.handle(self.house, self.request, *self._now()))

    def repeat(self) -> engine.Answer | None:
        """The answer that was given before."""
        found = engine.repeat(self.house, self.request, *self._now())
        return found and self._remember(found[0])

    def _now(self) -> tuple[Chance, Any]:
        self.number += 1
        now = NOW + self.number
        return Chance(0, self.number, now), self.store.view("", now)

    def _remember(self, answer: engine.Answer) -> engine.Answer:
        self.store.apply("", answer.changes)
        return answer


def sent(answer: engine.Answer | None) -> str:
    assert answer is not None
    return b"".join(effect.data for effect in answer.reply.effects if isinstance(effect, Send)).decode()


def id_of(text: str) -> str:
    return str(re.findall(r"msg_\w+", text)[0])


def without_id(answer: engine.Answer | None) -> str:
    return re.sub(r"msg_\w+", "msg", sent(answer))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "headers", [(), (("origin", "http://here"), ("anthropic-dangerous-direct-browser-access", "true"))]
)
def test_it_is_the_answer_that_the_whole_walk_gives(stream: bool, headers: tuple[tuple[str, str], ...]) -> None:
    street = Street({**BASIC, "stream": stream}, *headers)
    street.ask()
    luck, view = street._now()
    walked = engine.handle(street.house, street.request, luck, view)
    repeated, _ = engine.repeat(street.house, street.request, luck, view) or (None, None)
    assert repeated is not None
    assert sent(repeated) == sent(walked)
    assert repeated.reply._replace(effects=()) == walked.reply._replace(effects=())
    assert repeated.exchange == walked.exchange


def test_every_one_has_ids_of_its_own() -> None:
    street = Street(BASIC)
    answers = [street.ask(), *(street.repeat() for _ in range(3))]
    assert len({id_of(sent(answer)) for answer in answers}) == 4
    assert len({answer.exchange.request_id for answer in answers if answer}) == 4
    assert len({without_id(answer) for answer in answers}) == 1


def test_a_request_that_comes_for_the_first_time_is_not_known() -> None:
    assert Street(BASIC).repeat() is None


def test_what_the_cache_makes_of_it_is_new() -> None:
    street = Street(CACHED)
    assert street.ask().exchange.cache == "write"
    assert street.repeat() is None  # nobody has told a hit before
    assert street.ask().exchange.cache == "hit"
    hit = street.repeat()
    assert hit is not None
    assert hit.exchange.cache == "hit"
    assert json.loads(sent(hit))["usage"]["cache_read_input_tokens"] > 1000


def test_a_hit_that_was_used_a_minute_ago_lasts_longer_for_it() -> None:
    street = Street(CACHED)
    street.ask(), street.ask()
    for _ in range(12):
        street.number += 60
        hit = street.repeat()
        assert hit is not None
        assert (hit.exchange.cache, len(hit.changes)) == ("hit", 1)


def test_a_prefix_that_has_expired_is_not_told_as_a_hit() -> None:
    street = Street(CACHED)
    street.ask(), street.ask()
    street.number += 600
    again = street.repeat()
    assert again is not None
    assert again.exchange.cache == "write"


def test_the_last_mark_of_a_hit_was_used_last() -> None:
    both = Street({**CACHED, "messages": [{"role": "user", "content": [{**MARKED, "text": "What of them?"}]}]})
    other = Street({**CACHED, "system": [{**MARKED, "text": "No bridge carries loads. " * 300}]})
    both.store = other.store = Store({"cache": Bound(2)})
    both.ask(), both.ask()
    both.number = 1
    assert both.repeat() is not None
    other.ask()
    assert both.ask().exchange.cache == "hit"


def test_a_hit_writes_anew_what_has_expired_before_its_last_mark() -> None:
    asked = [{"role": "user", "content": [{**MARKED, "text": "What of them?"}]}]
    plain = {"type": "text", "text": MARKED["text"]}
    both, last = Street({**CACHED, "messages": asked}), Street({**CACHED, "system": [plain], "messages": asked})
    shorter = Street(CACHED)
    last.store = shorter.store = both.store
    told = [both.ask().exchange.cache, both.ask().exchange.cache]
    for street, number in ((last, 200), (last, 400), (both, 399), (shorter, 401)):
        street.number = number
        told.append((street.repeat() or street.ask()).exchange.cache)
    assert told == ["write", "hit", "hit", "hit", "hit", "hit"]


@pytest.mark.parametrize(
    ("body", "headers", "settings"),
    [
        pytest.param(CALLING, (), {}, id="ids within the answer"),
        pytest.param(NAMING, (("anthropic-beta", "files-api-2025-04-14"),), {}, id="a file that may come or go"),
        pytest.param(BASIC, (("x-fakeapi-fault", "529"),), {}, id="a fault"),
        pytest.param(BASIC, (("x-fakeapi-pace", "human"),), {}, id="a pace"),
        pytest.param(BASIC, (), {"pace": "human"}, id="the server's pace"),
        pytest.param(BASIC, (), {"limits": "tier1"}, id="limits"),
        pytest.param({**BASIC, "model": "claude-nope"}, (), {}, id="a refusal"),
        pytest.param(BASIC, (), {"unmatched": "error"}, id="rules that have to match"),
        pytest.param(
            {**CACHED, "diagnostics": {"previous_message_id": None}},
            (("anthropic-beta", "cache-diagnosis-2026-04-07"),),
            {},
            id="a diagnosis",
        ),
    ],
)
def test_what_is_of_its_own_each_time_is_walked(body: Any, headers: Any, settings: Any) -> None:
    street = Street(body, *headers, **settings)
    street.ask(), street.ask()
    assert street.repeat() is None


def test_another_house_has_its_own_answer() -> None:
    street = Street(BASIC)
    street.ask()
    street.house = house(Settings(seed=7))
    assert street.repeat() is None
