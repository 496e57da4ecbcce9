"""Calls and their results: every call is answered at once and once, every answer has its call (contract.md 5, 12)."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.contract.invariants.reading import Place, Reading, as_object, is_server_result, kind_of, text_of
from fakeapi.contract.invariants.survey import Run, Survey
from fakeapi.facts.familiar import settle, settled
from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

_NO_RUN = Run(-1, "", [], [], [])


def paired_calls(seen: Survey) -> None:
    """Calls come from the assistant and results from the user; the turn after a call begins with its result, each call
    of a turn has an id of its own and one result, and no result is without its call."""
    if "tool_use" not in seen.kinds and "tool_result" not in seen.kinds:
        return
    held = seen.field("thread").get("type") == "continue"
    for before, run in seen.runs_over(settled(seen.messages, (paired_calls, held))):
        _check_neighbours(before, run, held)
    before, last = seen.last_run
    if last is not None:
        _check_neighbours(before, last, held)
        _check_calls(last, _NO_RUN)
    settle(seen.messages, (paired_calls, held))


def _check_neighbours(before: Run | None, run: Run, held: bool) -> None:
    """`held`: what was before the first run is in a thread, so that its results may be of any calls."""
    if before is not None:
        _check_calls(before, run)
    if run.role == "user":
        _check_results(run, before or (None if held else _NO_RUN))


def _check_calls(run: Run, after: Run) -> None:
    """The ids without a result are named sorted; text before the results hides them all."""
    if run.role != "assistant":
        return
    if "tool_result" in run.kinds:
        raise refusal("tool_result_by_assistant", index=run.at)
    if "tool_use" not in run.kinds:
        return
    calls = run.ids("tool_use")
    if len(set(calls)) != len(calls):
        _refuse_second(run, "tool_use", "id", "tool_use_twice")
    missing = set(calls) - _results(after)
    if missing:
        raise refusal("tool_use_unanswered", index=run.at, ids=", ".join(sorted(missing)))


def _results(run: Run) -> set[str]:
    if run.role != "user" or run.kinds[:1] != ["tool_result"]:
        return set()
    return set(run.ids("tool_result"))


def _check_results(run: Run, before: Run | None) -> None:
    if "tool_use" in run.kinds:
        raise refusal("tool_use_by_user", index=run.at)
    if "tool_result" not in run.kinds:
        return
    results = run.ids("tool_result")
    calls = set(results if before is None else before.ids("tool_use"))
    for location, name in _placed(run, "tool_result", "tool_use_id") if not calls.issuperset(results) else ():
        if name not in calls:
            raise refusal("tool_result_unexpected", location=location, id=name)
    if len(set(results)) != len(results):
        _refuse_second(run, "tool_result", "tool_use_id", "tool_result_twice")


def _refuse_second(run: Run, kind: str, key: str, sentence: str) -> None:
    known: set[str] = set()
    for location, name in _placed(run, kind, key):
        if name in known:
            raise refusal(sentence, location=location, id=name)
        known.add(name)


def _placed(run: Run, kind: str, key: str) -> Iterator[tuple[str, str]]:
    for place, block in enumerate(run.blocks):
        if run.kinds[place] == kind:
            yield f"messages.{run.at}.content.{place}", text_of(block, key)


def server_calls(seen: Survey) -> None:
    """A server tool's call has its result, unless the server is still to run it: it stands in the last turn, or the
    only thing after it is the client's results (contract.md 12)."""
    calls = list(seen.of("server_tool_use"))
    if not calls:
        return
    results = {text_of(place.body, "tool_use_id") for place in _server_results(seen)}
    for place in calls:
        name, tool = text_of(place.body, "id"), text_of(place.body, "name")
        if name not in results:
            _check_pending(seen, place.message, name, tool)


def _server_results(seen: Survey) -> Iterator[Place]:
    return (place for kind, places in seen.places.items() if is_server_result(kind) for place in places)


def _check_pending(seen: Survey, message: int, id: str, tool: str) -> None:
    after = [turn for turn in seen.turns if turn.at > message and turn.role != "assistant"]
    if any(kind != "tool_result" for turn in after for kind in turn.kinds):
        raise refusal("server_call_unanswered", tool=tool, id=id, result=_result_type(tool))
    if after and tool and not _declares(seen, tool):
        raise refusal("server_call_without_tool", tool=tool, id=id, result=_result_type(tool))


def _result_type(tool: str) -> str:
    return "tool_search_tool_result" if tool.startswith("tool_search") else f"{tool}_tool_result"


def _declares(seen: Survey, tool: str) -> bool:
    """Whether a tool of that name may run on the server: declared, part of code execution, or brought by a web tool."""
    return tool in seen.tool_names or "code_execution" in tool or not seen.body.get("tools")


def pending_container(seen: Survey) -> None:
    """The results of calls that code made go back to the container that made them."""
    if seen.body.get("container") is not None or not seen.turns or seen.turns[-1].role != "user":
        return
    results = {text_of(block, "tool_use_id") for block in seen.turns[-1].blocks if kind_of(block) == "tool_result"}
    if results and not results.isdisjoint(seen.found(_made_by_code)):
        raise refusal("container_id_missing")


def _made_by_code(reading: Reading) -> tuple[str, ...]:
    """The ids of the calls of a message that code made."""
    calls = reading.places.get("tool_use", ())
    return tuple(text_of(call.body, "id") for call in calls if _maker(call.body).startswith("code_execution"))


def _maker(call: Json) -> str:
    return text_of(as_object(call.get("caller")), "type")
