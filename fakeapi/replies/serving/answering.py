"""The answer in which server tools are used: plan, call, result, and what is said of it; paused and resumed turns.

Every step is decided by the question alone, so a turn that was paused goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from fakeapi.model import Call, Draft, Json
from fakeapi.replies import asking, choosing, results, structured
from fakeapi.replies.serving import (
    advisor,
    asked,
    blocks,
    code,
    mcp,
    programs,
    situation,
    tool_search,
    web_fetch,
    web_search,
)
from fakeapi.replies.serving.data import phrase, text_block
from fakeapi.replies.serving.situation import Situation, Step
from fakeapi.replies.serving.topics import topic

SOURCE = "generator:server_tools"
_MOST_ROUNDS = 10
"""How many calls the API makes in one turn before it pauses (documented as the default)."""

_Plan: TypeAlias = Callable[[Situation], list[Step]]
_PLANS: dict[str, _Plan] = {
    "web_search": web_search.plan,
    "web_fetch": web_fetch.plan,
    "code_execution": code.plan,
    "tool_search": tool_search.plan,
    "advisor": advisor.plan,
    "mcp": mcp.plan,
}


def served(call: Call, seed: tuple[object, ...], mode: str = "auto") -> Draft | None:
    """The answer that uses server tools, or goes on from where they were used; None where they have no part in it."""
    now = situation.read(call, seed)
    if now.turn.results and not now.pending:
        return None
    if now.pending or (now.turn.continued and now.called):
        return programs.went_on(now) or _resumed(now, mode)
    if now.turn.continued:
        return None
    return _begun(now, mode)


@dataclass
class _Said:
    """What an answer says so far.

    Attributes:
        content: its blocks.
        calls: the calls of server tools since the question, those of earlier answers and of code too.
        results: what came of them, also what the answer doesn't show.
    """

    content: list[Json] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    results: list[Json] = field(default_factory=list)


def _begun(now: Situation, mode: str) -> Draft | None:
    wanted = asked.families(now, mode)
    if "mcp" in wanted and mcp.asks_for_tools(now):
        return Draft((*mcp.listings(now), *mcp.tell_tools(now)), SOURCE)
    groups = _grouped(now, _steps(now, wanted))
    if not groups:
        return programs.begun(now) if mode != "never" and not asking.wants_no_tools(now.question) else None
    said = _Said(mcp.listings(now) if "mcp" in wanted else [])
    client = choosing.tool_calls(now.call, *now.seed, mode=mode) if "tool_search" not in wanted else None
    said.content += _opening(now, groups[0][0], "mixed" if client else wanted[0])
    return _mixed(now, groups, said, client) if client else _run(now, groups, said)


def _mixed(now: Situation, groups: list[list[Step]], said: _Said, client: Draft) -> Draft:
    """Server tools beside the client's: their calls wait until the client has run its own (documented), but for those
    that code makes."""
    for group in groups:
        if _is_filtered(now, group[0]):
            _make(now, group, said)
        else:
            said.content.append(blocks.call_block(group[0], len(said.content)))
    return _draft(said, "tool_use", client.content)


def _resumed(now: Situation, mode: str) -> Draft:
    """A turn that was paused, or whose client tools have been run: first the results of the calls that wait."""
    said = _Said(calls=list(now.called), results=[block for block in now.since if situation.is_result(block)])
    groups = [] if now.turn.results else _grouped(now, _steps(now, asked.families(now, mode)))
    for call in now.pending:
        at = now.called.index(call)
        _finish(now, call, groups[at] if call["name"] == code.PYTHON and at < len(groups) else [], said)
    return _run(now, groups[len(now.called) :], said)


def _steps(now: Situation, wanted: list[str]) -> list[Step]:
    """All calls that the question leads to, in order."""
    steps = [step for name in wanted for step in _PLANS[name](now)]
    if wanted == ["web_search"] and now.tool("web_fetch") and web_fetch.reads_on(now):
        steps += web_fetch.plan_after(now, str(steps[0].input["query"]))
    if now.triggers.pauses and len(steps) == 1:
        steps += [_once_more(steps[0])]
    return steps


def _once_more(step: Step) -> Step:
    """A second call, so that a turn that is to pause has something left to do."""
    return step._replace(input={"query": f"{step.input['query']} overview"}) if step.name == "web_search" else step


def _opening(now: Situation, step: Step, kind: str) -> list[Json]:
    """What is said before the first call; often nothing."""
    dice = now.dice("opening")
    if kind in ("web_search", "web_fetch", "code_execution") and dice.random() < 0.5:
        return []
    about = step.server or str(step.input.get("query") or topic(now.question) or "this")
    return [text_block(phrase(f"openings.{kind}", dice, topic=about))]


def _run(now: Situation, groups: list[list[Step]], said: _Said) -> Draft:
    """Makes the calls one after the other, then tells what came of them; too many pause the turn."""
    limit = 1 if now.triggers.pauses and not now.turn.continued else _MOST_ROUNDS
    for at, group in enumerate(groups):
        if at == limit:
            said.content.append(blocks.call_block(_first(now, group), len(said.calls)))
            return _draft(said, "pause_turn")
        if said.results and blocks.error_code(said.results[-1]):
            break
        _make(now, group, said)
    searches = _results(said, "tool_search")
    choices = tool_search.found(now, searches) if searches and not now.turn.results else []
    if choices:
        said.content += tool_search.tell(now, searches, calls=True)
        return _draft(said, "tool_use", tuple(choosing.tool_use_blocks(choices, *now.seed)))
    said.content += _ending(now, said)
    return _draft(said, "end_turn")


def _first(now: Situation, group: list[Step]) -> Step:
    return programs.opening_call(group) if _is_filtered(now, group[0]) else group[0]


def _grouped(now: Situation, steps: list[Step]) -> list[list[Step]]:
    """The calls that are made at once: those that code makes together, each other by itself."""
    groups: list[list[Step]] = []
    for step in steps:
        last = groups[-1][-1] if groups else None
        if last and last.name == step.name and _is_filtered(now, step) and not now.triggers.pauses:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _is_filtered(now: Situation, step: Step) -> bool:
    tool = now.tool(step.name) if step.name in ("web_search", "web_fetch") else None
    return bool(tool and programs.filters(tool))


def _make(now: Situation, group: list[Step], said: _Said) -> None:
    """Adds calls with their results."""
    call = blocks.call_block(_first(now, group), len(said.calls))
    said.content.append(call)
    said.calls.append(call)
    _finish(now, call, group, said)


def _finish(now: Situation, call: Json, group: list[Step], said: _Said) -> None:
    """Adds what comes of a call: its result, before it the calls that code makes."""
    if not group or not _is_filtered(now, group[0]):
        _add_result(now, call, said)
        return
    tool = now.tool(group[0].name) or {}
    caller, start = programs.caller(call, tool), len(said.content)
    calls = [blocks.call_block(step, len(said.calls) + at, caller) for at, step in enumerate(group)]
    said.content += calls
    for each in calls:
        said.calls.append(each)
        _add_result(now, each, said, caller)
    made = said.content[start + len(calls) :]
    if tool.get("response_inclusion") == "excluded":
        del said.content[start:]
    said.content.append(programs.filtered_result(call, group, made))


def _add_result(now: Situation, call: Json, said: _Said, caller: Json | None = None) -> None:
    """Adds the result of one call."""
    block = mcp.result_block(now, call) if call["type"] == "mcp_tool_use" else _result(now, call, said, caller)
    said.content.append(block)
    said.results.append(block)


def _result(now: Situation, call: Json, said: _Said, caller: Json | None) -> Json:
    kind = asked.family(call["name"])
    used = _used(now, call, said, kind)
    content: Json | list[Json]
    if kind == "web_search":
        content = web_search.result(now, call, used)
    elif kind == "web_fetch":
        content = web_fetch.result(now, call, used, said.content)
    elif kind == "tool_search":
        content = tool_search.result(now, call)
    elif kind == "advisor":
        content = advisor.result(now, used)
    else:
        content = code.result(now, call, said.content)
    return blocks.result_block(call, content, caller)


def _used(now: Situation, call: Json, said: _Said, kind: str) -> int:
    """How often this request has used a family before: `max_uses` doesn't count the calls of earlier answers."""
    before = {each["id"] for each in now.called} - {each["id"] for each in now.pending}
    calls = said.calls[: said.calls.index(call)] if call in said.calls else said.calls
    return sum(asked.family(each["name"]) == kind and each["id"] not in before for each in calls)


