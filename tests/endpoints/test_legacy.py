"""POST /v1/complete: the recorded refusals, and completions by the models of its time."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.engine import Answer
from fakeapi.facts import catalogue, schemas
from fakeapi.wire import Cut, Request, Send, joined
from tests.endpoints.batching import Desk
from tests.grammar import frames
from tests.street import DOOR, header, json, sent

PATH = "/v1/complete"
BODY: dict[str, Any] = {
    "model": "claude-2.1",
    "max_tokens_to_sample": 256,
    "prompt": "\n\nHuman: Tell me about bridges\n\nAssistant:",
}


def completed(**members: Any) -> Any:
    return Desk().good("POST", PATH, {**BODY, **members})


def events(answer: Answer) -> list[Any]:
    """The data of the events that are no pings."""
    assert header(answer, "content-type") == "text/event-stream; charset=utf-8"
    return [orjson.loads(data) for name, data in frames(sent(answer).decode()) if name == "completion"]


def test_a_completion_has_the_recorded_members_in_their_order():
    found = completed()
    assert list(found) == ["type", "id", "completion", "stop_reason", "model", "stop", "log_id"]
    assert found["id"].startswith("compl_01")
    assert found["log_id"] == found["id"]
    assert found["completion"].startswith(" ")
    assert (found["stop_reason"], found["stop"]) == ("stop_sequence", "\n\nHuman:")


def test_it_says_what_a_message_says():
    body = {
        "model": "claude-2.1",
        "max_tokens": 256,
        "messages": [{"role": "user", "content": "Tell me about bridges"}],
    }
    message = Desk().good("POST", "/v1/messages", body)
    assert completed()["completion"] == " " + message["content"][0]["text"]


def test_max_tokens_and_stop_sequences_end_it():
    cut = completed(max_tokens_to_sample=3)
    assert (cut["stop_reason"], cut["stop"]) == ("max_tokens", None)
    word = completed()["completion"].split()[4]
    stopped = completed(stop_sequences=[word])
    assert (stopped["stop_reason"], stopped["stop"]) == ("stop_sequence", word)
    assert word not in stopped["completion"]


def test_the_stream_spells_the_completion_and_ends_with_the_reason():
    desk = Desk()
    plain = desk.good("POST", PATH, BODY)
    told = events(desk.ask("POST", PATH, {**BODY, "stream": True}))
    assert "".join(event["completion"] for event in told) == plain["completion"]
    assert {event["stop_reason"] for event in told[:-1]} == {None}
    assert (told[-1]["completion"], told[-1]["stop_reason"], told[-1]["stop"]) == ("", "stop_sequence", "\n\nHuman:")
    shape = schemas.compiled("answer/completion", "2023-06-01", catalogue.known_betas())
    assert [event for event in told if not shape.accepts(event)] == []


def test_a_stream_that_is_cut_by_max_tokens_ends_with_its_last_words():
    told = events(Desk().ask("POST", PATH, {**BODY, "max_tokens_to_sample": 3, "stream": True}))
    assert told[-1]["completion"]
    assert told[-1]["stop_reason"] == "max_tokens"


def test_a_ping_follows_the_second_piece():
    text = sent(Desk().ask("POST", PATH, {**BODY, "stream": True})).decode()
    assert [name for name, _ in frames(text)][:4] == ["completion", "completion", "ping", "completion"]


def test_a_prompt_is_a_conversation_to_rules():
    desk = Desk()
    desk.set_rules("- {match: weather, respond: 'Sunny.'}\n- {match: storm, respond: {error: 529}}")
    prompt = "Be brief.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: The weather?\n\nAssistant:"
    assert desk.good("POST", PATH, {**BODY, "prompt": prompt})["completion"] == " Sunny."
    assert desk.refused("POST", PATH, {**BODY, "prompt": "\n\nHuman: A storm?\n\nAssistant:"})[0] == 529


def test_what_the_prompt_has_begun_to_answer_is_gone_on_with():
    desk = Desk()
    desk.set_rules("- {match: weather, respond: 'Sunny.'}")
    prompt = "\n\nHuman: The weather?\n\nAssistant: It is"
    assert desk.good("POST", PATH, {**BODY, "prompt": prompt})["completion"] == "Sunny."


BAD = [
    (
        {"model": "claude-haiku-4-5"},
        400,
        '"claude-haiku-4-5" is not supported on this API. Please use the Messages API instead.',
    ),
    ({"model": "claude-haiku-4-5-latest"}, 404, "model: claude-haiku-4-5-latest"),
    ({"prompt": [{"role": "user"}]}, 400, "prompt: Input should be a valid string"),
    ({"prompt": ""}, 400, "prompt: String should have at least 1 character"),
    ({"max_tokens_to_sample": 0}, 400, "max_tokens_to_sample: Input should be greater than or equal to 1"),
    ({"messages": []}, 400, "messages: Extra inputs are not permitted"),
    ({"prompt": "Hello"}, 400, None),
    ({"prompt": "\n\nHuman: Hello"}, 400, None),
    ({"prompt": "\n\nAssistant: Hello"}, 400, None),
]


@pytest.mark.parametrize(("members", "status", "sentence"), BAD, ids=range(len(BAD)))
def test_what_the_road_refuses(members, status, sentence):
    found = Desk().refused("POST", PATH, {**BODY, **members})
    assert found[0] == status
    assert sentence in (None, found[2])


@pytest.mark.parametrize("name", ["model", "prompt", "max_tokens_to_sample"])
def test_what_is_missing_is_named(name):
    body = {key: value for key, value in BODY.items() if key != name}
    assert Desk().refused("POST", PATH, body)[2] == f"{name}: Field required"


def test_the_prompt_may_begin_with_a_human_at_once():
    assert completed(prompt="Human: Say 'Hi i'm Claude' then stop.\n\nAssistant:")["type"] == "completion"


@pytest.mark.parametrize("contract", ["warn", "shape", "off"])
def test_other_modes_complete_anything_with_any_model(contract):
    body = {"model": "my-model", "prompt": "string", "max_tokens_to_sample": 256}
    found = Desk(contract=contract).good("POST", PATH, body)
    assert found["model"] == "my-model"


def test_a_fault_answers_instead_of_a_completion():
    assert Desk().refused("POST", PATH, BODY, x_fakeapi_fault="529")[0] == 529


def test_a_cut_stream_is_cut():
    lines = {**joined(DOOR), "x-fakeapi-fault": "cut=40 bytes"}
    visit = Desk().porter.answer(Request("POST", PATH, "", lines, orjson.dumps({**BODY, "stream": True})))
    effects = list(visit.reply.effects)
    assert isinstance(effects[-1], Cut)
    assert sum(len(effect.data) for effect in effects if isinstance(effect, Send)) == 40


def test_the_log_tells_model_and_cost():
    desk = Desk()
    assert desk.good("POST", PATH, BODY)
    assert desk.last is not None
    assert desk.last.exchange.model == "claude-2.1"
    assert desk.last.exchange.cost
    assert json(desk.last)["model"] == "claude-2.1"
