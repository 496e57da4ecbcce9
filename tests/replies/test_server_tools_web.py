"""Web search and web fetch: canned pages, cited where it is true, within the domains and limits of the tool."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.facts import media
from fakeapi.facts.signatures import Verdict, unsealed, verify_sealed
from fakeapi.replies.serving import pages
from tests.replies.test_server_tools import FETCH, MODEL, SEARCH, answered, asked, block, calls, kinds, text, went_on
from tests.street import message, refusal

Json = dict[str, Any]

CITED = {**FETCH, "citations": {"enabled": True}}


def found(answer: Json) -> Any:
    """The results of its first search, or its error."""
    return block(answer, "web_search_tool_result")["content"]


def fetched(said: Any, tool: Json = FETCH, **more: Any) -> Json:
    """The content of the first fetch's result."""
    content: Json = block(answered(said, tool, **more), "web_fetch_tool_result")["content"]
    return content


def after_tools(said: str, result: str, *tools: Json) -> list[Json]:
    """A conversation in which a client tool has returned a text, and the user asks on."""
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    return [
        {"role": "user", "content": "Look around"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result}]},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": said},
    ]


LOOK = {"name": "look", "description": "Looks around", "input_schema": {"type": "object"}}


def test_a_search_result_has_the_recorded_members_and_says_who_called():
    answer = answered("Search the web for tea", SEARCH)
    result = block(answer, "web_search_tool_result")
    assert list(result) == ["type", "tool_use_id", "content", "caller"]
    assert result["caller"] == {"type": "direct"}
    for item in result["content"]:
        assert list(item) == ["type", "title", "url", "encrypted_content", "page_age"]


def test_every_citation_points_into_a_page_that_was_found():
    answer = answered("Search the web for quantum computing", SEARCH)
    results = {item["url"]: item for item in found(answer)}
    cited = [mark for each in answer["content"] for mark in each.get("citations") or ()]
    assert len(cited) == 3
    for mark in cited:
        assert list(mark) == ["type", "cited_text", "url", "title", "encrypted_index"]
        assert len(mark["cited_text"]) <= 150
        page = unsealed(results[mark["url"]]["encrypted_content"], "web_search_result")
        assert page is not None
        assert mark["cited_text"] in page
        assert results[mark["url"]]["title"] == mark["title"]
        start, end = map(int, (unsealed(mark["encrypted_index"], "web_search_result_location") or "").split("-"))
        assert page[start:end] == mark["cited_text"]


def test_a_long_question_is_cited_within_150_characters_too():
    answer = answered("Search the web for " + "extraordinarily " * 40 + "long words", SEARCH)
    assert all(len(m["cited_text"]) <= 150 for each in answer["content"] for m in each.get("citations") or ())


def test_what_was_found_comes_back_and_is_verified():
    answer = answered("Search the web for tea", SEARCH)
    item = found(answer)[0]
    assert verify_sealed(item["encrypted_content"], "web_search_result", item["url"]) is Verdict.OURS
    assert verify_sealed(item["encrypted_content"], "web_search_result", "https://else.org") is Verdict.MOVED
    messages = [
        {"role": "user", "content": "Search the web for tea"},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": "Thank you"},
    ]
    assert message(asked(messages, SEARCH))["stop_reason"] == "end_turn"
    item["encrypted_content"] = item["encrypted_content"][:-8] + "AAAAAAA="
    assert refusal(asked(messages, SEARCH))[0] == 400


@pytest.mark.parametrize(
    ("allowed", "starts"),
    [
        (["docs.python.org"], ("https://docs.python.org/",)),
        (["https://python.org/3/library/"], ("https://python.org/3/library/",)),
        (["*.python.org"], ("https://python.org/",)),
        (["python.org", "pypi.org"], ("https://python.org/", "https://pypi.org/")),
    ],
    ids=str,
)
def test_only_allowed_domains_are_found(allowed: list[str], starts: tuple[str, ...]):
    results = found(answered("Search the web for asyncio", {**SEARCH, "allowed_domains": allowed}))
    assert results
    assert all(item["url"].startswith(starts) for item in results)


def test_blocked_domains_are_not_found():
    tool = {**SEARCH, "blocked_domains": ["example.com", "example.org"]}
    results = found(answered("Search the web for tea", tool))
    assert results
    assert not any("example.com" in item["url"] or "example.org" in item["url"] for item in results)


def test_nothing_is_found_where_all_is_blocked():
    tool = {**SEARCH, "blocked_domains": ["example.com", "example.org", "example.net"]}
    answer = answered("Search the web for tea", tool)
    assert found(answer) == []
    assert answer["content"][-1]["type"] == "text"


