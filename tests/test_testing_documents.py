"""docs/testing.md and docs/admin.md: every example runs, and gives what is shown."""

from __future__ import annotations

import re
from json import loads
from pathlib import Path
from typing import Any

import pytest

import fakeapi
from fakeapi import assets
from fakeapi.adapters.admin.operations import OPERATIONS, TEXTS
from fakeapi.adapters.porter import OWN
from fakeapi.adapters.tester.calls import Call
from fakeapi.adapters.tester.tester import Tester
from fakeapi.memory.filters import Filter
from tests.documents import DOCS, answer_shown, blocks, commands, curl, differs

TESTING, ADMIN = (DOCS / "testing.md").read_text(), (DOCS / "admin.md").read_text()
WHOLE = {"unused", "unmatched", "number"}
"""Answers of which a document shows every member."""
EXAMPLES = [block for block in blocks("testing.md") if block.language == "python"]


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: f"line {block.line}")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_example_of_testing_runs(block):
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile("\n" * (block.line - 1) + block.text, str(DOCS / "testing.md"), "exec"), names)


def test_every_example_of_admin_gives_what_is_shown():
    shown = 0
    with fakeapi.Server() as server:
        said = ""
        for block in blocks("admin.md"):
            if block.language == "bash":
                for command in commands(block.text):
                    said = curl(command, {"ANTHROPIC_BASE_URL": server.url})
            else:
                answer = answer_shown(block)
                assert not differs(answer, loads(said)), f"docs/admin.md:{block.line}"
                assert not answer.keys() & WHOLE or not hidden(answer, loads(said)), f"docs/admin.md:{block.line}"
                shown += 1
    assert shown > 10


def hidden(shown: Any, came: Any, place: str = "") -> list[str]:
    """The members of what came that a document doesn't show."""
    if isinstance(shown, dict) and isinstance(came, dict):
        found = [hidden(value, came[name], f"{place}.{name}") for name, value in shown.items()]
        return [f"{place}.{name}" for name in came.keys() - shown.keys()] + [one for each in found for one in each]
    if isinstance(shown, list) and isinstance(came, list):
        return [one for pair in zip(shown, came, strict=True) for one in hidden(*pair, f"{place}[]")]
    return []


def test_everything_that_a_tester_has_is_told():
    for kind in (Tester, Call):
        names = {name for name in vars(kind) if not name.startswith("_")} - {"add_rule", "id", "settings"}
        missing = {name for name in names if f"`{name}" not in TESTING and f".{name}" not in TESTING}
        assert not missing, missing


def test_every_operation_is_told():
    table = {path for line in ADMIN.splitlines() if line.startswith("| `") for path in line.split("`")}
    missing = {path for _, path in OPERATIONS if path not in table} | (TEXTS.keys() - table)
    assert not missing
    for method, path in OPERATIONS:
        rows = [line for line in ADMIN.splitlines() if f"`{path}`" in line and line.startswith("| `")]
        assert any(f"`{method}`" in row for row in rows), (method, path)


def test_every_filter_every_setting_and_every_member_of_verify_is_told():
    assert [name for name in Filter._fields if f"`{name}`" not in ADMIN] == []
    assert [name for name in OWN if f"`{name}`" not in ADMIN] == []
    verify = assets.read_json("schemas/admin/openapi.json")["components"]["schemas"]["Expectation"]["properties"]
    assert [name for name in verify if f"`{name}`" not in ADMIN] == []


def test_documents_stand_beside_those_they_name():
    for text in (TESTING, ADMIN):
        for link in re.findall(r"\]\(([a-z.-]+\.md)", text):
            assert (Path(DOCS) / link).is_file(), link
