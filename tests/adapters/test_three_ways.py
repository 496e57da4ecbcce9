"""One scenario, written as YAML, in Python, and by curl on the admin API: the same bytes go out, whatever is asked."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from json import dumps
from pathlib import Path
from typing import Any

import pytest

import fakeapi
from tests.adapters.admin_calls import Asker
from tests.adapters.desk import told_tool
from tests.running import server as serve
from tests.street import BASIC, DOOR

WRITTEN = """
- name: agent
  match: {text: fix the bug, tools: read_*}
  respond:
    - {text: Let me look., tool_use: {name: read_file, input: {path: a.py}}}
    - attempts: [{error: {status: 529, retry_after: 1}}, {thinking: It is simple., text: It is fixed.}]
    - {text: You are welcome., stop_reason: max_tokens}
  at_end: pass
- {name: weather, match: {text: {regex: "weather in (\\\\w+)"}}, respond: {template: "{{ groups[1] }}: sunny."}}
- {name: overloaded, match: {model: "claude-haiku-*"}, respond: {error: 529}, times: 2, priority: 10}
- {name: cut, match: cut, respond: {text: This breaks off in the middle of it., fault: {cut: 4 events}}}
"""
SETTINGS = ("clock=virtual", "unmatched=error", "seed=7")
TOOLS = [told_tool("read_file")]
ASKED: list[tuple[dict[str, Any], int]] = [
    ({"text": "Please fix the bug", "tools": TOOLS}, 0),
    ({"text": "fix the bug: here is the file", "tools": TOOLS}, 0),
    ({"text": "fix the bug: here is the file", "tools": TOOLS}, 1),
    ({"text": "fix the bug: thanks", "tools": TOOLS, "stream": True}, 0),
    ({"text": "fix the bug: and now?", "tools": TOOLS}, 0),
    ({"text": "The weather in Paris?"}, 0),
    ({"text": "The weather in Rome?", "stream": True}, 0),
    ({"text": "The weather in Oslo?", "model": "claude-haiku-4-5"}, 0),
    ({"text": "The weather in Oslo?", "model": "claude-haiku-4-5"}, 1),
    ({"text": "The weather in Oslo?", "model": "claude-haiku-4-5"}, 2),
    ({"text": "The wether in Oslo?"}, 0),
    ({"text": "cut", "stream": True}, 0),
]


@contextmanager
def yaml(folder: Path) -> Iterator[str]:
    """The base URL of a server that was started with a file."""
    (folder / "rules.yaml").write_text(WRITTEN)
    flags = [word for setting in SETTINGS for word in (f"--{setting.split('=')[0]}", setting.split("=")[1])]
    with serve("--rules", "rules.yaml", *flags, cwd=folder) as running:
        yield running.url


@contextmanager
def python(folder: Path) -> Iterator[str]:
    """The same, said in Python, the last things first to be asked."""
    with fakeapi.Server(clock="virtual", unmatched="error", seed=7) as server:
        server.on("cut", name="cut").reply("This breaks off in the middle of it.", fault={"cut": "4 events"})
        server.on(model="claude-haiku-*", name="overloaded", priority=10).fail(529, times=2)
        server.on(text={"regex": r"weather in (\w+)"}, name="weather").reply(template="{{ groups[1] }}: sunny.")
        server.on("fix the bug", tools="read_*", name="agent").script(
            [
                {"text": "Let me look.", "tool_use": {"name": "read_file", "input": {"path": "a.py"}}},
                {
                    "attempts": [
                        {"error": {"status": 529, "retry_after": 1}},
                        {"thinking": "It is simple.", "text": "It is fixed."},
                    ]
                },
                {"text": "You are welcome.", "stop_reason": "max_tokens"},
            ],
            at_end="pass",
        )
        yield server.url


@contextmanager
def curl(folder: Path) -> Iterator[str]:
    """The same, given to a server that runs, by curl."""
    with fakeapi.Server() as server:
        url = f"{server.url}/s/mine"
        changed = dict(setting.split("=") for setting in SETTINGS if "clock" not in setting)
        _curl(f"{url}/_fakeapi/settings", "-X", "PATCH", "-d", dumps(changed))
        _curl(f"{url}/_fakeapi/rules", "-H", "content-type: application/yaml", "--data-binary", WRITTEN)
        yield url


def _curl(url: str, *options: str) -> None:
    subprocess.run(["curl", "--silent", "--fail", url, *options], check=True, capture_output=True)


def answers(url: str) -> list[tuple[int, str, str]]:
    """Status, rule and body of every answer, but for ids, dates and the place of a rule: those name the way."""
    prefix = url.partition("://")[2].partition("/")[2]
    asker = Asker(url)
    found = []
    for asked, retry in ASKED:
        body = {**BASIC, "model": "claude-opus-5", **asked, "messages": [{"role": "user", "content": asked["text"]}]}
        del body["text"]
        headers = {**dict(DOOR), "x-stainless-retry-count": str(retry)}
        found.append(_said(asker, f"/{prefix}/v1/messages", body, headers))
    path = f"/{prefix}/_fakeapi/journal?limit=100"
    rules = [entry["rule"] for entry in asker.json("GET", path.replace("//", "/"))["entries"]]
    asker.close()
    return [(status, rule or "", text) for (status, text), rule in zip(found, rules, strict=True)]


def _said(asker: Asker, path: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
    try:
        answer = asker.ask("POST", path.replace("//", "/"), body, headers)
        status, data = answer.status, answer.body
    except IncompleteRead as broken:
        status, data = 200, broken.partial + b" (broken off)"
        asker.close()
    return status, _ANYTHING.sub("(it)", data.decode())


_ANYTHING = re.compile(
    r"(req|msg|toolu)_01\w+|\((?:rules\.yaml|PATCH|POST|tests/|test_)[^)]*\)|\"signature\": ?\"[^\"]*\""
)


def test_a_scenario_is_the_same_however_it_is_said(tmp_path):
    said = {}
    ways: list[Callable[[Path], Any]] = [yaml, python, curl]
    for way in ways:
        with way(tmp_path) as url:
            said[way.__name__] = answers(url)
    assert said["yaml"] == said["python"] == said["curl"]
    statuses = [(status, rule) for status, rule, _ in said["yaml"]]
    assert statuses == [
        *[(200, "agent"), (529, "agent"), (200, "agent"), (200, "agent"), (400, "")],
        *[(200, "weather"), (200, "weather"), (529, "overloaded"), (529, "overloaded"), (200, "weather")],
        *[(400, ""), (200, "cut")],
    ]
    bodies = [text for _, _, text in said["yaml"]]
    assert "It is fixed." in bodies[2]
    assert "Paris: sunny." in bodies[5]
    assert "you have 'wether'" in bodies[10]
    assert bodies[11].endswith("(broken off)")


@pytest.mark.parametrize("way", [yaml, python, curl], ids=lambda way: way.__name__)
def test_it_is_the_same_again(way, tmp_path):
    with way(tmp_path) as url:
        first = answers(url)
    with way(tmp_path) as url:
        assert answers(url) == first
