"""Web fetch: which URLs, whether they may be fetched, the canned page behind them, and an answer that quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fakeapi.facts import tokens
from fakeapi.facts.conversation import blocks as blocks_of
from fakeapi.model import Json
from fakeapi.replies.serving import blocks, pages
from fakeapi.replies.serving.data import pattern, phrase, table, text_block
from fakeapi.replies.serving.situation import Situation, Step
from fakeapi.replies.serving.topics import topic

_URL = re.compile(r"https?://[^\s<>\"'`)\]}|\\]+", re.I)
_BARE = re.compile(
    r"(?<![\w@/.-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|edu|gov)(?:/[^\s<>\"'`)\]]*)?)(?![\w@])", re.I
)
_SHORTEST_QUOTE, _LONGEST_QUOTE = 25, 400
_MOST = 5


def plan(now: Situation) -> list[Step]:
    """The URLs of the question; without any, the best one that the conversation knows, else a guess."""
    urls = _urls(now.question) or [f"https://{found}" for found in _bare(now.question)]
    if not urls:
        urls = [*_newest_found(now)][:1] or [f"https://www.example.com/{pages.slug(topic(now.question))}"]
    return [Step("web_fetch", {"url": url}) for url in urls[:_MOST]]


def plan_after(now: Situation, query: str) -> list[Step]:
    """The best page that a search of the same answer finds."""
    found = [page for page in pages.search(query, now.tool("web_search") or {}) if pages.may_use(page.url, _tool(now))]
    return [Step("web_fetch", {"url": page.url}) for page in found[:1]]


def reads_on(now: Situation) -> bool:
    """Whether the question wants a page read that a search is to find."""
    row = table("asking")["families"]["web_fetch"]
    return not _URL.search(now.question) and bool(pattern(row["after_search"]).search(now.question))


def result(now: Situation, call: Json, used: int, said: list[Json]) -> Json:
    """The content of a fetch's result; `said` are the blocks of this answer before it."""
    url = call["input"].get("url")
    code = blocks.triggered(now, "web_fetch") or _refused(now, url, used, said)
    return blocks.error("web_fetch", code) if code else _document(now, str(url))


def _refused(now: Situation, url: Any, used: int, said: list[Json]) -> str:
    """The error code of a URL that isn't fetched, "" for one that is."""
    rules = table("fetching")
    if not isinstance(url, str) or not _URL.fullmatch(url):
        return "invalid_tool_input"
    if blocks.is_used_up(now, "web_fetch", used):
        return "max_uses_exceeded"
    if len(url) > rules["longest_url"]:
        return "url_too_long"
    if not pages.may_use(url, _tool(now)):
        return "url_not_allowed"
    if _plain(url) not in {_plain(known) for known in _in_context(now, said)}:
        return "url_not_in_prior_context"
    place = url.split("://", 1)[1].lower()
    if any(pattern(each).search(place) for each in rules["unreachable"]):
        return "url_not_accessible"
    return "unsupported_content_type" if _ending(url) in rules["unsupported"] else ""


def _tool(now: Situation) -> Json:
    return now.tool("web_fetch") or {}


def _ending(url: str) -> str:
    path = url.split("?", 1)[0].split("#", 1)[0].split("://", 1)[-1].partition("/")[2]
    return path.rsplit("/", 1)[-1].rpartition(".")[2].lower()


def _document(now: Situation, url: str) -> Json:
    rules, tool = table("fetching"), _tool(now)
    afresh = tool.get("use_cache") is False
    content: Json = {"type": "document", **_source(now, url)}
    if tool.get("citations"):
        content["citations"] = {"enabled": bool(tool["citations"].get("enabled"))}
    retrieved = rules["retrieved_afresh" if afresh else "retrieved_at"]
    return {"type": "web_fetch_result", "url": url, "retrieved_at": retrieved, "content": content}


def _source(now: Situation, url: str) -> Json:
    if _ending(url) == "pdf":
        data = table("fetching")["pdf"]["data"]
        return {"source": {"type": "base64", "media_type": "application/pdf", "data": data}}
    page, most = pages.at(url), _tool(now).get("max_content_tokens")
    text = tokens.cut(page.text, most, now.call.model.tokenizer) if most else page.text
    return {"source": {"type": "text", "media_type": "text/plain", "data": text}, "title": page.title}


def tell(now: Situation, results: list[Json], said: list[Json]) -> list[Json]:
    """What is said of fetched pages: a sentence of each, cited where the tool's citations are on."""
    told: list[Json] = []
    for at, each in enumerate(results):
        told += [text_block("\n\n")] if told else []
        code, dice = blocks.error_code(each), now.dice("fetch", at)
        told += [text_block(phrase(f"failures.{code}", dice))] if code else _quoted(now, each, dice, said)
    return told


