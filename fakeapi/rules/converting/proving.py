"""What is written must load: a draft that doesn't, or that would never be reached, becomes a comment that says why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fakeapi.rules.converting.drafts import Draft
from fakeapi.rules.converting.pages import Page, write_page
from fakeapi.rules.loading.document import load, load_values
from fakeapi.rules.loading.nodes import Problem
from fakeapi.rules.loading.reader import Known

_NAME = "converted.yaml"
_ABOVE = re.compile(rf"{re.escape(_NAME)}:(\d+):")


def prove(drafts: Sequence[Draft], heading: Iterable[str], known: Known) -> Page:
    """The page of all drafts that `fakeapi check` has nothing to say against."""
    top = list(heading)
    for draft in drafts:
        _check_alone(draft, known)
    while True:
        page = write_page(drafts, top)
        loaded = load([(_NAME, page.text)], known)
        if not loaded.problems:
            _check_values(page, known)
            return write_page(drafts, top)
        for problem in loaded.problems:
            _leave_out(problem, page)


def _check_alone(draft: Draft, known: Known) -> None:
    if draft.rule is None or draft.left_out:
        return
    problems = load_values([draft.rule], draft.source, known).problems
    if problems:
        first = problems[0]
        draft.leave_out(f"this would be no rule: {first.where}: {first.message}", first.mend)


def _leave_out(problem: Problem, page: Page) -> None:
    """The draft of a problem; of a catch-all that hides others, those others."""
    number = max(line for line in page.lines if line <= problem.line)
    draft = page.lines[number]
    if "matches everything" not in problem.message:
        found = _ABOVE.search(problem.message)
        above = page.lines.get(int(found[1])) if found else None
        draft.leave_out(_hidden_by(above) if above else problem.message, problem.mend)
        return
    for line, later in page.lines.items():
        if line > number:
            later.leave_out(_hidden_by(draft), "write it before that one if it is to answer")


def _hidden_by(draft: Draft) -> str:
    return f"it is never reached, since what stands at {draft.source} answers first"


def _check_values(page: Page, known: Known) -> None:
    """Tells of values that YAML can't hold as they are: whole numbers of more than 18 digits."""
    rules = load([(_NAME, page.text)], known).rules
    for rule, draft in zip(rules, page.lines.values(), strict=True):
        if rule.written != draft.rule:
            message = "a number here has more digits than YAML keeps, so its last digits are lost"
            draft.notes.told.append(Problem(draft.file, draft.lines[0], 1, message, "write it as a text"))
