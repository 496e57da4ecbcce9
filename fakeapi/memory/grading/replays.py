"""What of an answer has to come back with the next request: thinking with its signature, and the results of tools."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.memory.grading.attempts import Attempt, blocks_of
from fakeapi.memory.grading.linking import Sequel, Trail
from fakeapi.memory.grading.verdicts import Verdict, verdict
from fakeapi.model import Json

_PROOFS = {"thinking": "signature", "redacted_thinking": "data"}


def thinking_not_sent_back(trail: Trail) -> Iterator[Verdict]:
    """A tool's turn came back without the thinking that led to it."""
    for sequel, missing in _without_thinking(trail):
        if not _thinks(_history(sequel)):
            yield _verdict("thinking_not_sent_back", sequel, blocks=_counted(len(missing), "block"))


def signature_not_sent_back(trail: Trail) -> Iterator[Verdict]:
    """A tool's turn came back with thinking, but not with its signatures."""
    for sequel, missing in _without_thinking(trail):
        if _thinks(_history(sequel)):
            yield _verdict("signature_not_sent_back", sequel, blocks=_counted(len(missing), "block"))


def _without_thinking(trail: Trail) -> Iterator[tuple[Sequel, set[str]]]:
    """The first request after each tool's turn that thought, where signatures of it are missing.

    Thinking may be left out where the later request doesn't think, or asks another model.
    """
    for sequel in _tool_sequels(trail):
        before, after, at = sequel
        proofs = _proofs(before.content)
        same_model = before.body.get("model") == after.body.get("model")
        if at >= 0 and proofs and same_model and not before.broken and _is_thinking(after, trail):
            missing = proofs - _proofs(_history(sequel))
            if missing:
                yield sequel, missing


def _is_thinking(attempt: Attempt, trail: Trail) -> bool:
    """Whether a request asks for thinking, or its model does so unasked."""
    thinking = attempt.body.get("thinking")
    if isinstance(thinking, dict):
        return thinking.get("type") != "disabled"
    model = trail.known.get(str(attempt.body.get("model")))
    return model is not None and model.thinking_default != "off"


def tool_result_missing(trail: Trail) -> Iterator[Verdict]:
    """A tool's turn came back without the result of a tool that it calls, and that result never came."""
    for sequel, missing in _unanswered(trail):
        never = missing - _answered_later(trail, sequel)
        if never:
            yield _verdict("tool_result_missing", sequel, results=_named(never))


def tool_result_late(trail: Trail) -> Iterator[Verdict]:
    """The result of a tool came, but not at the start of the message right after the call."""
    for sequel, missing in _unanswered(trail):
        late = missing & _answered_later(trail, sequel)
        if late:
            yield _verdict("tool_result_late", sequel, results=_named(late))
    for sequel in _tool_sequels(trail):
        before, after, at = sequel
        behind = (_results(_turn_after(after, at)) - _prompt_results(after, at)) & before.tool_uses()
        if behind and at >= 0:
            yield _verdict("tool_result_late", sequel, results=_named(behind))


def _tool_sequels(trail: Trail) -> Iterator[Sequel]:
    """The first request that goes on with each answer that calls tools of the client."""
    for sequel in trail.first_sequels():
        if sequel.before.tool_uses() and _has_calls(sequel):
            yield sequel


def _has_calls(sequel: Sequel) -> bool:
    """Whether the calls stand in the later request's history, or in the thread that the server holds."""
    history = {str(block.get("id")) for block in _history(sequel) if block.get("type") == "tool_use"}
    return sequel.at < 0 or bool(sequel.before.tool_uses() & history)


def _unanswered(trail: Trail) -> Iterator[tuple[Sequel, set[str]]]:
    """The first request after each tool's turn, and the calls that the turn after it leaves without a result."""
    for sequel in _tool_sequels(trail):
        before, after, at = sequel
        called = {str(block.get("id")) for block in _history(sequel) if block.get("type") == "tool_use"}
        calls = before.tool_uses() & called if at >= 0 else before.tool_uses()
        missing = calls - _results(_turn_after(after, at))
        if missing:
            yield sequel, missing


def _answered_later(trail: Trail, sequel: Sequel) -> set[str]:
    """The results that stand further on in this request, or in one after it."""
    after = [sequel.after, *(each.after for each in trail.sequels if each.after.number > sequel.after.number)]
    blocks = (block for attempt in after for message in attempt.messages for block in blocks_of(message))
    return {str(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"}


def _history(sequel: Sequel) -> list[Json]:
    """The blocks of the assistant turn in which the answer came back: neighbouring messages are one turn."""
    messages, first = sequel.after.messages, sequel.at
    if first < 0:
        return []
    last = first
    while first > 0 and messages[first - 1].get("role") == "assistant":
        first -= 1
    while last + 1 < len(messages) and messages[last + 1].get("role") == "assistant":
        last += 1
    return [block for message in messages[first : last + 1] for block in blocks_of(message)]


def _turn_after(attempt: Attempt, index: int) -> list[Json]:
    """The blocks of the user turn after a message: up to the next that isn't the user's."""
    turn: list[Json] = []
    for message in attempt.messages[index + 1 :]:
        if message.get("role") == "assistant" and not turn:
            continue
        if message.get("role") != "user":
            break
        turn += blocks_of(message)
    return turn


def _prompt_results(attempt: Attempt, index: int) -> set[str]:
    """The results at the start of the turn after a message."""
    found = []
    for block in _turn_after(attempt, index):
        if block.get("type") != "tool_result":
            break
        found.append(block)
    return _results(found)


def _results(blocks: list[Json]) -> set[str]:
    return {str(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"}


def _proofs(blocks: list[Json]) -> set[str]:
    """The signatures and opaque data of thinking."""
    proofs = (str(block.get(_PROOFS[block["type"]]) or "") for block in blocks if block.get("type") in _PROOFS)
    return {proof for proof in proofs if proof}


def _thinks(blocks: list[Json]) -> bool:
    return any(block.get("type") in _PROOFS for block in blocks)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(ids: set[str]) -> str:
    return ", ".join(sorted(ids))


def _verdict(name: str, sequel: Sequel, **values: object) -> Verdict:
    numbers = (sequel.before.number, sequel.after.number)
    return verdict(name, numbers, sequel.after.entry.session, values)
