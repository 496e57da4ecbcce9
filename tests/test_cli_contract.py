"""`fakeapi validate` and `fakeapi schema`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.running import environment
from tests.street import BASIC

GOOD = json.dumps({**BASIC, "model": "claude-haiku-4-5"})
BAD = json.dumps({**BASIC, "max_tokens": -1})
SENTENCE = "request refused: 400 invalid_request_error: max_tokens: must be greater than or equal to 0"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fakeapi", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )


def test_an_accepted_file_exits_0(tmp_path):
    file = tmp_path / "good.json"
    file.write_text(GOOD)
    done = run("validate", str(file))
    assert (done.returncode, done.stdout) == (0, f"{file}: request accepted\n")


def test_a_refused_line_is_named_by_its_number_and_exits_1(tmp_path):
    file = tmp_path / "mixed.jsonl"
    file.write_text(f"{GOOD}\n\n{BAD}\n")
    done = run("validate", str(file))
    assert done.returncode == 1
    assert done.stdout == f"{file}:1: request accepted\n{file}:3: {SENTENCE}\n"


def test_stdin_is_read_for_a_dash():
    done = run("validate", "-", stdin=BAD)
    assert (done.returncode, done.stdout) == (1, f"stdin: {SENTENCE}\n")


def test_verdicts_can_be_had_as_json():
    done = run("validate", "--json", "-", stdin=BAD)
    row = json.loads(done.stdout)
    assert (row["accepted"], row["status"], row["place"]) == (False, 400, "stdin")


def test_version_and_betas_can_be_named():
    warm = json.dumps({**json.loads(GOOD), "temperature": 1.0})
    assert run("validate", "-", stdin=warm).returncode == 0
    assert run("validate", "--version", "2026-10-21", "-", stdin=warm).returncode == 1
    edited = json.dumps({**json.loads(GOOD), "context_management": {"edits": []}})
    assert run("validate", "--beta", "context-management-2025-06-27", "-", stdin=edited).returncode == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"model": ', "stdin:1:11: not valid JSON"),
        ("{}\n{\n", "stdin:2:2: not valid JSON"),
        ("", "stdin: there is no JSON in it"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text, told):
    done = run("validate", "-", stdin=text)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    done = run("validate", str(tmp_path / "none.json"))
    assert (done.returncode, done.stderr) == (
        2,
        f"fakeapi: cannot read {tmp_path}/none.json: No such file or directory\n",
    )


def test_an_unknown_version_is_refused():
    assert "2020-01-01" in run("validate", "--version", "2020-01-01", "-", stdin=GOOD).stderr


def test_a_schema_is_printed_in_one_piece():
    schema = json.loads(run("schema", "request/message_request").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$defs" in schema


def test_a_schema_belongs_to_a_version():
    older, newer = (
        run("schema", "request/message_request", "--version", it).stdout for it in ("2023-06-01", "2026-10-21")
    )
    assert '"temperature"' in older
    assert '"temperature"' not in newer


def test_without_a_name_the_names_are_listed():
    names = run("schema").stdout.splitlines()
    assert "request/message_request" in names
    assert "answer/message" in names


def test_an_unknown_schema_is_one_clear_line():
    done = run("schema", "nope")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_own_models_are_served_from_a_file(tmp_path):
    from fakeapi.adapters.asgi import App
    from fakeapi.errors import FakeapiError
    from fakeapi.settings import Settings

    file = tmp_path / "models.json"
    file.write_text('[{"id": "house-model", "like": "claude-haiku-4-5-20251001"}]')
    App(Settings(model_file=(str(file),)))
    for text, told in (("{", "not valid JSON"), ("{}", "expected a JSON list"), ('[{"id": 1}]', "needs an `id`")):
        file.write_text(text)
        with pytest.raises(FakeapiError, match=told):
            App(Settings(model_file=(str(file),)))
