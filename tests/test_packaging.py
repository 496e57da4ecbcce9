"""The wheel holds all it needs: installed outside the checkout, it finds every schema and fixture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fakeapi import assets
from tests.running import environment

ROOT = Path(__file__).parents[1]
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
LOAD_ALL = """
import sys
from fakeapi import assets
root = assets.path("")
assert str(root).startswith(sys.argv[1]), root
names = [*assets.names("schemas"), *assets.names("fixtures")]
for name in names:
    assets.read_json(name)
print(len(names))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wheel = folder / built.stdout.split()[-1]
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True)
    return target


def inside(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed wheel before everything else, outside the checkout."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=installed.parent,
        env=environment(PYTHONPATH=str(installed)),
        capture_output=True,
        text=True,
        check=True,
    )


def test_every_schema_and_fixture_is_found_outside_the_checkout(installed):
    done = inside(installed, "-c", LOAD_ALL, str(installed))
    assert int(done.stdout) == len([*assets.names("schemas"), *assets.names("fixtures")])


def test_the_installed_command_answers(installed):
    assert inside(installed, "-m", "fakeapi", "--version").stdout.startswith("fakeapi ")


def test_the_wheel_says_that_it_is_typed_and_which_licence_it_has(installed):
    assert (installed / "fakeapi" / "py.typed").is_file()
    (metadata,) = installed.glob("fakeapi_messages-*.dist-info/METADATA")
    assert "License-Expression: MIT" in metadata.read_text()
