"""docs/rules.md: every file of rules in it is one, and every line with an arrow is what is asked and said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator

from fakeapi import assets
from fakeapi.endpoints import ruling
from fakeapi.engine import Answer
from fakeapi.rules.loading.parts import PARTS
from fakeapi.rules.loading.respond import MEMBERS
from fakeapi.rules.loading.rule import KEYS
from fakeapi.rules.patterns import PATTERNS
from fakeapi.rules.texts import TESTS
from tests import street
from tests.rules.served import Server

DOCUMENT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
BLOCK = re.compile(r"^```yaml\n(.*?)^```$(.*?)(?=^```yaml|\Z)", re.M | re.S)
LINE = re.compile(r"^- `(.+)` → `(.+)`$", re.M)


class Section(NamedTuple):
    """A file of rules, and what is asked of it and said, in order."""

    rules: str
    lines: list[tuple[str, str]]


SECTIONS = [Section(found[1], LINE.findall(found[2])) for found in BLOCK.finditer(DOCUMENT)]


class Client:
    """Asks as a line says: a text, members of a body, or how the conversation goes on."""

    def __init__(self, rules: str) -> None:
        self.server = Server(rules)
        self.said: list[Any] = []
        self.body: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.content: list[Any] = []
        self.called: list[Any] = []

    def ask(self, line: str) -> str:
        how, _, text = line.rpartition(") ") if line.startswith("(") else ("", "", line)
        if line == "(retry)":
            self.headers = {**self.headers, "x-stainless-retry-count": "1"}
        elif how:
            said = _results(self.called[-1], text) if how == "(result" else text
            before = self.called if how == "(result" else [*self.said, self.content]
            self.said, self.headers = [*before, said], {}
        else:
            self._begin(text)
        answer = self.server.ask(*self.said, headers=self.headers, **self.body)
        if answer.reply.status == 200:
            self.content = street.json(answer)["content"]
            if any(block["type"] == "tool_use" for block in self.content):
                self.called = [*self.said, self.content]
        return shown(answer)

    def _begin(self, text: str) -> None:
        body: dict[str, Any] = json.loads(text) if text.startswith("{") else {"user": text}
        self.said, self.headers = [body.pop("user")], body.pop("headers", {})
        self.body = body


def _results(content: list[Any], text: str) -> list[Any]:
    calls = [block for block in content if block["type"] == "tool_use"]
    return [{"type": "tool_result", "tool_use_id": call["id"], "content": text} for call in calls]


def shown(answer: Answer) -> str:
    """An answer as the lines have it."""
    body = street.json(answer)
    if answer.reply.status != 200:
        return f"{answer.reply.status} {body['error']['type']}: {body['error']['message']}"
    return " + ".join(map(_block, body["content"])) or str(body["stop_reason"])


def _block(block: Any) -> str:
    if block["type"] == "tool_use":
        return f"{block['name']} {json.dumps(block['input'])}"
    return str(block["text"]) if block["type"] == "text" else f"({block['thinking']})"


@pytest.mark.parametrize("section", SECTIONS, ids=range(len(SECTIONS)))
def test_what_the_page_says_is_what_comes(section):
    client = Client(section.rules)
    assert [(line, client.ask(line)) for line, _ in section.lines] == section.lines


@pytest.mark.parametrize("section", SECTIONS, ids=range(len(SECTIONS)))
def test_an_editor_finds_no_fault_in_the_rules_of_the_page(section):
    validator = Draft202012Validator(assets.read_json("schemas/rules.json"))
    assert [error.message for error in validator.iter_errors(yaml.safe_load(section.rules))] == []


def test_the_page_has_examples_with_answers():
    assert len(SECTIONS) >= 9
    assert sum(len(section.lines) for section in SECTIONS) >= 30


def test_the_near_miss_of_the_page_is_what_the_log_shows():
    server = Server(SECTIONS[-1].rules, unmatched="error")
    answer = server.ask("What is the wether in Paris?")
    assert answer.diagnosis is not None
    (printed,) = re.findall(r"^```text\n(.*?)\n```$", DOCUMENT, re.M | re.S)
    assert answer.diagnosis.as_text() == printed


@pytest.mark.parametrize(
    "word", [*KEYS, *PATTERNS, *TESTS, *PARTS, *MEMBERS, "attempts", "at_least", "at_most", "exists"]
)
def test_every_word_of_the_language_is_on_the_page(word):
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", DOCUMENT), word


def test_the_bounds_of_the_page_are_those_of_the_loader():
    from fakeapi.rules.loading import document, respond, yaml_text

    assert (document.LARGEST, yaml_text.DEEPEST) == (16 * 1024 * 1024, 100)
    assert (document.MOST_RULES, respond.MOST_TURNS) == (100_000, 10_000)


def test_the_names_of_examples_that_the_page_uses_are_known():
    assert "hello" in ruling.examples()
