"""Which tools to call, if any: what `tool_choice` forces, what the user plainly asks for, what a client waits for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeapi.facts import described, schema_parts
from fakeapi.facts.conversation import blocks
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import asking, offering
from fakeapi.replies.sampling import naming, sample_input
from fakeapi.replies.sampling.hints import Hints
from fakeapi.replies.turns import Turn, last_turn

MODES = ("auto", "never", "each-once")
"""What becomes of a free choice: `auto` as a model would, `never`, or `each-once`: every tool, one a turn."""

_MOST_PARALLEL = 5
_SPREAD_KINDS = frozenset(
    {"city", "place", "country", "ticker", "path", "id", "order id", "user id", "ticket id", "url"}
)


class Choice(NamedTuple):
    """A tool to call, the text to take values from, and values that are decided already."""

    tool: Json
    hints: str = ""
    given: Mapping[str, Any] = MappingProxyType({})


def tool_calls(call: Call, *seed: object, mode: str = "auto") -> Draft | None:
    """The answer that calls tools; None where the answer is to be a text.

    The ids are placeholders, for `identity.renew`.
    """
    choices = choose(call, mode)
    if not choices:
        return None
    return Draft(tuple(tool_use_blocks(choices, *seed)), "generator:tool_calls", "tool_use")


def tool_use_blocks(choices: list[Choice], *seed: object) -> list[Json]:
    """The tool_use blocks of choices, in wire form, with valid inputs."""
    return [_block(choice, index, seed) for index, choice in enumerate(choices)]


def choose(call: Call, mode: str = "auto") -> list[Choice]:
    """The tools to call, in order; none for an answer in text.

    Args:
        call: its `tool_choice`, tools, conversation and model decide.
        mode: one of `MODES`; what is forced is called in every mode.
    """
    wanted = call.body.get("tool_choice") or {"type": "auto"}
    if wanted["type"] == "none":
        return []
    tools = offering.client_tools(call.body)
    if not tools and wanted["type"] == "auto":
        return []
    turn = last_turn(call.body)
    if wanted["type"] == "tool":
        return [Choice(tool, asking.focus(turn.question)) for tool in _forced(call.body, wanted["name"], tools)]
    chosen = _any(tools, turn) if wanted["type"] == "any" else _free(call, tools, turn, mode)
    said = asking.focus(turn.question)
    choices = [choice for tool in chosen for choice in _spread(tool, said)]
    if len(choices) < 2:
        return choices
    alone = wanted.get("disable_parallel_tool_use") or asking.wants_one_at_a_time(said)
    return choices[: 1 if alone else _MOST_PARALLEL]


def _block(choice: Choice, index: int, seed: tuple[object, ...]) -> Json:
    tool = choice.tool
    block = {
        "type": "tool_use",
        "id": f"toolu_{index}",
        "name": tool["name"],
        "input": _input(choice, *seed, index),
        "caller": {"type": "direct"},
    }
    family = tool.get("toolset_name")
    return {**block, "toolset_name": family} if family else block


def _input(choice: Choice, *seed: object) -> Json:
    """An input that fits the tool's schema, and if it can the bounds that its descriptions tell."""
    schema = choice.tool.get("input_schema")
    meant = described.restored(schema)
    if meant is not schema:
        given = _sampled({**choice.tool, "input_schema": meant}, choice, seed)
        if schema_parts.parts(schema or {}).accepts(given):
            return given
    return _sampled(choice.tool, choice, seed)


def _sampled(tool: Json, choice: Choice, seed: tuple[object, ...]) -> Json:
    whole = asking.gives_the_answer(tool)
    return sample_input(tool, *seed, hints=choice.hints, given=choice.given, whole=whole)


def _forced(body: Json, name: str, tools: list[Json]) -> list[Json]:
    """The named tool, also one that isn't loaded or that only the thread knows; none where the API runs it."""
    if any(tool.get("name") == name for tool in offering.server_tools(body)):
        return []
    declared = [*tools, *(body.get("tools") or [])]
    return [next((tool for tool in declared if tool.get("name") == name), {"name": name})]


def _any(tools: list[Json], turn: Turn) -> list[Json]:
    """Some tool: the one asked for; after results, or where none is, the one that takes the answer."""
    answers = [tool for tool in tools if asking.gives_the_answer(tool)]
    others = [tool for tool in tools if tool not in answers]
    asked = [] if turn.results else asking.asked_for(turn.question, others)
    return asked or answers[:1] or tools[:1]


def _free(call: Call, tools: list[Json], turn: Turn, mode: str) -> list[Json]:
    if mode == "never" or turn.continued:
        return []
    answers = [tool for tool in tools if asking.gives_the_answer(tool)]
    others = [tool for tool in tools if tool not in answers]
    if mode == "each-once" and (left := _not_called(others, turn)):
        return left[:1]
    if turn.results and not (turn.said and _is_answered(turn, answers)):
        return _found(others, turn) or ([] if _is_answered(turn, answers) else answers[:1])
    return asking.asked_for(turn.question, others) or answers[:1] or _only(call, tools, turn)


def _not_called(tools: list[Json], turn: Turn) -> list[Json]:
    called = {block["name"] for block in turn.called}
    return [tool for tool in tools if tool["name"] not in called]


def _found(tools: list[Json], turn: Turn) -> list[Json]:
    """The tools that the results refer to and the user asks for: a search for tools is no end. Each is called once."""
    parts = (part for result in turn.results for part in blocks(result.get("content")))
    names = {part.get("tool_name") for part in parts if part["type"] == "tool_reference"}
    referred = [tool for tool in _not_called(tools, turn) if tool["name"] in names]
    return asking.asked_for(turn.question, referred) if referred else []


def _is_answered(turn: Turn, answers: list[Json]) -> bool:
    """Whether the results are those of tools that took the answer: what the user says beside them is a new turn."""
    names = {tool["name"] for tool in answers}
    calls = {block["id"]: block["name"] for block in turn.called}
    return bool(names) and all(calls.get(result.get("tool_use_id", "")) in names for result in turn.results)


def _only(call: Call, tools: list[Json], turn: Turn) -> list[Json]:
    """The only tool of a client that would force it if the model allowed that (clients.md, surprise 7)."""
    lonely = len(tools) == 1 and len(call.body.get("tools") or []) == 1 and not call.model.forced_tools
    wanted = lonely and "input_schema" in call.body["tools"][0] and not asking.wants_no_tools(turn.question)
    return tools if wanted else []


def _spread(tool: Json, hints: str) -> list[Choice]:
    """Several calls where the text has several values for one property: the weather in Paris and in London."""
    properties = (tool.get("input_schema") or {}).get("properties")
    said = Hints(hints)
    found: list[tuple[str, list[str]]] = []
    for name, schema in properties.items() if isinstance(properties, dict) and said else ():
        kind = naming.kind(name, str(tool.get("name", "")))
        if kind in _SPREAD_KINDS and isinstance(schema, dict) and schema.get("type") in ("string", None):
            found.append((name, said.of_kind(kind)))
    if len(found) != 1 or len(found[0][1]) < 2:
        return [Choice(tool, hints)]
    name, values = found[0]
    return [Choice(tool, hints, {name: value}) for value in values[:_MOST_PARALLEL]]
