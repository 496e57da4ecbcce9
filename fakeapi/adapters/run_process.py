"""A command as a child process: it has the terminal, our signals and our environment, and leaves nothing behind.

The child leads a process group of its own, so that all it starts can be stopped with it; where there is a terminal,
that group is in front, as a shell would have it, so Ctrl-C, Ctrl-Z and prompts work as without us.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from fakeapi.errors import FakeapiError

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit statuses that shells give where a command isn't there, or is no program."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_PATIENCE = 2.0
"""Seconds that what the command left running has to stop by itself."""
_HAS_GROUPS = sys.platform != "win32"


class MissingCommandError(FakeapiError):
    """There is no such command, or it can't be run; `status` is what a shell would exit with."""

    status = NOT_FOUND


def look_up(command: Sequence[str], path: str | None) -> str:
    """The file of a command. MissingCommandError, saying what to write instead, where there is none."""
    name = command[0]
    found = shutil.which(name, path=path)
    if found is not None:
        return found
    if os.path.isfile(name):
        fault = MissingCommandError(f"{name} is not executable; chmod +x {name}, or name the program that runs it")
        fault.status = NOT_EXECUTABLE
        raise fault
    apart = f"; write the words apart: fakeapi run -- {name}" if " " in name else ""
    raise MissingCommandError(f"there is no command {name!r}{apart}")


def execute(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end; its exit status, or 128 and the number of the signal that ended it.

    Whatever it started and left running is stopped. MissingCommandError where it can't be started.
    """
    file = look_up(command, environment.get("PATH"))
    if not _HAS_GROUPS:
        return _execute_plainly([file, *command[1:]], environment)
    with _forwarded_signals() as forward:
        child = subprocess.Popen(command, env=dict(environment), process_group=0)
        forward.to(child.pid)
        terminal = _Terminal(child.pid)
        try:
            status = _wait(child, terminal)
        finally:
            terminal.take_back()
            _sweep(child.pid)
    return 128 - status if status < 0 else status


def _execute_plainly(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Where there are no process groups: Ctrl-C reaches the child by itself."""
    child = subprocess.Popen(command, env=dict(environment))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def _wait(child: subprocess.Popen[bytes], terminal: _Terminal) -> int:
    """Until the child has ended; while it is stopped (Ctrl-Z), we are stopped, too."""
    while True:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            terminal.stop_along()
            continue
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode


class _Forward:
    """Hands signals on to a process group; those that come before it is there are handed on once it is."""

    def __init__(self) -> None:
        self._group: int | None = None
        self._early: list[int] = []

    def __call__(self, number: int, _: object) -> None:
        if self._group is None:
            self._early.append(number)
        else:
            _signal(self._group, number)

    def to(self, group: int) -> None:
        """From now on to this group."""
        self._group = group
        for number in self._early:
            _signal(group, number)


@contextlib.contextmanager
def _forwarded_signals() -> Iterator[_Forward]:
    """Our signals go to the child; what we were told to ignore stays ignored, by the child too."""
    forward = _Forward()
    before = {}
    for name in _SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, forward)
    try:
        yield forward
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _sweep(group: int) -> None:
    """Stop whatever is left of a process group: politely, then not."""
    if not _signal(group, signal.SIGTERM):
        return
    _signal(group, signal.SIGCONT)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if not _signal(group, 0):
            return
        time.sleep(0.02)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a group; whether there was anybody to get it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


class _Terminal:
    """The terminal, given to a process group for as long as it runs; nothing where there is none, or it isn't ours."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._own = os.getpgrp()
        self._file = self._ours()
        self._give()

    def _ours(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            file = sys.stdin.fileno()
            if os.isatty(file) and os.tcgetpgrp(file) == self._own:
                return file
        return None

    def _give(self) -> None:
        if self._file is not None:
            _put_in_front(self._file, self._group)
            _signal(self._group, signal.SIGCONT)

    def take_back(self) -> None:
        """The terminal is ours again."""
        if self._file is not None:
            _put_in_front(self._file, self._own)

    def stop_along(self) -> None:
        """Stop as the child has, so that the shell has its prompt; go on with it when we are told to.

        Without a terminal nobody would tell us, and whoever stopped the child will tell it.
        """
        if not sys.stdin or not sys.stdin.isatty():
            return
        self.take_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._file = self._ours()
        self._give()
        _signal(self._group, signal.SIGCONT)


def _put_in_front(file: int, group: int) -> None:
    """Make a group the one in front; a process that isn't in front itself is stopped for that, unless it ignores it."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(file, group)
    finally:
        signal.signal(signal.SIGTTOU, before)
