"""The prompt of a request in tokens, part by part: tools, system prompt, messages.

A conversation that goes on is counted on from where it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import orjson

from fakeapi.facts import conversation, tokens
from fakeapi.facts.block_costs import Scale, Sizes
from fakeapi.facts.familiar import about, about_all, about_so_far
from fakeapi.facts.frames import Frame, frame, server_tool, unread_system
from fakeapi.facts.parts import Part, Said, Spot, parts_of, said, turn
from fakeapi.facts.written import packed, written
from fakeapi.model import Json, Model

__all__ = ["Leg", "Part", "Prompt", "SoFar", "counted"]

_EVER = sys.maxsize


_Waiting: TypeAlias = tuple[int, Json, Said]


class SoFar(NamedTuple):
    """The messages of a prompt as far as they are counted: all but the last one with content, whose cost depends on
    what follows it.

    Attributes:
        messages: how many there are. since: the first that is read; those before the latest compaction aren't.
        tokens: of all that are counted. parts: those that were counted with the last message.
        role, ahead: of the last that is counted its role, and what was counted with it of the turn after it.
        waiting: the one that isn't counted, and its index.
    """

    messages: int = 0
    since: int = 0
    tokens: int = 0
    parts: tuple[Part, ...] = ()
    role: str = ""
    ahead: int = 0
    waiting: _Waiting | None = None


class Leg(NamedTuple):
    """Neighbouring messages that are counted alike.

    Attributes:
        since, until: the index of the first, and that behind the last.
        so_far: how far the prompt has come after each, and after those behind them if they were counted so, too.
        key: what that depends on, beside the messages up to there.
    """

    since: int
    so_far: list[SoFar]
    until: int
    key: Hashable

    @property
    def steps(self) -> list[SoFar]:
        """How far the prompt has come after each."""
        return self.so_far[: self.until - self.since]


class Prompt(NamedTuple):
    """A counted prompt.

    Attributes:
        before: what stands before the tools. tools, system: their parts, and what stands around the latter.
        legs: the messages. last: the parts of the last one with content, and what ends the prompt.
        opening: what the first part costs beside what it says itself.
        tokens: of all.
    """

    before: tuple[Part, ...]
    tools: tuple[Part, ...]
    system: tuple[Part, ...]
    legs: tuple[Leg, ...]
    last: tuple[Part, ...]
    opening: int
    tokens: int

    @classmethod
    def of(cls, part: Part) -> Prompt:
        """A prompt that is counted as one."""
        return cls((), (), (), (), (part,), 0, part.tokens)

    @property
    def since(self) -> int:
        """The index of the first message that is read."""
        return next((leg.steps[-1].since for leg in reversed(self.legs) if leg.steps), 0)

    def parts(self) -> list[Part]:
        """The parts in prompt order; they sum to `tokens`."""
        since = self.since
        steps = (step for leg in self.legs for step in leg.steps[max(0, since - leg.since) :])
        found = [*self.before, *self.tools, *self.system, *(part for step in steps for part in step.parts), *self.last]
        found[0] = found[0]._replace(tokens=found[0].tokens + self.opening)
        return found


def counted(body: Json, model: Model, sizes: Sizes | None = None, around: Frame | None = None) -> Prompt:
    """The prompt of a validated request; another may raise. `around` stands for the model's overheads."""
    own, family, messages = around or frame(model.tokenizer, model.created_at), model.tokenizer, body["messages"]
    read = about_all(messages, said)
    unlike = [at for at, one in enumerate(read) if one.is_unlike]
    names = _names(read) if unlike else {}
    definitions = about(body.get("tools"), _definitions, family)
    scale = Scale(family, own, model.image_tier, sizes or {}, names, definitions)
    edges, asked = _around(body, model, scale), -1 if own.keeps_thinking else _asked(read)
    key: Hashable = family, own, model.image_tier, edges.ahead
    if unlike and _is_apart(unlike, read, scale):
        key = key, object()
    legs = _legs(messages, _Reader(scale, read, edges.ahead), asked, key)
    so_far = next((leg.so_far[-1] for leg in reversed(legs) if leg.so_far), SoFar(ahead=edges.ahead))
    before = (Part("tools", edges.tools),) if edges.tools else ()
    tools = about(body.get("tools"), tool_parts, family, own)
    system, last = tuple(_system(body, edges, scale)), tuple(_last(so_far, asked, edges, scale))
    size = sum(part.tokens for part in chain(before, tools, system, last)) + so_far.tokens + own.opening
    if own.opening_last:
        last = (*last[:-1], last[-1]._replace(tokens=last[-1].tokens + own.opening))
    return Prompt(before, tools, system, legs, last, 0 if own.opening_last else own.opening, size)


