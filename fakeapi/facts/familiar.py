"""Parts of requests that came before: an agent sends its tools and its whole conversation with each of its requests.

`recognized` puts the object of then in the place of a part that is written equally, so that what `about` found out
about it holds now; a conversation that goes on shares with what it was before. Nobody changes what a request holds, nor
what was found. Bounded in bytes; threads may share it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import orjson

from fakeapi.facts.nesting import is_deeper

LARGEST = 2_000_000
"""Bytes of a body up to which its parts are remembered; those of a generation, of which there are two."""
DEEPEST = 100
"""Levels of nesting of the parts that are remembered: a recognized one need not be measured again."""
_WHOLE = ("tools", "system")
_MOST_FOUND = 64
_MOST_CONVERSATIONS = 4

_Found = TypeVar("_Found")


class _Known:
    """A part that came before, and what was found out about it."""

    __slots__ = ("found", "part")

    def __init__(self, part: Any) -> None:
        self.part = part
        self.found: dict[Hashable, Any] = {}

    def about(self, find: Callable[..., _Found], given: tuple[Hashable, ...]) -> _Found:
        """What `find` finds out, found once."""
        found, key = self.found, (find, given) if given else find
        if key in found:
            return found[key]  # type: ignore[no-any-return]
        if len(found) >= _MOST_FOUND:
            found.clear()
        value = found[key] = find(self.part, *given)
        return value


class _Conversation(_Known):
    """All messages of a request. What was found of the first `same` of them, `before`, holds for them."""

    __slots__ = ("before", "same")

    def __init__(self, messages: list[Any], before: _Conversation | None) -> None:
        super().__init__(messages)
        self.before = before
        self.same = 0 if before is None else _common(before.part, messages)

    def each(self, find: Callable[..., _Found], placed: bool) -> list[_Found]:
        """What `find` finds out about each message."""
        key = (find, placed)
        found: list[_Found] | None = self.found.get(key)
        if found is None:
            before = self.before
            shared = before.found.get(key, [])[: self.same] if before else []
            found = self.found[key] = [*shared, *_each(self.part, find, placed, len(shared))]
        return found

    def so_far(self, step: Callable[[_Found, Any], _Found], start: _Found, given: Hashable) -> list[_Found]:
        """What `step` makes of what was found of the messages before, and of each message."""
        key = (step, given)
        found: list[_Found] | None = self.found.get(key)
        if found is None:
            before = self.before
            shared = before.found.get(key, [])[: self.same] if before else []
            found = self.found[key] = _so_far(self.part, step, start, shared)
        return found


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many objects at the beginning are the very same."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (mine, yours) in enumerate(pairs) if mine is not yours), min(len(one), len(other)))


class _Memory:
    """Two generations of parts by how they are written; the older is forgotten when the younger is full.

    And the last few conversations by their first message.
    """

    def __init__(self) -> None:
        self.young: dict[bytes, _Known] = {}
        self.old: dict[bytes, _Known] = {}
        self.met: dict[int, _Known] = {}
        self.size = 0
        self.conversations: dict[int, _Conversation] = {}

    def recognize(self, part: Any) -> _Known | None:
        """What is known of a part; None for a new one, which is remembered unless it is nested too deep."""
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
        self._remember(written, known or _Known(part))
        return known

    def _remember(self, written: bytes, known: _Known) -> None:
        self.size += len(written)
        if self.size > LARGEST:
            self.old, self.young, self.size = self.young, {}, len(written)
            self.conversations = {}
            self.met = {id(each.part): each for each in self.old.values()}
        self.young[bytes(memoryview(written))] = known
        self.met[id(known.part)] = known

    def follow(self, messages: list[Any]) -> None:
        """A conversation that has come, or gone on."""
        first = id(messages[0])
        before = self.conversations.pop(first, None)
        if before is not None:
            self.met.pop(id(before.part), None)
            before.before = None
        elif len(self.conversations) >= _MOST_CONVERSATIONS:
            oldest = self.conversations.pop(next(iter(self.conversations)))
            self.met.pop(id(oldest.part), None)
        self.conversations[first] = self.met[id(messages)] = _Conversation(messages, before)


_memory = _Memory()


def recognized(body: Any, size: int) -> tuple[Any, Any]:
    """A parsed body of so many bytes with the parts that came before, and what of it did not, in the places where it
    stands."""
    messages = body.get("messages") if type(body) is dict and size <= LARGEST else None
    if type(messages) is not list or not messages:
        return body, body
    same, strange = {**body}, {**body}
    for name in _WHOLE:
        if type(body.get(name)) is list and (known := _memory.recognize(body[name])):
            same[name], strange[name] = known.part, None
    found = [(message, _memory.recognize(message) if type(message) is dict else None) for message in messages]
    same["messages"] = [known.part if known else message for message, known in found]
    strange["messages"] = [message for message, known in found if known is None]
    _memory.follow(same["messages"])
    return same, strange


def about(part: Any, find: Callable[..., _Found], *given: Hashable) -> _Found:
    """`find(part, *given)`, found once for a part that came before. It depends on these alone."""
    known = _memory.met.get(id(part))
    if known is None or known.part is not part:
        return find(part, *given)
    return known.about(find, given)


def about_all(parts: Sequence[Any], find: Callable[..., _Found], placed: bool = False) -> list[_Found]:
    """The same about each of several parts: messages, as a rule. Where it is `placed`, `find` takes the index, too."""
    known = _memory.met.get(id(parts))
    if type(known) is _Conversation and known.part is parts:
        return known.each(find, placed)
    return _each(parts, find, placed)


def about_so_far(
    parts: Sequence[Any], step: Callable[[_Found, Any], _Found], start: _Found, given: Hashable = None
) -> list[_Found]:
    """`step(found, part)` for each of several parts, `found` being what came of the part before, `start` at first.

    `given` tells one start from others.
    """
    known = _memory.met.get(id(parts))
    if type(known) is _Conversation and known.part is parts:
        return known.so_far(step, start, given)
    return _so_far(parts, step, start, [])


def _so_far(
    parts: Sequence[Any], step: Callable[[_Found, Any], _Found], start: _Found, found: list[_Found]
) -> list[_Found]:
    last = found[-1] if found else start
    for part in parts[len(found) :]:
        last = step(last, part)
        found.append(last)
    return found


def _each(parts: Sequence[Any], find: Callable[..., _Found], placed: bool, since: int = 0) -> list[_Found]:
    if placed:
        return [about(parts[at], find, at) for at in range(since, len(parts))]
    return [about(part, find) for part in (parts[since:] if since else parts)]
