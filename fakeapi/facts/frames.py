"""What a prompt and an answer cost beyond their texts, per generation of models (`fixtures/tokens/prompt.json`)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from fakeapi import assets


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The tokens around the texts. Source: recorded traffic, fitted by `benchmarks/fit_tokens.py`.

    Two frames of equal members are one object, and told from others as such: what was counted with it is remembered.

    Attributes:
        opening: before everything; opening_last: it stands before the answer instead. turn: each turn, the answer's
            own too. turn_after_result: what of it stands after a tool's result, where that ends the prompt.
        joint: a further message of the same role.
        first_assistant: the user turn that stands in where an assistant message comes first.
        system, system_with_tools: a system prompt, without and with tools. system_ahead: what of the first turn
            belongs to a system prompt without tools, where it is cached.
        tools_before: what of a model's `tool_overhead` stands before the tools; the rest follows the system prompt.
        turn_end, stop_sequence_end, call_end: an answer that ends by itself, at a stop sequence, with a tool call.
        tool: each tool beyond its definition. forced_tool: naming one in tool_choice, beyond the name.
        deferred_tools: once, where tools are deferred. mcp_server: each.
        calls, call, parameter: a run of tool calls, each call in it, each parameter of a call, beyond names and values.
        call_turn: an assistant turn of a history that calls tools.
        any_saves, tool_saves: what an answer needn't write because tool_choice `any` or `tool` wrote it.
        result, results: the only result of a message; each of several. failed_result: more, for an error.
        thinking: of each thinking block, counted as thinking. thinking_block: more of it, not counted as thinking.
        thinking_budget: manual thinking; thinking_budget_end: what of it stands at the end of the prompt.
        keeps_thinking: earlier turns' thinking stays in the prompt.
        image: each, beyond its patches. page: the picture of a PDF page.
        document, document_title, search_result: each, beyond its text.
        document_citations, citable_sentence: once with citations on, and for each sentence then.
        citation: text of an answer that cites. format: structured output, beyond its schema.
        server_tool_scale: factor on the tokens of `server_tools`. encrypted: for each character of encrypted content.
    """

    opening: int
    opening_last: bool
    turn: int
    turn_after_result: int
    joint: int
    first_assistant: int
    system: int
    system_with_tools: int
    system_ahead: int
    tools_before: int
    turn_end: int
    stop_sequence_end: int
    call_end: int
    tool: int
    forced_tool: int
    deferred_tools: int
    mcp_server: int
    calls: int
    call: int
    parameter: int
    call_turn: int
    any_saves: int
    tool_saves: int
    result: int
    results: int
    failed_result: int
    thinking: int
    thinking_block: int
    thinking_budget: int
    thinking_budget_end: int
    keeps_thinking: bool
    image: int
    page: int
    document: int
    document_title: int
    document_citations: int
    citable_sentence: int
    search_result: int
    citation: int
    format: int
    server_tool_scale: float
    encrypted: float


@cache
def frame(family: str, created_at: str = "9999") -> Frame:
    """The frame of a tokenizer family, for a model of that date (RFC 3339); the newest without one.

    Raises KeyError for a family that has none.
    """
    rows = [at for at, row in enumerate(_data()["frames"]) if row["family"] == family]
    return _frame(tuple(at for at in rows if at == rows[0] or _data()["frames"][at]["since"] <= created_at))


@cache
def _frame(rows: tuple[int, ...]) -> Frame:
    """The frame that these rows of the table make, each on top of those before it."""
    members: dict[str, Any] = {}
    for at in rows:
        members |= _data()["frames"][at]
    return Frame(**{field.name: members[field.name] for field in fields(Frame)})


@cache
def with_thoughts(own: Frame) -> Frame:
    """The same frame, but that earlier turns' thinking stays in the prompt."""
    return own if own.keeps_thinking else replace(own, keeps_thinking=True)


@cache
def server_tool(kind: str) -> int:
    """What an Anthropic tool type (`web_search_20250305`) adds to the prompt of a `classic` model."""
    table: dict[str, int] = _data()["server_tools"]
    names = [name for name in table if kind.startswith(name)]
    return table[max(names, key=len)] if names else int(_data()["server_tool"])


@cache
def unread_system() -> str:
    """How a system block begins that clients put in for accounting, and that the model never reads (recorded)."""
    return str(_data()["unread_system"])


@cache
def _data() -> Any:
    return assets.read_json("fixtures/tokens/prompt.json")
