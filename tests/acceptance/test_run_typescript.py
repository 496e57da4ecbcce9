"""A TypeScript project's own suite runs under `fakeapi run -- npm test` as it is, and its mistakes are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import environment

PROJECT = {
    "name": "weather",
    "private": True,
    "type": "module",
    "scripts": {"test": "vitest run --reporter=default"},
}
SOURCE = """
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

export async function answer(question: string, extra: object = {}): Promise<string> {
  const message = await client.messages.create({
    model: "claude-opus-5",
    max_tokens: 256,
    messages: [{ role: "user", content: question }],
    ...extra,
  });
  return message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

export async function streamed(question: string): Promise<string> {
  const stream = client.messages.stream({
    model: "claude-opus-5",
    max_tokens: 256,
    messages: [{ role: "user", content: question }],
  });
  return stream.finalText();
}
"""
SUITE = """
import { expect, test } from "vitest";
import { answer, streamed } from "./weather";

test("it answers", async () => {
  expect(await answer("Hello, Claude")).toBe("Hello!");
});

test("it streams", async () => {
  expect(await streamed("Hello, Claude")).toBe("Hello!");
});
"""
RULED = """
import { expect, test } from "vitest";
import { answer } from "./weather";

test.concurrent("the weather", async () => {
  expect(await answer("What is the weather in Paris?")).toBe("Sunny.");
});

test.concurrent("the time", async () => {
  expect(await answer("What time is it?")).toBe("Noon.");
});
"""
BROKEN = """
import { expect, test } from "vitest";
import { answer } from "./weather";

test("it gets over everything", async () => {
  expect(await answer("Hello", { verbose: true }).catch(() => "sorry")).toBe("sorry");
  expect(await answer("How is the wether?").catch(() => "sorry")).not.toBe("");
  for (const _ of [1, 2]) {
    expect(await answer("too fast", { stream: false }).catch(() => "sorry")).toBe("sorry");
  }
});
"""
RULES = """
- {name: weather, match: weather, respond: Sunny.}
- {name: time, match: what time, respond: Noon.}
"""
RULES_OF_BROKEN = """
- {name: weather, match: weather, respond: Sunny.}
- match: too fast
  respond: {error: {status: 429, retry_after: 60, headers: {x-should-retry: 'false'}}}
"""


@pytest.fixture(scope="module")
def project(node_with) -> Path:
    """A folder with the SDK, vitest and a module that uses the SDK."""
    folder: Path = node_with("@anthropic-ai/sdk", "vitest@3", "typescript@5")
    known = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps({**known, **PROJECT}))
    (folder / "weather.ts").write_text(SOURCE)
    return folder


def npm_test(project: Path, suite: str, *flags: str) -> subprocess.CompletedProcess[str]:
    (project / "weather.test.ts").write_text(suite)
    return subprocess.run(
        [sys.executable, "-m", "fakeapi", "run", *flags, "--", "npm", "test", "--silent"],
        cwd=project,
        env=environment(PATH=os.environ["PATH"], NO_COLOR="1", CI="1"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_suite_runs_unchanged(project):
    done = npm_test(project, SUITE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "fakeapi: 2 requests in" in done.stderr


def test_rules_answer_a_suite_whose_tests_run_at_once(project, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    flags = ("--rules", str(tmp_path / "rules.yaml"), "--unmatched", "error", "--fail-on", "refused,unmatched,verdicts")
    done = npm_test(project, RULED, *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_suite_that_fails_gives_its_status(project):
    done = npm_test(project, SUITE.replace('"Hello!"', '"Bye!"'))
    assert done.returncode == 1
    assert "2 failed" in done.stdout


def test_a_broken_client_that_gets_over_everything_is_caught_three_times(project, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES_OF_BROKEN)
    report = tmp_path / "report.json"
    flags = ("--rules", str(tmp_path / "rules.yaml"), "--report-json", str(report))
    done = npm_test(project, BROKEN, *flags, "--fail-on", "refused,unmatched,verdicts")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    known = json.loads(report.read_text())
    assert known["failed_on"] == ["refused", "unmatched", "verdicts"]
    told = done.stderr
    assert "verbose: Extra inputs are not permitted" in told
    assert "you have 'wether', the rule wants 'weather'" in told
    assert "retry_after_ignored: was told to come back after 60 s" in told
    assert told.count("What to do:") == 2
    assert "Wait at least as long as retry-after" in told
