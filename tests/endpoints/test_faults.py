"""Faults and pace as a request asks for them: by header, by the model's name, bounded by `times`, or locked."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest

from fakeapi import engine
from fakeapi.chance import Chance
from fakeapi.encoding.faults import FAULTS
from fakeapi.engine import Answer
from fakeapi.memory.store import Store
from fakeapi.settings import Settings
from fakeapi.wire import Cut, Request, Send, Wait, joined
from tests.grammar import GrammarError, Parser, frames
from tests.street import BASIC, DOOR, NOW, ask, header, house, json, refusal, sent

STREAM = {**BASIC, "stream": True}
LOCKED = Settings(locked="on")


def asking(fault: str, body: Any = BASIC, *, path: str = "/v1/messages", method: str = "POST") -> Answer:
    """The answer to a request whose header asks for a fault; unlike `ask`, it may break every rule of the contract."""
    data = body if isinstance(body, bytes) else dumps(body).encode()
    request = Request(method, path, "", joined((*DOOR, ("x-fakeapi-fault", fault))), data)
    answer = engine.handle(house(), request, Chance(0, 1, NOW))
    return answer._replace(reply=answer.reply._replace(effects=tuple(answer.reply.effects)))


class Client:
    """A client of one server that remembers."""

    def __init__(self, key: str = "sk-ant-fake", store: Store | None = None) -> None:
        self.store = store or Store()
        self._door = (("x-api-key", key), *DOOR[1:])

    def status(self, fault: str, body: Any = BASIC, path: str = "/v1/messages") -> int:
        headers = joined((*self._door, ("x-fakeapi-fault", fault)))
        request = Request("POST", path, "", headers, dumps(body).encode())
        answer = engine.handle(house(), request, Chance(0, 1, NOW), self.store.view("", NOW))
        self.store.apply("", answer.changes)
        return answer.reply.status

    def statuses(self, count: int, fault: str, **how: Any) -> list[int]:
        return [self.status(fault, **how) for _ in range(count)]


def test_the_header_asks_for_an_error_instead_of_the_answer():
    answer = asking("529; retry-after=2")
    assert (answer.reply.status, header(answer, "retry-after")) == (529, "2")
    assert json(answer)["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert json(answer)["request_id"] == header(answer, "request-id")


def test_an_error_before_the_answer_is_plain_json_also_for_a_stream():
    answer = asking("529", STREAM)
    assert (answer.reply.status, header(answer, "content-type")) == (529, "application/json")


def test_the_models_name_asks_for_a_fault_too():
    assert refusal({**BASIC, "model": "fakeapi-529"}) == (529, "overloaded_error", "Overloaded")
    assert ask({**STREAM, "model": "fakeapi-cut=2"}).exchange.source.endswith(" + cut")


def test_the_model_of_a_faults_name_is_a_current_one():
    answer = ask({**BASIC, "model": "fakeapi-stall=1"})
    assert json(answer)["model"] == "claude-opus-4-8"
    assert house(Settings(models="current")).catalogue.resolve("fakeapi-stall")


def test_a_faults_name_is_a_model_for_every_road():
    body = {"model": "fakeapi-cut", "messages": BASIC["messages"]}
    assert asking("", body, path="/v1/messages/count_tokens").exchange.source == "counter + cut"
    assert json(ask(b"", path="/v1/models/fakeapi-cut", method="GET"))["id"] == "claude-opus-4-8"


@pytest.mark.parametrize("contract", ["strict", "warn", "shape", "off"])
def test_a_faults_name_works_in_every_contract_mode(contract):
    answer = ask({**BASIC, "model": "fakeapi-529"}, settings=Settings(contract=contract))
    assert (answer.reply.status, header(answer, "fakeapi-warning")) == (529, None)


def test_the_bare_prefix_is_no_model():
    assert refusal({**BASIC, "model": "fakeapi-"}) == (404, "not_found_error", "model: fakeapi-")


def test_no_request_is_refused_for_what_the_model_of_a_fault_cannot_do():
    odd = {
        "model": "fakeapi-529",
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "xhigh"},
        "max_tokens": 100_000,
        "messages": [*BASIC["messages"], {"role": "system", "content": "Be brief."}],
    }
    assert refusal({**BASIC, **odd})[0] == 529


def test_a_name_that_asks_for_no_known_fault_is_an_unknown_model_and_says_why():
    status, kind, sentence = refusal({**BASIC, "model": "fakeapi-slise"})
    assert (status, kind) == (404, "not_found_error")
    assert sentence.startswith("model: fakeapi-slise (fault: 'slise': 'slise' is no fault; did you mean slice?")


@pytest.mark.parametrize(
    ("name", "value", "start"),
    [
        ("x-fakeapi-fault", "cut=soon", "x-fakeapi-fault: 'cut=soon': after=soon: say how many events"),
        ("x-fakeapi-pace", "fast", "x-fakeapi-pace: 'fast' is no pace. Say instant"),
    ],
)
def test_a_header_that_cannot_be_read_is_a_400_that_names_the_place_and_the_mend(name, value, start):
    status, kind, sentence = refusal(BASIC, headers=(*DOOR, (name, value)))
    assert (status, kind) == (400, "invalid_request_error")
    assert sentence.startswith(start)


def test_an_empty_header_asks_for_nothing():
    answer = ask(BASIC, (*DOOR, ("x-fakeapi-fault", ""), ("x-fakeapi-pace", "")))
    assert (answer.reply.status, answer.exchange.source) == (200, "example:basic")


def test_the_contract_is_checked_before_any_fault():
    assert asking("529", {**BASIC, "messages": []}).reply.status == 400


def test_every_road_can_be_broken():
    body = {"model": BASIC["model"], "messages": BASIC["messages"]}
    assert asking("529", body, path="/v1/messages/count_tokens").reply.status == 529
    assert asking("html", b"", path="/v1/models", method="GET").reply.status == 502
    cut = asking("cut=5 bytes", b"", path="/v1/models", method="GET")
    assert list(cut.reply.effects) == [Send(b'{"dat'), Cut()]


def test_a_locked_server_plays_no_faults_and_knows_no_such_models():
    answer = ask(STREAM, (*DOOR, ("x-fakeapi-fault", "nonsense"), ("x-fakeapi-pace", "human")), settings=LOCKED)
    assert all(isinstance(effect, Send) for effect in answer.reply.effects)
    assert refusal({**BASIC, "model": "fakeapi-529"}, settings=LOCKED) == (
        *(404, "not_found_error", "model: fakeapi-529"),
    )


def test_the_pace_header_paces_this_answer():
    answer = ask(STREAM, (*DOOR, ("x-fakeapi-pace", "ttft=3")))
    assert [effect for effect in answer.reply.effects if isinstance(effect, Wait)] == [Wait(3.0)]
    plain = ask(BASIC, (*DOOR, ("x-fakeapi-pace", "tokens_per_second=2")))
    assert next(iter(plain.reply.effects)) == Wait(3.0)


def test_the_pace_header_beats_the_setting():
    answer = ask(STREAM, (*DOOR, ("x-fakeapi-pace", "instant")), settings=Settings(pace="human"))
    assert all(isinstance(effect, Send) for effect in answer.reply.effects)


def test_times_bounds_a_fault_and_then_the_answer_comes():
    assert Client().statuses(4, "529; times=2") == [529, 529, 200, 200]


def test_faults_with_times_make_a_sequence():
    assert Client().statuses(5, "429; times=1, 529; times=2") == [429, 529, 529, 200, 200]


def test_times_is_counted_for_each_key():
    store = Store()
    assert Client("a", store).statuses(2, "529; times=1") == [529, 200]
    assert Client("b", store).statuses(2, "529; times=1") == [529, 200]


def test_times_is_counted_for_each_session_whatever_the_key():
    store = Store()
    assert Client("a", store).status("529; times=1", path="/s/one/v1/messages") == 529
    assert Client("b", store).status("529; times=1", path="/s/one/v1/messages") == 200
    assert Client("a", store).status("529; times=1", path="/s/two/v1/messages") == 529
    assert Client("a", store).status("529; times=1") == 529


def test_an_id_keeps_the_count_apart():
    client = Client()
    assert [client.status(f"529; times=1; id={mark}") for mark in "aabb"] == [529, 200, 529, 200]


def test_a_request_that_is_refused_uses_up_no_fault():
    client = Client()
    assert client.status("529; times=1", {**BASIC, "max_tokens": -1}) == 400
    assert client.statuses(2, "529; times=1") == [529, 200]


def test_a_fault_that_found_nothing_to_break_is_not_counted():
    client = Client()
    asked = "no-ping; times=1, 529; times=1"
    assert client.status(asked) == 529
    assert [key[-1] for key in client.store.snapshot("")] == ["status; status=529; times=1"]


def test_times_works_by_the_models_name():
    client = Client()
    assert [client.status("", {**BASIC, "model": "fakeapi-529;times=1"}) for _ in range(2)] == [529, 200]


def test_memory_holds_no_key():
    client = Client("sk-ant-secret")
    client.status("529; times=1")
    assert "secret" not in str(client.store.snapshot(""))


def test_a_fault_that_finds_nothing_to_break_is_a_warning():
    answer = asking("double-ping")
    assert header(answer, "fakeapi-warning") is not None
    assert answer.exchange.warning.endswith(
        "fault double-ping: there is nothing to break in an answer that is not streamed"
    )
    assert answer.exchange.source == "example:basic"


def test_the_log_says_which_faults_were_played():
    assert asking("cut=1, slice", STREAM).exchange.source == "example:basic + cut + slice"
    failed = asking("503").exchange
    assert (failed.source, failed.status, failed.sentence) == ("example:basic + 503", 503, "Service unavailable")


def test_a_page_reaches_browsers_as_every_answer_does():
    answer = ask(
        BASIC,
        (
            *DOOR,
            ("origin", "http://localhost:3000"),
            ("anthropic-dangerous-direct-browser-access", "true"),
            ("x-fakeapi-fault", "html"),
        ),
    )
    assert header(answer, "access-control-allow-origin") == "*"


HARMLESS = ("stall", "slow-headers", "slice", "one-chunk", "crlf", "no-ping", "double-ping", "content-type")


BREAKING = ("truncate", "no-stop", "cut", "error", "malformed", "empty", "unknown-event")


def test_every_fault_either_breaks_an_answer_or_comes_instead_of_it_or_harms_nothing():
    assert {*HARMLESS, *BREAKING, "status", "html"} == set(FAULTS)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_stream_that_is_only_written_oddly_still_obeys_the_grammar(name):
    read = Parser().read(sent(asking(name, STREAM)).decode())
    assert read["content"] == [{"type": "text", "text": "Hello!"}]


@pytest.mark.parametrize("name", BREAKING)
def test_a_stream_that_is_broken_breaks_the_grammar(name):
    with pytest.raises((GrammarError, ValueError, IndexError, AttributeError)):
        Parser().read(sent(asking(name, STREAM)).decode())


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("stream", [False, True])
def test_every_fault_is_deterministic(name, stream):
    first, second = (asking(name, {**BASIC, "stream": stream}) for _ in range(2))
    assert list(first.reply.effects) == list(second.reply.effects)
    assert first.exchange == second.exchange


def test_a_mid_stream_error_carries_the_id_of_its_request():
    answer = asking("error=api_error; after=3", STREAM)
    events = frames(sent(answer).decode())
    assert [event for event, _ in events] == ["message_start", "content_block_start", "ping", "error"]
    assert f'"request_id":"{header(answer, "request-id")}"' in events[-1][1]
