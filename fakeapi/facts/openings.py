"""How long bodies begin: an agent's next request is its last one and some more, so only what is new is parsed.

A body that is written like one that came before, up to the end of one of its messages, is read from there on.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from fakeapi.facts import familiar
from fakeapi.facts.familiar import LARGEST, Conversation, recognized
from fakeapi.model import Json

_NAME, _WRITTEN_NAME = "\0", b"\\u0000"
"""A name that hardly any body has; a NUL can't be written otherwise in JSON."""
_BETWEEN, _BEHIND = b"[[{}", b'{"%b":[{}' % _WRITTEN_NAME
"""What stands in for all up to the end of a message: an object, behind which nothing goes on that isn't JSON, and as
deep."""
_GRAIN = 256
_MESSAGES = re.compile(rb'"messages"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')


class Opening(NamedTuple):
    """How a body is written that was read.

    Attributes:
        body, value: its bytes, and what they say.
        head: its members before the messages.
        ends: where its messages end, from the first one on; not all of them where a client writes one otherwise than
            we do.
        rest: what comes behind the last message; None where that isn't known.
    """

    body: bytes
    value: Json
    head: Json
    ends: list[int]
    rest: bytes | None


class Whole(NamedTuple):
    """A body that was read as a whole, and what it says: how it begins is looked for once another one begins alike."""

    body: bytes
    value: Json


class Read(NamedTuple):
    """What a body says, what of it did not come before, in the places where it stands, and how it begins: to be kept
    once the body is found good."""

    value: Any
    strange: Any
    opening: Opening | Whole | None = None


def read(body: bytes) -> Read:
    """The JSON value of a long body. Raises orjson.JSONDecodeError."""
    if len(body) > LARGEST:
        value = orjson.loads(body)
        return Read(value, value)
    return _gone_on(body) or _new(body)


def keep(found: Read) -> None:
    """Remember how a body begins that was found good."""
    if found.opening is not None and (known := familiar.conversation(found.value["messages"])) is not None:
        known.opening = found.opening


def _new(body: bytes) -> Read:
    value, strange = recognized(orjson.loads(body), len(body))
    return Read(value, strange, None if value is strange else Whole(body, value))


def _gone_on(body: bytes) -> Read | None:
    """What a body says that begins like one before; None for any other, and for one that had better be read anew."""
    same, before = 0, None
    for each in familiar.conversations():
        opening = each.opening
        if isinstance(opening, Whole) and body.startswith(opening.body[:_GRAIN]):
            opening = each.opening = _opening(opening, body)
        if isinstance(opening, Opening) and (more := _shared(opening, body)) > same:
            same, before = more, (each, opening)
    return None if before is None else _continued(body, *before, same)


def _continued(body: bytes, before: Conversation, opening: Opening, same: int) -> Read | None:
    more = _between(opening, body, same)
    given = opening.value if more is not None else None
    if given is None:
        more, members = _behind(body, opening.ends[same - 1])
        if more is None or "messages" in members:
            return None
        given = {**opening.head, "messages": None, **members}
    messages = [*before.part[:same], *(more or ())]
    value, strange = recognized({**given, "messages": messages}, len(body), before, same)
    ends = _ends(body, value["messages"], opening.ends[:same])
    rest = body[ends[-1] :] if len(ends) == len(messages) else None
    return Read(value, strange, Opening(body, value, opening.head, ends, rest))


def _shared(opening: Opening, body: bytes) -> int:
    """How many messages at the beginning of a body are written as in the opening, and all before them.

    Most often all but the last few are: the search begins there.
    """
    written, ends = opening.body, opening.ends
    if not body.startswith(written[: ends[0]]):
        return 0
    low, high, step = 1, len(ends), 0
    while low < high:
        at = max(low + 1, high - step)
        if body.startswith(written[: ends[at - 1]]):
            low, step = at, (high - at) // 2
        else:
            high, step = at - 1, 2 * step + 1
    return low


def _between(opening: Opening, body: bytes, same: int) -> list[Any] | None:
    """The messages behind those, where all that follows the last one is as in the opening."""
    start, rest = opening.ends[same - 1], opening.rest
    if rest is None or len(body) - len(rest) < start or not body.endswith(rest):
        return None
    try:
        found: list[list[Any]] = orjson.loads(b"%b%b]]" % (_BETWEEN, body[start : len(body) - len(rest)]))
    except orjson.JSONDecodeError:
        return None
    return found[0][1:] if len(found) == 1 else None


def _behind(body: bytes, start: int) -> tuple[list[Any] | None, Json]:
    """The messages and members behind the end of a message; None for what can't be read so."""
    written = body[start:]
    try:
        found: Json = {} if _WRITTEN_NAME in written else orjson.loads(_BEHIND + written)
    except orjson.JSONDecodeError:
        found = {}
    more = found.pop(_NAME, None)
    return (None if more is None else more[1:]), found


def _opening(known: Whole, like: bytes) -> Opening | Whole | None:
    """How a body begins that was read as a whole; None where no place of its messages can be told for sure. Itself as
    long as that isn't worth while, since the other one has another first message."""
    body, value = known
    messages = value["messages"]
    first = familiar.written(messages[0])
    places = _MESSAGES.finditer(body) if first else ()
    place = next((place for place in places if body.startswith(first, place.end())), None)
    if place is None:
        return None
    start = place.end()
    if not like.startswith(body[: start + len(first)]):
        return known
    head = _head(body[: place.start()])
    if head is None:
        return None
    ends = _ends(body, messages, [start + len(first)])
    more, members = _behind(body, ends[-1])
    if more is None or "messages" in members:
        return None
    if {**head, "messages": [*messages[: len(ends)], *more], **members} != value:
        return None
    return Opening(body, value, head, ends, body[ends[-1] :] if not more else None)


def _head(written: bytes) -> Json | None:
    """The members before the messages, where these are what comes next."""
    try:
        found: Json = orjson.loads(written + b'"messages":0}')
    except orjson.JSONDecodeError:
        return None
    return found if type(found) is dict and found.pop("messages", None) == 0 else None


def _ends(body: bytes, messages: list[Any], ends: list[int]) -> list[int]:
    """Where messages end; the first ends are known. Up to one that is written otherwise than we do, or isn't familiar:
    what is nested too deep to be remembered is measured each time."""
    at = ends[-1]
    for message in messages[len(ends) :]:
        written = familiar.written(message)
        if not written or body[at : at + 1] != b"," or not body.startswith(written, at + 1):
            break
        at += 1 + len(written)
        ends.append(at)
    return ends
