"""Parts of requests that came before: an agent sends its tools and its whole conversation with each of its requests.

`recognized` puts the object of then in the place of a part that is written equally, so that what `about` found out
about it holds now. Nobody changes what a request holds, nor what was found. Bounded in bytes; threads may share it.
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

_Found = TypeVar("_Found")


class _Known:
    """A part that came before, and what was found out about it."""

    __slots__ = ("found", "part")

    def __init__(self, part: Any) -> None:
        self.part = part
        self.found: dict[Hashable, Any] = {}


class _Memory:
    """Two generations of parts by how they are written; the older is forgotten when the younger is full."""

    def __init__(self) -> None:
        self.young: dict[bytes, _Known] = {}
        self.old: dict[bytes, _Known] = {}
        self.met: dict[int, _Known] = {}
        self.size = 0

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
            self.met = {id(each.part): each for each in self.old.values()}
        self.young[written] = known
        self.met[id(known.part)] = known


_memory = _Memory()


def recognized(body: Any, size: int) -> tuple[Any, Any]:
    """A parsed body of so many bytes with the parts that came before, and what of it did not, in the places where it
    stands."""
    messages = body.get("messages") if type(body) is dict and size <= LARGEST else None
    if type(messages) is not list:
        return body, body
    same, strange = {**body}, {**body}
    for name in _WHOLE:
        if type(body.get(name)) is list and (known := _memory.recognize(body[name])):
            same[name], strange[name] = known.part, None
    found = [(message, _memory.recognize(message) if type(message) is dict else None) for message in messages]
    same["messages"] = [known.part if known else message for message, known in found]
    strange["messages"] = [message for message, known in found if known is None]
    return same, strange


def about_all(parts: Sequence[Any], find: Callable[[Any], _Found]) -> list[_Found]:
    """The same about each of several parts."""
    met, answers = _memory.met, []
    for part in parts:
        known = met.get(id(part))
        if known is not None and known.part is part and find in known.found:
            answers.append(known.found[find])
        else:
            answers.append(about(part, find))
    return answers


def about(part: Any, find: Callable[..., _Found], *given: Hashable) -> _Found:
    """`find(part, *given)`, found once for a part that came before. It depends on these alone."""
    known = _memory.met.get(id(part))
    if known is None or known.part is not part:
        return find(part, *given)
    found, key = known.found, (find, given) if given else find
    if key in found:
        return found[key]  # type: ignore[no-any-return]
    if len(found) >= _MOST_FOUND:
        found.clear()
    value = found[key] = find(part, *given)
    return value


