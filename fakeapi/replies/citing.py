"""An answer that quotes the documents it was given: each location points at text that is really there.

The forms are recorded: a chunk is a sentence with the space behind it; ends are exclusive, of pages and blocks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from fakeapi import chance
from fakeapi.facts import media
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about_all
from fakeapi.model import Call, Json

_SENTENCE = re.compile(r"\S.*?(?:[.!?]+(?=\s|$)|$)\s*", re.DOTALL)
_OPENINGS = ("Here is what your documents say: ", "According to what you sent: ", "In the source's words: ")
_MOST_QUOTES = 3
_LONGEST_QUOTE = 400


def cited_answer(call: Call, *seed: object) -> list[Json]:
    """Content blocks that quote up to three sources with citations turned on; none where there is nothing to quote."""
    quotes = list(islice(_sources(call.body["messages"]), _MOST_QUOTES))
    if not quotes:
        return []
    dice = chance.random("citing", *seed)
    opening = dice.choice(_OPENINGS)
    content: list[Json] = [{"type": "text", "text": opening}]
    for place, (said, citation) in enumerate(quotes):
        if place:
            content.append({"type": "text", "text": " "})
        content.append({"citations": [citation], "type": "text", "text": said})
    return content


def _sources(messages: list[Json]) -> Iterator[tuple[str, Json]]:
    """A quote of each document and search result that may be cited, in the order of the conversation."""
    document = result = -1
    for part in _parts(messages):
        if part["type"] == "document":
            document += 1
            quote = _of_document(part, document) if _may_cite(part) else None
        else:
            result += 1
            quote = _of_result(part, result) if _may_cite(part) else None
        if quote:
            yield quote


def _parts(messages: list[Json]) -> Iterator[Json]:
    for parts in about_all(messages, _parts_of):
        yield from parts


def _parts_of(message: Json) -> tuple[Json, ...]:
    """The documents and search results of a message, also those that a tool gave back."""
    found: list[Json] = []
    for part in blocks(message.get("content")):
        inner = blocks(part.get("content")) if part["type"] == "tool_result" else [part]
        found += [block for block in inner if block["type"] in ("document", "search_result")]
    return tuple(found)


def _may_cite(part: Json) -> bool:
    return bool((part.get("citations") or {}).get("enabled"))


def _of_document(part: Json, index: int) -> tuple[str, Json] | None:
    source, title = part["source"], part.get("title")
    if source["type"] == "text":
        return _of_text(source["data"], index, title)
    if source["type"] == "content":
        return _of_blocks(source["content"], index, title)
    if source["type"] == "base64":
        return _of_pdf(source["data"], index, title)
    return None


def _of_text(text: str, index: int, title: str | None) -> tuple[str, Json] | None:
    found = _sentence(text)
    if found is None:
        return None
    start, end = found
    citation = {
        "type": "char_location",
        "cited_text": text[start:end],
        "document_index": index,
        "document_title": title,
        "start_char_index": start,
        "end_char_index": end,
    }
    return text[start:end].strip(), citation


def _of_blocks(content: str | list[Json], index: int, title: str | None) -> tuple[str, Json] | None:
    for place, block in enumerate(blocks(content)):
        if block["type"] == "text" and block["text"].strip():
            citation = {
                "type": "content_block_location",
                "cited_text": block["text"],
                "document_index": index,
                "document_title": title,
                "start_block_index": place,
                "end_block_index": place + 1,
            }
            return block["text"].strip(), citation
    return None


def _of_pdf(data: str, index: int, title: str | None) -> tuple[str, Json] | None:
    known = media.encoded_pdf(data)
    for page, text in enumerate(known.sample if known else (), 1):
        if found := _sentence(text):
            said = text[found[0] : found[1]]
            citation = {
                "type": "page_location",
                "cited_text": said,
                "document_index": index,
                "document_title": title,
                "start_page_number": page,
                "end_page_number": page + 1,
            }
            return said.strip(), citation
    return None


def _of_result(part: Json, index: int) -> tuple[str, Json] | None:
    for place, block in enumerate(blocks(part.get("content"))):
        if block["type"] == "text" and block["text"].strip():
            citation = {
                "type": "search_result_location",
                "cited_text": block["text"],
                "source": part["source"],
                "title": part["title"],
                "search_result_index": index,
                "start_block_index": place,
                "end_block_index": place + 1,
            }
            return block["text"].strip(), citation
    return None


def _sentence(text: str) -> tuple[int, int] | None:
    """The first sentence that is short enough to quote, with the space behind it; else the beginning of the text."""
    for found in _SENTENCE.finditer(text):
        if len(found.group()) <= _LONGEST_QUOTE:
            return found.span()
    start = len(text) - len(text.lstrip())
    return (start, min(len(text), start + _LONGEST_QUOTE)) if text.strip() else None