def _names(read: Sequence[Said]) -> dict[str, str]:
    """The names of the tools that were called, by the ids of the calls."""
    return dict(chain.from_iterable(one.calls for one in read))


def _asked(read: Sequence[Said]) -> int:
    """The index of the last message that asks, -1 for none."""
    return next((at for at in range(len(read) - 1, -1, -1) if read[at].asks), -1)


def _is_apart(unlike: Sequence[int], read: Sequence[Said], scale: Scale) -> bool:
    """Whether one of these messages may count otherwise when the conversation goes on, or where other media are known:
    what was counted with it holds for this request alone."""
    several = [at for at in unlike if read[at].is_several]
    if several and len(scale.names) < sum(len(one.calls) for one in read):
        return True
    if any(at == 0 or not {id for id, _ in read[at - 1].calls}.issuperset(read[at].results) for at in several):
        return True
    return any(read[at].refers or (read[at].depends and bool(scale.sizes)) for at in unlike)


class _Reader(NamedTuple):
    """What counting messages needs to know: the scale, what is read of each, what was counted ahead of the first."""

    scale: Scale
    read: Sequence[Said]
    ahead: int


def _legs(messages: Sequence[Json], reader: _Reader, asked: int, key: Hashable) -> tuple[Leg, ...]:
    """Up to the message that asked last no thinking is read, where the model doesn't keep it."""
    start = SoFar(ahead=reader.ahead)
    if asked < 0:
        return (
            Leg(0, about_so_far(messages, partial(_count_on, reader, -1), start, (key, -1)), len(messages), (key, -1)),
        )
    before = about_so_far(messages, partial(_count_on, reader, _EVER), start, (key, _EVER))
    after = about_so_far(messages, partial(_count_on, reader, asked), before[asked], (key, asked), asked + 1)
    return Leg(0, before, asked + 1, (key, _EVER)), Leg(asked + 1, after, len(messages), (key, asked))


def _count_on(reader: _Reader, asked: int, so_far: SoFar, message: Json) -> SoFar:
    """With one more message; `asked`: the index of the last one of which no thinking is read."""
    at, one = so_far.messages, reader.read[so_far.messages]
    waiting = at, message, one
    if "compaction" in one.kinds:
        return SoFar(at + 1, at, ahead=reader.ahead, waiting=waiting)
    if not one.blocks:
        return so_far._replace(messages=at + 1, parts=())
    if so_far.waiting is None:
        return so_far._replace(messages=at + 1, parts=(), waiting=waiting)
    parts, role, ahead = _completed(so_far.waiting, so_far, message["role"], asked, reader.scale)
    size = so_far.tokens + sum(part.tokens for part in parts)
    return SoFar(at + 1, so_far.since, size, parts, role, ahead, waiting)


def _completed(
    waiting: _Waiting, so_far: SoFar, follows: str, asked: int, scale: Scale
) -> tuple[tuple[Part, ...], str, int]:
    """The parts of the message that waited, its role, and what is counted with it of the turn after it."""
    (at, message, one), own = waiting, scale.frame
    parts = parts_of(message, one, Spot(at, so_far.role, so_far.ahead, follows, at > asked), scale)
    role = message["role"]
    ends = one.kinds[-1] == "tool_result" and follows != role
    return parts, role, own.turn - own.turn_after_result if ends else 0


def _last(so_far: SoFar, asked: int, around: _Around, scale: Scale) -> Iterator[Part]:
    """The parts of the last message, and the beginning of the answer's turn."""
    role, ahead = so_far.role, so_far.ahead
    if so_far.waiting is not None:
        parts, role, ahead = _completed(so_far.waiting, so_far, "", asked, scale)
        yield from parts
    if role != "assistant" or around.end:
        yield Part("messages", around.end + (scale.frame.turn - ahead if role != "assistant" else 0))


class _Around(NamedTuple):
    """What stands between the blocks of a prompt, in tokens.

    `tools` before the tools and `after` the system prompt; `system` before its blocks, of which `ahead` is taken from
    the first turn; `end` after everything, beside the beginning of the answer's turn.
    """

    tools: int
    system: int
    ahead: int
    after: int
    end: int


