"""From drafts to the text of a file of rules: each rule under a comment that says where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import TextWrapper
from typing import NamedTuple

from fakeapi.rules.converting.drafts import Draft
from fakeapi.rules.converting.yaml_lines import WIDTH, comment_line, list_lines
from fakeapi.rules.loading.nodes import Problem

_WRAPPER = TextWrapper(WIDTH - 2, break_long_words=False, break_on_hyphens=False)


class Page(NamedTuple):
    """A text, and the line (from 1) at which each draft's rule begins; those that are comments have none."""

    text: str
    lines: dict[int, Draft]


def write_page(drafts: Sequence[Draft], heading: Iterable[str]) -> Page:
    """All rules, in order. A page of no rules is still a good file: an empty list."""
    lines = [comment_line(line) for line in heading]
    begins: dict[int, Draft] = {}
    for draft in drafts:
        lines += ["", *_comments(draft)]
        written = list_lines([draft.rule]) if draft.rule is not None else []
        if draft.left_out:
            lines += [comment_line(line) for line in written]
            continue
        begins[len(lines) + 1] = draft
        lines += written
    if not begins:
        lines += ["", "[]"]
    return Page("\n".join(lines) + "\n", begins)


def _comments(draft: Draft) -> list[str]:
    """Where it comes from, and what a person has to know of it."""
    notes = sorted(draft.notes.told, key=lambda note: (note.line, note.column))
    where = f"{draft.source}, left out" if draft.left_out else draft.source
    return [comment_line(line) for line in (where, *(line for note in notes for line in _note(note)))]


def _note(note: Problem) -> list[str]:
    told = f"line {note.line}: {note.message}" + (f"; {note.mend}" if note.mend else "")
    first, *more = _WRAPPER.wrap(told)
    return [f"! {first}", *(f"  {line}" for line in more)]
