"""Where an answer stops: prefill, then stop sequences, then max_tokens. One stage for all, whatever made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fakeapi.facts import conversation, counting, signatures, tokens
from fakeapi.facts.partial_json import parse_partial
from fakeapi.facts.written import written_input
from fakeapi.model import Call, Draft, Json

_INPUT_BLOCKS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def limit(draft: Draft, call: Call) -> Draft:
    """The draft as far as the request lets it go, with the stop reason that follows."""
    most = conversation.most_tokens(call.body)
    if most == 0:
        return replace(draft, content=(), stop_reason="max_tokens", stop_sequence=None, stop_details=None)
    draft = _stopped(_continued(draft, conversation.prefill(call.body)), call)
    return _shortened(draft, most, call)


def _continued(draft: Draft, prefill: str) -> Draft:
    """A prefill is continued, never repeated (contract.md 9)."""
    if not prefill or not draft.content or draft.content[0]["type"] != "text":
        return draft
    first = draft.content[0]
    if not first["text"].startswith(prefill):
        return draft
    return replace(draft, content=({**first, "text": first["text"][len(prefill) :]}, *draft.content[1:]))


def _stopped(draft: Draft, call: Call) -> Draft:
    """Cut before the first stop sequence met: by position, then by the order given (contract.md 6)."""
    sequences = call.body.get("stop_sequences")
    if not sequences:
        return draft
    spoken = conversation.prefill(call.body)
    for run in _runs(draft.content):
        text = "".join(_written(draft.content[at]) for at in run)
        found = _first(spoken + text, sequences, len(spoken))
        if found is not None:
            position, sequence = found
            kept = _cut_run(draft.content, run, max(0, position - len(spoken)))
            return _ended(draft, kept, "stop_sequence", sequence)
        spoken = ""
    return draft


def _runs(content: tuple[Json, ...]) -> Iterator[list[int]]:
    """The blocks that are read as one text: neighbouring text blocks together, a tool's input by itself."""
    run: list[int] = []
    for at, block in enumerate(content):
        if block["type"] == "text":
            run.append(at)
            continue
        if run:
            yield run
            run = []
        if block["type"] in _INPUT_BLOCKS:
            yield [at]
    if run:
        yield run


def _first(text: str, sequences: list[str], spoken: int) -> tuple[int, str] | None:
    """The first sequence that ends after `spoken` characters, with its position."""
    hits = []
    for order, sequence in enumerate(sequences):
        position = text.find(sequence, max(0, spoken - len(sequence) + 1))
        if position >= 0:
            hits.append((position, order))
    if not hits:
        return None
    position, order = min(hits)
    return position, sequences[order]


def _written(block: Json) -> str:
    return block["text"] if block["type"] == "text" else written_input(block)


def _cut_run(content: tuple[Json, ...], run: list[int], length: int) -> tuple[tuple[Json, ...], str | None]:
    kept = list(content[: run[0]])
    for at in run:
        text = _written(content[at])
        if length < len(text):
            block, partial = _with_text(content[at], text[:length])
            return (*kept, *([block] if _says(block) else [])), partial
        kept.append(content[at])
        length -= len(text)
    return tuple(kept), None


def _says(block: Json) -> bool:
    return bool(block["type"] != "text" or block["text"])


def _with_text(block: Json, text: str) -> tuple[Json, str | None]:
    if block["type"] == "text":
        return {**block, "text": text}, None
    return {**block, "input": parse_partial(text)}, text


def _ended(draft: Draft, kept: tuple[tuple[Json, ...], str | None], reason: str, sequence: str | None) -> Draft:
    content, partial = kept
    return replace(
        draft, content=content, stop_reason=reason, stop_sequence=sequence, stop_details=None, partial=partial
    )


def _shortened(draft: Draft, limit: int, call: Call) -> Draft:
    """Cut at exactly `limit` tokens, within text, thinking or a tool's JSON."""
    if counting.answer_tokens(draft.content, draft.stop_reason, call.body, call.model) <= limit:
        return draft
    left, family = limit, call.model.tokenizer
    for at, block in enumerate(draft.content):
        cost = counting.block_tokens(block, family)
        if cost > left:
            last, partial = _cut_block(block, left, cost, family)
            return _ended(draft, ((*draft.content[:at], *last), partial), "max_tokens", None)
        left -= cost
    return replace(draft, stop_reason="max_tokens", stop_sequence=None, stop_details=None)


def _cut_block(block: Json, left: int, cost: int, family: str) -> tuple[tuple[Json, ...], str | None]:
    if block["type"] == "text":
        text = tokens.cut(block["text"], left, family)
        return (({**block, "text": text},) if text else ()), None
    if block["type"] == "thinking":
        thought = tokens.cut(block["thinking"], left, family)
        return ({**block, "thinking": thought, "signature": signatures.sign(thought)},), None
    if block["type"] not in _INPUT_BLOCKS:
        return (), None
    written = written_input(block)
    frame = counting.block_tokens({**block, "input": {}}, family)
    if left < frame:
        return (), None
    text = tokens.cut(written, _share(tokens.count(written, family), left - frame, cost - frame), family)
    return ({**block, "input": parse_partial(text)},), text


def _share(whole: int, left: int, cost: int) -> int:
    """How much of a JSON text is said when `left` of its `cost` are: a model's calls aren't JSON, so costs differ."""
    return whole * left // max(cost, 1)
