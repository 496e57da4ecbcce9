"""Answers of server tools on the wire: streams say what plain answers say, in the recorded events, in every version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.encoding.test_stream import spelt
from tests.grammar import frames
from tests.replies.test_server_tools import ADVISOR, BM25, CODE, FETCH, MODEL, PAUSE, SEARCH, WEATHER
from tests.replies.test_server_tools_code import BY_CODE, LEGACY, NEWER
from tests.replies.test_server_tools_more import MCP, RATES, SAID, STOCKS, TOOLSET, WIKI
from tests.street import DOOR, Lines, ask, message, sent
from tests.street import json as content

Json = dict[str, Any]

HEADERS: Lines = (*DOOR, ("anthropic-beta", f"advisor-tool-2026-03-01,{MCP}"))
NEWEST: Lines = (("authorization", "Bearer sk-ant-fake"), ("anthropic-version", "2026-10-21"), *HEADERS[2:])
FILTERED = {"type": "web_search_20260209", "name": "web_search"}
CASES: dict[str, Json] = {
    "search": {"said": "Search the web for tea", "tools": [SEARCH]},
    "filtered": {"said": "Search the web for tea", "tools": [FILTERED]},
    "paused": {"said": f"Search the web for tea {PAUSE}", "tools": [SEARCH]},
    "fetch": {"said": "Read https://example.org/a", "tools": [{**FETCH, "citations": {"enabled": True}}]},
    "shell": {"said": "How much is 3 * 4?", "tools": [CODE]},
    "code": {"said": "How much is 3 * 4?", "tools": [LEGACY]},
    "editor": {"said": "Create a.txt with the text: hi, then view it", "tools": [CODE]},
    "programmed": {"said": "What is the weather in Paris?", "tools": [NEWER, BY_CODE]},
    "mixed": {"said": "Summarize https://example.org/a, and get the weather in Paris.", "tools": [FETCH, WEATHER]},
    "tools": {"said": SAID, "tools": [RATES, STOCKS, BM25]},
    "advisor": {"said": "Consult your advisor: tabs?", "tools": [ADVISOR]},
    "mcp": {"said": "Use wiki to look up tea", "tools": [TOOLSET], "mcp_servers": [WIKI]},
    "failed": {"said": "Search the web FAKEAPI_TRIGGER_WEB_SEARCH_UNAVAILABLE", "tools": [SEARCH]},
}


def body(case: Json, **more: Any) -> Json:
    rest = {name: value for name, value in case.items() if name != "said"}
    messages = [{"role": "user", "content": case["said"]}]
    return {"model": MODEL, "max_tokens": 20_000, "messages": messages, **rest, **more}


def events(case: Json) -> list[Json]:
    answer = ask(body(case, stream=True), HEADERS)
    assert answer.reply.status == 200, sent(answer)
    return [json.loads(data) for _, data in frames(sent(answer).decode())]


@pytest.mark.parametrize("name", CASES)
def test_a_stream_spells_the_plain_answer(name: str):
    case = CASES[name]
    assert spelt(sent(ask(body(case, stream=True), HEADERS)).decode()) == message(body(case), headers=HEADERS)


@pytest.mark.parametrize("name", CASES)
def test_a_result_comes_whole_and_a_call_by_its_input(name: str):
    for event in events(CASES[name]):
        if event["type"] == "content_block_start":
            begun = event["content_block"]
            if begun["type"].endswith("_tool_result"):
                assert begun["content"] or begun["type"] == "web_search_tool_result"
            if begun["type"] in ("server_tool_use", "mcp_tool_use"):
                assert begun["input"] == {}
                assert list(begun)[:4] == ["type", "id", "name", "input"]
        if event["type"] == "message_start":
            assert "server_tool_use" not in event["message"]["usage"]
        if event["type"] == "message_delta":
            assert set(event["usage"]["server_tool_use"]) == {"web_search_requests", "web_fetch_requests"}


def test_a_result_has_no_deltas():
    found = events(CASES["search"])
    start = next(at for at, event in enumerate(found) if "web_search_tool_result" in str(event.get("content_block")))
    assert found[start + 1] == {"type": "content_block_stop", "index": found[start]["index"]}


def test_an_input_without_members_is_one_empty_fragment():
    deltas = [event["delta"] for event in events(CASES["advisor"]) if event["type"] == "content_block_delta"]
    assert [delta for delta in deltas if "partial_json" in delta] == [{"type": "input_json_delta", "partial_json": ""}]


def test_citations_come_before_the_text_of_their_block():
    found = events(CASES["search"])
    at = next(at for at, event in enumerate(found) if (event.get("delta") or {}).get("type") == "citations_delta")
    assert found[at - 1]["content_block"] == {"citations": [], "type": "text", "text": ""}
    assert found[at + 1]["delta"]["type"] == "text_delta"


@pytest.mark.parametrize("name", CASES)
def test_the_newest_version_answers_the_same(name: str):
    case = CASES[name]
    newest = ask(body(case), NEWEST)
    assert newest.reply.status == 200, sent(newest)
    assert content(newest)["content"] == message(body(case), headers=HEADERS)["content"]


@pytest.mark.parametrize("name", CASES)
def test_whatever_was_answered_can_be_sent_back(name: str):
    case = CASES[name]
    answer = message(body(case), headers=HEADERS)
    messages = [*body(case)["messages"], {"role": "assistant", "content": answer["content"]}]
    uses = [each["id"] for each in answer["content"] if each["type"] == "tool_use"]
    if uses:
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id} for id in uses]})
    elif answer["stop_reason"] != "pause_turn":
        messages.append({"role": "user", "content": "Thank you"})
    more = {"container": "container_01"} if name == "programmed" else {}
    for headers in (HEADERS, NEWEST):
        again = message(body(case, messages=messages, **more), headers=headers)
        assert again["stop_reason"] == "end_turn"


def test_counting_tokens_counts_what_was_found():
    answer = message(body(CASES["search"]), headers=HEADERS)
    asked = [{"role": "user", "content": "Search the web for tea"}]
    longer = [*asked, {"role": "assistant", "content": answer["content"]}, {"role": "user", "content": "Thanks"}]
    counts = [
        content(ask({"model": MODEL, "messages": said, "tools": [SEARCH]}, DOOR, path="/v1/messages/count_tokens"))
        for said in (asked, longer)
    ]
    assert counts[1]["input_tokens"] > counts[0]["input_tokens"] + 500


def test_code_that_ran_leaves_its_container_to_the_answer():
    """The container itself is made where ids and the clock are: see tests/replies/test_reflecting.py."""
    answer = message(body(CASES["shell"]), headers=HEADERS)
    assert answer.get("container") is None or answer["container"]["id"].startswith("container_01")
