"""Tool search, the advisor and the MCP connector."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.facts.signatures import unsealed
from tests.replies.test_server_tools import (
    ADVISOR,
    BM25,
    CITY,
    MODEL,
    REGEX,
    answered,
    block,
    calls,
    kinds,
    text,
    went_on,
)

Json = dict[str, Any]

RATES = {
    "name": "get_exchange_rate",
    "description": "Look up the current exchange rate between two currencies.",
    "defer_loading": True,
    "input_schema": {
        "type": "object",
        "properties": {"from_currency": {"type": "string"}, "to_currency": {"type": "string"}},
        "required": ["from_currency", "to_currency"],
    },
}
STOCKS = {
    "name": "stock_lookup",
    "description": "Look up a stock price by its ticker symbol.",
    "defer_loading": True,
    "input_schema": {"type": "object", "properties": {"symbol": {"type": "string"}}, "required": ["symbol"]},
}
SAID = "What is the current USD to EUR exchange rate?"
WIKI = {"type": "url", "url": "https://mcp.example.com/sse", "name": "wiki"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "wiki"}
MCP = "mcp-client-2025-11-20"


def references(answer: Json) -> list[str]:
    found = block(answer, "tool_search_tool_result")["content"]["tool_references"]
    assert all(list(reference) == ["type", "tool_name"] for reference in found)
    return [reference["tool_name"] for reference in found]


@pytest.mark.parametrize(("tool", "given"), [(REGEX, "pattern"), (BM25, "query")], ids=["regex", "bm25"])
def test_a_deferred_tool_that_is_asked_for_is_searched_for_and_called(tool: Json, given: str):
    answer = answered(SAID, RATES, STOCKS, tool)
    assert kinds(answer) == ["text", tool["name"], "tool_search_tool_result", "text", "get_exchange_rate"]
    assert given in calls(answer)[0]["input"]
    assert references(answer) == ["get_exchange_rate"]
    assert answer["content"][-1]["input"] == {"from_currency": "USD", "to_currency": "EUR"}
    assert answer["content"][-1]["caller"] == {"type": "direct"}
    assert answer["stop_reason"] == "tool_use"


def test_a_tool_that_was_found_is_called_without_another_search():
    first = answered(SAID, RATES, STOCKS, BM25)
    use = first["content"][-1]
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "0.92"}
    second = went_on(SAID, first, RATES, STOCKS, BM25, results=[result])
    assert second["stop_reason"] == "end_turn"
    assert "0.92" in text(second)
    messages = [
        {"role": "user", "content": SAID},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": second["content"]},
        {"role": "user", "content": "Now call get_exchange_rate for CAD to USD."},
    ]
    assert kinds(answered(messages, RATES, STOCKS, BM25)) == ["get_exchange_rate"]


def test_tools_are_searched_where_the_user_wants_that():
    answer = answered("Search the tools with the pattern `stock|exchange`", RATES, STOCKS, REGEX)
    assert calls(answer)[0]["input"] == {"pattern": "stock|exchange"}
    assert set(references(answer)) == {"get_exchange_rate", "stock_lookup"}


def test_what_matches_nothing_finds_nothing():
    answer = answered("Search the tools with the pattern `zebra`", RATES, STOCKS, REGEX)
    assert references(answer) == []
    assert answer["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "Invalid regular expression pattern: missing ) at position 1"),
        ("[a", "Invalid regular expression pattern: unterminated character set at position 0"),
        ("a" * 201, "Pattern exceeds the maximum length of 200 characters"),
    ],
    ids=["open", "set", "long"],
)
def test_a_bad_pattern_is_an_error_of_the_tool(pattern: str, message: str):
    answer = answered(f"Search the tools with the pattern `{pattern}`", RATES, STOCKS, REGEX)
    assert block(answer, "tool_search_tool_result")["content"] == {
        "type": "tool_search_tool_result_error",
        "error_code": "invalid_tool_input",
        "error_message": message,
    }


@pytest.mark.parametrize("code", ["unavailable", "too_many_requests", "execution_time_exceeded", "invalid_tool_input"])
def test_a_search_for_tools_can_fail(code: str):
    answer = answered(f"Find a tool FAKEAPI_TRIGGER_TOOL_SEARCH_{code.upper()}", RATES, STOCKS, BM25)
    assert block(answer, "tool_search_tool_result")["content"]["error_code"] == code
    assert answer["stop_reason"] == "end_turn"


def test_no_tool_is_searched_for_where_none_is_asked_for():
    assert kinds(answered("hi, just say hello", RATES, STOCKS, BM25)) == ["text"]


def test_the_advisor_is_asked_with_an_empty_input():
    answer = answered("What's 2+2? Consult your advisor first.", ADVISOR)
    assert calls(answer)[0]["input"] == {}
    advice = block(answer, "advisor_tool_result")["content"]
    assert list(advice) == ["type", "text", "stop_reason"]
    assert advice["stop_reason"] == "end_turn"


@pytest.mark.parametrize("model", ["claude-fable-5", "claude-mythos-5-1"])
def test_the_advice_of_some_models_is_encrypted(model: str):
    answer = answered("Consult your advisor: tabs?", {**ADVISOR, "model": model})
    advice = block(answer, "advisor_tool_result")["content"]
    assert list(advice) == ["type", "encrypted_content", "stop_reason"]
    assert unsealed(advice["encrypted_content"], "advisor_result")


def test_advice_is_cut_at_the_tools_own_max_tokens():
    answer = answered("Consult your advisor: build a queue", {**ADVISOR, "max_tokens": 1024})
    whole = block(answer, "advisor_tool_result")["content"]
    assert whole["stop_reason"] == "end_turn"


def test_an_advisor_that_nobody_knows_is_not_found():
    answer = answered("Consult your advisor: tabs?", {**ADVISOR, "model": "claude-nobody"})
    assert block(answer, "advisor_tool_result")["content"]["error_code"] == "model_not_found"


def test_the_usage_tells_the_rounds_of_the_model_and_of_the_advisor():
    usage = answered("What's 2+2? Consult your advisor first.", ADVISOR)["usage"]
    steps = usage["iterations"]
    assert [step["type"] for step in steps] == ["message", "advisor_message", "message"]
    assert steps[1]["model"] == "claude-opus-5"
    assert usage["input_tokens"] == steps[0]["input_tokens"] + steps[2]["input_tokens"]
    assert usage["output_tokens"] == steps[0]["output_tokens"] + steps[2]["output_tokens"]
    assert steps[2]["input_tokens"] > steps[0]["input_tokens"]


def test_a_tool_of_an_mcp_server_is_called_and_answers():
    answer = answered("Use wiki to look up green tea", TOOLSET, betas=MCP, mcp_servers=[WIKI])
    use, result = block(answer, "mcp_tool_use"), block(answer, "mcp_tool_result")
    assert list(use) == ["type", "id", "name", "input", "server_name"]
    assert use["id"].startswith("mcptoolu_01")
    assert use["server_name"] == "wiki"
    assert use["input"] == {"query": "green tea"}
    assert list(result) == ["type", "tool_use_id", "is_error", "content"]
    assert result["tool_use_id"] == use["id"]
    assert result["is_error"] is False
    assert "green tea" in result["content"][0]["text"]
    assert answer["usage"]["server_tool_use"] == {"web_search_requests": 0, "web_fetch_requests": 0}
    assert answer["stop_reason"] == "end_turn"


def test_the_first_beta_needs_no_toolset():
    allowed = {**WIKI, "tool_configuration": {"enabled": True, "allowed_tools": ["ask_question"]}}
    answer = answered("Use wiki to look up tea", betas="mcp-client-2025-04-04", mcp_servers=[allowed])
    assert block(answer, "mcp_tool_use")["name"] == "ask_question"


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"configs": {"ask_question": {"enabled": True}}}, "ask_question"),
        ({"configs": {"search": {"enabled": False}, "fetch": {}}}, "fetch"),
        ({"default_config": {"enabled": False}, "configs": {"echo": {"enabled": True}}}, "echo"),
    ],
    ids=["named", "denied", "allowed"],
)
def test_the_toolset_says_which_tools_there_are(more: Json, name: str):
    answer = answered("Use wiki to look up tea", {**TOOLSET, **more}, betas=MCP, mcp_servers=[WIKI])
    assert block(answer, "mcp_tool_use")["name"] == name


def test_no_tool_is_called_where_all_are_off():
    off = {**TOOLSET, "default_config": {"enabled": False}}
    assert calls(answered("Use wiki to look up tea", off, betas=MCP, mcp_servers=[WIKI])) == []


def test_a_tool_of_a_server_can_fail():
    answer = answered("Look up tea FAKEAPI_TRIGGER_MCP_ERROR", TOOLSET, betas=MCP, mcp_servers=[WIKI])
    assert block(answer, "mcp_tool_result")["is_error"] is True
    assert answer["stop_reason"] == "end_turn"


def test_the_server_that_is_named_is_asked():
    other = {**WIKI, "name": "tickets", "url": "https://tickets.example.com"}
    toolsets = (TOOLSET, {**TOOLSET, "mcp_server_name": "tickets"})
    answer = answered("Use tickets to find the open bugs", *toolsets, betas=MCP, mcp_servers=[WIKI, other])
    assert block(answer, "mcp_tool_use")["server_name"] == "tickets"


def test_what_tools_there_are_is_told_without_a_call():
    answer = answered("What tools do you have right now?", TOOLSET, betas=MCP, mcp_servers=[WIKI])
    assert calls(answer) == []
    assert "`search`" in text(answer)


def test_the_newest_beta_lists_the_tools_once():
    betas, said = "mcp-client-2026-09-15", "Use wiki to look up tea"
    answer = answered(said, TOOLSET, betas=betas, mcp_servers=[WIKI])
    listing = answer["content"][0]
    assert (listing["type"], listing["mcp_server_name"]) == ("mcp_tool_listing", "wiki")
    messages = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": "Use wiki to look up coffee"},
    ]
    again = answered(messages, TOOLSET, betas=betas, mcp_servers=[WIKI])
    assert "mcp_tool_listing" not in kinds(again)
    pinned = {**TOOLSET, "tools": listing["tools"]}
    assert "mcp_tool_listing" not in kinds(answered(said, pinned, betas=betas, mcp_servers=[WIKI]))


def test_a_call_of_a_server_that_waits_gets_its_result_beside_the_clients():
    add = {"name": "add", "description": "Add two numbers.", "input_schema": CITY}
    waits = {
        "type": "mcp_tool_use",
        "id": "mcptoolu_01x",
        "name": "search",
        "server_name": "wiki",
        "input": {"query": "tea"},
    }
    use = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"city": "4"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"}
    more: Json = {"betas": "mcp-client-2025-04-04", "mcp_servers": [WIKI], "model": MODEL}
    answer = went_on("Look up tea, then add 2 and 2.", {"content": [waits, use]}, add, results=[result], **more)
    assert kinds(answer)[0] == "mcp_tool_result"
    assert answer["content"][0]["tool_use_id"] == "mcptoolu_01x"
    assert answer["stop_reason"] == "end_turn"


@pytest.mark.parametrize("said", ["Hello", "Thanks!"])
def test_a_greeting_calls_no_server(said: str):
    assert calls(answered(said, TOOLSET, betas=MCP, mcp_servers=[WIKI])) == []
