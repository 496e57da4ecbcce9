"""What a client makes of a stream that ends early."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.memory.grading.attempts import blocks_of
from fakeapi.memory.grading.linking import Sequel, Trail
from fakeapi.memory.grading.verdicts import Verdict, verdict
from fakeapi.model import Json


def truncated_stream_accepted(trail: Trail) -> Iterator[Verdict]:
    """The conversation goes on with what came of a stream that broke, as if that had been all."""
    seen: set[int] = set()
    for sequel in trail.sequels:
        before, after = sequel.before, sequel.after
        if before.broken and before.number not in seen and _goes_on_with(sequel):
            seen.add(before.number)
            came = _shown(_text(before.content))
            yield verdict(
                "truncated_stream_accepted", (before.number, after.number), before.entry.session, {"came": came}
            )


def truncated_stream_not_retried(trail: Trail) -> Iterator[Verdict]:
    """A stream just ended, in good order, and the client never asked again: many take that for the whole answer."""
    continued = {sequel.before.number for sequel in trail.sequels}
    for asking in trail.askings:
        last = asking[-1]
        if last.truncated and last.number not in continued:
            yield verdict("truncated_stream_not_retried", (last.number,), last.entry.session)


def _goes_on_with(sequel: Sequel) -> bool:
    """Whether the later request has the broken content in its history. At its end it is a prefill: the client knows
    that the answer was not whole, and asks for the rest."""
    before, after, at = sequel
    if at < 0:
        return True
    if at == len(after.messages) - 1:
        return False
    history = blocks_of(after.messages[at])
    if before.tool_uses() & {str(block.get("id")) for block in history if block.get("type") == "tool_use"}:
        return True
    came = _text(before.content).strip()
    return bool(came) and _text(history).strip() == came


def _text(blocks: list[Json]) -> str:
    return "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= 40 else f"“{line[:19]}…{line[-19:]}”"
