"""Counts a whole request and a whole answer, part by part, in the order of the prompt: tools, system, messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fakeapi.facts import conversation, tokens
from fakeapi.facts.block_costs import CALLS, Scale, Sizes, block_cost, call, result, thought
from fakeapi.facts.frames import Frame, frame, server_tool, unread_system
from fakeapi.facts.written import written
from fakeapi.model import Json, Model

_HIDDEN = frozenset({"thinking", "redacted_thinking"})
_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
_NEWEST = "9999"


class Part(NamedTuple):
    """One part of the prompt, named as the API names places: `tools.0`, `system.1`, `messages.2.content.0`.

    The whole of `tools` is what their presence costs, `system` also what structured output and manual thinking add,
    the last `messages` the beginning of the answer's turn.
    """

    location: str
    tokens: int


def input_tokens(body: Json, model: Model, sizes: Sizes | None = None) -> int:
    """The whole input count of a validated request, cached or not.

    `sizes` tells the size of pictures and PDFs that the request only names (url or file id); others are assumed.
    """
    return sum(part.tokens for part in parts(body, model, sizes))


def parts(body: Json, model: Model, sizes: Sizes | None = None) -> list[Part]:
    """The tokens of every part of a request, in prompt order; they sum to `input_tokens`.

    A body that isn't of the contract's shape (the lenient contract modes let it pass) counts as the JSON that it is.
    """
    try:
        return shaped_parts(body, model, sizes)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return [Part("messages", tokens.count(written(body), model.tokenizer))]


def shaped_parts(body: Json, model: Model, sizes: Sizes | None = None, around: Frame | None = None) -> list[Part]:
    """As `parts`, but of a validated request only: another may raise. `around` stands for the model's overheads."""
    own = around or frame(model.tokenizer, model.created_at)
    scale = Scale(model.tokenizer, own, model.image_tier, sizes or {}, _names(body), _definitions(body, model))
    found = [*_tools(body, model, scale), *_system(body, scale), *_messages(body, scale)]
    return [found[0]._replace(tokens=found[0].tokens + own.opening), *found[1:]]


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
        cost = tokens.count(block["text"], scale.family) if kind == "text" and not before else block_cost(block, scale)
        cites = scale.frame.citation if block.get("citations") else 0
        yield cost + cites + (scale.frame.calls if kind in CALLS and before not in CALLS else 0)
        before = kind


def _names(body: Json) -> dict[str, str]:
    """The tools that the conversation's calls name, by the id of the call."""
    blocks = (block for message in body["messages"] for block in conversation.blocks(message.get("content")))
    return {block["id"]: block["name"] for block in blocks if block["type"] in CALLS}


def _definitions(body: Json, model: Model) -> dict[str, int]:
    return {tool["name"]: _definition(tool, model) for tool in body.get("tools") or () if "input_schema" in tool}


def _definition(tool: Json, model: Model) -> int:
    """A client tool as the prompt holds it (found by its recorded counts): sorted JSON, one to a line."""
    function = {"description": tool.get("description"), "name": tool["name"], "parameters": tool["input_schema"]}
    described = {key: value for key, value in function.items() if value}
    text = json.dumps(described, ensure_ascii=False, sort_keys=True)
    examples = tool.get("input_examples")
    more = tokens.count_inside(written(examples), model.tokenizer) if examples else 0
    return tokens.count_inside(f"<function>{text}</function>\n", model.tokenizer) + more


def _tools(body: Json, model: Model, scale: Scale) -> Iterator[Part]:
    tools, servers = body.get("tools") or [], body.get("mcp_servers") or []
    if not tools and not servers:
        return
    choice, own = body.get("tool_choice") or {}, scale.frame
    overhead = model.tool_overhead[choice.get("type") in ("any", "tool")] + own.mcp_server * len(servers)
    if choice.get("type") == "tool":
        overhead += own.forced_tool + scale.inside(choice["name"])
    if any(tool.get("defer_loading") for tool in tools):
        overhead += own.deferred_tools
    yield Part("tools", overhead)
    for index, tool in enumerate(tools):
        yield Part(f"tools.{index}", _tool(tool, scale))


def _tool(tool: Json, scale: Scale) -> int:
    if "input_schema" not in tool:
        return int(server_tool(str(tool.get("type"))) * scale.frame.server_tool_scale)
    return 0 if tool.get("defer_loading") else scale.definitions[tool["name"]]


