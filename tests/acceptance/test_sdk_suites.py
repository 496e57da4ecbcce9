"""The official Python SDK's own test suites, of its source distribution, against this server.

They are written for a mock that checks shapes: `--contract shape` passes all of them. A faithful server refuses many of
their requests (made-up ids, impossible combinations); `strict` passes the others, and each refusal has its reason
(tests/corpus/sdk_suites.json).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import orjson
import pytest

from tests.running import environment, server

TABLE: dict[str, Any] = orjson.loads((Path(__file__).parents[1] / "corpus" / "sdk_suites.json").read_bytes())
SUITES: dict[str, Any] = TABLE["suites"]


class Ran(NamedTuple):
    """What became of a suite: its tests by outcome, and what each that failed says."""

    passed: int
    skipped: int
    failures: dict[str, str]


@pytest.fixture(scope="session")
def suite_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a version's source distribution."""

    @cache
    def unpacked(version: str) -> Path:
        folder = tmp_path_factory.mktemp("sdk")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--dest", str(folder), f"anthropic=={version}"], check=True, capture_output=True)
        with tarfile.open(folder / f"anthropic-{version}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        return folder / f"anthropic-{version}"

    return unpacked


def run(interpreter: Path, suite: Path, contract: str, report: Path) -> Ran:
    """Run the tests for messages, batches, models and files, in two processes."""
    found = [path for name in TABLE["tests"] if (path := suite / "tests" / "api_resources" / name).exists()]
    with server("--contract", contract, unheard=True) as running:
        subprocess.run(
            [interpreter, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}", *map(str, found)],
            cwd=suite,
            env=environment(TEST_API_BASE_URL=running.url),
            capture_output=True,
            check=False,
        )
    return read(report)


def read(report: Path) -> Ran:
    """What a JUnit report says."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    failures: dict[str, str] = {}
    for case in cases:
        for fault in (*case.findall("failure"), *case.findall("error")):
            failures[f"{case.get('classname')}::{case.get('name')}"] = fault.get("message") or fault.text or ""
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Ran(len(cases) - skipped - len(failures), skipped, failures)


@pytest.fixture(scope="session")
def ran(python_with: Any, suite_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Ran]:
    """What became of the suite of a version in a contract mode."""

    @cache
    def outcome(version: str, contract: str) -> Ran:
        interpreter = python_with(f"anthropic[aiohttp]=={version}", *SUITES[version]["packages"])
        report = tmp_path_factory.mktemp("reports") / f"{version}-{contract}.xml"
        return run(interpreter, suite_of(version), contract, report)

    return outcome


@pytest.mark.parametrize("version", SUITES)
def test_shape_passes_the_suite_completely(version, ran):
    outcome = ran(version, "shape")
    print(f"\nanthropic {version}, shape: {outcome.passed} passed, {outcome.skipped} skipped by the suite itself")
    assert outcome.failures == {}
    assert outcome.passed >= SUITES[version]["tests"]


@pytest.mark.parametrize("version", SUITES)
def test_strict_passes_whatever_a_faithful_server_does_not_refuse(version, ran):
    outcome = ran(version, "strict")
    reasons = {test: reason(message) for test, message in outcome.failures.items()}
    told = ", ".join(f"{name} {count}" for name, count in Counter(reasons.values()).most_common())
    print(f"\nanthropic {version}, strict: {outcome.passed} passed, {len(reasons)} refused ({told})")
    assert {test: outcome.failures[test] for test, name in reasons.items() if name == "none"} == {}
    assert outcome.passed >= SUITES[version]["strict"]


def reason(message: str) -> str:
    """The reason for which a faithful server refuses; `none` where there is no such reason."""
    return next((name for name, pattern in TABLE["reasons"].items() if re.search(pattern, message)), "none")
