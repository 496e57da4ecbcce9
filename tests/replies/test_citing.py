"""Quotes: which of the documents, and which of their sentences, are quoted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.street import message

FACTS = "Ants are small. The old bridge was built in 1932. Bridges are repaired in spring."


def source(text: str) -> dict[str, Any]:
    data = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": data, "citations": {"enabled": True}}


def blocks(*texts: str) -> dict[str, Any]:
    return {"type": "content", "content": [{"type": "text", "text": text} for text in texts]}


def quoted(question: str, *sources: dict[str, Any]) -> list[dict[str, Any]]:
    """The citations of the answer, in their order."""
    content = [*sources, {"type": "text", "text": question}]
    asked = {"model": "claude-haiku-4-5", "max_tokens": 4096, "messages": [{"role": "user", "content": content}]}
    return [citation for block in message(asked)["content"] for citation in block.get("citations") or ()]


def test_the_sentence_that_the_question_is_about_is_quoted():
    (citation,) = quoted("When was the old bridge built?", source(FACTS))
    assert citation["cited_text"] == "The old bridge was built in 1932. "
    assert FACTS[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]


@pytest.mark.parametrize("question", ["Hm?", "Where is the moon?"])
def test_where_nothing_fits_the_sources_are_quoted_from_their_beginning(question):
    told = quoted(question, *(source(f"{name} is first. More of it.") for name in "ABCD"))
    assert [citation["cited_text"] for citation in told] == ["A is first. ", "B is first. ", "C is first. "]


def test_the_documents_that_the_question_is_about_are_quoted():
    told = quoted("What colour is the bridge?", *map(source, ["Tea is hot.", "Ice is cold.", "Rain is wet.", FACTS]))
    assert [(citation["document_index"], citation["cited_text"]) for citation in told] == [
        (3, "The old bridge was built in 1932. ")
    ]


def test_the_block_that_the_question_is_about_is_quoted():
    document = {"type": "document", "source": blocks("Ants.", "A bridge."), "citations": {"enabled": True}}
    result = {"type": "search_result", "source": "a", "title": "A", "citations": {"enabled": True}}
    result |= {"content": blocks("Tea.", "", "Bridges of Rome.")["content"][::2]}
    first, second = quoted("Which bridge?", document, result)
    assert (first["start_block_index"], first["cited_text"]) == (1, "A bridge.")
    assert (second["start_block_index"], second["cited_text"]) == (1, "Bridges of Rome.")


def test_what_stands_far_behind_in_a_long_text_is_not_looked_for():
    long = "Ants are small. " * 2_000
    (citation,) = quoted("And the bridge?", source(long + "The bridge is old."))
    assert citation["start_char_index"] == 0
