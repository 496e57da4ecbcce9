"""docs/journal.md names every member of an entry and every filter, and its snippets run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakeapi.memory import exporting, verification
from fakeapi.memory.filters import Filter
from tests.memory.diary import Diary

DOCUMENTS = Path(__file__).parents[2] / "docs"
DOCUMENT = (DOCUMENTS / "journal.md").read_text()


def first_cells(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    section = DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]


def test_every_member_of_an_entry_is_in_the_table_and_nothing_else():
    assert first_cells("An entry") == list(exporting.as_json(Diary().ask()))


def test_every_filter_is_named():
    section = DOCUMENT.partition("## Filters and pages\n")[2].partition("\n## ")[0]
    assert [name for name in Filter._fields if f"`{name}`" not in section] == []


def test_every_member_of_a_verification_is_in_the_table_and_nothing_else():
    assert [name for name in first_cells("Was it asked?") if name != "over"] == list(verification._MEMBERS)


@pytest.mark.parametrize("name", ["journal", "grading"])
def test_the_python_snippets_run(name):
    snippets = re.findall(r"```python\n(.*?)```", (DOCUMENTS / f"{name}.md").read_text(), re.DOTALL)
    assert snippets
    for snippet in snippets:
        exec(snippet, {})


def test_every_link_leads_somewhere():
    for name in ("journal", "grading"):
        for link in re.findall(r"\]\(([\w/.-]+\.md)", (DOCUMENTS / f"{name}.md").read_text()):
            assert (DOCUMENTS / link).is_file(), link