def _system(body: Json, scale: Scale) -> Iterator[Part]:
    schema = ((body.get("output_config") or {}).get("format") or body.get("output_format") or {}).get("schema")
    blocks = [_unless_unread(block) for block in conversation.blocks(body.get("system"))]
    around = _around_system("".join(block["text"] for block in blocks), body, schema, scale)
    if around:
        yield Part("system", around)
    for index, cost in enumerate(_turn(blocks, scale, opens=True)):
        yield Part("system" if isinstance(body["system"], str) else f"system.{index}", cost)


def _unless_unread(block: Json) -> Json:
    return {**block, "text": ""} if block["text"].startswith(unread_system()) else block


def _around_system(prompt: str, body: Json, schema: Json | None, scale: Scale) -> int:
    """What stands around the system prompt: its end, the wish for a format, the budget of manual thinking."""
    own = scale.frame
    ended = own.system_with_tools if prompt and (schema or body.get("tools")) else own.system
    around = ended if (prompt or schema) and not prompt.endswith("\n") else 0
    if schema:
        around += own.format + scale.inside(json.dumps(schema, ensure_ascii=False, indent=2))
    return around + (own.thinking_budget if (body.get("thinking") or {}).get("type") == "enabled" else 0)


def _messages(body: Json, scale: Scale) -> Iterator[Part]:
    messages, own = _uncompacted(body["messages"]), scale.frame
    asked = max((index for index, message in enumerate(messages) if _asks(message)), default=-1)
    role, answers = "", own.turn
    for index, message in enumerate(messages):
        blocks = conversation.blocks(message.get("content"))
        if not blocks:
            continue
        costs = _turn(blocks, scale, opens=message["role"] != role, thoughts=own.keeps_thinking or index > asked)
        costs[0] += _edge(role, message["role"], own)
        if index == len(messages) - 1 and blocks[-1]["type"] == "tool_result":
            answers = own.turn_after_result
            costs[-1] += own.turn - answers
        for at, cost in enumerate(costs):
            yield Part(f"messages.{index}.content" + ("" if isinstance(message["content"], str) else f".{at}"), cost)
        role = message["role"]
    if role != "assistant":
        yield Part("messages", answers)


def _edge(before: str, role: str, own: Frame) -> int:
    """What it costs that a message begins, after one of another role, of the same, or none."""
    if role == before:
        return own.joint
    stand_in = own.turn + own.first_assistant if not before and role == "assistant" else 0
    return own.turn + stand_in


def _uncompacted(messages: Sequence[Json]) -> list[Json]:
    """The messages; those before the latest compaction are not read any more, and stand here empty."""
    start = max((index for index, message in enumerate(messages) if _is_compacted(message)), default=0)
    return [{**message, "content": []} if index < start else message for index, message in enumerate(messages)]


def _is_compacted(message: Json) -> bool:
    return any(block["type"] == "compaction" for block in conversation.blocks(message.get("content")))


def _asks(message: Json) -> bool:
    """Is it a user message that says more than what tools gave back?"""
    blocks = conversation.blocks(message.get("content"))
    return message["role"] == "user" and any(block["type"] != "tool_result" for block in blocks)


def _turn(blocks: Sequence[Json], scale: Scale, *, opens: bool, thoughts: bool = True) -> list[int]:
    """What each block of a message costs; `opens`: the first begins a turn, `thoughts`: its thinking counts."""
    results = sum(block["type"] == "tool_result" for block in blocks)
    costs = []
    for at, block in enumerate(blocks):
        kind, before = block["type"], blocks[at - 1]["type"] if at else ""
        if kind == "text":
            text = block["text"].rstrip("\n") if at == len(blocks) - 1 else block["text"]
            costs.append(tokens.count(text, scale.family) if opens and at == 0 else scale.inside(text))
        elif kind == "tool_result":
            name = scale.frame.results + scale.inside(scale.names.get(block["tool_use_id"], ""))
            costs.append(result(block, scale) + (scale.frame.result if results == 1 else name))
        elif kind in CALLS:
            begins = scale.frame.calls + scale.frame.call_turn if before not in CALLS else 0
            costs.append(call(block, scale) + begins)
        else:
            costs.append(block_cost(block, scale) if thoughts or kind not in _HIDDEN else 0)
    return costs
