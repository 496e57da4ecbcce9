"""Parts of requests that came before: an agent sends its tools and its whole conversation with each of its requests.

`recognized` puts the object of then in the place of a part that is written equally, so that what `about` found out
about it holds now; a conversation that goes on shares with what it was before. Nobody changes what a request holds, nor
what was found. Bounded in bytes and in messages; threads may share it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from operator import is_
from threading import Lock
from typing import Any, TypeVar

import orjson

from fakeapi.facts.nesting import is_deeper
from fakeapi.model import Json

LARGEST = 2_000_000
"""Bytes of a body up to which its parts are remembered; those of a generation, of which there are two."""
DEEPEST = 100
"""Levels of nesting of the parts that are remembered: a recognized one need not be measured again."""
_WHOLE = ("tools", "system")
_MOST_FOUND = 64
_MOST_CONVERSATIONS = 6
_MOST_MESSAGES = 2000
"""Messages of a conversation that is followed: what is found out about each takes more memory than a short one."""
_REWRITTEN = 3
"""How many of its last messages a client may write anew as a conversation goes on: cache marks move along."""

_NOTHING: Mapping[Hashable, int] = {}
_UNKNOWN: Any = object()

_Found = TypeVar("_Found")


class _Known:
    """A part that came before, how it is written, and what was found out about it."""

    __slots__ = ("found", "part", "settled", "written")

    def __init__(self, part: Any, written: bytes = b"") -> None:
        self.part = part
        self.written = written
        self.found: dict[Hashable, Any] = {}
        self.settled: Mapping[Hashable, int] = _NOTHING

    def about(self, find: Callable[..., _Found], given: tuple[Hashable, ...]) -> _Found:
        """What `find` finds out, found once."""
        found, key = self.found, (find, given) if given else find
        value: _Found = found.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            if len(found) >= _MOST_FOUND:
                found.clear()
            value = found[key] = find(self.part, *given)
        return value


class Conversation(_Known):
    """All messages of a request, in `part`. What was found of the first `same` of them, `before`, holds for them.

    Attributes:
        opening: how its body begins; see `openings`.
    """

    __slots__ = ("before", "opening", "same")

    def __init__(self, messages: list[Any], before: Conversation | None, same: int) -> None:
        super().__init__(messages)
        self.before = before
        self.same = same
        if before is not None and before.settled:
            self.settled = {by: min(many, same) for by, many in before.settled.items()}
        self.opening: Any = None

    def each(self, find: Callable[..., _Found], placed: bool) -> list[_Found]:
        """What `find` finds out about each message."""
        key = (find, placed)
        found: list[_Found] | None = self.found.get(key)
        if found is None:
            shared = self._shared(key)
            found = self.found[key] = shared + _each(self.part, find, placed, len(shared))
        return found

    def each_of(self, found_of_each: Sequence[Any], find: Callable[[Any], _Found]) -> list[_Found]:
        """What `find` finds out about what was found of each message."""
        key = (find, None)
        found: list[_Found] | None = self.found.get(key)
        if found is None:
            shared = self._shared(key)
            found = self.found[key] = shared + [find(one) for one in found_of_each[len(shared) :]]
        return found

    def so_far(self, step: Callable[[_Found, Any], _Found], start: _Found, key: Hashable, since: int) -> list[_Found]:
        """What `step` makes of what was found of the messages before, and of each message from that of an index on."""
        key = (key, since)
        found: list[_Found] | None = self.found.get(key)
        if found is None:
            found = self.found[key] = _so_far(self.part, step, start, self._shared(key, since), since)
        return found

    def _shared(self, key: Hashable, since: int = 0) -> list[Any]:
        before = self.before
        found: list[Any] = before.found.get(key, [])[: max(0, self.same - since)] if before else []
        return found


def _common(one: Sequence[Any], other: Sequence[Any], since: int = 0) -> int:
    """How many objects at the beginning are the very same; the first `since` are known to be."""
    alike = map(is_, islice(one, since, None), islice(other, since, None))
    return next((at for at, same in enumerate(alike, since) if not same), min(len(one), len(other)))


class _Memory:
    """Two generations of parts by how they are written; the older is forgotten when the younger is full.

    And the last few conversations, the latest last.
    """

    def __init__(self) -> None:
        self.young: dict[bytes, _Known] = {}
        self.old: dict[bytes, _Known] = {}
        self.met: dict[int, _Known] = {}
        self.size = 0
        self.conversations: tuple[Conversation, ...] = ()

    def recognize(self, part: Any) -> _Known | None:
        """What is known of a part; None for a new one, which is remembered unless it is nested too deep."""
        known = self.met.get(id(part))
        if known is not None and known.part is part:
            return known
        try:
            written = orjson.dumps(part)
        except TypeError:
            return None
        known = self.young.get(written)
        if known is not None:
            return known
        known = self.old.get(written)
        if known is None and is_deeper(part, DEEPEST):
            return None
        self._remember(known or _Known(part, bytes(memoryview(written))))
        return known

    def _remember(self, known: _Known) -> None:
        self.size += len(known.written)
        if self.size > LARGEST:
            self.old, self.young, self.size = self.young, {}, len(known.written)
            self.conversations = ()
            self.met = {id(each.part): each for each in self.old.values()}
        self.young[known.written] = known
        self.met[id(known.part)] = known

    def follow(self, messages: list[Any], before: Conversation | None, same: int) -> None:
        """A conversation that has come, or gone on; it shares the first `same` messages at least with one `before`."""
        if before is None or before not in self.conversations:
            shared = [(_common(each.part, messages), each) for each in self._begun_like(messages)]
            same, before = max(shared, key=lambda one: one[0], default=(0, None))
        else:
            same = _common(before.part, messages, same)
        now = Conversation(messages, before, same)
        kept = list(self.conversations)
        if before is not None:
            before.before = None
        if before is not None and same + _REWRITTEN >= len(before.part):
            kept.remove(before)
            self.met.pop(id(before.part), None)
        if len(kept) >= _MOST_CONVERSATIONS:
            self.met.pop(id(kept.pop(0).part), None)
        self.conversations = (*kept, now)
        self.met[id(messages)] = now

    def _begun_like(self, messages: list[Any]) -> list[Conversation]:
        return [each for each in self.conversations if each.part[0] is messages[0]]


_memory = _Memory()
_recognizing = Lock()
"""Held while the memory changes, by one of several servers in one process."""


def recognized(body: Any, size: int, before: Conversation | None = None, same: int = 0) -> tuple[Any, Any]:
    """A parsed body of so many bytes with the parts that came before, and what of it did not, in the places where it
    stands. Its first `same` messages are those of the conversation `before`, if there is one."""
    messages = body.get("messages") if type(body) is dict and size <= LARGEST else None
    if type(messages) is not list or not messages:
        return body, body
    with _recognizing:
        return _exchanged(body, messages, before, same)


def _exchanged(body: Json, messages: list[Any], before: Conversation | None, same: int) -> tuple[Json, Json]:
    """The same of a body that has messages."""
    whole, strange = {**body}, {**body}
    for name in _WHOLE:
        if type(body.get(name)) is list and (known := _memory.recognize(body[name])):
            whole[name], strange[name] = known.part, None
    new = messages[same:]
    found = [(message, _memory.recognize(message) if type(message) is dict else None) for message in new]
    whole["messages"] = messages[:same] + [known.part if known else message for message, known in found]
    strange["messages"] = [message for message, known in found if known is None]
    if len(messages) <= _MOST_MESSAGES:
        _memory.follow(whole["messages"], before, same)
    return whole, strange


def conversations() -> tuple[Conversation, ...]:
    """Those that are followed, the latest last."""
    return _memory.conversations


def conversation(messages: Any) -> Conversation | None:
    """The conversation of these very messages, if it is followed."""
    known = _memory.met.get(id(messages))
    return known if type(known) is Conversation and known.part is messages else None


def written(part: Any) -> bytes:
    """How a part that came before is written; b"" for another one."""
    known = _memory.met.get(id(part))
    return known.written if known is not None and known.part is part else b""


def settled(part: Any, by: Hashable) -> int:
    """Of how many messages, or items, at the beginning of a list `settle` was told."""
    known = _memory.met.get(id(part))
    return 0 if known is None or known.part is not part else known.settled.get(by, 0)


def settle(part: Any, by: Hashable) -> None:
    """Each item of this list was looked at, and is good whatever stands around it: that is remembered of a list that
    came before, and of messages that are followed."""
    known = _memory.met.get(id(part))
    if known is not None and known.part is part and known.settled.get(by) != len(part):
        kept = known.settled if len(known.settled) < _MOST_FOUND else {}
        known.settled = {**kept, by: len(part)}


def about(part: Any, find: Callable[..., _Found], *given: Hashable) -> _Found:
    """`find(part, *given)`, found once for a part that came before. It depends on these alone."""
    known = _memory.met.get(id(part))
    if known is None or known.part is not part:
        return find(part, *given)
    return known.about(find, given)


def about_all(parts: Sequence[Any], find: Callable[..., _Found], placed: bool = False) -> list[_Found]:
    """The same about each of several parts: messages, as a rule. Where it is `placed`, `find` takes the index, too.

    Nobody changes the list.
    """
    known = conversation(parts)
    return _each(parts, find, placed) if known is None else known.each(find, placed)


def about_found(parts: Sequence[Any], found: Sequence[Any], find: Callable[[Any], _Found]) -> list[_Found]:
    """What `find` makes of each of what was `found` of several parts, one of each, by one and the same finder."""
    known = conversation(parts)
    return [find(one) for one in found] if known is None else known.each_of(found, find)


def about_so_far(
    parts: Sequence[Any],
    step: Callable[[_Found, Any], _Found],
    start: _Found,
    given: Hashable = None,
    since: int = 0,
) -> list[_Found]:
    """`step(found, part)` for each of several parts from that of the index `since` on, `found` being what came of the
    part before, `start` at first.

    `given` tells all that `start` and the arguments of a `step` that is partial depend on. Nobody changes the list.
    """
    known = conversation(parts)
    if known is None:
        return _so_far(parts, step, start, [], since)
    return known.so_far(step, start, (getattr(step, "func", step), given), since)


def _so_far(
    parts: Sequence[Any], step: Callable[[_Found, Any], _Found], start: _Found, found: list[_Found], since: int
) -> list[_Found]:
    last = found[-1] if found else start
    for part in parts[since + len(found) :]:
        last = step(last, part)
        found.append(last)
    return found


def _each(parts: Sequence[Any], find: Callable[..., _Found], placed: bool, since: int = 0) -> list[_Found]:
    met, places = _memory.met, range(since, len(parts))
    if not any(id(parts[at]) in met for at in places):
        return [find(parts[at], at) for at in places] if placed else [find(parts[at]) for at in places]
    return [about(parts[at], find, at) if placed else about(parts[at], find) for at in places]