def _around(body: Json, model: Model, scale: Scale) -> _Around:
    prompt = "".join(block["text"] for block in system_blocks(body.get("system")))
    own, system = scale.frame, _around_system(prompt, body, scale)
    ahead = own.system_ahead if prompt and not body.get("tools") and (not own.system or prompt[-1] == "\n") else 0
    tools, after, end = _around_tools(body, model, scale)
    if (body.get("thinking") or {}).get("type") == "enabled":
        end += own.thinking_budget_end
    return _Around(tools, system + ahead, ahead, after, end)


def _definitions(tools: Sequence[Json] | None, family: str) -> dict[str, int]:
    return {tool["name"]: _definition(tool, family) for tool in tools or () if "input_schema" in tool}


def _definition(tool: Json, family: str) -> int:
    said = [tool.get("description"), tool["name"], tool["input_schema"], tool.get("input_examples")]
    return _defined(packed(said), family)


@lru_cache(maxsize=1024)
def _defined(content: bytes, family: str) -> int:
    """A client tool as the prompt holds it (found by its recorded counts): sorted JSON, one to a line."""
    description, name, schema, examples = orjson.loads(content)
    function = {"description": description, "name": name, "parameters": schema}
    described = {key: value for key, value in function.items() if value}
    text = json.dumps(described, ensure_ascii=False, sort_keys=True)
    more = tokens.count_inside(written(examples), family) if examples else 0
    return tokens.count_inside(f"<function>{text}</function>\n", family) + more


def _around_tools(body: Json, model: Model, scale: Scale) -> tuple[int, int, int]:
    """What the presence of tools costs: before them, after the system prompt, and at the end of the prompt."""
    tools, servers, own = body.get("tools") or [], body.get("mcp_servers") or [], scale.frame
    if not tools and not servers:
        return 0, 0, 0
    choice, (auto, forced) = body.get("tool_choice") or {}, model.tool_overhead
    before = min(own.tools_before, auto, forced)
    whole = forced if choice.get("type") in ("any", "tool") else auto
    end = min(own.any_saves, max(whole - auto, 0))
    after = whole - before - end
    if choice.get("type") == "tool":
        end += own.forced_tool + scale.inside(choice["name"])
    if any(tool.get("defer_loading") for tool in tools):
        before += own.deferred_tools
    return before + own.mcp_server * len(servers), after, end


def tool_parts(tools: Sequence[Json] | None, family: str, own: Frame) -> tuple[Part, ...]:
    """The parts of tools, for a tokenizer family and its overheads."""
    definitions = about(tools, _definitions, family)
    costs = (_tool(tool, definitions, own) for tool in tools or ())
    shown = (None if tool.get("defer_loading") else tool for tool in tools or ())
    return tuple(
        Part(f"tools.{at}", cost, tool, at=at) for at, (cost, tool) in enumerate(zip(costs, shown, strict=True))
    )


def _tool(tool: Json, definitions: Mapping[str, int], own: Frame) -> int:
    if "input_schema" not in tool:
        return int(server_tool(str(tool.get("type"))) * own.server_tool_scale)
    return 0 if tool.get("defer_loading") else definitions[tool["name"]]


def _system(body: Json, around: _Around, scale: Scale) -> Iterator[Part]:
    blocks = system_blocks(body.get("system"))
    if around.system:
        yield Part("system", around.system)
    for index, cost in enumerate(turn(blocks, [block["type"] for block in blocks], scale, opens=True)):
        yield Part(f"system.{index}", cost, blocks[index], at=index)
    if around.after:
        yield Part("system", around.after)


def system_blocks(system: Any) -> list[Json]:
    """The blocks of a system prompt as a model reads them."""
    return [_unless_unread(block) for block in conversation.blocks(system)]


def _unless_unread(block: Json) -> Json:
    return {**block, "text": ""} if block["text"].startswith(unread_system()) else block


def _around_system(prompt: str, body: Json, scale: Scale) -> int:
    """What stands around the system prompt: its end, the wish for a format, the budget of manual thinking."""
    own = scale.frame
    schema = ((body.get("output_config") or {}).get("format") or body.get("output_format") or {}).get("schema")
    ended = own.system_with_tools if prompt and (schema or body.get("tools")) else own.system
    around = ended if (prompt or schema) and not prompt.endswith("\n") else 0
    if schema:
        around += own.format + scale.inside(json.dumps(schema, ensure_ascii=False, indent=2))
    budget = own.thinking_budget - own.thinking_budget_end
    return around + (budget if (body.get("thinking") or {}).get("type") == "enabled" else 0)
