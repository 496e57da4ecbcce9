"""What a call finds when server tools might be used: the question, what is offered, what was done, what is pending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fakeapi import chance
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Json
from fakeapi.replies import asking, offering
from fakeapi.replies.serving import triggers
from fakeapi.replies.serving.triggers import Triggers
from fakeapi.replies.turns import Turn, last_turn

if TYPE_CHECKING:
    from random import Random

CALLS = ("server_tool_use", "mcp_tool_use")
_RESULT = "_tool_result"


class Step(NamedTuple):
    """A call that is to be made: the name and the input of its block, and the MCP server, if one is asked."""

    name: str
    input: Json
    server: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """The end of a conversation, as server tools see it.

    Attributes:
        call, turn: what was asked. question: the user's last text, without triggers and reminders.
        offered: the server tools of the request. triggers: what the question makes happen.
        since: the assistant's blocks since the question.
        called: the calls of server tools among them that the model made itself, in order.
        pending: those of `called` that have no result yet.
        seed: what equal answers are drawn from.
    """

    call: Call
    turn: Turn
    question: str
    offered: tuple[Json, ...]
    triggers: Triggers
    since: tuple[Json, ...]
    called: tuple[Json, ...]
    pending: tuple[Json, ...]
    seed: tuple[object, ...]

    def dice(self, *parts: object) -> Random:
        """Chance that depends on the request and these parts alone."""
        return chance.random("serving", *self.seed, *parts)

    def tool(self, family: str) -> Json | None:
        """The offered tool of a family (`web_search`), if there is one."""
        return next((tool for tool in self.offered if str(tool.get("type")).startswith(family)), None)


def read(call: Call, seed: tuple[object, ...]) -> Situation:
    """Reads a validated call."""
    turn = last_turn(call.body)
    since = tuple(_since_question(call.body["messages"]))
    called = tuple(block for block in since if block["type"] in CALLS and not made_by_code(block))
    answered = {block.get("tool_use_id") for block in since if is_result(block)}
    return Situation(
        call=call,
        turn=turn,
        question=asking.focus(triggers.without(turn.question)),
        offered=tuple(offering.server_tools(call.body)),
        triggers=triggers.read(turn.question),
        since=since,
        called=called,
        pending=tuple(block for block in called if block["id"] not in answered),
        seed=seed,
    )


def is_result(block: Json) -> bool:
    """Whether a block is the result of a server tool."""
    return str(block["type"]).endswith(_RESULT)


def made_by_code(block: Json) -> bool:
    """Whether code made the call, not the model."""
    return str((block.get("caller") or {}).get("type", "")).startswith("code_execution")


def _since_question(messages: list[Json]) -> Iterator[Json]:
    """The assistant's blocks after the last thing that the user said."""
    start = max((at for at, message in enumerate(messages) if _asks(message)), default=-1)
    for message in messages[start + 1 :]:
        if message["role"] == "assistant":
            yield from blocks(message.get("content"))


def _asks(message: Json) -> bool:
    parts = blocks(message.get("content"))
    kinds = {part["type"] for part in parts}
    return message["role"] == "user" and "text" in kinds and "tool_result" not in kinds
