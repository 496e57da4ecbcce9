"""Server tools without a rule: which are used, in what blocks, what is counted, how turns pause and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakeapi import assets
from fakeapi.replies.serving.data import table
from fakeapi.settings import Settings
from tests.corpus_rows import rows
from tests.street import DOOR, message, refusal

Json = dict[str, Any]

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
ADVISOR = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-5"}
REGEX = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
BM25 = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
TOOLS = {"web_search": SEARCH, "web_fetch": FETCH, "code_execution": CODE, "advisor": ADVISOR}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "Get the weather for a city", "input_schema": CITY}
MODEL = "claude-opus-4-6"
PAUSE = "FAKEAPI_TRIGGER_PAUSE_TURN"


def asked(said: Any, *tools: Json, model: str = MODEL, **more: Any) -> Json:
    """A request that offers tools; a text is the user's, a list all messages."""
    messages = said if isinstance(said, list) else [{"role": "user", "content": said}]
    return {"model": model, "max_tokens": 20_000, "messages": messages, "tools": list(tools), **more}


def answered(said: Any, *tools: Json, betas: str = "advisor-tool-2026-03-01", **more: Any) -> Json:
    """The answer to it."""
    found: Json = message(asked(said, *tools, **more), headers=(*DOOR, ("anthropic-beta", betas)))
    return found


def kinds(answer: Json) -> list[str]:
    """The types of its blocks; calls by their names."""
    return [block.get("name") or block["type"] for block in answer["content"]]


def block(answer: Json, kind: str) -> Json:
    """Its first block of a type, or with a name."""
    found: Json = next(block for block in answer["content"] if kind in (block["type"], block.get("name")))
    return found


def calls(answer: Json) -> list[Json]:
    """Its calls of server tools."""
    return [block for block in answer["content"] if block["type"] in ("server_tool_use", "mcp_tool_use")]


def text(answer: Json) -> str:
    """All of its text."""
    return "".join(block["text"] for block in answer["content"] if block["type"] == "text")


def went_on(said: str, answer: Json, *tools: Json, results: list[Json] | None = None, **more: Any) -> Json:
    """The answer once this one is sent back, with results of the client's tools or as the last message."""
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": answer["content"]}]
    return answered([*messages, *([{"role": "user", "content": results}] if results else [])], *tools, **more)


@pytest.mark.parametrize("case", rows("server_tools.jsonl"), ids=lambda case: case["said"][:50])
def test_a_question_uses_the_server_tools_that_it_asks_for_or_would_plainly_need(case: Json):
    answer = answered(case["said"], *(TOOLS[name] for name in case["offered"]))
    assert [call["name"] for call in calls(answer)] == case["uses"]
    assert answer["stop_reason"] == "end_turn"
    assert answer["content"][-1]["type"] == "text"


@pytest.mark.parametrize("case", rows("server_tools.jsonl"), ids=lambda case: case["said"][:50])
def test_every_call_is_followed_by_its_result(case: Json):
    answer = answered(case["said"], *(TOOLS[name] for name in case["offered"]))
    for at, each in enumerate(answer["content"]):
        if each["type"] == "server_tool_use":
            after = answer["content"][at + 1]
            assert after["type"] == f"{each['name']}_tool_result"
            assert after["tool_use_id"] == each["id"]
            assert each["id"].startswith("srvtoolu_01")


def test_the_usage_counts_searches_and_fetches_where_a_server_tool_was_used():
    assert answered("Search the web for tea", SEARCH)["usage"]["server_tool_use"] == {
        "web_search_requests": 1,
        "web_fetch_requests": 0,
    }
    assert answered("Read https://example.org", FETCH)["usage"]["server_tool_use"]["web_fetch_requests"] == 1
    assert answered("How much is 3 * 4?", CODE)["usage"]["server_tool_use"]["web_search_requests"] == 0
    assert "server_tool_use" not in answered("Say ok", SEARCH)["usage"]


def test_each_round_of_a_turn_reads_all_again():
    once = answered("Say ok", SEARCH)["usage"]["input_tokens"]
    assert answered("Search the web for tea", SEARCH)["usage"]["input_tokens"] > 2 * once


