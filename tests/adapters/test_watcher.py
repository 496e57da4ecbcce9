"""Rule files: found, read, and reloaded when they are saved, all or nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakeapi.adapters.rule_files import read_rules
from fakeapi.adapters.watcher import INTERVAL, Watcher
from fakeapi.errors import FakeapiError
from fakeapi.model import Rule
from fakeapi.rules.loading.nodes import Problem

SUNNY = '- {match: weather, respond: "Sunny."}\n'
RAINY = '- {match: weather, respond: "Rainy."}\n'
BROKEN = '- {match: weather, repond: "Sunny."}\n'


def said(rules: tuple[Rule, ...]) -> list[str]:
    return [str(next(iter(rule.turns[0].attempts[0].parts[0].values()))) for rule in rules]


class Heard:
    """What a watcher tells."""

    def __init__(self) -> None:
        self.rules: list[list[str]] = []
        self.problems: list[list[str]] = []

    def changed(self, rules: tuple[Rule, ...]) -> None:
        self.rules.append(said(rules))

    def told(self, problems: tuple[Problem, ...]) -> None:
        self.problems.append([problem.message for problem in problems])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "rules.yaml", SUNNY)


def written(path: Path, text: str) -> Path:
    """A file saved a while ago, so that only what a test does later is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def watching(*paths: Path) -> tuple[Watcher, Heard]:
    heard = Heard()
    return Watcher([str(path) for path in paths], None, heard.changed, heard.told), heard


def test_the_rules_are_there_at_the_start(file):
    watcher, heard = watching(file)
    assert said(watcher.rules) == ["Sunny."]
    assert (heard.rules, heard.problems) == ([], [])


def test_a_saved_file_is_reloaded(file):
    watcher, heard = watching(file)
    file.write_text(RAINY)
    assert watcher.look()
    assert heard.rules == [["Rainy."]]
    assert heard.problems == [[]]
    assert said(watcher.rules) == ["Rainy."]


def test_nothing_is_reloaded_while_nothing_is_saved(file):
    watcher, heard = watching(file)
    assert not watcher.look()
    file.touch()
    assert not watcher.look()
    assert (heard.rules, heard.problems) == ([], [])


def test_a_broken_file_leaves_the_old_rules_in_force_and_is_told_once(file):
    watcher, heard = watching(file)
    file.write_text(BROKEN)
    assert not watcher.look()
    assert not watcher.look()
    assert said(watcher.rules) == ["Sunny."]
    assert heard.problems == [["a rule has no key 'repond'"]]
    assert watcher.health()["up_to_date"] is False


def test_a_mended_file_is_in_force_at_once(file):
    watcher, heard = watching(file)
    file.write_text(BROKEN)
    watcher.look()
    file.write_text(RAINY)
    assert watcher.look()
    assert heard.problems[-1] == []
    assert watcher.health()["up_to_date"] is True


def test_of_several_files_all_are_reloaded_or_none(tmp_path):
    one, other = written(tmp_path / "a.yaml", SUNNY), written(tmp_path / "b.yaml", "- {match: b, respond: B}\n")
    watcher, _ = watching(one, other)
    one.write_text(RAINY)
    other.write_text(BROKEN)
    watcher.look()
    assert said(watcher.rules) == ["Sunny.", "B"]


def test_a_file_saved_twice_at_once_is_read_again(file):
    watcher, _ = watching(file)
    file.write_text(RAINY)
    watcher.look()
    stamp = file.stat().st_mtime_ns
    file.write_text(RAINY.replace("Rainy", "Foggy"))
    os.utime(file, ns=(stamp, stamp))
    watcher.look()
    assert said(watcher.rules) == ["Foggy."]


def test_an_empty_file_is_no_set_of_rules(file):
    watcher, heard = watching(file)
    file.write_text("")
    watcher.look()
    assert said(watcher.rules) == ["Sunny."]
    assert heard.problems == [["there are no rules here"]]


