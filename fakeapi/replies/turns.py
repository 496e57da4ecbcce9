"""The end of a conversation: what the user said last, and which results of tools came with it."""

from __future__ import annotations

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
    messages = [message for message in body["messages"] if message["role"] != "system"]
    continued = bool(messages) and messages[-1]["role"] == "assistant"
    said: list[str] = []
    results: list[Json] = []
    at = len(messages)
    while at and messages[at - 1]["role"] == "user":
        at -= 1
        parts = blocks(messages[at].get("content"))
        said[:0] = [part["text"] for part in parts if part["type"] == "text"]
        results[:0] = [part for part in parts if part["type"] == "tool_result"]
    text = "\n\n".join(said)
    question, called = (text, []) if text and not results else _before(messages[:at], text)
    return Turn(text, results, question, called, continued)


def _before(messages: list[Json], text: str) -> tuple[str, list[Json]]:
    """The last thing the user said before a result, and the calls since then."""
    called: list[Json] = []
    for message in reversed(messages):
        parts = blocks(message.get("content"))
        if message["role"] == "assistant":
            called[:0] = [part for part in parts if part["type"] == "tool_use"]
            continue
        said = [part["text"] for part in parts if part["type"] == "text"]
        if said and not any(part["type"] == "tool_result" for part in parts):
            return "\n\n".join(said), called
    return text, called