def _results(said: _Said, kind: str) -> list[Json]:
    """The results of a family's calls since the question, in this answer and in earlier parts of the turn."""
    ids = {call["id"] for call in said.calls if asked.family(call["name"]) == kind}
    return [block for block in said.results if block["tool_use_id"] in ids]


def _ending(now: Situation, said: _Said) -> list[Json]:
    """What is said at the end: JSON where it was asked for, else a word on each family's results."""
    config = now.call.body.get("output_config") or {}
    form = config.get("format") or now.call.body.get("output_format")
    if form:
        return [text_block(structured.json_text(form["schema"], *now.seed, hints=now.question))]
    told: list[Json] = []
    for kind in dict.fromkeys(asked.family(call["name"]) for call in said.calls):
        found = _results(said, kind)
        if found:
            told += [*([text_block("\n\n")] if told else []), *_told(now, kind, found, said)]
    if now.turn.results:
        told += [text_block(("\n\n" if told else "") + results.about_results(now.turn, *now.seed))]
    return told or [text_block(phrase("history", now.dice("history")))]


def _told(now: Situation, kind: str, found: list[Json], said: _Said) -> list[Json]:
    if kind == "web_search":
        return web_search.tell(now, found)
    if kind == "web_fetch":
        return web_fetch.tell(now, found, said.content)
    if kind == "code_execution":
        return code.tell(now, found)
    if kind == "tool_search":
        return tool_search.tell(now, found, calls=False)
    return advisor.tell(now, found) if kind == "advisor" else mcp.tell(now, found, said.calls)


def _draft(said: _Said, reason: str, more: tuple[Json, ...] = ()) -> Draft:
    """The container that code ran in is put on later: `reflecting` sees the blocks."""
    return Draft((*said.content, *more), SOURCE, reason)
