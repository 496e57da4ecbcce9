"""The porter of a house: leads each request to its session, hands it to the engine, keeps what is to be remembered, and
tells log and journal how each exchange ended.

One porter is one server: whatever leads to that server shares it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import finalize, ref

from fakeapi import engine
from fakeapi.adapters import files
from fakeapi.adapters.bell import Bell
from fakeapi.adapters.chores import Chores
from fakeapi.adapters.clock import Clock, RealClock, VirtualClock
from fakeapi.adapters.uploads import Uploads
from fakeapi.chance import Chance, digest
from fakeapi.endpoints import ruling
from fakeapi.endpoints.files import KIND as FILE
from fakeapi.endpoints.outcome import House
from fakeapi.engine import Answer
from fakeapi.errors import ApiError, FakeapiError
from fakeapi.facts.sentences import refusal
from fakeapi.memory import blobs
from fakeapi.memory.changes import Drop
from fakeapi.memory.journal import Journal
from fakeapi.memory.records import Record
from fakeapi.memory.sessions import DEFAULT, Session, Sessions, objection
from fakeapi.memory.store import Bound, Store
from fakeapi.model import Exchange, Rule
from fakeapi.settings import Settings
from fakeapi.wire import Reply, Request

if TYPE_CHECKING:
    from fakeapi.adapters.watcher import Watcher
    from fakeapi.rules.loading.nodes import Problem
    from fakeapi.rules.loading.reader import Known

CLOCKS: dict[str, Callable[[], Clock]] = {"real": RealClock, "virtual": VirtualClock}
OWN = frozenset(
    {"seed", "contract", "models", "tools", "unmatched", "limits", "pace", "padding", "locked", "api_key"}
    | {"thread_ttl", "batch_time"}
)
"""The settings that a session may have of its own."""
_STRANGERS = 2_000
"""Rules of other sessions that a near miss looks at."""
_SMALL = Bound(500_000, 128_000_000)
"""The bound of what is small and must not be forgotten while its session lives."""


class Visit(NamedTuple):
    """One request that was answered, and is on its way back; `record` is its place in the journal, if there is one.

    `age` is that of its session when it came: a session that has begun anew since knows nothing of it. `lock` is held
    while the record is written, which other threads may read.
    """

    answer: Answer
    session: Session[Clock]
    record: Record | None = None
    age: int = 0
    lock: AbstractContextManager[object] = nullcontext()

    @property
    def reply(self) -> Reply:
        """What is to be played."""
        return self.answer.reply

    def sent(self, data: bytes) -> None:
        """These bytes of the body have gone out."""
        if self.record is not None:
            with self.lock:
                self.record.sent(data, self.session.clock())


class Porter:
    """Answers requests; threads may share it.

    `clock` makes the clock of each new session (default: as the settings say); `log` is told of every exchange once it
    is over; `told` of what is wrong with rule files that were saved. Raises FakeapiError for settings that can't be
    used.
    """

    def __init__(
        self,
        settings: Settings,
        log: Callable[[Exchange], None] | None = None,
        clock: Callable[[], Clock] | None = None,
        told: Callable[[tuple[Problem, ...]], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.uploads = Uploads(settings.file_mb * 1_000_000, self._named_uploads)
        house = engine.build(settings, files.read_models(settings.model_file), files.read_sizes(settings.media))
        self.house = replace(house, read_upload=self.uploads.read)
        self.store = Store(_bounds(settings))
        ttl, count = settings.session_ttl, settings.session_count
        self.sessions: Sessions[Clock] = Sessions(clock or CLOCKS[settings.clock], ttl, count, self._forget)
        self.journal = _journal(settings)
        self.lock = threading.RLock()
        self.chores = Chores(self)
        self.bell = Bell()
        self._log = log
        self._standing: tuple[Rule, ...] = ()
        self._filed: tuple[Rule, ...] = ()
        self.watcher = self._watched(settings.rules, told) if settings.rules else None

    def answer(self, request: Request) -> Visit:
        """The answer to the next request; what it changes is remembered at once."""
        with self.lock:
            session, fault = self._led(request)
            session.number += 1
            record = None
            if self.journal is not None:
                record = self.journal.open(request, session.id, session.clock(), time.monotonic())
                self.bell.ring(record)
            answer = self._walk(session, request) if fault is None else engine.refuse(fault, request, _luck(session))
        if request.upload is not None:
            self.uploads.settle(request.upload.blob, kept=answer.reply.status == 200)
        return Visit(answer, session, record, session.age, self.lock)

    def repeat(self, request: Request) -> Reply | None:
        """The answer to the next request where it is there at once, since the same was answered before.

        For log and journal it is over when this returns, so whoever asks sends it without delay. None where it isn't
        there, or where somebody listens to how it comes and goes.
        """
        notes, journal = request.notes, self.journal
        if notes is None or notes.answered is None or not (notes.can_repeat or journal is None):
            return None
        with self.lock:
            session, fault = self._led(request)
            answer = None if fault or self.bell.is_heard(session.id) else self._repeat(session, request)
        if answer is None:
            return None
        if self._log is not None:
            self._log(_named(answer.exchange, session))
        return answer.reply

    def _repeat(self, session: Session[Clock], request: Request) -> Answer | None:
        house = self.house_of(session)
        session.number += 1
        luck = _luck(session, house.settings.seed)
        answer, told = engine.repeat(house, request, luck, self.store.view(session.id, luck.now)) or (None, None)
        if answer is None or told is None or not (not answer.changes or self.store.apply(session.id, answer.changes)):
            session.number -= 1
            return None
        if self.journal is not None:
            self.journal.add(request, session.id, told, luck, session.used)
        return answer

    def _named_uploads(self) -> set[str]:
        """The uploads that memory knows of, or would know of again after a roll back."""
        with self.lock:
            memories = [self.store.snapshot(session.id) for session in self.sessions]
            memories += [mark.memory for session in self.sessions for mark in session.marks.values()]
            return {entry.value.blob for memory in memories for key, entry in memory.items() if key[0] == FILE}

    def _led(self, request: Request) -> tuple[Session[Clock], ApiError | None]:
        """The session of a request; the default one, and a refusal, where it names one that can't be."""
        id = engine.session_of(self.settings, request)
        if self.sessions.find(id) is None and (why := objection(id)):
            return self.open(), refusal("session_impossible", why=why)
        session = self.open(id)
        if session.ends and (over := session.over(session.clock())):
            self.remove_rules(session, over)
        if self.chores:
            self.chores.catch_up(session, request.path)
        return session, None

    def known(self) -> Known:
        """What rules may name here; see `ruling.known`."""
        from fakeapi.adapters import plugins

        plugins.load()
        return ruling.known(patterns=plugins.PATTERNS)

    def close(self, visit: Visit, outcome: str) -> None:
        """The exchange is over: `completed`, `cut` or `client left`."""
        answer, session, record, age, _ = visit
        exchange = _named(answer.exchange, session)
        left, diagnosis = engine.finish(answer, outcome), answer.diagnosis
        if left or record is not None:
            with self.lock:
                if left and session.age == age:
                    self.store.apply(session.id, left)
                if record is not None:
                    why = diagnosis.as_json() if diagnosis else None
                    record.close(exchange, answer.reply.headers, outcome, session.clock(), time.monotonic(), why)
                    self.bell.ring(record)
        if self._log is not None:
            told = exchange if outcome == "completed" else exchange._replace(outcome=outcome)
            self._log(told._replace(diagnosis=diagnosis) if diagnosis else told)

    def stop(self) -> None:
        """Watch over no rule files any more, and let go of the uploaded ones."""
        if self.watcher is not None:
            self.watcher.stop()
        self.uploads.close()

    def open(self, id: str = DEFAULT) -> Session[Clock]:
        """The session of this id, born now if there is none."""
        return self.sessions.open(id, time.monotonic())

    def check(self, changed: Mapping[str, Any], before: Mapping[str, Any] = MappingProxyType({})) -> None:
        """FakeapiError where a session can't have these settings, beside those it has."""
        for name in sorted(changed.keys() - OWN):
            known = name in {setting.name for setting in fields(Settings)}
            why = "belongs to the whole server" if known else "is no setting"
            raise FakeapiError(f"{name} {why}; a session may have its own {', '.join(sorted(OWN))}")
        engine.furnish(self.house, replace(self.settings, **{**before, **changed}), source="")

    def change(self, session: Session[Clock], **changed: Any) -> None:
        """From now on, these settings hold in a session. FakeapiError for those that only a whole server has."""
        with self.lock:
            self.check(changed, session.changed)
            session.change(changed)

    def remove_rules(self, session: Session[Clock], names: Collection[str]) -> None:
        """Ask these rules no more, and forget what they have answered."""
        with self.lock:
            session.set_rules(tuple(rule for rule in session.rules if rule.name not in names))
            self.forget_rules(session, names)

    def forget_rules(self, session: Session[Clock], names: Collection[str]) -> None:
        """Forget how often these rules have answered, and where their scenarios are."""
        keys = [key for name in names for key in (ruling.used_key(name), ruling.turn_key(name))]
        self.store.apply(session.id, map(Drop, keys))

    def reset(self, session: Session[Clock]) -> None:
        """Let a session begin anew: nothing remembered, no rules or settings of its own, its exchanges from 1."""
        with self.lock:
            self._forget(session.id)
            session.begin_anew(self.sessions.new_clock())

    def mark(self, session: Session[Clock], name: str) -> None:
        """Take a snapshot of a session under a name."""
        with self.lock:
            last = 0 if self.journal is None else self.journal.last
            session.mark(name, self.store.snapshot(session.id), _forked(session.clock), last)

    def roll_back(self, session: Session[Clock], name: str) -> None:
        """Let a session be what it was when the snapshot of this name was taken. KeyError if there is none."""
        with self.lock:
            mark = session.marks[name]
            shared = self.sessions.new_clock() is session.clock
            session.go_back(mark, session.clock if shared else _forked(mark.clock))
            self.store.restore(session.id, mark.memory)
            self.chores.look_at(session.id)
            if self.journal is not None:
                self.journal.rollback(session.id, mark.journal)

    def set_rules(self, rules: tuple[Rule, ...]) -> None:
        """From now on, these are the rules of all sessions, after those that stand."""
        with self.lock:
            self._filed = rules
            self.house = replace(self.house, rules=(*self._standing, *rules))
            for session in self.sessions:
                session.house = None

    def stand(self, rules: tuple[Rule, ...]) -> None:
        """From now on, these are rules of all sessions, too, whatever becomes of files."""
        self._standing = rules
        self.set_rules(self._filed)

    def _watched(self, paths: tuple[str, ...], told: Callable[[tuple[Problem, ...]], None]) -> Watcher:
        """The rule files, read, and from now on read again whenever they are saved, as long as there is this porter."""
        from fakeapi.adapters.watcher import Watcher

        porter = ref(self)

        def changed(rules: tuple[Rule, ...]) -> None:
            if (here := porter()) is not None:
                here.set_rules(rules)

        watcher = Watcher(paths, self.known(), changed, told)
        self.set_rules(watcher.rules)
        watcher.start()
        finalize(self, watcher.stop)
        return watcher

    def _walk(self, session: Session[Clock], request: Request) -> Answer:
        """The engine's answer; walked again where another process has changed what it was decided from."""
        house = self.house_of(session)
        luck = _luck(session, house.settings.seed)
        now = luck.now
        while True:
            answer = engine.handle(house, request, luck, self.store.view(session.id, now))
            if not answer.changes:
                return answer
            if self.store.apply(session.id, answer.changes):
                self.chores.notice(session.id, answer.changes)
                return answer

    def house_of(self, session: Session[Clock]) -> House:
        """The house that answers in a session."""
        return session.house or self._furnished(session)

    def _furnished(self, session: Session[Clock]) -> House:
        """The house of a session: the server's, or one of its own."""
        session.house = house = self.house
        if session.changed:
            house = engine.furnish(house, session.settings(self.settings), house.rules)
        if session.rules:
            house = replace(house, rules=session.asked(house.rules))
        if house.settings.unmatched == "error":
            house = replace(house, elsewhere=lambda: self._rules_elsewhere(session.id))
        session.house = house
        return house

    def _rules_elsewhere(self, id: str) -> tuple[Rule, ...]:
        """The rules of other sessions, as near misses name them."""
        others = (rule for other in reversed(tuple(self.sessions)) if other.id != id for rule in other.rules)
        return tuple(islice(others, _STRANGERS))

    def _forget(self, id: str) -> None:
        self.store.drop(id)
        if self.journal is not None:
            self.journal.drop(id)


