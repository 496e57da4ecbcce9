"""The prompt as a row of prefixes, each told by a digest and its tokens, and where a request wants them cached.

A prefix ends with a block: tools, then the system prompt, then messages (contract.md 11). Its digest changes with every
block up to its end, and with the settings that are written into the prompt before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias, overload

import orjson

from fakeapi.facts import counting, editing
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about, about_all
from fakeapi.model import Json, Model

SHORT, LONG = 300, 3600
"""The two lifetimes of what is cached, in seconds: `5m` and `1h`."""

EMPTY = "empty"
"""The kind of a text block without text."""

_SIZE = 16
_UNMARKABLE = frozenset({"thinking", "redacted_thinking", EMPTY})
_HOLDERS = frozenset({"tool_result", "document", "search_result"})
_SETTINGS_FIRST = "settings_before_tools"
_THINKING_DEFAULT = {"off": "disabled"}


class Point(NamedTuple):
    """The end of a prefix.

    Attributes:
        location: the block it ends with, as the API names places.
        digest: told by everything up to here; 32 hexadecimal digits.
        tokens: of everything up to here.
        kind: type of the block.
        ttl: seconds for which the request wants it cached; 0 where it doesn't.
    """

    location: str
    digest: str
    tokens: int
    kind: str
    ttl: int = 0


_Row: TypeAlias = "tuple[str, int, int, _Told]"
"""The location of a block, where the digests end of all up to it, their tokens, what is told of the block itself."""


class Points(Sequence[Point]):
    """Points in prompt order; each is made when it is looked at, since of hundreds few ever are."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self.said = bytearray()
        self._made: dict[int, Point] = {}

    @classmethod
    def of(cls, points: Iterable[Point]) -> Points:
        """Points that are made already."""
        found = cls()
        for at, point in enumerate(points):
            found._made[at] = point
            found.rows.append((point.location, 0, point.tokens, _Told(b"", point.kind, point.ttl)))
        return found

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Point: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Point, ...]: ...

    def __getitem__(self, at: int | slice) -> Point | tuple[Point, ...]:
        places = range(len(self.rows))[at]
        return self._point(places) if isinstance(places, int) else tuple(map(self._point, places))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Points) and tuple(self) == tuple(other)

    def _point(self, at: int) -> Point:
        if at not in self._made:
            location, end, tokens, told = self.rows[at]
            digest = blake2b(memoryview(self.said)[:end], digest_size=_SIZE).hexdigest()
            self._made[at] = Point(location, digest, tokens, told.kind, told.ttl)
        return self._made[at]


@dataclass(frozen=True)
class Prefixes:
    """The prefixes of one request in prompt order, its whole count, and the shortest prefix that its model caches."""

    points: Points
    whole: int
    minimum: int

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """Which of the points are to be cached: long enough, and asked for."""
        return tuple(at for at, row in enumerate(self.points.rows) if row[3].ttl and row[2] >= self.minimum)


def prefixes(body: Json, model: Model, sizes: Sizes | None = None) -> Prefixes | None:
    """The prefixes of what the model reads of a request; None where it asks for no caching."""
    if not asks_for_caching(body):
        return None
    parts = counting.parts(body, model, sizes)
    if editing.concerns(body):
        body = editing.edit(body, model, sizes or {}).body
        parts = counting.parts(body, model, sizes)
    return Prefixes(_points(parts, body, model), sum(part.tokens for part in parts), model.cache_minimum)


def _points(parts: list[counting.Part], body: Json, model: Model) -> Points:
    """No points where a body isn't of the contract's shape (the lenient contract modes let it pass)."""
    try:
        points = row(parts, body, model)
        automatic(points, body.get("cache_control"))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return Points()
    return points


def asks_for_caching(body: Json) -> bool:
    """Whether anything in a request, of whatever shape, is marked for caching."""
    if body.get("cache_control") is not None:
        return True
    held: list[Any] = [body.get("tools"), body.get("system")]
    messages = body.get("messages")
    if type(messages) is list:
        held += [message.get("content") for message in messages if type(message) is dict]
    return any(_is_marked(each) for each in held)


def _is_marked(items: Any) -> bool:
    if type(items) is not list:
        return False
    return any(type(item) is dict and (item.get("cache_control") is not None or _within(item)) for item in items)


def _within(item: Json) -> bool:
    return item.get("type") in _HOLDERS and any(map(_is_marked, _inner(item)))


def _inner(block: Json) -> tuple[Any, Any]:
    source = block.get("source")
    return block.get("content"), source.get("content") if type(source) is dict else None


def row(parts: Iterable[counting.Part], body: Json, model: Model) -> Points:
    """The points of a counted request; what the model doesn't read is no point."""
    points, tokens, reached, written = Points(), 0, 0, _settings(body, model)
    rows, said = points.rows, points.said
    tools, messages = about(body.get("tools"), _told_tools), about_all(body["messages"], _told_in)
    for part in parts:
        tokens += part.tokens
        if part.block is None:
            continue
        level = _MESSAGES if part.message >= 0 else _LEVELS[part.location.partition(".")[0]]
        if level >= reached:
            said += b"".join(map(_digest, written[reached : level + 1]))
            reached = level + 1
        if level == _MESSAGES:
            own = messages[part.message][part.at]
        else:
            own = tools[part.at] if level == _TOOLS else _told(part.block)
        said += own.digest
        rows.append((part.location, len(said), tokens, own))
    return points


