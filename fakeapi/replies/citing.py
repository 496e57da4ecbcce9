"""An answer that quotes the documents it was given: each location points at text that is really there.

What shares words with the question is quoted rather than what doesn't.
The forms are recorded: a chunk is a sentence with the space behind it; ends are exclusive, of pages and blocks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from fakeapi import chance
from fakeapi.facts import media
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about_all
from fakeapi.model import Call, Json
from fakeapi.replies.asking import stem, stems
from fakeapi.replies.turns import last_turn

_SENTENCE = re.compile(r"\S.*?(?:[.!?]+(?=\s|$)|$)\s*", re.DOTALL)
_OPENINGS = ("Here is what your documents say: ", "According to what you sent: ", "In the source's words: ")
_MOST_QUOTES = 3
_LONGEST_QUOTE = 400
_LOOKED_AT, _BLOCKS, _SEARCHED = 4_000, 50, 20
"""Characters of a text, blocks of a source, and sources that are searched for what fits: to look must stay cheap."""
_QUESTION = 2_000


class Sought(NamedTuple):
    """What the question is about: the stems of its words, and what finds words that begin like them."""

    stems: frozenset[str]
    alike: re.Pattern[str]


class Quote(NamedTuple):
    """What a source offers: how many of the words that are sought are in it, the text, and where it stands."""

    fit: int
    said: str
    citation: Json


def cited_answer(call: Call, *seed: object) -> list[Json]:
    """Content blocks that quote up to three sources with citations turned on; none where there is nothing to quote."""
    parts = list(_parts(call.body["messages"]))
    if not any(map(_may_cite, parts)):
        return []
    quotes = _fitting(list(_sources(parts, _sought(last_turn(call.body).question[:_QUESTION]))))
    if not quotes:
        return []
    dice = chance.random("citing", *seed)
    opening = dice.choice(_OPENINGS)
    content: list[Json] = [{"type": "text", "text": opening}]
    for place, quote in enumerate(quotes):
        if place:
            content.append({"type": "text", "text": " "})
        content.append({"citations": [quote.citation], "type": "text", "text": quote.said})
    return content


def _fitting(quotes: list[Quote]) -> list[Quote]:
    """Those that fit best, and nearly as well, in their order; the first ones where none fits."""
    best = max((quote.fit for quote in quotes), default=0)
    ranked = sorted((quote for quote in quotes if 2 * quote.fit >= best), key=lambda quote: -quote.fit)[:_MOST_QUOTES]
    return [quote for quote in quotes if any(quote is each for each in ranked)]


@lru_cache(maxsize=64)
def _sought(question: str) -> Sought | None:
    """None where the question has no word that says something."""
    found = stems(question)
    beginnings = "|".join(re.escape(each).replace("or", "ou?r") for each in sorted(found))
    return Sought(found, re.compile(rf"\b(?:{beginnings})\w*", re.I)) if found else None


def _fit(text: str, sought: Sought | None) -> int:
    """How many of the words that are sought stand in a text."""
    if sought is None:
        return 0
    return len(sought.stems & {stem(word.lower()) for word in sought.alike.findall(text, 0, _LOOKED_AT)})


def _sources(parts: list[Json], sought: Sought | None) -> Iterator[Quote]:
    """A quote of each document and search result that may be cited, in the order of the conversation."""
    document = result = -1
    for number, part in enumerate(parts):
        wanted = sought if number < _SEARCHED else None
        if part["type"] == "document":
            document += 1
            quote = _of_document(part, document, wanted) if _may_cite(part) else None
        else:
            result += 1
            quote = _of_result(part, result, wanted) if _may_cite(part) else None
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


def _of_document(part: Json, index: int, sought: Sought | None) -> Quote | None:
    source, title = part["source"], part.get("title")
    if source["type"] == "text":
        return _of_text(source["data"], index, title, sought)
    if source["type"] == "content":
        return _of_blocks(source["content"], index, title, sought)
    if source["type"] == "base64":
        return _of_pdf(source["data"], index, title, sought)
    return None


def _of_text(text: str, index: int, title: str | None, sought: Sought | None) -> Quote | None:
    found = _sentence(text, sought)
    if found is None:
        return None
    fit, start, end = found
    citation = {
        "type": "char_location",
        "cited_text": text[start:end],
        "document_index": index,
        "document_title": title,
        "start_char_index": start,
        "end_char_index": end,
    }
    return Quote(fit, text[start:end].strip(), citation)


def _of_blocks(content: str | list[Json], index: int, title: str | None, sought: Sought | None) -> Quote | None:
    found = _block(blocks(content), sought)
    if found is None:
        return None
    fit, place, text = found
    citation = {
        "type": "content_block_location",
        "cited_text": text,
        "document_index": index,
        "document_title": title,
        "start_block_index": place,
        "end_block_index": place + 1,
    }
    return Quote(fit, text.strip(), citation)


def _of_pdf(data: str, index: int, title: str | None, sought: Sought | None) -> Quote | None:
    known = media.encoded_pdf(data)
    quotes = []
    for page, text in enumerate(known.sample if known else (), 1):
        if found := _sentence(text, sought):
            fit, start, end = found
            citation = {
                "type": "page_location",
                "cited_text": text[start:end],
                "document_index": index,
                "document_title": title,
                "start_page_number": page,
                "end_page_number": page + 1,
            }
            quotes.append(Quote(fit, text[start:end].strip(), citation))
    return max(quotes, key=lambda quote: quote.fit, default=None)


def _of_result(part: Json, index: int, sought: Sought | None) -> Quote | None:
    found = _block(blocks(part.get("content")), sought)
    if found is None:
        return None
    fit, place, text = found
    citation = {
        "type": "search_result_location",
        "cited_text": text,
        "source": part["source"],
        "title": part["title"],
        "search_result_index": index,
        "start_block_index": place,
        "end_block_index": place + 1,
    }
    return Quote(fit, text.strip(), citation)


def _block(content: Iterable[Json], sought: Sought | None) -> tuple[int, int, str] | None:
    """The block of text that fits best, the first of equals: its fit, place and text."""
    texts = ((place, block["text"]) for place, block in enumerate(content) if block["type"] == "text")
    said = islice(((place, text) for place, text in texts if text.strip()), _BLOCKS if sought else 1)
    return max(((_fit(text, sought), place, text) for place, text in said), key=lambda found: found[0], default=None)


def _sentence(text: str, sought: Sought | None) -> tuple[int, int, int] | None:
    """The sentence that fits best, the first of equals, or else the beginning of the text: its fit, start and end."""
    best = max(_sentences(text, sought), key=lambda found: found[0], default=None)
    if best or not text.strip():
        return best
    start = len(text) - len(text.lstrip())
    return 0, start, min(len(text), start + _LONGEST_QUOTE)


def _sentences(text: str, sought: Sought | None) -> Iterator[tuple[int, int, int]]:
    """Sentences that are short enough to quote, with the space behind them; the first where nothing is sought."""
    sought = sought if sought and sought.alike.search(text, 0, _LOOKED_AT) else None
    for found in _SENTENCE.finditer(text):
        if len(found.group()) <= _LONGEST_QUOTE:
            yield _fit(found.group(), sought), *found.span()
            if not sought or found.end() > _LOOKED_AT:
                return