def _luck(session: Session[Clock], seed: int = 0) -> Chance:
    """The ids of a session's next exchange. Under a virtual clock equal sessions have equal ids; under a real one, no
    two sessions of a server have an id in common."""
    clock = session.clock
    salt = digest(session.id) if session.id != DEFAULT and isinstance(clock, RealClock) else b""
    return Chance(seed, session.number, clock(), salt)


def _named(exchange: Exchange, session: Session[Clock]) -> Exchange:
    """An exchange as log and journal know it."""
    return exchange if session.id == DEFAULT else exchange._replace(session=session.id)


def _forked(clock: Clock) -> Clock:
    """A clock that shows the same time and goes on by itself; one of a user's own making is shared."""
    fork: Callable[[], Clock] | None = getattr(clock, "fork", None)
    return clock if fork is None else fork()


def _journal(settings: Settings) -> Journal | None:
    if not settings.journal_entries:
        return None
    return Journal(settings.journal_entries, max(settings.journal_mb, 1) * 1_000_000)


def _bounds(settings: Settings) -> dict[str, Bound]:
    return {
        "rule": _SMALL,
        "turn": _SMALL,
        "cache": Bound(settings.cache_entries),
        "thread": Bound(settings.thread_entries, settings.thread_mb * 1_000_000),
        blobs.BLOB: Bound(blobs.MOST_PARTS, settings.batch_mb * 1_000_000),
    }