@pytest.mark.parametrize(
    ("url", "entry", "within"),
    [
        ("https://example.com/a", "example.com", True),
        ("https://docs.example.com/a", "example.com", True),
        ("https://example.com/a", "docs.example.com", False),
        ("https://badexample.com/a", "example.com", False),
        ("https://example.com/blog/1", "example.com/blog", True),
        ("https://example.com/blogs", "example.com/blog", False),
        ("https://example.com/news", "example.com/blog", False),
        ("https://example.com/a/b/c", "example.com/*/c", True),
        ("https://EXAMPLE.com", "example.com", True),
        ("https://example.com:8080/x", "example.com", True),
    ],
)
def test_a_domain_goes_with_its_subdomains_and_below_its_path(url: str, entry: str, within: bool):
    assert pages.may_use(url, {"allowed_domains": [entry]}) is within
    assert pages.may_use(url, {"blocked_domains": [entry]}) is not within


def test_a_place_is_found_near_the_user():
    near = {"type": "approximate", "city": "Lisbon", "country": "PT"}
    results = found(answered("Search the web for good bakeries", {**SEARCH, "user_location": near}))
    assert results[0]["title"].endswith("in Lisbon - Example Local")


def test_searches_beyond_max_uses_fail_and_end_the_searching():
    said = 'Search the web for "tea", then "coffee", then "cocoa"'
    answer = answered(said, {**SEARCH, "max_uses": 2})
    results = [each["content"] for each in answer["content"] if each["type"] == "web_search_tool_result"]
    assert [isinstance(each, list) for each in results] == [True, True, False]
    assert results[2] == {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 2


def test_max_uses_is_counted_anew_in_every_request():
    tool = {**SEARCH, "max_uses": 1}
    first = answered("What is the weather in Rome?", tool)
    messages = [
        {"role": "user", "content": "What is the weather in Rome?"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "How about Oslo?"},
    ]
    assert found(answered(messages, tool))


def test_a_very_long_query_is_too_long():
    answer = answered(f'Search for "{"tea " * 300}"', SEARCH)
    assert found(answer) == {"type": "web_search_tool_result_error", "error_code": "query_too_long"}


def test_a_fetched_page_has_the_recorded_members():
    content = fetched("Read https://example.org/report-2026")
    assert list(content) == ["type", "url", "retrieved_at", "content"]
    assert content["url"] == "https://example.org/report-2026"
    assert list(content["content"]) == ["type", "source", "title"]
    assert content["content"]["title"] == "Report 2026"
    assert "https://example.org/report-2026" in content["content"]["source"]["data"]


def test_a_page_that_a_search_found_is_the_page_that_is_fetched():
    said = "Search the web for green tea and then read the best article"
    answer = answered(said, SEARCH, FETCH)
    item = found(answer)[0]
    page = block(answer, "web_fetch_tool_result")["content"]
    assert page["url"] == item["url"]
    assert page["content"]["source"]["data"] == unsealed(item["encrypted_content"], "web_search_result")


def test_citations_of_a_fetched_page_point_into_it():
    answer = answered("Read https://example.org/report", CITED)
    document = block(answer, "web_fetch_tool_result")["content"]["content"]
    assert document["citations"] == {"enabled": True}
    (mark,) = [mark for each in answer["content"] for mark in each.get("citations") or ()]
    assert mark["type"] == "char_location"
    assert document["source"]["data"][mark["start_char_index"] : mark["end_char_index"]] == mark["cited_text"]
    assert (mark["document_index"], mark["document_title"]) == (0, document["title"])


def test_documents_are_counted_through_the_conversation():
    answer = answered("Read https://example.org/a and https://example.org/b", CITED)
    marks = [mark for each in answer["content"] for mark in each.get("citations") or ()]
    assert [mark["document_index"] for mark in marks] == [0, 1]


def test_citations_turned_off_are_said_to_be_off():
    assert fetched("Read https://example.org/a", {**FETCH, "citations": {"enabled": False}})["content"][
        "citations"
    ] == {"enabled": False}


def test_a_pdf_comes_as_base64_and_is_cited_by_page():
    answer = answered("Read https://example.org/paper.pdf", CITED)
    source = block(answer, "web_fetch_tool_result")["content"]["content"]["source"]
    assert source["media_type"] == "application/pdf"
    read = media.encoded_pdf(source["data"])
    assert read is not None
    (mark,) = [mark for each in answer["content"] for mark in each.get("citations") or ()]
    assert (mark["start_page_number"], mark["end_page_number"]) == (1, 2)
    assert mark["cited_text"] in " ".join("".join(read.sample).replace("\n", "").split())


def test_long_pages_are_cut_at_max_content_tokens():
    whole = fetched("Read https://example.org/a")["content"]["source"]["data"]
    cut = fetched("Read https://example.org/a", {**FETCH, "max_content_tokens": 20})["content"]["source"]["data"]
    assert whole.startswith(cut)
    assert 0 < len(cut) < len(whole) / 2


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.org/" + "a" * 300, "url_too_long"),
        ("https://example.org/picture.png", "unsupported_content_type"),
        ("https://example.org/archive.tar.gz", "unsupported_content_type"),
        ("https://server.invalid/page", "url_not_accessible"),
        ("http://localhost:8000/", "url_not_accessible"),
        ("https://example.org/404", "url_not_accessible"),
    ],
    ids=lambda value: value[:30],
)
def test_what_cannot_be_fetched_says_why(url: str, code: str):
    content = fetched(f"Read {url}")
    assert content == {"type": "web_fetch_tool_result_error", "error_code": code}


