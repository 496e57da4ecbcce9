"""A stream says what the plain answer says, in the recorded form."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fakeapi import assets
from fakeapi.settings import Settings
from tests.grammar import Parser, frames
from tests.street import BASIC, ask, header, message, sent
from tests.test_fixture_files import own_request

ROWS = [assets.read_json(name) for name in assets.names("fixtures/examples")]


def streamed(body: Any, **how: Any) -> str:
    answer = ask({**body, "stream": True}, **how)
    assert answer.reply.status == 200, sent(answer)
    return sent(answer).decode()


def spelt(text: str) -> dict[str, Any]:
    """The message of a stream, each input parsed from its fragments."""
    whole = Parser().read(text)
    for block in whole["content"]:
        if "input_json" in block:
            block["input"] = json.loads(block.pop("input_json"))
    return whole


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_stream_of_each_documented_answer_spells_the_plain_answer(row):
    body = {"max_tokens": 8192, **own_request(row)}
    settings = Settings(contract="off")
    plain = message(body, settings=settings)
    whole = spelt(streamed(body, settings=settings))
    assert whole == plain


def test_a_stream_has_the_recorded_headers():
    answer = ask({**BASIC, "stream": True})
    assert header(answer, "content-type") == "text/event-stream; charset=utf-8"
    assert header(answer, "cache-control") == "no-cache"
    assert header(answer, "anthropic-ratelimit-requests-limit")


def test_events_come_in_the_recorded_order():
    assert [event for event, _ in frames(streamed(BASIC))] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_a_ping_is_written_byte_for_byte_as_recorded():
    assert 'event: ping\ndata: {"type": "ping"}\n\n' in streamed(BASIC)


def test_every_other_event_is_padded_with_up_to_15_spaces_before_its_last_brace():
    text = "".join(
        streamed({**BASIC, "messages": [{"role": "user", "content": f"Tell me about {what}"}]})
        for what in ("bridges", "tunnels", "towers")
    )
    pads = {len(pad) for pad in re.findall(r"[}\"\]0-9]( *)\}\n\n", text)}
    assert pads <= set(range(16))
    assert len(pads) > 10


def test_padding_can_be_turned_off():
    for _, data in frames(streamed(BASIC, settings=Settings(padding="off"))):
        assert data == '{"type": "ping"}' or " }" not in data


def test_equal_requests_have_equal_streams_but_for_the_ids():
    body = {**BASIC, "messages": [{"role": "user", "content": "Tell me about bridges"}]}

    def without_ids(number: int) -> str:
        return re.sub(r"msg_\w+", "msg", streamed(body, number=number))

    assert without_ids(1) == without_ids(2)


def test_text_is_cut_into_chunks_of_a_few_tokens_and_never_inside_a_character():
    body = {**BASIC, "messages": [{"role": "user", "content": "Erzähl mir von 🐘 und 象 und Ωmega 👩‍👩‍👧 " * 5}]}
    chunks = [
        json.loads(data)["delta"]["text"] for event, data in frames(streamed(body)) if event == "content_block_delta"
    ]
    assert len(chunks) > 5
    assert all(chunks)
    assert "".join(chunks) == message(body)["content"][0]["text"]


def test_a_refusal_before_any_output_has_its_ping_after_the_start():
    row = next(row for row in ROWS if row["stop_reason"] == "refusal" and not row["content"])
    events = frames(streamed({"max_tokens": 100, **own_request(row)}, settings=Settings(contract="off")))
    assert [event for event, _ in events] == ["message_start", "ping", "message_delta", "message_stop"]
    assert json.loads(events[2][1])["delta"]["stop_details"]["type"] == "refusal"


def test_the_first_event_counts_the_input_and_little_output():
    start = json.loads(frames(streamed(BASIC))[0][1])["message"]
    assert start["usage"]["input_tokens"] == 12
    assert 1 <= start["usage"]["output_tokens"] <= 6
    assert start["content"] == []
    assert start["stop_reason"] is None


def test_max_tokens_inside_a_tool_call_leaves_its_json_incomplete():
    row = next(row for row in ROWS if row["content"] and row["content"][-1]["type"] == "tool_use" and row["when"])
    body = {**own_request(row), "max_tokens": 8192}
    settings = Settings(contract="off")
    whole = message(body, settings=settings)
    cut = {**body, "max_tokens": whole["usage"]["output_tokens"] - 6}
    read = Parser().read(streamed(cut, settings=settings))
    assert read["stop_reason"] == "max_tokens"
    with pytest.raises(json.JSONDecodeError):
        json.loads(read["content"][-1].get("input_json", ""))


def test_a_stop_sequence_ends_a_stream_as_it_ends_a_plain_answer():
    read = Parser().read(streamed({**BASIC, "stop_sequences": ["o!"]}))
    assert (read["stop_reason"], read["stop_sequence"]) == ("stop_sequence", "o!")
    assert read["content"][0]["text"] == "Hell"


def test_a_refusal_of_the_contract_is_plain_json_also_for_a_stream():
    answer = ask({**BASIC, "stream": True, "max_tokens": -1})
    assert answer.reply.status == 400
    assert header(answer, "content-type") == "application/json"
