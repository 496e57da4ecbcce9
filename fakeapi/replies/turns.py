"""The end of a conversation: what the user said last, and which results of tools came with it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from fakeapi.facts.conversation import blocks
from fakeapi.model import Json


class Turn(NamedTuple):
    """The last turn of the user.

    Attributes:
        said: the text that came with it, "" where there was none.
        results: its tool_result blocks.
        question: the text that the user said last, in this turn or before the tools were called.
        called: the tool_use blocks since that question, in order.
        continued: whether the conversation ends with the assistant's own words.
    """

    said: str
    results: list[Json]
    question: str
    called: list[Json]
    continued: bool


def last_turn(body: Json) -> Turn:
    """Reads the end of a conversation; neighbouring messages of the user are one turn, system messages are no turn."""
    spoken = (message for message in reversed(body["messages"]) if message["role"] != "system")
    message = next(spoken, None)
    continued = message is not None and message["role"] == "assistant"
    said: list[str] = []
    results: list[Json] = []
    while message is not None and message["role"] == "user":
        parts = blocks(message.get("content"))
        said[:0] = [part["text"] for part in parts if part["type"] == "text"]
        results[:0] = [part for part in parts if part["type"] == "tool_result"]
        message = next(spoken, None)
    text = "\n\n".join(said)
    if (text and not results) or message is None:
        return Turn(text, results, text, [], continued)
    return Turn(text, results, *_before(chain([message], spoken), text), continued)


def _before(messages: Iterable[Json], text: str) -> tuple[str, list[Json]]:
    """The last thing the user said before a result, and the calls since then; the latest of the messages is first."""
    called: list[Json] = []
    for message in messages:
        parts = blocks(message.get("content"))
        if message["role"] == "assistant":
            called[:0] = [part for part in parts if part["type"] == "tool_use"]
            continue
        said = [part["text"] for part in parts if part["type"] == "text"]
        if said and not any(part["type"] == "tool_result" for part in parts):
            return "\n\n".join(said), called
    return text, called
