"""The command line: what it prints, and how it fails."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

import fakeapi
from tests.running import Server, environment, server
from tests.street import BASIC, DOOR


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fakeapi", *arguments],
        capture_output=True,
        text=True,
        env=environment(**variables),
        timeout=20,
        check=False,
    )


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as started:
        yield started


def test_the_banner_gives_the_two_lines_to_copy(running):
    assert running.url in running.banner.splitlines()[0]
    assert f"\nexport ANTHROPIC_BASE_URL={running.url}\nexport ANTHROPIC_API_KEY=sk-ant-fake\n" in running.banner


def test_port_0_takes_a_free_port(running):
    assert running.url.startswith("http://127.0.0.1:")
    assert not running.url.endswith(":0")


def test_health_answers_with_the_version(running):
    answer = requests.get(f"{running.url}/_fakeapi/health", timeout=5)
    assert answer.json() == {"status": "ok", "version": fakeapi.__version__}


def test_the_health_command_exits_0_for_a_healthy_server(running):
    assert run("health", running.url).returncode == 0
    assert run("health", f"{running.url}/").returncode == 0


def test_the_health_command_asks_this_machine_by_default(running):
    assert run("health", FAKEAPI_PORT=running.url.rpartition(":")[2]).returncode == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://"])
def test_the_health_command_exits_1_where_nothing_answers(url):
    done = run("health", url)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_line_is_logged_for_each_request_and_ctrl_c_stops_cleanly():
    current = {**BASIC, "model": "claude-opus-5"}
    with server() as started:
        requests.post(f"{started.url}/v1/messages", json=current, headers=dict(DOOR), timeout=5)
        requests.post(f"{started.url}/v1/messages", json={**BASIC, "max_tokens": "x"}, headers=dict(DOOR), timeout=5)
        requests.get(f"{started.url}/a%1bb", timeout=5)
        log = started.stop().splitlines()
        assert started.process.returncode in (0, -signal.SIGINT, 130)
    assert [line.split("  ")[1:] for line in log[:2]] == [
        ["POST", "/v1/messages", "claude-opus-5", "200", "example:basic", "12 in, 6 out", "$0.000210"],
        ["POST", "/v1/messages", "400", "refused", "max_tokens: Input should be a valid integer"],
    ]
    assert "/a\\x1bb" in log[2]
    assert len(log) == 3


def test_a_quiet_server_still_says_what_it_refuses():
    with server("--log", "quiet") as started:
        requests.post(f"{started.url}/v1/messages", json=BASIC, headers=dict(DOOR), timeout=5)
        requests.post(f"{started.url}/v1/messages", json=[], headers=dict(DOOR), timeout=5)
        log = started.stop().splitlines()
    assert len(log) == 1
    assert "Input does not match the expected shape." in log[0]


def test_a_json_log_is_one_object_for_each_request():
    with server("--log", "json", "--api-key", "sk-ant-secret") as started:
        answer = requests.post(
            f"{started.url}/v1/messages", json=BASIC, headers={**dict(DOOR), "x-api-key": "sk-ant-secret"}, timeout=5
        )
        log = started.stop()
    row = json.loads(log)
    assert row["source"] == "example:basic"
    assert row["request_id"] == answer.headers["request-id"]
    assert row["usage"]["output_tokens"] == 6
    assert "secret" not in log + started.banner


def test_settings_come_from_the_environment_and_flags_win():
    with server("--log", "quiet", FAKEAPI_API_KEY="one,two", FAKEAPI_LOG="json") as started:
        codes = [
            requests.post(
                f"{started.url}/v1/messages", json=BASIC, headers={**dict(DOOR), "x-api-key": key}, timeout=5
            ).status_code
            for key in ("one", "two", "three")
        ]
        assert "{" not in started.stop()
    assert codes == [200, 200, 401]


def test_another_seed_gives_other_words_and_the_same_seed_the_same():
    body = {**BASIC, "messages": [{"role": "user", "content": "Tell me about bridges"}]}

    def said(seed: str) -> str:
        with server("--seed", seed) as started:
            answer = requests.post(f"{started.url}/v1/messages", json=body, headers=dict(DOOR), timeout=5)
            return str(answer.json()["content"])

    first = said("1")
    assert said("1") == first
    assert said("2") != first


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port)
    assert done.returncode == 2
    assert done.stderr == (
        f"fakeapi: port {port} on 127.0.0.1 is in use; choose another with --port, or --port 0 for a free one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("serve", "--prot", "1"), "--prot"),
        (("serve", "--port", "http"), "--port: 'http' is not a whole number"),
        (("serve", "--port", "70000"), "--port: 70000 is not a port"),
        (("serve", "--log", "loud"), "--log: 'loud' is not one of quiet, line, json"),
        (("serve", "--host", "no.such.host.invalid"), "no.such.host.invalid"),
        (("serve", "--host", "203.0.113.1"), "203.0.113.1"),
        (("nonsense",), "nonsense"),
    ],
)
def test_a_bad_flag_is_one_clear_line_and_a_failing_status(arguments, names):
    done = run(*arguments)
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert names in done.stderr


def test_a_bad_variable_is_named():
    assert run("serve", FAKEAPI_PORT="x").stderr == "fakeapi: FAKEAPI_PORT: 'x' is not a whole number\n"


def test_a_variable_that_is_no_setting_is_one_line_and_the_server_starts():
    with server("--log", "quiet", FAKEAPI_PROT="4711") as started:
        (line,) = started.stop().splitlines()
    assert line == (
        "fakeapi: warning: without effect, since there are no such settings: FAKEAPI_PROT (did you mean FAKEAPI_PORT?)"
    )


def test_without_a_command_it_shows_its_help():
    done = run()
    assert done.returncode == 0
    assert "serve" in done.stdout
    assert "health" in done.stdout


def test_it_knows_its_version():
    assert run("--version").stdout == f"fakeapi {fakeapi.__version__}\n"
