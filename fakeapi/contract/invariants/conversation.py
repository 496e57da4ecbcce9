"""The shape of a conversation: where system messages stand, which turns and texts may be empty (contract.md 5, 5A)."""

from __future__ import annotations

from collections.abc import Iterator

from fakeapi.contract.invariants.reading import Turn, is_server_result, kind_of, text_of
from fakeapi.contract.invariants.survey import Survey
from fakeapi.facts.sentences import refusal
from fakeapi.model import Json

_OF_SYSTEM = ("clear_at", "output_config")
_SYSTEM_BLOCKS = frozenset({"text", "tool_addition", "tool_removal"})


def system_text(seen: Survey) -> None:
    """A text block of the system prompt holds text; the prompt itself may be empty."""
    for block in seen.system:
        text = text_of(block)
        if kind_of(block) == "text" and not text.strip():
            raise refusal("system_text_blank" if text else "system_text_empty")


def members(seen: Survey) -> None:
    """Only a system message says when it is cleared, or changes the output's configuration."""
    for turn in seen.turns:
        for name in _OF_SYSTEM if turn.role != "system" else ():
            if name in turn.extras:
                raise refusal("message_member", index=turn.at, name=name)


def system_messages(seen: Survey) -> None:
    """A system message in `messages`: supported, not empty, of its own blocks, after a user and before an assistant."""
    for turn in seen.turns:
        if turn.role == "system" and not _is_directive(turn):
            _check_system(seen, turn)


def _check_system(seen: Survey, turn: Turn) -> None:
    index = turn.at
    if not seen.model.system_messages:
        raise refusal("system_message_unsupported", index=index) if index else refusal("system_role_unsupported")
    if not turn.blocks:
        raise refusal("system_message_empty", index=index)
    if any(kind_of(block) not in _SYSTEM_BLOCKS for block in turn.blocks):
        raise refusal("system_message_blocks", index=index)
    if index == 0:
        raise refusal("system_message_first", index=index)
    _check_place(seen.turns, turn)
    if any(kind_of(block) == "text" and not text_of(block).strip() for block in turn.blocks):
        raise refusal("system_message_blank", index=index)


def _check_place(turns: list[Turn], turn: Turn) -> None:
    """A run of system messages is one block; only its ends are constrained, and the fault is named at the near end."""
    place = turns.index(turn)
    after = next(_spoken(turns[place + 1 :]), None)
    if after is not None and after.role not in ("system", "assistant"):
        raise refusal("system_message_before", index=turn.at)
    before = next(_spoken(turns[:place][::-1]), None)
    if before is None or (before.role not in ("system", "user") and not _ends_in_server_result(before)):
        raise refusal("system_message_after", index=turn.at)


def _spoken(turns: list[Turn]) -> Iterator[Turn]:
    return (turn for turn in turns if not _is_directive(turn))


def _is_directive(turn: Turn) -> bool:
    """The directive-only form: no content, an output_config; it may stand anywhere."""
    return turn.role == "system" and not turn.blocks and type(turn.extras.get("output_config")) is dict


def _ends_in_server_result(turn: Turn) -> bool:
    return turn.role == "assistant" and bool(turn.blocks) and is_server_result(kind_of(turn.blocks[-1]))


def empty_turns(seen: Survey) -> None:
    """A run of user messages has some content; the fault is named at the first of the run. Assistants may be silent."""
    for run in (*(run for _, run in seen.runs_over()), seen.last_run[1]):
        if run is not None and run.role == "user" and not run.blocks:
            raise refusal("user_message_empty", index=run.turns[0].at)


def final_texts(seen: Survey) -> None:
    """In the last user turn every text block holds text; earlier ones may be empty."""
    for block in _last_user_blocks(seen.turns):
        if kind_of(block) == "text" and not text_of(block).strip():
            raise refusal("text_blank" if text_of(block) else "text_empty")


def _last_user_blocks(turns: list[Turn]) -> list[Json]:
    """The blocks of the last run of user messages."""
    run: list[Turn] = []
    for turn in reversed(turns):
        if turn.role == "user":
            run.append(turn)
        elif run:
            break
    return [block for turn in reversed(run) for block in turn.blocks]
