"""Which entries belong together: attempts of one asking, and requests that go on with an earlier answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeAlias

from fakeapi.facts import catalogue
from fakeapi.memory.entries import Entry
from fakeapi.memory.grading.attempts import Attempt, blocks_of
from fakeapi.memory.grading.verdicts import Limits
from fakeapi.model import Model

Asking: TypeAlias = tuple[Attempt, ...]
"""One thing that a client asked for: its first request, and those that ask for the same because it failed."""


class Sequel(NamedTuple):
    """A request that goes on with an earlier answer.

    Attributes:
        before: the attempt whose answer it is. after: the later request.
        at: where among its messages the answer stands; -1 where the server holds the conversation (`thread`).
    """

    before: Attempt
    after: Attempt
    at: int


class Trail:
    """What came to one session, in order, and how it belongs together."""

    def __init__(self, entries: Iterable[Entry], limits: Limits, known: Mapping[str, Model]) -> None:
        self.attempts = [Attempt(entry) for entry in entries]
        self.limits = limits
        self.known = known

    @cached_property
    def askings(self) -> list[Asking]:
        """The attempts, by what they ask for."""
        return [tuple(asking) for asking in askings(self.attempts)]

    @cached_property
    def sequels(self) -> list[Sequel]:
        """Which requests go on with which answers, in the order of the later ones."""
        return list(sequels([attempt for attempt in self.attempts if attempt.entry.is_message]))

    def first_sequels(self) -> Iterator[Sequel]:
        """For each answer that a request goes on with, the first such request."""
        seen: set[int] = set()
        for sequel in self.sequels:
            if sequel.before.number not in seen:
                seen.add(sequel.before.number)
                yield sequel


def trails(entries: Iterable[Entry], limits: Limits, known: Mapping[str, Model] | None = None) -> list[Trail]:
    """The entries, session by session."""
    by_session: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.number):
        by_session[entry.session].append(entry)
    models = catalogue.standard().names if known is None else known
    return [Trail(group, limits, models) for group in by_session.values()]


def askings(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """Attempts of one asking: the same request of the same caller, after it failed.

    An SDK says which retry it is (`x-stainless-retry-count`); other clients just ask again, within the time that
    `_SOON` gives. The same request after an answer is another asking, as is one that comes while the first is open.
    """
    found: list[list[Attempt]] = []
    waiting: dict[tuple[object, ...], list[list[Attempt]]] = defaultdict(list)
    for attempt in attempts:
        alike = waiting[_identity(attempt)]
        asking = _asked_before(attempt, alike)
        if asking is None:
            asking = []
            found.append(asking)
            alike.append(asking)
        asking.append(attempt)
    return found


_SOON = 600.0


def _identity(attempt: Attempt) -> tuple[object, ...]:
    entry = attempt.entry
    return (entry.method, entry.path, entry.query, entry.caller, entry.body)


def _asked_before(attempt: Attempt, alike: list[list[Attempt]]) -> list[Attempt] | None:
    """The asking that this is an attempt of: the one whose retries it counts on, else the oldest that has failed."""
    failed = [asking for asking in alike if asking[-1].failed and asking[-1].waited(attempt) <= _SOON]
    count = attempt.entry.attempt
    if not count:
        ended = (asking for asking in failed if _is_over(asking[-1], attempt))
        return next(ended, None)
    counted = [asking for asking in alike if asking[-1].entry.attempt == count - 1]
    return next((asking for asking in counted if asking in failed), counted[0] if counted else None)


def _is_over(before: Attempt, after: Attempt) -> bool:
    """Whether an answer had ended when a request came; of a cut that is known late."""
    until = before.entry.until
    return until is not None and (until < after.number or before.entry.outcome == "cut")


def sequels(attempts: list[Attempt]) -> Iterator[Sequel]:
    """Which requests go on with which answers: by a tool's id, by the thread, or by an equal conversation before."""
    by_tool: dict[str, Attempt] = {}
    by_message: dict[str, Attempt] = {}
    by_conversation: dict[bytes, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        known: set[int] = set()
        for sequel in (*_by_thread(attempt, by_message), *_by_tools(attempt, by_tool)):
            known.add(sequel.before.number)
            yield sequel
        for sequel in _by_conversation(attempt, by_conversation):
            if sequel.before.number not in known:
                yield sequel
        by_tool |= dict.fromkeys(attempt.tool_uses(), attempt)
        if attempt.message.get("id"):
            by_message[str(attempt.message["id"])] = attempt
        if attempt.whole_digest and attempt.content:
            by_conversation[attempt.whole_digest].append(attempt)


def _by_thread(attempt: Attempt, by_message: Mapping[str, Attempt]) -> Iterator[Sequel]:
    thread = attempt.body.get("thread")
    before = by_message.get(str(thread.get("previous_message_id"))) if isinstance(thread, dict) else None
    if before is not None:
        yield Sequel(before, attempt, -1)


def _by_tools(attempt: Attempt, by_tool: Mapping[str, Attempt]) -> Iterator[Sequel]:
    known: set[int] = set()
    for index, message in enumerate(attempt.messages):
        if message.get("role") != "assistant":
            continue
        for block in blocks_of(message):
            before = by_tool.get(str(block.get("id"))) if block.get("type") == "tool_use" else None
            if before is not None and before.number not in known:
                known.add(before.number)
                yield Sequel(before, attempt, index)


def _by_conversation(attempt: Attempt, by_conversation: Mapping[bytes, list[Attempt]]) -> Iterator[Sequel]:
    for index, digest in attempt.beginnings:
        for before in by_conversation.get(digest, ()):
            yield Sequel(before, attempt, index)