def _quoted(now: Situation, each: Json, dice: Any, said: list[Json]) -> list[Json]:
    document = each["content"]["content"]
    title = document.get("title")
    opening = phrase("read", dice, topic=title) if title else phrase("read_pdf", dice)
    text = document["source"]["data"] if document["source"]["type"] == "text" else table("fetching")["pdf"]["text"]
    spans = [span for span in pages.sentences(text) if _SHORTEST_QUOTE <= span[1] - span[0] <= _LONGEST_QUOTE]
    start, end = spans[min(1, len(spans) - 1)] if spans else (0, min(len(text), _LONGEST_QUOTE))
    quote = text[start:end].strip()
    if not (document.get("citations") or {}).get("enabled") or not quote:
        return [text_block(opening + quote)]
    place = {"document_index": _index(now, each, said), "document_title": title}
    return [
        text_block(opening),
        {"citations": [_location(document, text, start, end, place)], "type": "text", "text": quote},
    ]


def _location(document: Json, text: str, start: int, end: int, place: Json) -> Json:
    if document["source"]["type"] == "text":
        located = {"type": "char_location", "cited_text": text[start:end], **place}
        return {**located, "start_char_index": start, "end_char_index": end}
    located = {"type": "page_location", "cited_text": text[start:end].strip(), **place}
    return {**located, "start_page_number": 1, "end_page_number": 2}


def _index(now: Situation, each: Json, said: list[Json]) -> int:
    """The number of documents in the conversation, and in this answer, before the one that was fetched."""
    before = [block for message in now.call.body["messages"] for block in blocks_of(message.get("content"))]
    earlier = said[: said.index(each)] if each in said else []
    return sum(map(_documents, [*before, *earlier]))


def _documents(block: Json) -> int:
    if block["type"] == "tool_result":
        return sum(part["type"] == "document" for part in blocks_of(block.get("content")))
    content = block.get("content")
    fetched = block["type"] == "web_fetch_tool_result" and isinstance(content, dict) and "content" in content
    return int(block["type"] == "document" or fetched)


def _urls(text: str) -> list[str]:
    return list(dict.fromkeys(found.rstrip(".,;:!?*_") for found in _URL.findall(text)))


def _bare(text: str) -> list[str]:
    return list(dict.fromkeys(found.rstrip(".,;:!?*_") for found in _BARE.findall(text)))


def _plain(url: str) -> str:
    scheme, _, rest = url.split("#", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".rstrip("/")


def _newest_found(now: Situation) -> Iterator[str]:
    """The URLs that earlier searches found, those of the last search first."""
    for message in reversed(now.call.body["messages"]):
        for block in blocks_of(message.get("content")):
            if block["type"] == "web_search_tool_result" and isinstance(block.get("content"), list):
                yield from (item["url"] for item in block["content"])


def _in_context(now: Situation, said: list[Json]) -> Iterator[str]:
    """The URLs that may be fetched: those of the user, of tools' results, of searches and fetches before (documented).

    The tool's `url_sources` narrow that.
    """
    sources = _tool(now).get("url_sources") or {}
    names = _client_names(now)
    for message in now.call.body["messages"]:
        for block in blocks_of(message.get("content")):
            if message["role"] == "user" and block["type"] == "tool_result":
                if _counts(sources.get("client_tool_results"), names.get(str(block.get("tool_use_id")), "")):
                    yield from _urls_in(block.get("content"))
            elif message["role"] == "user" and _counts(sources.get("user_input"), ""):
                yield from _urls_in(block)
            else:
                yield from _served(block, sources)
    for block in said:
        yield from _served(block, sources)


def _client_names(now: Situation) -> dict[str, str]:
    parts = (block for message in now.call.body["messages"] for block in blocks_of(message.get("content")))
    return {block["id"]: block["name"] for block in parts if block["type"] == "tool_use"}


def _served(block: Json, sources: Json) -> Iterator[str]:
    name = block["type"].removesuffix("_tool_result")
    if name in ("web_search", "web_fetch") and _counts(sources.get("server_tool_results"), name):
        yield from _urls_in(block.get("content"))


def _counts(source: Json | None, name: str) -> bool:
    """Whether a source of URLs counts: all, none, only or all except the named tools'."""
    kind = (source or {}).get("type", "all")
    named = {tool.get("name") for tool in (source or {}).get("tools", ())}
    return kind == "all" or (kind == "only" and name in named) or (kind == "except" and name not in named)


def _urls_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _urls(value)
        yield from (f"https://{found}" for found in _bare(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("encrypted_content", "data") or value.get("type") == "text":
                yield from _urls_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _urls_in(item)
