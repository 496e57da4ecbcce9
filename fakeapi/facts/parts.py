"""What one message of a prompt costs, block by block, where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from fakeapi.facts import conversation, tokens
from fakeapi.facts.block_costs import CALLS, Scale, block_cost, call, result
from fakeapi.facts.familiar import about, written
from fakeapi.facts.frames import Frame
from fakeapi.model import Json

HIDDEN = frozenset({"thinking", "redacted_thinking"})
_PLAIN = CALLS | HIDDEN | {"text"}


class Part(NamedTuple):
    """One part of the prompt, named as the API names places: `tools.0`, `system.1`, `messages.2.content.0`.

    `tools` and `system` stand around their blocks: what the presence of tools costs comes before them and, in part,
    after the system prompt; `system` is also what structured output and manual thinking add. The last `messages` is
    the beginning of the answer's turn. Source of the places: the counts of prompt caches in recordings.

    Attributes:
        block: what is read here; None around blocks, and where a block's place is kept but nothing of it is read.
        message, at: of a block in a message, the indices of both; `at` is that of a tool or of a block of the system
            prompt, too.
    """

    location: str
    tokens: int
    block: Json | None = None
    message: int = -1
    at: int = 0


class Spot(NamedTuple):
    """Where a message stands, as far as its cost depends on that.

    Attributes:
        place: its index among the messages. before, follows: the roles of those around it, "" without any.
        ahead: tokens of its beginning that were counted before. thoughts: whether its thinking is read.
    """

    place: int
    before: str
    ahead: int
    follows: str
    thoughts: bool


def parts_of(message: Json, said: Said, spot: Spot, scale: Scale) -> tuple[Part, ...]:
    """The parts of a message that has content. Those of a plain one are found once for a message that came before."""
    if said.depends or not written(message):
        return tuple(_parts(message, said, spot, scale))
    names = tuple(scale.names.get(id, "") for id in said.results) if said.is_several else ()
    return about(message, _plain_parts, scale.family, scale.frame, names, spot)


def _plain_parts(message: Json, family: str, own: Frame, names: tuple[str, ...], spot: Spot) -> tuple[Part, ...]:
    """The parts of a message whose costs depend on no more than these; `names` of the tools, where there are several
    results."""
    read = about(message, said)
    named = dict(zip(read.results, names, strict=False))
    return tuple(_parts(message, read, spot, Scale(family, own, names=named)))


def _parts(message: Json, said: Said, spot: Spot, scale: Scale) -> Iterator[Part]:
    blocks, kinds, role, own = said.blocks, said.kinds, message["role"], scale.frame
    costs = turn(blocks, kinds, scale, opens=role != spot.before, thoughts=spot.thoughts)
    costs[0] += _edge(spot.before, role, own) - spot.ahead
    if kinds[-1] == "tool_result" and spot.follows != role:
        costs[-1] += own.turn - own.turn_after_result
    place, whole = f"messages.{spot.place}.content", isinstance(message["content"], str)
    for at, (cost, block, kind) in enumerate(zip(costs, blocks, kinds, strict=True)):
        read = block if spot.thoughts or kind not in HIDDEN else None
        yield Part(place if whole else f"{place}.{at}", cost, read, spot.place, at)


def _edge(before: str, role: str, own: Frame) -> int:
    """What it costs that a message begins, after one of another role, of the same, or none."""
    if role == before:
        return own.joint
    stand_in = own.turn + own.first_assistant if not before and role == "assistant" else 0
    return own.turn + stand_in


class Said(NamedTuple):
    """A message as it is counted.

    Attributes:
        blocks, kinds: its blocks and their types. calls: ids and names of its calls of tools. results: the ids of the
            calls whose results it has.
        asks: whether a user says more in it than what tools gave back.
        depends: whether its cost depends on more than its texts: on media and their sizes.
        refers: whether it may depend on the definitions of tools, too.
        is_several: whether it has several results, each of which tells the name of its tool.
        is_unlike: whether its cost depends on anything but its texts and its place.
    """

    blocks: list[Json]
    kinds: list[str]
    calls: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    asks: bool
    depends: bool
    refers: bool
    is_several: bool
    is_unlike: bool


def said(message: Json) -> Said:
    """What is read of a message."""
    blocks = conversation.blocks(message.get("content"))
    kinds = [block["type"] for block in blocks]
    calls = tuple((block["id"], block["name"]) for block in blocks if block["type"] in CALLS)
    results = tuple(block.get("tool_use_id", "") for block in blocks if block["type"] == "tool_result")
    asks = len(results) < len(kinds) and message["role"] == "user"
    depends = not all(map(_is_plain, blocks))
    refers = depends and b'"tool_reference"' in orjson.dumps(blocks)
    is_several = len(results) > 1
    return Said(blocks, kinds, calls, results, asks, depends, refers, is_several, depends or is_several)


def _is_plain(block: Json) -> bool:
    """Whether all that a block costs is in its texts."""
    if block["type"] != "tool_result":
        return block["type"] in _PLAIN
    return all(inner["type"] == "text" for inner in conversation.blocks(block.get("content")))


def turn(
    blocks: Sequence[Json], kinds: Sequence[str], scale: Scale, *, opens: bool, thoughts: bool = True
) -> list[int]:
    """What each block of a message costs; `opens`: the first begins a turn, `thoughts`: its thinking counts."""
    alone, last = kinds.count("tool_result") == 1, len(blocks) - 1
    costs, before = [], ""
    for at, (block, kind) in enumerate(zip(blocks, kinds, strict=True)):
        if kind == "text":
            text = block["text"].rstrip("\n") if at == last else block["text"]
            costs.append(tokens.count(text, scale.family) if opens and at == 0 else scale.inside(text))
        elif kind == "tool_result":
            named = scale.frame.result if alone else _named_result(block, scale)
            costs.append(result(block, scale) + named)
        elif kind in CALLS:
            begins = scale.frame.calls + scale.frame.call_turn if before not in CALLS else 0
            costs.append(call(block, scale) + begins)
        else:
            costs.append(block_cost(block, scale) if thoughts or kind not in HIDDEN else 0)
        before = kind
    return costs


def _named_result(block: Json, scale: Scale) -> int:
    """What stands around one of several results: the name of its tool, too."""
    return scale.frame.results + scale.inside(scale.names.get(block["tool_use_id"], ""))