def test_a_failed_search_is_not_counted():
    answer = answered("Search the web for tea FAKEAPI_TRIGGER_WEB_SEARCH_UNAVAILABLE", SEARCH)
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 0


TRIGGERED = [
    (family, code)
    for family, codes in table("triggers")["families"].items()
    if family in TOOLS
    for code in codes
    if (family, code) != ("code_execution", "file_not_found")
]


@pytest.mark.parametrize(("family", "code"), TRIGGERED, ids="-".join)
def test_every_error_code_has_a_trigger(family: str, code: str):
    answer = answered(f"Hi FAKEAPI_TRIGGER_{family}_{code}".upper(), TOOLS[family])
    (call,) = calls(answer)
    content = block(answer, f"{call['name']}_tool_result")["content"]
    assert content["type"] == f"{call['name']}_tool_result_error"
    assert content["error_code"] == code
    assert answer["content"][-1]["type"] == "text"
    assert "FAKEAPI" not in str(answer["content"])


def test_a_missing_file_has_a_trigger():
    answer = answered("Show me the file FAKEAPI_TRIGGER_CODE_EXECUTION_FILE_NOT_FOUND", CODE)
    content = block(answer, "text_editor_code_execution_tool_result")["content"]
    assert content["error_code"] == "file_not_found"


def test_a_trigger_of_a_tool_that_is_not_offered_does_nothing():
    assert calls(answered("Hi FAKEAPI_TRIGGER_WEB_FETCH_UNAVAILABLE", SEARCH)) == []


def test_a_turn_pauses_before_a_call_that_waits_and_goes_on_with_its_result():
    said = f"Search the web for tea {PAUSE}"
    paused = answered(said, SEARCH)
    assert paused["stop_reason"] == "pause_turn"
    assert paused["content"][-1]["type"] == "server_tool_use"
    assert paused["usage"]["server_tool_use"]["web_search_requests"] == 1
    finished = went_on(said, paused, SEARCH)
    assert finished["stop_reason"] == "end_turn"
    assert finished["content"][0]["type"] == "web_search_tool_result"
    assert finished["content"][0]["tool_use_id"] == paused["content"][-1]["id"]
    assert finished["content"][-1]["type"] == "text"


@pytest.mark.parametrize("tool", [FETCH, CODE, ADVISOR], ids=lambda tool: tool["name"])
def test_a_turn_of_any_server_tool_can_pause_and_ends(tool: Json):
    said = f"Search, read https://example.org, and calculate 3 * 4 with your advisor {PAUSE}"
    paused = answered(said, tool)
    assert paused["stop_reason"] == "pause_turn"
    finished = went_on(said, paused, tool)
    assert finished["content"][0]["tool_use_id"] == paused["content"][-1]["id"]
    assert finished["stop_reason"] == "end_turn"


def test_more_than_ten_calls_pause_the_turn():
    said = "Run a web search for each of these: " + " ".join(f'{number}) "tea {number}"' for number in range(1, 13))
    paused = answered(said, SEARCH)
    assert paused["stop_reason"] == "pause_turn"
    assert kinds(paused).count("web_search_tool_result") == 10
    assert kinds(paused).count("web_search") == 11
    finished = went_on(said, paused, SEARCH)
    assert finished["stop_reason"] == "end_turn"
    assert kinds(finished).count("web_search_tool_result") == 2
    assert [call["input"]["query"] for call in [*calls(paused), *calls(finished)]] == [f"tea {n}" for n in range(1, 13)]


def test_a_paused_turn_that_is_answered_with_text_is_refused():
    said = f"Search the web for tea {PAUSE}"
    paused = answered(said, SEARCH)
    messages = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": paused["content"]},
        {"role": "user", "content": "Go on"},
    ]
    status, kind, sentence = refusal(asked(messages, SEARCH))
    assert (status, kind) == (400, "invalid_request_error")
    assert "was found without a corresponding `web_search_tool_result` block" in sentence


