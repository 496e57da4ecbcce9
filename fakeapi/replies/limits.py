"""Where an answer stops: prefill, then stop sequences, then max_tokens. One stage for all, whatever made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from fakeapi.facts import conversation, counting, editing, tokens, window
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.partial_json import parse_partial
from fakeapi.facts.written import written_input
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import compacting, refusing, thoughts

WINDOW_FULL = "model_context_window_exceeded"
_INPUT_BLOCKS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_NO_SIZES: Sizes = MappingProxyType({})


def limit(draft: Draft, call: Call, sizes: Sizes = _NO_SIZES) -> Draft:
    """The draft as far as the request and the model's window let it go, with the stop reason that follows.

    A summary, and what was said before another model took over, stand before the answer and aren't cut with it.
    """
    draft = thoughts.settled(draft, call)
    if conversation.most_tokens(call.body) == 0:
        return replace(draft, content=(), stop_reason="max_tokens", stop_sequence=None, stop_details=None)
    before = _before(draft)
    if not before:
        return _limited(draft, call, sizes)
    if draft.stop_reason == "compaction":
        return _whole_summary(draft, call)
    answer = replace(draft, content=draft.content[before:])
    limited = _limited(answer, refusing.serving(draft, call), sizes)
    return draft if limited is answer else replace(limited, content=(*draft.content[:before], *limited.content))


def cut(draft: Draft, call: Call, most: int, reason: str) -> Draft:
    """The draft cut at exactly this many tokens, for this reason, if it is longer."""
    return _shortened(draft, most, call, reason)


def _before(draft: Draft) -> int:
    """How many blocks stand before the answer itself: a summary, or all up to the last mark of a fallback."""
    marks = [at for at, block in enumerate(draft.content) if block["type"] == "fallback"]
    return marks[-1] + 1 if marks else int(compacting.is_compacted(draft))


def _limited(draft: Draft, call: Call, sizes: Sizes) -> Draft:
    draft = _stopped(_continued(draft, conversation.prefill(call.body)), call)
    most = conversation.most_tokens(call.body)
    size = counting.answer_tokens(draft.content, draft.stop_reason, call.body, call.model)
    room = _room(call, min(size, most), sizes)
    if room is not None and room < most:
        return _shortened(draft, room, call, WINDOW_FULL)
    return _shortened(draft, most, call, "max_tokens")


def _room(call: Call, needed: int, sizes: Sizes) -> int | None:
    """What the prompt leaves of the window; None where that is enough, or not the model's way to end."""
    model, betas = call.model, call.caller.betas
    if not window.ends_answers(model, betas):
        return None
    room = window.size(model, betas) - editing.input_tokens(call.body, model, sizes)
    return room if 0 <= room < needed else None


def _whole_summary(draft: Draft, call: Call) -> Draft:
    """A summary is whole or isn't there (documented)."""
    if compacting.summary_tokens(draft.content[0], call) <= conversation.most_tokens(call.body):
        return draft
    return _ended(draft, ((), None), "max_tokens", None)


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


def _shortened(draft: Draft, limit: int, call: Call, reason: str) -> Draft:
    """Cut at exactly `limit` tokens, within text, thinking or a tool's JSON."""
    if counting.answer_tokens(draft.content, draft.stop_reason, call.body, call.model) <= limit:
        return draft
    left, family = limit, call.model.tokenizer
    for at, block in enumerate(draft.content):
        cost = counting.block_tokens(block, family)
        if cost > left:
            if block["type"] == "thinking":
                thought = thoughts.cut(block, draft.content[:at], left, call)
                return _ended(draft, ((*draft.content[:at], thought), None), reason, None)
            last, partial = _cut_block(block, left, cost, family)
            return _ended(draft, ((*draft.content[:at], *last), partial), reason, None)
        left -= cost
    return replace(draft, stop_reason=reason, stop_sequence=None, stop_details=None)


def _cut_block(block: Json, left: int, cost: int, family: str) -> tuple[tuple[Json, ...], str | None]:
    if block["type"] == "text":
        text = tokens.cut(block["text"], left, family)
        return (({**block, "text": text},) if text else ()), None
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
