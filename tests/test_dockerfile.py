"""Each step of the Dockerfile, tested without a Docker engine."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys

import pytest

from fakeapi import settings
from fakeapi.cli import read_settings
from tests.test_packaging import BUILD, ROOT

LINES = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]


def step(name: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(name + " ")]


def test_the_base_image_is_pinned_and_small():
    (base,) = step("FROM")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)


def test_it_does_not_run_as_root():
    (user,) = step("USER")
    assert user == "fakeapi"
    assert any("useradd" in line and "fakeapi" in line for line in step("RUN"))


def test_what_is_copied_is_all_that_the_build_needs(tmp_path):
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name in allowed:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy2(source, tmp_path / name)
    command = [sys.executable, "-c", BUILD, str(tmp_path / "dist")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert list((tmp_path / "dist").glob("fakeapi_messages-*.whl"))


def test_its_environment_names_settings_that_exist_and_opens_the_address(monkeypatch: pytest.MonkeyPatch):
    (text,) = step("ENV")
    variables = dict(part.split("=", 1) for part in text.split())
    known = {settings.variable(setting) for setting in settings.each()} | {"PYTHONUNBUFFERED"}
    assert set(variables) <= known
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    chosen = read_settings(argparse.Namespace())
    assert (chosen.host, str(chosen.port)) == ("0.0.0.0", step("EXPOSE")[0])


def test_its_commands_are_commands_of_fakeapi():
    (served,) = step("CMD")
    (health,) = step("HEALTHCHECK")
    assert json.loads(served) == ["fakeapi", "serve"]
    assert json.loads(health.partition("CMD ")[2]) == ["fakeapi", "health"]