def test_calls_of_both_sides_leave_the_server_call_open_until_the_client_has_run_its_own():
    said = "Summarize https://example.org/article, and get the weather in Paris."
    answer = answered(said, FETCH, WEATHER)
    assert kinds(answer)[1:] == ["web_fetch", "get_weather"]
    assert answer["stop_reason"] == "tool_use"
    result = {"type": "tool_result", "tool_use_id": answer["content"][-1]["id"], "content": "Sunny, 22 degrees"}
    finished = went_on(said, answer, FETCH, WEATHER, results=[result])
    assert finished["stop_reason"] == "end_turn"
    assert finished["content"][0]["type"] == "web_fetch_tool_result"
    assert finished["content"][0]["tool_use_id"] == calls(answer)[0]["id"]
    assert "Sunny, 22 degrees" in text(finished)


def test_a_client_tool_that_fits_is_called_instead_of_a_search_that_would_do():
    answer = answered("What is the weather in Paris?", WEATHER, SEARCH)
    assert kinds(answer) == ["get_weather"]


def test_tool_choice_forces_a_server_tool():
    answer = answered("Tea", SEARCH, CODE, tool_choice={"type": "tool", "name": "web_search"})
    assert [call["name"] for call in calls(answer)] == ["web_search"]
    assert calls(answered("Tea", SEARCH, tool_choice={"type": "any"}))


@pytest.mark.parametrize("more", [{"tool_choice": {"type": "none"}}], ids=["none"])
def test_tool_choice_none_uses_no_server_tool(more: Json):
    assert calls(answered("Search the web for tea", SEARCH, **more)) == []


def test_the_setting_never_uses_no_server_tool():
    body = asked("Search the web for tea", SEARCH)
    assert calls(message(body, settings=Settings(tools="never"))) == []


def test_how_about_repeats_the_tool_of_the_answer_before():
    first = answered("What is the weather in Rome?", SEARCH)
    messages = [
        {"role": "user", "content": "What is the weather in Rome?"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "How about Oslo?"},
    ]
    assert [call["input"]["query"] for call in calls(answered(messages, SEARCH))] == ["Oslo"]


def test_structured_output_comes_after_the_results_and_is_valid():
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    }
    answer = answered(
        "Search the web for tea", SEARCH, output_config={"format": {"type": "json_schema", "schema": schema}}
    )
    assert kinds(answer)[-2] == "web_search_tool_result"
    assert answer["content"][-1]["text"].startswith('{"title"')


def test_thinking_comes_before_the_first_call_and_not_before_a_result_that_waited():
    said, thinks = f"Search the web for tea {PAUSE}", {"type": "adaptive"}
    paused = answered(said, SEARCH, thinking=thinks)
    assert paused["content"][0]["type"] == "thinking"
    assert went_on(said, paused, SEARCH, thinking=thinks)["content"][0]["type"] == "web_search_tool_result"


def test_equal_requests_get_equal_answers():
    assert answered("Search the web for tea", SEARCH) == answered("Search the web for tea", SEARCH)


def test_every_trigger_and_code_is_documented():
    document = (Path(__file__).parents[2] / "docs" / "server-tools.md").read_text()
    for family, codes in table("triggers")["families"].items():
        prefix = f"{table('triggers')['prefix']}{family}_".upper()
        (line,) = [line for line in document.splitlines() if line.startswith(f"| `{prefix}")]
        assert all(code.upper() in line for code in codes)
    assert table("triggers")["prefix"] + table("triggers")["pause"] in document


def test_the_codes_of_triggers_are_those_of_the_answer_schemas():
    kinds = {
        "web_search": ["web_search"],
        "web_fetch": ["web_fetch"],
        "tool_search": ["tool_search"],
        "advisor": ["advisor"],
    }
    kinds["code_execution"] = ["code_execution", "bash_code_execution", "text_editor_code_execution"]
    for family, names in kinds.items():
        files = (f"schemas/answer/{name}_tool_result_error.json" for name in names)
        known = {code for file in files for code in assets.read_json(file)["properties"]["error_code"]["enum"]}
        assert set(table("triggers")["families"][family]) == known
