"""A catalogue of broken rule files: each mistake has its place, a sentence and a mend (tests/corpus/broken_rules)."""

from __future__ import annotations

import orjson
import pytest

from fakeapi.adapters.rule_files import read_rules
from tests.corpus_rows import CORPUS

ROWS = orjson.loads((CORPUS / "broken_rules.json").read_bytes())
FOLDER = CORPUS / "broken_rules"


@pytest.mark.parametrize("row", [pytest.param(row, id=row["file"]) for row in ROWS])
def test_every_mistake_is_told_with_its_place_and_mend(row, monkeypatch):
    monkeypatch.chdir(FOLDER)
    problems = read_rules([row["file"]]).loaded.problems
    assert [list(p[1:5]) for p in problems] == [told[1:] for told in row["problems"]]
    assert [problem.severity for problem in problems] == [told[0] for told in row["problems"]]
    assert {problem.file for problem in problems} == {row["file"]}


def test_every_broken_file_is_in_the_catalogue():
    assert {row["file"] for row in ROWS} == {file.name for file in FOLDER.iterdir() if file.is_file()}
    assert len(ROWS) >= 30


def test_every_problem_has_a_mend_or_says_what_is_wanted():
    wanted = ("must be", "Say ", "say ", "did you mean", "is not closed", "cannot read", "is missing")
    for row in ROWS:
        for _, _, _, message, mend in row["problems"]:
            assert mend or any(word in message for word in wanted), message
