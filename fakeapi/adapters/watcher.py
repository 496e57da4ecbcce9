"""Rules of files, reloaded when the files are saved: all of them at once, or, where one is broken, not at all.

The files are looked at a few times a second, which costs a handful of system calls: nothing has to be installed for
that, and it works on every file system, in containers and over networks, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from fakeapi.adapters.rule_files import Read, candidates, read_rules
from fakeapi.errors import FakeapiError
from fakeapi.model import Json, Rule
from fakeapi.rules.loading.document import RulesError
from fakeapi.rules.loading.nodes import Problem
from fakeapi.rules.loading.reader import Known

INTERVAL = 0.2
"""Seconds between two looks."""
_YOUNG_NS = 50_000_000
"""A file that was saved so shortly before it was read may be saved once more without looking different."""
_SHOWN = 20

_Stamp: TypeAlias = tuple[int, int, int]
_Stamps: TypeAlias = dict[Path, _Stamp | None]


class Watcher:
    """The rules of some files and folders, as they were when all of them could last be read.

    `rules` are those in force; `problems` what is wrong with the files as they are now, warnings included.

    Args:
        paths: files and folders, in the order in which their rules are asked.
        known: what rules may name; see `ruling.known`.
        changed: is given the new rules when they have been reloaded.
        told: is given the problems whenever they have changed; an empty tuple once all is well again, and when other
            rules are in force than before.

    Raises:
        FakeapiError: the rules can't be used as they are at the start; its text names every problem, one a line.
    """

    def __init__(
        self,
        paths: Iterable[str],
        known: Known | None = None,
        changed: Callable[[tuple[Rule, ...]], None] = lambda _: None,
        told: Callable[[tuple[Problem, ...]], None] = lambda _: None,
    ) -> None:
        self._paths = tuple(paths)
        self._known = known
        self._changed = changed
        self._told = told
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._stamps: _Stamps = {}
        self._young = False
        self._read = self._load()
        if self._read.loaded.errors:
            raise RulesError(self._read.loaded.errors)
        self.rules: tuple[Rule, ...] = self._read.loaded.rules
        self.problems: tuple[Problem, ...] = self._read.loaded.problems
        if self.problems:
            self._told(self.problems)

    def look(self) -> bool:
        """Reload if a file has changed; whether the rules in force are new ones."""
        with self._lock:
            if not self._young and self._stamp(self._read) == self._stamps:
                return False
            return self._reload()

    def start(self) -> None:
        """Look again and again, in a thread of its own that ends with the process."""
        threading.Thread(target=self._run, name="fakeapi-rules", daemon=True).start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is stopped; whether it was."""
        return self._stopped.wait(seconds)

    def health(self) -> Json:
        """For `/_fakeapi/health`: how many rules are in force, of which files, and what is wrong with these."""
        files = [str(path) for path in self._read.files]
        told = [str(problem) for problem in self.problems[:_SHOWN]]
        return {"in_force": len(self.rules), "files": files, "up_to_date": not self._broken, "problems": told}

    @property
    def _broken(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def _run(self) -> None:
        while not self.wait(INTERVAL):
            self.look()

    def _reload(self) -> bool:
        before = self._read
        try:
            read = self._load()
            problems = read.loaded.problems
        except Exception as fault:
            self._stamps, self._young = self._stamp(before), False
            told = str(fault) if isinstance(fault, FakeapiError) else f"a bug of fakeapi, please report it: {fault!r}"
            read, problems = before, (Problem(", ".join(self._paths), 0, 0, told),)
        self._read = read
        fresh = not any(problem.severity == "error" for problem in problems)
        renewed = fresh and _essence(read.loaded.rules) != _essence(self.rules)
        if renewed:
            self.rules = read.loaded.rules
            self._changed(self.rules)
        if problems != self.problems:
            self.problems = problems
            self._told(problems)
        elif renewed:
            self._told(())
        return renewed

    def _load(self) -> Read:
        """Read everything; stamped before, so that what is saved meanwhile is seen next time."""
        now = time.time_ns()
        stamps = {file: _stamp_of(file) for path in self._paths for file in candidates(path)}
        read = read_rules(self._paths, self._known)
        self._stamps = {**stamps, **{path: _stamp_of(path) for path in read.beside}}
        self._young = any(stamp is not None and now - stamp[0] < _YOUNG_NS for stamp in self._stamps.values())
        return read

    def _stamp(self, read: Read) -> _Stamps:
        """What the files look like now; None is one that isn't there."""
        try:
            files = [file for path in self._paths for file in candidates(path)]
        except FakeapiError:
            return {}
        return {path: _stamp_of(path) for path in (*files, *read.beside)}


def _essence(rules: tuple[Rule, ...]) -> list[object]:
    """What makes rules others: what is written, where, and what recorded answers say."""
    return [(rule.written, rule.place, rule.turns) for rule in rules]


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
