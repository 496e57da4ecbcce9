"""Every Python snippet of docs/transport.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "transport.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_a_snippet_runs(snippet):
    exec(dedent(snippet), {})


def test_every_public_name_is_in_the_table():
    from fakeapi import transport

    assert set(re.findall(r"^\| `(\w+)", PAGE, re.MULTILINE)) == set(transport.__all__)
