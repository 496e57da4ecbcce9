"""From drafts to the text of a file of rules: each rule under a comment that says where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from fakeapi.rules.converting.drafts import Draft
from fakeapi.rules.converting.yaml_lines import WIDTH, list_lines
from fakeapi.rules.loading.nodes import Problem


class Page(NamedTuple):
    """A text, and the line (from 1) at which each draft's rule begins; those that are comments have none."""

    text: str
    lines: dict[int, Draft]


def write_page(drafts: Sequence[Draft], heading: Iterable[str]) -> Page:
    """All rules, in order. A page of no rules is still a good file: an empty list."""
    lines = [comment for line in heading for comment in _comment(line)]
    begins: dict[int, Draft] = {}
    for draft in drafts:
        lines += ["", f"# {draft.source}", *(comment for note in draft.notes.told for comment in _note(note))]
        if draft.rule is None:
            continue
        written = list_lines([draft.rule])
        if draft.left_out:
            lines += [f"# {line}".rstrip() for line in written]
            continue
        begins[len(lines) + 1] = draft
        lines += written
    if not begins:
        lines += ["", "[]"]
    return Page("\n".join(lines) + "\n", begins)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, WIDTH)] if text else ["#"]


def _note(note: Problem) -> list[str]:
    told = f"line {note.line}: {note.message}" + (f"; {note.mend}" if note.mend else "")
    first, *more = wrap(told, WIDTH - 2) or [""]
    return [f"# ! {first}", *(f"#   {line}" for line in more)]
