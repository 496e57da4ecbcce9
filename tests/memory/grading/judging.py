"""What the judges say of a diary."""

from __future__ import annotations

from fakeapi.memory.grading import Limits, Verdict, grade
from tests.memory.diary import Diary


def names(diary: Diary, *only: str, **limits: float) -> list[str]:
    """The names of the verdicts, or of those among `only`."""
    return [verdict.name for verdict in verdicts(diary, *only, **limits)]


def verdicts(diary: Diary, *only: str, **limits: float) -> list[Verdict]:
    """The verdicts, or those among `only`."""
    return grade(diary.entries, only or None, Limits()._replace(**limits))  # type: ignore[arg-type]