_TOOLS, _SYSTEM, _MESSAGES = range(3)
_LEVELS = {"tools": _TOOLS, "system": _SYSTEM}


class _Told(NamedTuple):
    """What tells a block from others, its kind, and the seconds for which it is marked to be cached."""

    digest: bytes
    kind: str
    ttl: int


def _told(block: Json, role: str = "") -> _Told:
    """Of one block; `role` where it begins a message."""
    kind = str(block.get("type"))
    silent = kind == "text" and not block["text"]
    return _Told(_digest(role.encode() + b"\0" + said(block)), EMPTY if silent else kind, _ttl(block))


def _told_in(message: Json) -> tuple[_Told, ...]:
    parts = blocks(message.get("content"))
    return tuple(_told(part, "" if at else message["role"]) for at, part in enumerate(parts))


def _told_tools(tools: list[Json] | None) -> tuple[_Told, ...]:
    return tuple(map(_told, tools or ()))


def _digest(more: bytes) -> bytes:
    return blake2b(more, digest_size=_SIZE).digest()


def said(block: Json) -> bytes:
    """What a block puts into the prompt, as bytes: without its cache marks, and whoever it was that called.

    The order of keys counts within inputs and schemas, as it does for the API, but not between a block's members.
    """
    if block.get("type") == "text" and not block.get("citations"):
        return b"text\0" + str(block.get("text")).encode("utf-8", "surrogatepass")
    return orjson.dumps(_unmarked(block))


def _unmarked(block: Json) -> list[Any]:
    members = sorted((name, value) for name, value in block.items() if name != "cache_control" and value is not None)
    return [(name, _members(name, value)) for name, value in members if (name, value) != ("caller", _DIRECT)]


_DIRECT = {"type": "direct"}


def _members(name: str, value: Any) -> Any:
    if name == "content" and type(value) is list:
        return [_unmarked(item) if type(item) is dict else item for item in value]
    return _unmarked(value) if name == "source" and type(value) is dict else value


def _ttl(block: Json) -> int:
    """The lifetime that a block, or one within it, is marked with."""
    control = block.get("cache_control")
    if type(control) is dict:
        return _seconds(control)
    if block.get("type") not in _HOLDERS:
        return 0
    inner = [item for items in _inner(block) if type(items) is list for item in items if type(item) is dict]
    return max(map(_ttl, inner), default=0)


def _seconds(control: Json) -> int:
    return LONG if control.get("ttl") == "1h" else SHORT


def automatic(points: Points, control: Any) -> None:
    """Put the mark of a top-level `cache_control` on the last block that can have one.

    A block that is marked already keeps its mark. Source: prompt caching page of the documentation, 2026-10.
    """
    if type(control) is not dict:
        return
    for at in range(len(points) - 1, -1, -1):
        location, end, tokens, told = points.rows[at]
        if told.kind not in _UNMARKABLE:
            marked = told if told.ttl else told._replace(ttl=_seconds(control))
            points.rows[at] = location, end, tokens, marked
            return


def _settings(body: Json, model: Model) -> tuple[bytes, bytes, bytes]:
    """What of the settings is written into the prompt: before the tools, the system prompt and the messages.

    Speed, citations and a format change the system prompt; tool choice, pictures, thinking and effort the messages
    only, where no model is known to write them further ahead.
    """
    config = body.get("output_config") or {}
    asked = config.get("format") or body.get("output_format")
    system = [body.get("speed") == "fast", any(about_all(body["messages"], _cites)), asked]
    ahead = [thinking(body, model), config.get("effort") or model.effort_default]
    messages = [_choice(body), any(about_all(body["messages"], _shows))]
    first = _SETTINGS_FIRST in model.features
    return (
        orjson.dumps(ahead if first else None),
        orjson.dumps(system),
        orjson.dumps([*messages, *([] if first else ahead)]),
    )


def thinking(body: Json, model: Model) -> list[Any]:
    """How a request thinks: the kind and the budget. To say what holds anyway changes nothing."""
    config = body.get("thinking") or {}
    kind = config.get("type") or _THINKING_DEFAULT.get(model.thinking_default, "adaptive")
    return [kind, config.get("budget_tokens")]


def _choice(body: Json) -> list[Any]:
    choice = (body.get("tool_choice") if body.get("tools") else None) or {}
    return [choice.get("type") or "auto", choice.get("name"), bool(choice.get("disable_parallel_tool_use"))]


def _cites(message: Json) -> bool:
    return _holds(message, _is_cited)


def _shows(message: Json) -> bool:
    return _holds(message, _is_picture)


def _holds(message: Json, found: Callable[[Json], bool]) -> bool:
    return any(found(block) or any(map(found, _results(block))) for block in blocks(message.get("content")))


def _results(block: Json) -> list[Json]:
    return blocks(block.get("content")) if block["type"] == "tool_result" else []


def _is_picture(block: Json) -> bool:
    return bool(block["type"] == "image")


def _is_cited(block: Json) -> bool:
    return block["type"] in ("document", "search_result") and bool((block.get("citations") or {}).get("enabled"))