def test_domains_of_the_tool_are_kept():
    refused = {"type": "web_fetch_tool_result_error", "error_code": "url_not_allowed"}
    assert fetched("Read https://example.org/a", {**FETCH, "allowed_domains": ["example.com"]}) == refused
    assert fetched("Read https://docs.example.org/a", {**FETCH, "blocked_domains": ["example.org"]}) == refused
    assert fetched("Read https://example.org/a", {**FETCH, "allowed_domains": ["example.org"]})["content"]


def test_a_url_that_nobody_mentioned_is_not_fetched():
    content = fetched("Fetch the page with the opening hours")
    assert content == {"type": "web_fetch_tool_result_error", "error_code": "url_not_in_prior_context"}


def test_a_url_of_the_system_prompt_alone_is_not_in_context():
    content = fetched("Fetch the page of the shop", system="The shop is at https://www.example.com/shop")
    assert content["error_code"] == "url_not_in_prior_context"


def test_urls_of_searches_before_can_be_fetched():
    said = "Search the web for tea"
    answer = answered(said, SEARCH, FETCH)
    messages = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": "Fetch the first page"},
    ]
    content = block(answered(messages, SEARCH, FETCH), "web_fetch_tool_result")["content"]
    assert content["url"] == found(answer)[0]["url"]


@pytest.mark.parametrize(
    ("sources", "is_fetched"),
    [
        (None, True),
        ({"client_tool_results": {"type": "none"}, "user_input": {"type": "none"}}, False),
        ({"client_tool_results": {"type": "all"}, "user_input": {"type": "none"}}, True),
        ({"client_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "look"}]},
          "user_input": {"type": "none"}}, True),
        ({"client_tool_results": {"type": "except", "tools": [{"type": "tool_reference", "name": "look"}]},
          "user_input": {"type": "none"}}, False),
    ],
)  # fmt: skip
def test_url_sources_say_whose_urls_count(sources: Json | None, is_fetched: bool):
    tool: Json = {"type": "web_fetch_20260318", "name": "web_fetch", "allowed_callers": ["direct"]}
    tool |= {"url_sources": sources} if sources else {}
    messages = after_tools("Read https://example.org/seen", "There is https://example.org/seen")
    content = block(answered(messages, tool, LOOK), "web_fetch_tool_result")["content"]
    assert ("content" in content) is is_fetched


def test_a_page_is_not_fetched_twice_unless_it_is_wanted_again():
    said = "What is on https://example.org/a?"
    first = answered(said, FETCH)
    before = [{"role": "user", "content": said}, {"role": "assistant", "content": first["content"]}]
    assert calls(answered([*before, {"role": "user", "content": "Who wrote https://example.org/a?"}], FETCH)) == []
    again = {"role": "user", "content": "Fetch https://example.org/a again"}
    assert len(calls(answered([*before, again], FETCH))) == 1


FILTERED = [{**SEARCH, "type": "web_search_20260209"}, {**SEARCH, "type": "web_search_20260318"}]


@pytest.mark.parametrize("tool", FILTERED, ids=lambda tool: tool["type"])
def test_newer_searches_are_made_by_code_that_filters_them(tool: Json):
    answer = answered("Search the web for tea", tool)
    start = kinds(answer).index("code_execution")
    run, search, result, output = answer["content"][start : start + 4]
    caller = {"type": "code_execution_20260120", "tool_id": run["id"]}
    assert "await web_search(" in run["input"]["code"]
    assert search["caller"] == result["caller"] == caller
    assert result["tool_use_id"] == search["id"]
    assert (output["type"], output["tool_use_id"]) == ("code_execution_tool_result", run["id"])
    assert output["content"]["type"] == "encrypted_code_execution_result"
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 1


def test_newer_searches_can_be_called_directly():
    answer = answered("Search the web for tea", {**FILTERED[0], "allowed_callers": ["direct"]})
    assert [call["name"] for call in calls(answer)] == ["web_search"]


def test_excluded_results_are_left_out_and_counted():
    answer = answered("Search the web for tea", {**FILTERED[1], "response_inclusion": "excluded"})
    assert [call["name"] for call in calls(answer)] == ["code_execution"]
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 1
    assert any(each.get("citations") for each in answer["content"])


def test_a_paused_search_by_code_goes_on_with_the_calls_that_the_code_makes():
    said = "Search the web for tea FAKEAPI_TRIGGER_PAUSE_TURN"
    paused = answered(said, FILTERED[0])
    assert paused["stop_reason"] == "pause_turn"
    assert paused["content"][-1]["name"] == "code_execution"
    finished = went_on(said, paused, FILTERED[0])
    assert finished["content"][0]["caller"]["tool_id"] == paused["content"][-1]["id"]
    assert finished["content"][2]["tool_use_id"] == paused["content"][-1]["id"]
    assert finished["stop_reason"] == "end_turn"


def test_a_failed_fetch_is_told():
    assert "could not be fetched" in text(answered("Read https://server.invalid/x", FETCH, model=MODEL))
