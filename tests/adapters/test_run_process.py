"""`fakeapi run`: the command has its environment, its terminal and its signals, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from fakeapi.adapters import environment as variables
from tests.adapters.commands import python, run
from tests.running import environment

# The command


def test_the_command_finds_the_server_in_its_environment_and_its_output_is_its_own():
    done = run(
        "--",
        *python("print(ask('Hello, Claude')['content'][0]['text'], os.environ.get('ANTHROPIC_AUTH_TOKEN'))"),
        ANTHROPIC_AUTH_TOKEN="a real one",
        ANTHROPIC_API_KEY="a real one",
    )
    assert (done.returncode, done.stdout) == (0, "Hello! None\n")
    assert "fakeapi: 1 request in" in done.stderr
    assert "a real one" not in done.stderr


def test_every_variable_that_popular_clients_read_is_set(tmp_path):
    done = run("--", sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    seen = json.loads(done.stdout)
    url = seen["ANTHROPIC_BASE_URL"]
    for name, value in variables.variables(url).items():
        assert seen.get(name) == value


@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_exit_status_is_that_of_the_command(status):
    assert run("--", sys.executable, "-c", f"raise SystemExit({status})").returncode == status


def test_the_two_dashes_may_be_left_out_and_words_pass_as_they_are():
    program = "import sys; print(sys.argv[1:])"
    done = run(sys.executable, "-c", program, "--help", "--", "a b", "*")
    assert done.stdout == "['--help', '--', 'a b', '*']\n"
    assert run("--", sys.executable, "-c", program, "--", "-x").stdout == "['--', '-x']\n"


def test_what_is_typed_reaches_the_command():
    assert run("--", "cat", given="typed\n").stdout == "typed\n"


def test_a_command_that_is_not_there_is_127_in_one_line():
    done = run("--", "no-such-command")
    assert (done.returncode, done.stderr) == (127, "fakeapi: run: there is no command 'no-such-command'\n")


def test_words_in_one_are_told_apart():
    done = run("npm test")
    assert done.returncode == 127
    assert "write the words apart: fakeapi run -- npm test" in done.stderr


def test_a_file_that_is_no_program_is_126_in_one_line(tmp_path):
    (tmp_path / "script").write_text("echo hello\n")
    done = run("--", "./script", cwd=tmp_path)
    assert done.returncode == 126
    assert (
        done.stderr == "fakeapi: run: ./script is not executable; chmod +x ./script, or name the program that runs it\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "run: which command? Write it behind two dashes: fakeapi run -- npm test"),
        (("--",), "run: which command?"),
        (("--fail-on", "refusals", "--", "true"), "--fail-on: 'refusals' is not one of refused, unmatched, verdicts"),
        (("--contract", "strikt", "--", "true"), "--contract: 'strikt' is not one of strict"),
        (("--report-json", "/no/such/folder/a.json", "--", "touch", "begun"), "there is no folder /no/such/folder"),
        (("--report-junit", ".", "--", "touch", "begun"), "it is a folder"),
        (("--rules", "nowhere.yaml", "--", "touch", "begun"), "nowhere.yaml"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_before_the_command_begins(arguments, told, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "begun").exists()


# Signals, and what is left


def started(code: str, *flags: str) -> subprocess.Popen[str]:
    """A run of a Python command that has printed its first line."""
    command = [sys.executable, "-m", "fakeapi", "run", *flags, "--", sys.executable, "-c", code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


SLEEPS = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print('ready', flush=True); time.sleep(60)"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_reaches_the_command_and_the_status_is_128_and_its_number(name):
    number = getattr(signal, name)
    process = started(SLEEPS)
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert f"exit status {128 + number}" in told


def test_a_command_that_handles_the_signal_has_the_last_word():
    process = started(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 5


def runs(number: int) -> bool:
    """Whether a process runs, and isn't just waiting to be reaped."""
    state = Path(f"/proc/{number}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


LEAVES = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
LINGERS = "import time; print('up', flush=True); time.sleep(60)"


@pytest.mark.parametrize("program", [LINGERS, STUBBORN + LINGERS], ids=["polite", "stubborn"])
def test_what_the_command_left_running_is_stopped(program):
    done = run("--", sys.executable, "-c", LEAVES, program)
    assert done.returncode == 0
    assert not runs(int(done.stdout))


def test_the_server_is_gone_with_the_command():
    done = run("--", sys.executable, "-c", "import os; print(os.environ['ANTHROPIC_BASE_URL'])")
    health = subprocess.run(
        [sys.executable, "-m", "fakeapi", "health", done.stdout.strip()], check=False, capture_output=True
    )
    assert health.returncode == 1


@pytest.fixture
def in_a_terminal() -> Iterator[Callable[..., tuple[int, int]]]:
    """Runs a command with a terminal of its own; its process id, and the other end of the terminal."""
    with ExitStack() as opened:

        def start(*command: str) -> tuple[int, int]:
            number, end = pty.fork()
            if number == 0:
                os.execve(sys.executable, [sys.executable, "-m", "fakeapi", "run", "--", *command], environment())
            opened.callback(os.close, end)
            opened.callback(stop, number)
            return number, end

        yield start


def stop(number: int) -> None:
    """End a session of processes that a test which failed has left."""
    with suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def read_until(end: int, wanted: str) -> str:
    """What a terminal shows, up to some text, which comes soon."""
    seen = ""
    while wanted not in seen:
        assert select.select([end], [], [], 15)[0], seen
        seen += os.read(end, 4096).decode()
    return seen


def ended(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


ASKS = "print('ready', flush=True); print('got ' + input(), flush=True)"


def test_in_a_terminal_the_command_can_ask_and_is_answered(in_a_terminal):
    number, end = in_a_terminal(sys.executable, "-c", ASKS)
    read_until(end, "ready")
    os.write(end, b"this\n")
    assert "got this" in read_until(end, "no request came")
    assert ended(number) == 0


def test_in_a_terminal_ctrl_c_ends_the_command_and_the_summary_comes(in_a_terminal):
    number, end = in_a_terminal(sys.executable, "-c", SLEEPS)
    read_until(end, "ready")
    os.write(end, b"\x03")
    read_until(end, "exit status 130")
    assert ended(number) == 130


def test_in_a_terminal_ctrl_z_stops_both_and_both_go_on(in_a_terminal):
    number, end = in_a_terminal(sys.executable, "-c", ASKS)
    read_until(end, "ready")
    os.write(end, b"\x1a")
    _, status = os.waitpid(number, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(number, signal.SIGCONT)
    os.write(end, b"this\n")
    read_until(end, "got this")
    assert ended(number) == 0