def test_a_file_that_is_gone_leaves_its_rules_in_force(file):
    watcher, heard = watching(file)
    file.unlink()
    assert not watcher.look()
    assert not watcher.look()
    assert said(watcher.rules) == ["Sunny."]
    assert len(heard.problems) == 1
    file.write_text(RAINY)
    assert watcher.look()


def test_files_that_come_into_a_folder_are_read(tmp_path):
    written(tmp_path / "a.yaml", SUNNY)
    watcher, _ = watching(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.yml").write_text("- {match: b, respond: B}\n")
    (tmp_path / ".hidden.yaml").write_text(BROKEN)
    assert watcher.look()
    assert said(watcher.rules) == ["Sunny.", "B"]


def test_a_recorded_answer_that_is_saved_is_read_again(tmp_path):
    answer = '{"type": "message", "content": [{"type": "text", "text": "%s"}], "stop_reason": "end_turn"}'
    written(tmp_path / "answers" / "one.json", answer % "One")
    written(tmp_path / "rules.yaml", "- {match: a, respond: {fixture: ./answers/one.json}}\n")
    watcher, _ = watching(tmp_path)
    assert watcher.rules[0].turns[0].attempts[0].parts == ({"block": {"type": "text", "text": "One"}},)
    (tmp_path / "answers" / "one.json").write_text(answer % "Two")
    assert watcher.look()
    assert watcher.rules[0].turns[0].attempts[0].parts == ({"block": {"type": "text", "text": "Two"}},)


def test_broken_rules_at_the_start_are_an_error_that_names_every_problem(file):
    file.write_text(BROKEN + "- {match: a}\n")
    with pytest.raises(FakeapiError) as caught:
        watching(file)
    assert str(caught.value).splitlines() == [
        f"{file}:1:20: a rule has no key 'repond'; did you mean respond?",
        f'{file}:2:3: this rule has no respond; write a text, or a mapping such as {{text: "Hello"}}',
    ]


def test_a_path_that_is_not_there_is_an_error_at_the_start(tmp_path):
    with pytest.raises(FakeapiError, match="there is no such file or folder"):
        watching(tmp_path / "nothing.yaml")


def test_warnings_are_told_and_hinder_nothing(file):
    file.write_text(SUNNY + RAINY)
    watcher, heard = watching(file)
    assert said(watcher.rules) == ["Sunny.", "Rainy."]
    assert len(heard.problems[0]) == 1
    assert watcher.health()["up_to_date"] is True


@pytest.mark.parametrize(
    ("data", "place", "told"),
    [
        (b"- match: a\n  respond: \xff\n", (2, 12), "not UTF-8: byte 0xff"),
        ("- {match: a, respond: A}".encode("utf-16"), (1, 1), "not UTF-8 (it looks like UTF-16)"),
    ],
)
def test_a_file_that_is_not_utf_8_has_a_place_and_a_mend(tmp_path, data, place, told):
    (tmp_path / "a.yaml").write_bytes(data)
    (problem,) = read_rules([str(tmp_path / "a.yaml")]).loaded.problems
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(told)
    assert problem.mend == "save it as UTF-8"


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + SUNNY.encode())
    assert read_rules([str(tmp_path)]).loaded.problems == ()


def test_files_are_read_once_even_if_named_twice(file):
    assert len(read_rules([str(file), str(file.parent)]).files) == 1


@pytest.fixture
def started(file) -> Iterator[tuple[Watcher, Heard, Path]]:
    watcher, heard = watching(file)
    watcher.start()
    yield watcher, heard, file
    watcher.stop()


def test_a_started_watcher_looks_by_itself(started):
    watcher, heard, file = started
    file.write_text(RAINY)
    over = time.monotonic() + 50 * INTERVAL
    while not heard.rules and time.monotonic() < over:
        watcher.wait(INTERVAL / 10)
    assert heard.rules == [["Rainy."]]
