"""Calls that code makes: client tools that only code may call, and web tools whose results it filters (contract.md 12).

A client's tool pauses the code: its `code_execution` call has no result until every call of the code has one.
"""

from __future__ import annotations

from fakeapi.facts.conversation import blocks as blocks_of
from fakeapi.facts.signatures import seal
from fakeapi.model import Draft, Json
from fakeapi.replies import choosing, offering
from fakeapi.replies.choosing import Choice
from fakeapi.replies.serving import blocks, code, tool_search
from fakeapi.replies.serving.data import phrase, text_block
from fakeapi.replies.serving.situation import Situation, Step, made_by_code

_FILTERED = ("web_search_2026", "web_fetch_2026")
_VERSION = "code_execution_20260120"
_EXCERPT = 240


def filters(tool: Json) -> bool:
    """Whether code calls a web tool and filters its results: newer ones, unless they say `direct` (documented)."""
    callers = tool.get("allowed_callers")
    newer = str(tool.get("type")).startswith(_FILTERED)
    return newer if callers is None else "direct" not in callers and bool(offering.code_callers(tool))


def opening_call(steps: list[Step]) -> Step:
    """The code that makes calls of web tools."""
    lines = [f"result_{at} = await {step.name}({_written(step.input)})" for at, step in enumerate(steps, 1)]
    shown = [f"print(result_{at})" for at in range(1, len(steps) + 1)]
    return Step(code.PYTHON, {"code": "\n".join(["import json", "", *lines, *shown]) + "\n"})


def caller(call: Json, tool: Json) -> Json:
    """What says that code made a call."""
    return {"type": next(iter(offering.code_callers(tool)), _VERSION), "tool_id": call["id"]}


def filtered_result(call: Json, steps: list[Step], results: list[Json]) -> Json:
    """The result of the code that filters: its output is encrypted where it holds what a search found (documented)."""
    failed = next((found for each in results if (found := blocks.error_code(each))), "")
    if any(step.name == "web_search" for step in steps):
        sealed = seal(failed or "\n".join(str(step.input) for step in steps), "code_execution_result")
        content: Json = {"type": "encrypted_code_execution_result", "encrypted_stdout": sealed}
        return blocks.result_block(call, {**content, "stderr": "", "return_code": 0, "content": []})
    said = failed or "\n".join(str(each["content"]["content"].get("title", "PDF")) for each in results)
    return blocks.result_block(call, code.output(code.PYTHON, f"{said}\n", "", 0))


def begun(now: Situation) -> Draft | None:
    """The answer in which code calls a tool of the client; None where the question asks for none of those."""
    choices = _choices(now)
    if not choices:
        return None
    step = Step(code.PYTHON, {"code": _code(choices)})
    run = blocks.call_block(step, 0, _direct())
    content = [
        text_block(phrase("openings.code_execution", now.dice("programs"))),
        run,
        _use(choices, 0, run["id"], now),
    ]
    return Draft(tuple(content), "generator:server_tools", "tool_use")


def went_on(now: Situation) -> Draft | None:
    """The answer once the client has run a call of the code: the next call, or what the code printed; None where no
    code waits."""
    run = next((call for call in now.pending if call["name"] == code.PYTHON and _calls_of(now, call)), None)
    if run is None:
        return None
    choices, done = _choices(now), _calls_of(now, run)
    if len(done) < len(choices):
        use = _use(choices, len(done), run["id"], now)
        return Draft((use,), "generator:server_tools", "tool_use")
    triggered = blocks.triggered(now, code.PYTHON)
    printed = _printed(now, done)
    content = blocks.error(code.PYTHON, triggered) if triggered else code.output(code.PYTHON, printed, "", 0)
    words = " ".join(printed.split())
    excerpt = words if len(words) <= _EXCERPT else words[:_EXCERPT].rsplit(" ", 1)[0] + " …"
    said = phrase(f"failures.{triggered}" if triggered else "programmed", now.dice("programs"), result=excerpt)
    return Draft((blocks.result_block(run, content), text_block(said)), "generator:server_tools")


def _choices(now: Situation) -> list[Choice]:
    if (now.call.body.get("tool_choice") or {}).get("type") == "none":
        return []
    return tool_search.calls_for(now, offering.programmatic_tools(now.call.body))


def _use(choices: list[Choice], at: int, run: str, now: Situation) -> Json:
    """The call of a tool by code; its input depends on its place among the calls alone."""
    made = choosing.tool_use_blocks(choices, *now.seed[:1], now.question)[at]
    version = next(iter(offering.code_callers(_declared(now, made["name"]))), _VERSION)
    return {**made, "id": f"toolu_new_{at}", "caller": {"type": version, "tool_id": run}}


def _declared(now: Situation, name: str) -> Json:
    return next(tool for tool in offering.programmatic_tools(now.call.body) if tool.get("name") == name)


def _calls_of(now: Situation, run: Json) -> list[Json]:
    """The calls that a run of code has made."""
    calls = [block for block in now.since if block["type"] == "tool_use" and made_by_code(block)]
    return [block for block in calls if block["caller"].get("tool_id") == run["id"]]


def _printed(now: Situation, done: list[Json]) -> str:
    """What the code prints: the results that the client gave its calls."""
    ids = {block["id"] for block in done}
    parts = (part for message in now.call.body["messages"] for part in blocks_of(message.get("content")))
    given = [part for part in parts if part["type"] == "tool_result" and part.get("tool_use_id") in ids]
    said = (" ".join(str(piece.get("text", "")) for piece in blocks_of(part.get("content"))) for part in given)
    return "".join(f"{text}\n" for text in said)


def _code(choices: list[Choice]) -> str:
    lines = [f"result_{at} = await {choice.tool['name']}(arguments[{at - 1}])" for at, choice in enumerate(choices, 1)]
    return "\n".join([*lines, *(f"print(result_{at})" for at in range(1, len(choices) + 1))]) + "\n"


def _written(value: Json) -> str:
    return "{" + ", ".join(f'"{name}": {item!r}' for name, item in value.items()) + "}"


def _direct() -> Json:
    return {"type": "direct"}
