"""Web search: the queries of a question, the canned results, and an answer that cites them (contract.md 12)."""

from __future__ import annotations

from itertools import islice

from fakeapi.facts.signatures import seal
from fakeapi.model import Json
from fakeapi.replies.serving import blocks, pages
from fakeapi.replies.serving.data import phrase, text_block
from fakeapi.replies.serving.pages import Page
from fakeapi.replies.serving.situation import Situation, Step
from fakeapi.replies.serving.topics import topics

_LONGEST_QUERY = 1000
_LONGEST_QUOTE = 150
_MOST_QUOTES = 3
_SHORTEST_QUOTE = 25
_DEFAULT = "latest news"


def plan(now: Situation) -> list[Step]:
    """The searches that a question asks for, one for each thing it asks about."""
    return [Step("web_search", {"query": query or _DEFAULT}) for query in topics(now.question)]


def result(now: Situation, call: Json, used: int) -> Json | list[Json]:
    """The content of a search's result: pages, or an error."""
    query = call["input"].get("query")
    code = blocks.triggered(now, "web_search")
    if not code and (not isinstance(query, str) or not query.strip()):
        code = "invalid_tool_input"
    if not code and blocks.is_used_up(now, "web_search", used):
        code = "max_uses_exceeded"
    if not code and len(query) > _LONGEST_QUERY:
        code = "query_too_long"
    if code:
        return blocks.error("web_search", code)
    return [_result(page) for page in pages.search(query, now.tool("web_search") or {})]


def _result(page: Page) -> Json:
    return {
        "type": "web_search_result",
        "title": page.title,
        "url": page.url,
        "encrypted_content": seal(page.text, "web_search_result", page.url),
        "page_age": page.age,
    }


def tell(now: Situation, results: list[Json]) -> list[Json]:
    """What is said of searches: sentences of the pages that they found, each cited."""
    found = [item for each in results if isinstance(each["content"], list) for item in each["content"]]
    dice = now.dice("search", len(found))
    if not found:
        failed = next((code for each in results if (code := blocks.error_code(each))), "")
        return [text_block(phrase(f"failures.{failed}" if failed else "found_nothing", dice))]
    said = [text_block(phrase("found", dice))]
    for at, item in enumerate(islice(_apart(results), _MOST_QUOTES)):
        said += [text_block(" ")] if at else []
        said.append(_quote(item, at))
    return said


def _apart(results: list[Json]) -> list[Json]:
    """The best page of each search first, then the others; pages that we didn't make can't be quoted."""
    lists = [each["content"] for each in results if isinstance(each["content"], list)]
    rounds = [items[at] for at in range(max(map(len, lists), default=0)) for items in lists if at < len(items)]
    ours = {item["url"]: item for item in rounds if pages.at(item["url"]).title == item["title"]}
    return list(ours.values()) or rounds[:0]


def _quote(item: Json, at: int) -> Json:
    """A text that cites a page, with a location that points into it."""
    text = pages.at(item["url"]).text
    spans = [span for span in pages.sentences(text) if _SHORTEST_QUOTE <= span[1] - span[0] <= _LONGEST_QUOTE]
    start, end = spans[min(1 + at % 2, len(spans) - 1)]
    citation = {
        "type": "web_search_result_location",
        "cited_text": text[start:end],
        "url": item["url"],
        "title": item["title"],
        "encrypted_index": seal(f"{start}-{end}", "web_search_result_location", item["url"]),
    }
    return {"citations": [citation], "type": "text", "text": text[start:end].strip()}
