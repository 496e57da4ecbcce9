"""Counts a whole request and a whole answer, part by part, in the order of the prompt: tools, system, messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import orjson

from fakeapi.facts import conversation, tokens
from fakeapi.facts.block_costs import CALLS, Scale, Sizes, block_cost, call, result, thought
from fakeapi.facts.familiar import about, about_all
from fakeapi.facts.frames import Frame, frame, server_tool, unread_system
from fakeapi.facts.written import packed, written
from fakeapi.model import Json, Model

_HIDDEN = frozenset({"thinking", "redacted_thinking"})
_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
_NEWEST = "9999"
_PLAIN = CALLS | _HIDDEN | {"text"}
_SERVED = ("_tool_result", "mcp_tool_listing")
"""Blocks of an answer that the API puts in, so that the model writes nothing for them (recorded)."""


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


def input_tokens(body: Json, model: Model, sizes: Sizes | None = None) -> int:
    """The whole input count of a validated request, cached or not.

    `sizes` tells the size of pictures and PDFs that the request only names (url or file id); others are assumed.
    """
    return sum(part.tokens for part in parts(body, model, sizes))


def parts(body: Json, model: Model, sizes: Sizes | None = None) -> list[Part]:
    """The tokens of every part of a request, in prompt order; they sum to `input_tokens`.

    A body that isn't of the contract's shape (the lenient contract modes let it pass) counts as the JSON that it is.
    The last parts are remembered by the very body, which nobody changes: the stages of one answer ask for it in turn.
    """
    global _last
    known, by, among, found = _last
    if known is body and by is model and (among is sizes or not (among or sizes)):
        return found
    try:
        found = shaped_parts(body, model, sizes)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        found = [Part("messages", tokens.count(written(body), model.tokenizer))]
    _last = (body, model, sizes, found)
    return found


_last: tuple[Json, Model | None, Sizes | None, list[Part]] = ({}, None, None, [])


def shaped_parts(body: Json, model: Model, sizes: Sizes | None = None, around: Frame | None = None) -> list[Part]:
    """As `parts`, but of a validated request only: another may raise. `around` stands for the model's overheads."""
    own = around or frame(model.tokenizer, model.created_at)
    definitions = about(body.get("tools"), _definitions, model.tokenizer)
    said = about_all(body["messages"], _said)
    names = {id: name for one in said for id, name in one.calls}
    scale = Scale(model.tokenizer, own, model.image_tier, sizes or {}, names, definitions)
    edges = _around(body, model, scale)
    found = [*_tools(body, edges, scale), *_system(body, edges, scale), *_messages(_read(body, said), edges, scale)]
    edge = -1 if own.opening_last else 0
    found[edge] = found[edge]._replace(tokens=found[edge].tokens + own.opening)
    return found


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
    prompt = "".join(block["text"] for block in map(_unless_unread, conversation.blocks(body.get("system"))))
    own, system = scale.frame, _around_system(prompt, body, scale)
    ahead = own.system_ahead if prompt and not body.get("tools") and (not own.system or prompt[-1] == "\n") else 0
    tools, after, end = _around_tools(body, model, scale)
    if (body.get("thinking") or {}).get("type") == "enabled":
        end += own.thinking_budget_end
    return _Around(tools, system + ahead, ahead, after, end)


def output_tokens(
    content: Sequence[Json],
    family: str,
    stop_reason: str | None,
    *,
    tool_choice: str | None = None,
    created_at: str = _NEWEST,
) -> int:
    """The whole output count of an answer, with what its end costs.

    `tool_choice` is the request's type of it: `any` and `tool` write the beginning of the call for the model.
    `created_at` is the model's; without it, the newest of the family is meant.
    """
    own = frame(family, created_at)
    total = sum(_answer_costs(content, Scale(family, own))) + _end(stop_reason, own)
    if tool_choice in ("any", "tool") and content and content[0]["type"] in CALLS:
        total -= own.any_saves if tool_choice == "any" else own.tool_saves
    return max(total, 0)


def answer_tokens(content: Sequence[Json], stop_reason: str | None, body: Json, model: Model) -> int:
    """The whole output count of an answer to this request, from this model."""
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    return output_tokens(content, model.tokenizer, stop_reason, tool_choice=kind, created_at=model.created_at)


def _end(stop_reason: str | None, own: Frame) -> int:
    if stop_reason in _CUT:
        return 0
    return {"tool_use": own.call_end, "stop_sequence": own.stop_sequence_end}.get(str(stop_reason), own.turn_end)


def block_tokens(block: Json, family: str) -> int:
    """The tokens of one content block of an answer, written by itself."""
    return sum(_answer_costs([block], Scale(family, frame(family))))


def thinking_tokens(content: Sequence[Json], family: str) -> int:
    """The tokens of an answer's thinking, as `output_tokens_details` tells them."""
    scale = Scale(family, frame(family))
    return sum(thought(block, scale) for block in content if block["type"] in _HIDDEN)


def _answer_costs(content: Sequence[Json], scale: Scale) -> Iterator[int]:
    before = ""
    for block in content:
        kind = block["type"]
        if kind.endswith(_SERVED):
            before = kind
            continue
        cost = tokens.count(block["text"], scale.family) if kind == "text" and not before else block_cost(block, scale)
        cites = scale.frame.citation if block.get("citations") else 0
        yield cost + cites + (scale.frame.calls if kind in CALLS and before not in CALLS else 0)
        before = kind


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


