"""Every recipe of docs/cookbook.md runs with the real SDK: in process, and against a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import anthropic
import pytest

from fakeapi import Settings, transport
from tests.running import server

PAGE = (Path(__file__).parents[1] / "docs" / "cookbook.md").read_text()
_RECIPE = re.compile(r"^## (?P<title>.+?)\n.*?```yaml\n(?P<rules>.*?)```.*?```python\n(?P<code>.*?)```", re.M | re.S)


class Recipe(NamedTuple):
    """A recipe of the page."""

    title: str
    rules: str
    code: str


RECIPES = [Recipe(**found.groupdict()) for found in _RECIPE.finditer(PAGE)]
WANTED = {"tool loop", "flaky upstream", "scripted agent", "structured output", "refusal", "picture"}


@pytest.fixture(params=["in process", "a server"])
def client_of(request, tmp_path) -> Iterator[Callable[[str], anthropic.Anthropic]]:
    """Makes a client of a server with these rules."""
    with ExitStack() as opened:

        def made(rules: str) -> anthropic.Anthropic:
            path = tmp_path / "rules.yaml"
            path.write_text(rules)
            if request.param == "in process":
                return transport.client(transport.Transport(Settings(rules=(str(path),))))
            running = opened.enter_context(server("--rules", str(path)))
            return opened.enter_context(anthropic.Anthropic(base_url=running.url, api_key="sk-ant-fake"))

        yield made


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_runs(recipe, client_of):
    exec(recipe.code, {"client": client_of(recipe.rules)})


def test_every_recipe_is_found():
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [recipe.title for recipe in RECIPES] == titles
    assert all(any(wanted in title.lower() for title in titles) for wanted in WANTED)
