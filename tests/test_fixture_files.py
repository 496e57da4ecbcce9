"""The documented examples, by value: each file is well formed, says what the wire would say, and is told apart.

The key orders and block types are those of contract.md 6 and 7 and of the official SDK's types.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import pytest

from fakeapi import assets
from fakeapi.facts import catalogue, conversation
from fakeapi.model import Call, Caller
from fakeapi.rules.examples import Examples

Json = dict[str, Any]

FILES = {name: assets.read_json(name) for name in assets.names("fixtures/examples")}
LIST = Path(__file__).parents[1] / "docs" / "examples.md"
LOADED = Examples(list(FILES.values()))
EXAMPLES = [pytest.param(row, id=row["name"]) for row in FILES.values()]

MEMBERS = (
    *("name", "source", "messages", "when", "content", "stop_reason", "stop_sequence"),
    *("model", "stop_details", "container", "context_management", "documented"),
)
OPTIONAL_MEMBERS = {"when", "model", "stop_details", "container", "context_management"}
CONDITIONS = {
    "tools": list,
    "thinking": bool,
    "output_format": bool,
    "citations": bool,
    "image_url": str,
    "body": dict,
}

OPTIONAL_KEYS = {"citations", "caller", "toolset_name", "error_message", "stop_reason"}
KEYS = {
    "text": "citations type text",
    "thinking": "type thinking signature",
    "redacted_thinking": "type data",
    "tool_use": "type id name input caller toolset_name",
    "server_tool_use": "type id name input caller",
    "web_search_tool_result": "type tool_use_id content caller",
    "web_search_result": "type title url encrypted_content page_age",
    "web_search_tool_result_error": "type error_code",
    "web_fetch_tool_result": "type tool_use_id content caller",
    "web_fetch_result": "type url retrieved_at content",
    "web_fetch_tool_result_error": "type error_code",
    "document": "type source title citations",
    "base64": "type media_type data",
    "code_execution_tool_result": "type tool_use_id content",
    "code_execution_result": "type stdout stderr return_code content",
    "encrypted_code_execution_result": "type encrypted_stdout stderr return_code content",
    "code_execution_output": "type file_id",
    "code_execution_tool_result_error": "type error_code",
    "bash_code_execution_tool_result": "type tool_use_id content",
    "bash_code_execution_result": "type stdout stderr return_code content",
    "bash_code_execution_output": "type file_id",
    "bash_code_execution_tool_result_error": "type error_code",
    "text_editor_code_execution_tool_result": "type tool_use_id content",
    "text_editor_code_execution_view_result": "type file_type content num_lines start_line total_lines",
    "text_editor_code_execution_create_result": "type is_file_update",
    "text_editor_code_execution_str_replace_result": "type old_start old_lines new_start new_lines lines",
    "text_editor_code_execution_tool_result_error": "type error_code error_message",
    "tool_search_tool_result": "type tool_use_id content",
    "tool_search_tool_search_result": "type tool_references",
    "tool_reference": "type tool_name",
    "tool_search_tool_result_error": "type error_code error_message",
    "container_upload": "type file_id",
    "mcp_tool_use": "type id name input server_name",
    "mcp_tool_result": "type tool_use_id is_error content",
    "mcp_tool_listing": "type mcp_server_name tools",
    "advisor_tool_result": "type tool_use_id content",
    "advisor_result": "type text stop_reason",
    "advisor_redacted_result": "type encrypted_content stop_reason",
    "advisor_tool_result_error": "type error_code",
    "compaction": "type content",
    "fallback": "type from to trigger",
    "refusal": "type category",
    "direct": "type",
    "code_execution_20260120": "type tool_id",
    "char_location": "type cited_text document_index document_title start_char_index end_char_index",
    "page_location": "type cited_text document_index document_title start_page_number end_page_number",
    "content_block_location": "type cited_text document_index document_title start_block_index end_block_index",
    "search_result_location": "type cited_text source title search_result_index start_block_index end_block_index",
    "web_search_result_location": "type cited_text url title encrypted_index",
}
"""Every type that an answer can hold -> its keys in wire order."""

STOP_REASONS = {
    *("end_turn", "tool_use", "pause_turn", "refusal", "compaction"),
    "model_context_window_exceeded",
}
"""The stop reasons that an answer has by itself; max_tokens and stop_sequence come of a request's limits."""

PREFIXES = {"tool_use": "toolu_", "server_tool_use": "srvtoolu_", "mcp_tool_use": "mcptoolu_"}
TOOLSETS = ("computer_toolset", "browser_toolset", "mcp_toolset")
SEALED = {"signature", "data", "encrypted_content", "encrypted_index", "encrypted_stdout"}