def _tools(body: Json, around: _Around, scale: Scale) -> Iterator[Part]:
    tools = body.get("tools") or []
    if around.tools:
        yield Part("tools", around.tools)
    for index, tool in enumerate(tools):
        yield Part(f"tools.{index}", _tool(tool, scale), None if tool.get("defer_loading") else tool, at=index)


def _tool(tool: Json, scale: Scale) -> int:
    if "input_schema" not in tool:
        return int(server_tool(str(tool.get("type"))) * scale.frame.server_tool_scale)
    return 0 if tool.get("defer_loading") else scale.definitions[tool["name"]]


def _system(body: Json, around: _Around, scale: Scale) -> Iterator[Part]:
    blocks = [_unless_unread(block) for block in conversation.blocks(body.get("system"))]
    if around.system:
        yield Part("system", around.system)
    for index, cost in enumerate(_turn(blocks, [block["type"] for block in blocks], scale, opens=True)):
        yield Part(f"system.{index}", cost, blocks[index], at=index)
    if around.after:
        yield Part("system", around.after)


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


def _messages(turns: list[_Turn], around: _Around, scale: Scale) -> Iterator[Part]:
    own = scale.frame
    asked = max((turn[0] for turn in turns if turn[2].asks), default=-1)
    role, ahead = "", around.ahead
    for number, (index, message, said) in enumerate(turns):
        follows = turns[number + 1][1]["role"] if number + 1 < len(turns) else ""
        spot = index, role, ahead, follows, own.keeps_thinking or index > asked
        if said.depends:
            yield from _turn_parts(message, said, _Spot(*spot), scale)
        else:
            names = tuple(scale.names.get(id, "") for id in said.results) if len(said.results) > 1 else ()
            yield from about(message, _plain_parts, scale.family, own, names, *spot)
        role = message["role"]
        ahead = own.turn - own.turn_after_result if said.kinds[-1] == "tool_result" and follows != role else 0
    if role != "assistant" or around.end:
        yield Part("messages", around.end + (own.turn - ahead if role != "assistant" else 0))


class _Spot(NamedTuple):
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


def _plain_parts(message: Json, family: str, own: Frame, names: tuple[str, ...], *spot: Any) -> tuple[Part, ...]:
    """The parts of a message whose costs depend on no more than these; `names` of the tools, where there are several
    results."""
    said = _said(message)
    named = dict(zip(said.results, names, strict=False))
    return tuple(_turn_parts(message, said, _Spot(*spot), Scale(family, own, names=named)))


def _turn_parts(message: Json, said: _Said, spot: _Spot, scale: Scale) -> Iterator[Part]:
    blocks, kinds, role, own = said.blocks, said.kinds, message["role"], scale.frame
    costs = _turn(blocks, kinds, scale, opens=role != spot.before, thoughts=spot.thoughts)
    costs[0] += _edge(spot.before, role, own) - spot.ahead
    if kinds[-1] == "tool_result" and spot.follows != role:
        costs[-1] += own.turn - own.turn_after_result
    place, whole = f"messages.{spot.place}.content", isinstance(message["content"], str)
    for at, (cost, block, kind) in enumerate(zip(costs, blocks, kinds, strict=True)):
        read = block if spot.thoughts or kind not in _HIDDEN else None
        yield Part(place if whole else f"{place}.{at}", cost, read, spot.place, at)


def _edge(before: str, role: str, own: Frame) -> int:
    """What it costs that a message begins, after one of another role, of the same, or none."""
    if role == before:
        return own.joint
    stand_in = own.turn + own.first_assistant if not before and role == "assistant" else 0
    return own.turn + stand_in


class _Said(NamedTuple):
    """A message as it is counted.

    Attributes:
        blocks, kinds: its blocks and their types. calls: ids and names of its calls of tools. results: the ids of the
            calls whose results it has.
        asks: whether a user says more in it than what tools gave back.
        depends: whether its cost depends on more than its texts: sizes of media, definitions of tools.
    """

    blocks: list[Json]
    kinds: list[str]
    calls: tuple[tuple[str, str], ...]
    results: tuple[str, ...]
    asks: bool
    depends: bool


def _said(message: Json) -> _Said:
    blocks = conversation.blocks(message.get("content"))
    kinds = [block["type"] for block in blocks]
    calls = tuple((block["id"], block["name"]) for block in blocks if block["type"] in CALLS)
    results = tuple(block.get("tool_use_id", "") for block in blocks if block["type"] == "tool_result")
    asks = len(results) < len(kinds) and message["role"] == "user"
    return _Said(blocks, kinds, calls, results, asks, not all(map(_is_plain, blocks)))


def _is_plain(block: Json) -> bool:
    """Whether all that a block costs is in its texts."""
    if block["type"] != "tool_result":
        return block["type"] in _PLAIN
    return all(inner["type"] == "text" for inner in conversation.blocks(block.get("content")))


_Turn: TypeAlias = tuple[int, Json, _Said]
"""A message that has content: its index, itself, and what it says."""


def _read(body: Json, read: Sequence[_Said]) -> list[_Turn]:
    """What is read of the messages: those before the latest compaction are not any more, nor those without content."""
    turns: list[_Turn] = []
    for index, (message, said) in enumerate(zip(body["messages"], read, strict=True)):
        if "compaction" in said.kinds:
            turns.clear()
        if said.blocks:
            turns.append((index, message, said))
    return turns


def _turn(
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
            costs.append(block_cost(block, scale) if thoughts or kind not in _HIDDEN else 0)
        before = kind
    return costs


def _named_result(block: Json, scale: Scale) -> int:
    """What stands around one of several results: the name of its tool, too."""
    return scale.frame.results + scale.inside(scale.names.get(block["tool_use_id"], ""))
