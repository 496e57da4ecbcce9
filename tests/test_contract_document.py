"""docs/contract.md names every rule, no other, and its snippet runs."""

from __future__ import annotations

import re
from pathlib import Path

from fakeapi.contract.invariants import RULES

DOCUMENT = (Path(__file__).parents[1] / "docs" / "contract.md").read_text()


def test_every_rule_is_in_the_table_and_nothing_else():
    named = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCUMENT, re.MULTILINE)
    rules = [f"{rule.check.__module__.rpartition('.')[2]}.{rule.check.__name__}" for rule in RULES]
    assert named == rules


def test_its_python_snippet_runs():
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    exec(snippet, {})