def objects(value: Any) -> Iterator[Json]:
    """Every typed object within a value, but for what a model or a user made up: inputs and tools."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
    elif isinstance(value, dict):
        if "type" in value:
            yield value
        for key, item in value.items():
            if key not in ("input", "tools"):
                yield from objects(item)


def source_parts(row: Json, *types: str) -> list[Json]:
    """The documents or search results that an answer can cite, in the order in which citations count them."""
    return [part for part in objects([row["messages"], row["content"]]) if part["type"] in types]


def citations(row: Json, type: str) -> list[Json]:
    return [part for part in objects(row["content"]) if part["type"] == type]


def when(row: Json, condition: str) -> Any:
    return row.get("when", {}).get(condition)


@pytest.mark.parametrize("row", EXAMPLES)
def test_an_example_has_its_members_in_order(row: Json):
    assert list(row) == [key for key in MEMBERS if key in row]
    assert set(MEMBERS) - set(row) <= OPTIONAL_MEMBERS
    assert row["name"]
    assert row["source"]
    assert isinstance(row["messages"], list)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_named_by_its_topic_and_example(file: str):
    stem, name = PurePosixPath(file).stem, FILES[file]["name"]
    assert stem in (name, f"messages_{name}")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)


def test_names_are_unique():
    names = Counter(row["name"] for row in FILES.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_examples_match_the_same_request():
    said = Counter((conversation.normal_form(row["messages"]), orjson.dumps(row.get("when"))) for row in FILES.values())
    assert [messages for (messages, _), count in said.items() if count > 1] == []


@pytest.mark.parametrize("row", EXAMPLES)
def test_conditions_are_known_and_of_their_type(row: Json):
    for name, wanted in row.get("when", {}).items():
        assert isinstance(wanted, CONDITIONS[name])
        assert wanted


@pytest.mark.parametrize("row", EXAMPLES)
def test_blocks_have_their_keys_in_wire_order(row: Json):
    for part in objects(row["content"]):
        if part["type"] == "text" and "media_type" in part:
            assert list(part) == ["type", "media_type", "data"]
            continue
        keys = KEYS[part["type"]].split()
        assert list(part) == [key for key in keys if key in part]
        assert set(keys) - set(part) <= OPTIONAL_KEYS


@pytest.mark.parametrize("row", EXAMPLES)
def test_ids_have_the_prefix_of_their_block(row: Json):
    for part in objects([row["messages"], row["content"]]):
        if part["type"] in PREFIXES:
            assert part["id"].startswith(PREFIXES[part["type"]])
        if "file_id" in part:
            assert part["file_id"].startswith("file_")
    assert row.get("container", {"id": "container_"})["id"].startswith("container_")


@pytest.mark.parametrize("row", EXAMPLES)
def test_every_result_belongs_to_a_call_made_before_it(row: Json):
    called: set[str] = set()
    for part in objects([row["messages"], row["content"]]):
        if part["type"] in PREFIXES:
            assert part["id"] not in called
            called.add(part["id"])
        for key in ("tool_use_id", "tool_id"):
            assert part.get(key) is None or part[key] in called


@pytest.mark.parametrize("row", EXAMPLES)
def test_the_stop_reason_follows_from_the_content(row: Json):
    types = {block["type"] for block in row["content"]}
    assert row["stop_reason"] in STOP_REASONS
    assert row["stop_sequence"] is None
    assert (row["stop_reason"] == "tool_use") == ("tool_use" in types)
    assert (row["stop_reason"] == "refusal") == ("stop_details" in row)
    assert row["content"] or row["stop_reason"] == "refusal"


@pytest.mark.parametrize("row", EXAMPLES)
def test_a_called_tool_is_offered(row: Json):
    offered = when(row, "tools") or []
    for block in row["content"]:
        if block["type"] == "tool_use":
            toolset = f"{block.get('toolset_name')}_toolset"
            assert block["name"] in offered or any(name.startswith(toolset) for name in offered)
        if block["type"].startswith("mcp_"):
            assert "mcp_toolset" in offered


@pytest.mark.parametrize("row", EXAMPLES)
def test_thinking_needs_thinking(row: Json):
    thinks = any(block["type"] in ("thinking", "redacted_thinking") for block in row["content"])
    assert not thinks or when(row, "thinking") is True


@pytest.mark.parametrize("row", EXAMPLES)
def test_a_structured_answer_is_one_text_of_json(row: Json):
    if when(row, "output_format"):
        assert [block["type"] for block in row["content"]] == ["text"]
        orjson.loads(row["content"][0]["text"])


@pytest.mark.parametrize("row", EXAMPLES)
def test_citations_need_citations(row: Json):
    kinds = {part["type"] for part in objects(row["content"]) if part["type"].endswith("_location")}
    assert kinds <= {"web_search_result_location"} or when(row, "citations")


@pytest.mark.parametrize("row", EXAMPLES)
def test_a_cited_range_of_characters_holds_the_cited_text(row: Json):
    documents = source_parts(row, "document")
    for mark in citations(row, "char_location"):
        document = documents[mark["document_index"]]
        cited = document["source"]["data"][mark["start_char_index"] : mark["end_char_index"]]
        assert cited.rstrip() == mark["cited_text"].rstrip()
        assert document["title"] == mark["document_title"]


@pytest.mark.parametrize("row", EXAMPLES)
def test_cited_pages_and_blocks_are_those_of_the_document(row: Json):
    documents = source_parts(row, "document")
    for mark in citations(row, "page_location"):
        assert documents[mark["document_index"]]["title"] == mark["document_title"]
        assert 1 <= mark["start_page_number"] < mark["end_page_number"]
    for mark in citations(row, "content_block_location"):
        parts = documents[mark["document_index"]]["source"]["content"]
        assert cited_blocks(parts, mark) == mark["cited_text"]


@pytest.mark.parametrize("row", EXAMPLES)
def test_a_cited_search_result_is_quoted_in_full(row: Json):
    results = source_parts(row, "search_result")
    for mark in citations(row, "search_result_location"):
        result = results[mark["search_result_index"]]
        assert (result["source"], result["title"]) == (mark["source"], mark["title"])
        assert cited_blocks(result["content"], mark) == mark["cited_text"]


def cited_blocks(parts: list[Json], mark: Json) -> str:
    return "".join(part["text"] for part in parts[mark["start_block_index"] : mark["end_block_index"]])


@pytest.mark.parametrize("row", EXAMPLES)
def test_a_cited_web_page_is_among_the_search_results(row: Json):
    urls = {part["url"] for part in source_parts(row, "web_search_result")}
    for mark in citations(row, "web_search_result_location"):
        assert mark["url"] in urls
        assert len(mark["cited_text"]) <= 153


@pytest.mark.parametrize("row", EXAMPLES)
def test_sealed_values_are_whole_base64(row: Json):
    for part in objects([row["messages"], row["content"]]):
        if part["type"] == "text":
            continue
        for key in SEALED & set(part):
            assert base64.b64decode(part[key], validate=True)


@pytest.mark.parametrize("row", EXAMPLES)
def test_documented_usage_names_a_resolved_model_and_its_counts(row: Json):
    order = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "iterations", "output_tokens"]
    for fact in row["documented"]:
        assert list(fact) == ["model", "max_tokens", "usage"]
        model = catalogue.resolve(fact["model"])
        assert model is not None
        assert model.id == fact["model"]
        usage = fact["usage"]
        assert list(usage) == [key for key in (*order, "server_tool_use") if key in usage]
        assert usage["input_tokens"] > 0
        assert usage["output_tokens"] > 0


def test_every_type_that_an_answer_can_hold_is_in_an_example():
    held = {part["type"] for row in FILES.values() for part in objects(row["content"])}
    assert set(KEYS) - held == set()


def test_every_stop_reason_is_in_an_example():
    assert {row["stop_reason"] for row in FILES.values()} == STOP_REASONS


def test_the_examples_of_limits_go_on_beyond_their_limit():
    texts = {row["name"]: "".join(block.get("text", "") for block in row["content"]) for row in FILES.values()}
    assert re.match("C.", texts["prefill"])
    assert len(texts["stop_max_tokens"].split()) > 10
    assert re.search("[a-z].* END .*[a-z]", texts["stop_sequence"])
    assert texts["stop_prewarm"]


def test_the_list_of_examples_names_each_of_them():
    listed = re.findall(r"^\| `([a-z0-9_]+)` \|", LIST.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(row["name"] for row in FILES.values())


def own_request(row: Json) -> Json:
    """The least request that an example is for: a model without thinking, unless it needs it, and no system prompt."""
    body: Json = {"model": "claude-opus-5" if when(row, "thinking") else "claude-opus-4-1-20250805"}
    body |= {"max_tokens": 1024, "messages": row["messages"]}
    cited = {"citations": {"enabled": True}} if when(row, "citations") else {}
    body["tools"] = [
        {"type": name} if name.startswith(TOOLSETS) else {"name": name, **cited} for name in when(row, "tools") or []
    ]
    if when(row, "output_format"):
        body["output_config"] = {"format": {"type": "json_schema", "schema": {}}}
    return body | {key: value for key, value in (when(row, "body") or {}).items() if key != "messages"}


@pytest.mark.parametrize("row", EXAMPLES)
def test_an_example_is_found_by_its_own_request(row: Json):
    body = own_request(row)
    model = catalogue.resolve(body["model"])
    assert model is not None
    found = LOADED.find(Call(body, model, Caller("key", "2023-06-01")))
    assert found is not None
    assert found.source == f"example:{row['name']}"
    assert list(found.content) == row["content"]
