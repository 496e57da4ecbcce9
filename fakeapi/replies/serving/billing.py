"""What server tools add to the usage: their counters, what is read again after each of them, what an advisor costs.

Source: recordings. The input counts of a turn are those of all its rounds together; each reads all that came before.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.facts import catalogue, counting, editing
from fakeapi.facts.block_costs import Sizes
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import iterating
from fakeapi.replies.serving.data import table
from fakeapi.replies.serving.situation import CALLS, is_result, made_by_code

_COUNTED = ("web_search", "web_fetch")


def billed(usage: Json, draft: Draft, call: Call, sizes: Sizes) -> Json:
    """The usage of an answer with what its server tools add; as it is where there are none."""
    if not any(block["type"] in CALLS or is_result(block) or _goes_on(block) for block in draft.content):
        return usage
    counted = {**usage, "server_tool_use": _counters(draft)}
    if "speed" in usage:
        counted["speed"] = counted.pop("speed")
    if draft.documented:
        return counted
    if all(_goes_on(block) for block in draft.content):
        return {**counted, "input_tokens": 0, "output_tokens": 0}
    return _read_again(counted, draft, call, sizes)


def _goes_on(block: Json) -> bool:
    """Whether code called a tool of the client: no model had to be asked for that."""
    return bool(block["type"] == "tool_use" and made_by_code(block))


def _counters(draft: Draft) -> Json:
    """The searches and fetches that went well; failed ones aren't billed (documented)."""
    found = dict.fromkeys(_COUNTED, 0)
    for block in draft.content:
        name = block["type"].removesuffix("_tool_result")
        content = block.get("content")
        if name in found and not (isinstance(content, dict) and "error_code" in content):
            found[name] += 1
    for block in draft.content:
        if block["type"] == "server_tool_use" and not _shows_calls(block, draft):
            for name in _COUNTED:
                found[name] += str(block["input"].get("code", "")).count(f"await {name}(")
    return {f"{name}_requests": count for name, count in found.items()}


def _shows_calls(run: Json, draft: Draft) -> bool:
    """Whether the calls of code stand in the answer, too (`response_inclusion` may leave them out)."""
    return any((block.get("caller") or {}).get("tool_id") == run["id"] for block in draft.content)


def _read_again(usage: Json, draft: Draft, call: Call, sizes: Sizes) -> Json:
    rounds = [_read(draft.content[:start], call, sizes) for start in _starts(draft.content)]
    if not rounds:
        return usage
    steps = _advised(usage, draft, call, rounds)
    told = {"iterations": [*usage.get("iterations", [])[:-1], *steps]} if steps else {}
    return {**usage, "input_tokens": sum(rounds), **told}


def _starts(content: tuple[Json, ...]) -> Iterator[int]:
    """Where the model begins to write: at the beginning, and behind each run of results."""
    waited = True
    for at, block in enumerate(content):
        if is_result(block):
            waited = True
        elif waited and not made_by_code(block):
            waited = False
            yield at


def _read(said: tuple[Json, ...], call: Call, sizes: Sizes) -> int:
    """The input count of a round: the conversation and what of the answer was there."""
    if not said:
        return editing.input_tokens(call.body, call.model, sizes)
    messages = [*call.body["messages"], {"role": "assistant", "content": list(said)}]
    return editing.input_tokens({**call.body, "messages": messages}, call.model, sizes)


def _advised(usage: Json, draft: Draft, call: Call, rounds: list[int]) -> list[Json]:
    """The rounds one by one, with those of the advisor between them; none where no advisor was asked."""
    if not any(block["type"] == "advisor_tool_result" for block in draft.content):
        return []
    starts = [*_starts(draft.content), len(draft.content)]
    steps: list[Json] = []
    left = usage["output_tokens"]
    for at, read in enumerate(rounds):
        blocks = draft.content[starts[at] : starts[at + 1]]
        ends = at == len(rounds) - 1
        written = left if ends else min(left, _output(blocks, call))
        left -= written
        steps.append(iterating.step("message", read, written))
        steps += [_advice(block, call, read) for block in blocks if block["type"] == "advisor_tool_result"]
    return steps


def _output(blocks: tuple[Json, ...], call: Call) -> int:
    return sum(counting.block_tokens(block, call.model.tokenizer) for block in blocks if not is_result(block))


def _advice(block: Json, call: Call, read: int) -> Json:
    content, tool = block["content"], _advisor(call)
    model = catalogue.resolve(str(tool.get("model", ""))) or call.model
    text = str(content.get("text") or content.get("encrypted_content") or "")
    written = counting.output_tokens([{"type": "text", "text": text}], model.tokenizer, "end_turn") if text else 0
    return iterating.step("advisor_message", read + int(table("advice")["own_tokens"]), written, model.id)


def _advisor(call: Call) -> Json:
    return next((tool for tool in call.body.get("tools") or () if str(tool.get("type")).startswith("advisor")), {})
