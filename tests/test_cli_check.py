"""`fakeapi check` and `fakeapi schema rules`: what they print, and how they exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakeapi import assets
from fakeapi.adapters import plugins
from fakeapi.cli import main

GOOD = '- {match: weather, respond: "Sunny."}\n'
BROKEN = '- {match: weather, repond: "Sunny."}\n- {match: rain}\n'


def saved(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_good_rules_exit_0(tmp_path, capsys):
    assert main(["check", saved(tmp_path, "a.yaml", GOOD)]) == 0
    assert capsys.readouterr().out == "1 file, 1 rule, 0 problems\n"


def test_every_problem_is_a_line_and_the_exit_is_1(tmp_path, capsys):
    path = saved(tmp_path, "a.yaml", BROKEN)
    assert main(["check", path]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}:1:20: a rule has no key 'repond'; did you mean respond?"
    assert lines[1].startswith(f"{path}:2:3: this rule has no respond")
    assert lines[2] == "1 file, 0 rules, 2 problems"


def test_warnings_are_problems_of_a_check(tmp_path, capsys):
    assert main(["check", saved(tmp_path, "a.yaml", GOOD + GOOD)]) == 1
    assert "warning: this rule is never reached" in capsys.readouterr().out


def test_warnings_may_be_let_pass_and_errors_may_not(tmp_path, capsys):
    doubtful, broken = saved(tmp_path, "a.yaml", GOOD + GOOD), saved(tmp_path, "b.yaml", BROKEN)
    assert main(["check", "--warnings", "ok", doubtful]) == 0
    assert "warning: this rule is never reached" in capsys.readouterr().out
    assert main(["check", "--warnings", "fail", doubtful]) == 1
    assert main(["check", "--warnings", "ok", broken]) == 1


def test_the_help_of_a_check_tells_its_exit_status(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "1 where there are, warnings included (unless --warnings ok)" in told


def test_folders_are_checked_as_one(tmp_path, capsys):
    saved(tmp_path, "a.yaml", GOOD)
    saved(tmp_path, "b.json", '[{"match": "rain", "respond": "Rainy."}]')
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2 files, 2 rules, 0 problems\n"


def test_what_is_not_there_exits_2(tmp_path, capsys):
    assert main(["check", str(tmp_path / "nothing.yaml")]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


def test_a_folder_without_rules_exits_2(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 2
    assert "no rule files" in capsys.readouterr().err


def test_json_is_one_object_per_problem(tmp_path, capsys):
    path = saved(tmp_path, "a.yaml", BROKEN)
    assert main(["check", "--json", path]) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["file"], first["line"], first["column"], first["severity"]) == (path, 1, 20, "error")
    assert first["mend"] == "did you mean respond?"
    assert second["line"] == 2


def test_the_schema_of_rules_is_printed(capsys):
    assert main(["schema", "rules"]) == 0
    assert json.loads(capsys.readouterr().out) == assets.read_json("schemas/rules.json")


def test_the_schema_of_rules_knows_the_patterns_of_plug_ins(capsys, monkeypatch):
    monkeypatch.setitem(plugins.PATTERNS, "longer_than", lambda *_: True)
    main(["schema", "rules"])
    assert "longer_than" in json.loads(capsys.readouterr().out)["$defs"]["conditions"]["properties"]


def test_plug_ins_are_known_to_a_check(tmp_path, monkeypatch):
    path = saved(tmp_path, "a.yaml", "- {match: {longer_than: 3}, respond: A}\n")
    assert main(["check", path]) == 1
    monkeypatch.setitem(plugins.PATTERNS, "longer_than", lambda *_: True)
    assert main(["check", path]) == 0


def test_the_schema_of_rules_is_listed(capsys):
    main(["schema"])
    assert "rules" in capsys.readouterr().out.splitlines()
