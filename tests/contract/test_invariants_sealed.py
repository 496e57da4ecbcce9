"""Encrypted contents that come back: as they were made, or refused in the API's words."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.facts.signatures import seal
from tests.facts.test_signatures import foreign
from tests.street import message, refusal

Json = dict[str, Any]

FOUND = seal("What the page says", "web_search_result")
QUOTED = seal("0-9", "web_search_result_location")


def searched(content: str = FOUND, index: str = QUOTED) -> Json:
    """A conversation in which a search found one page that was quoted."""
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
    page = {"type": "web_search_result", "title": "Tea", "url": "https://ex.org/tea", "encrypted_content": content}
    quote = {
        "type": "web_search_result_location",
        "cited_text": "Tea is hot",
        "title": "Tea",
        "url": "https://ex.org/tea",
        "encrypted_index": index,
    }
    said = [
        call,
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]},
        {"type": "text", "text": "It is hot.", "citations": [quote]},
    ]
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "messages": [
            {"role": "user", "content": "Is tea hot?"},
            {"role": "assistant", "content": said},
            {"role": "user", "content": "Thanks"},
        ],
    }


def ran(output: str) -> Json:
    """A conversation in which code saw what a search had found."""
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "1"}}
    content = {
        "type": "encrypted_code_execution_result",
        "encrypted_stdout": output,
        "stderr": "",
        "return_code": 0,
        "content": [],
    }
    result = {"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    said = [call, result, {"type": "text", "text": "Done."}]
    body = searched()
    body["tools"] = [{"type": "code_execution_20260120", "name": "code_execution"}]
    body["messages"][1]["content"] = said
    return body


@pytest.mark.parametrize("body", [
    searched(), searched(foreign(3), foreign(4)), ran(seal("4", "code_execution_result")), ran(foreign(5)),
], ids=["ours", "foreign ones of the real form", "our output", "a foreign output"])  # fmt: skip
def test_what_was_made_here_or_by_the_api_is_accepted(body: Json) -> None:
    assert message(body)["content"]


BROKEN = FOUND[:60] + "AAAA" + FOUND[64:]


@pytest.mark.parametrize(("body", "sentence"), [
    (searched(content=""), "messages.1.content.1: Invalid `encrypted_content` in `search_result` block"),
    (searched(content=BROKEN), "messages.1.content.1: Invalid `encrypted_content` in `search_result` block"),
    (searched(content=QUOTED), "messages.1.content.1: Invalid `encrypted_content` in `search_result` block"),
    (searched(index="nonsense"), "messages.1.content.2: Invalid `encrypted_index` in `text` block"),
    (ran("nonsense"), "messages.1.content.1: Invalid `encrypted_stdout` in `encrypted_code_execution_result` block"),
], ids=["empty", "changed", "made for something else", "no index", "no output"])  # fmt: skip
def test_what_is_no_token_or_was_changed_is_refused(body: Json, sentence: str) -> None:
    assert refusal(body) == (400, "invalid_request_error", sentence)
