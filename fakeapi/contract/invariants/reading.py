"""What the invariants read of one message, and how: any JSON value is read without failing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeapi.model import Json

SERVER_RESULT = "_tool_result"
"""How the type of a server tool's result block ends (`web_search_tool_result`); `tool_result` itself doesn't."""


_IDS = {"tool_use": "id", "tool_result": "tool_use_id"}
_NO_IDS: Mapping[str, list[str]] = MappingProxyType({})


class Place(NamedTuple):
    """A content block and where it stands: message, block, the index within a tool_result's content, if there, and that
    within the content of a document, if there."""

    message: int
    block: int
    inner: int | None
    body: Json
    part: int | None = None

    @property
    def path(self) -> str:
        """The position as `details.paths` writes it: without the tags of unions."""
        outer = f"messages.{self.message}.content.{self.block}"
        inner = outer if self.inner is None else f"{outer}.content.{self.inner}"
        return inner if self.part is None else f"{inner}.source.content.{self.part}"

    @property
    def location(self) -> str:
        """The position as sentences write it; inside a tool_result or a document with its tag."""
        outer = f"messages.{self.message}.content.{self.block}"
        inner = outer if self.inner is None else f"{outer}.tool_result.content.{self.inner}"
        return inner if self.part is None else f"{inner}.document.source.content.content.{self.part}"


class Turn(NamedTuple):
    """One message: index (`at`), role, content as blocks (a string is one text block, "" is none) and their types;
    the ids of its calls and of those that its results are for, by these types."""

    at: int
    role: str
    blocks: list[Json]
    kinds: list[str]
    extras: Json
    ids: Mapping[str, list[str]] = _NO_IDS


class Mark(NamedTuple):
    """A cache_control marker in prompt order: where, its time to live, and the block that carries it."""

    location: str
    ttl: str
    block: Json


def _ids(blocks: list[Json], kinds: list[str], wanted: str) -> list[str]:
    return [text_of(block, _IDS[wanted]) for block, kind in zip(blocks, kinds, strict=True) if kind == wanted]


def read(message: Any, index: int) -> Reading | None:
    """What is read of a message that stands at this index; None of what is none."""
    return Reading(index, message) if type(message) is dict else None


class Reading:
    """What is read of one message.

    Attributes:
        turn: itself. places: its blocks by type, those within others, too. marks: its cache markers.
        text_size: characters of its texts. topics: those that its blocks don't tell; see Survey.
    """

    __slots__ = ("marks", "places", "text_size", "topics", "turn")

    def __init__(self, index: int, message: Json) -> None:
        self.places: dict[str, list[Place]] = {}
        self.marks: list[Mark] = []
        self.text_size = 0
        content, role = message.get("content"), message.get("role")
        blocks: list[Json] = []
        kinds: list[str] = []
        if type(content) is str:
            self.text_size += len(content)
            blocks, kinds = ([{"type": "text", "text": content}], ["text"]) if content else ([], [])
        elif type(content) is list:
            blocks = content
            kinds = [self._read_block(Place(index, place, None, block)) for place, block in enumerate(content)]
        name = role if type(role) is str else ""
        told = ("extras", len(message) > 2), ("mark", self.marks), ("silent", not blocks)
        self.topics = frozenset([f"role:{name}", *(topic for topic, holds in told if holds)])
        ids = {kind: _ids(blocks, kinds, kind) for kind in _IDS if kind in kinds}
        self.turn = Turn(index, name, blocks, kinds, message, ids)

    def _read_block(self, place: Place) -> str:
        """Files a block under its type, which is returned; "" for what is none."""
        block = place.body
        kind = block.get("type") if type(block) is dict else None
        if type(kind) is not str:
            return ""
        if kind in self.places:
            self.places[kind].append(place)
        else:
            self.places[kind] = [place]
        if block.get("cache_control") is not None and (found := mark(place.location, block)):
            self.marks.append(found)
        if kind == "text":
            self.text_size += len(text) if type(text := block.get("text")) is str else 0
        elif kind == "tool_result" and place.inner is None:
            self._read_result(place)
        elif kind in ("search_result", "document"):
            self._read_source(place, kind)
        return kind

    def _read_source(self, place: Place, kind: str) -> None:
        """The texts and cache marks within a search result or a document, and the pictures of one of own blocks."""
        source = place.body if kind == "search_result" else as_object(place.body.get("source"))
        if kind_of(source) == "text":
            self.text_size += len(text_of(source, "data"))
        elif type(source.get("content")) is str:
            self.text_size += len(source["content"])
        for inner, block in enumerate(objects(source.get("content"))):
            self.text_size += len(text_of(block))
            if kind_of(block) == "image":
                self.places.setdefault("image", []).append(place._replace(body=block, part=inner))
            if block.get("cache_control") is not None and (found := mark(f"{place.location}.content.{inner}", block)):
                self.marks.append(found)

    def _read_result(self, place: Place) -> None:
        content = place.body.get("content")
        if type(content) is str:
            self.text_size += len(content)
        elif type(content) is list:
            for inner, block in enumerate(content):
                self._read_block(Place(place.message, place.block, inner, block))


def as_object(value: Any) -> Json:
    """The value, if it is an object; else an empty one."""
    return value if type(value) is dict else {}


def whole(value: Any) -> int | None:
    """A whole number, also one so large that it was read as a float; None for anything else."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def objects(value: Any) -> list[Json]:
    """The objects of a list; none where it isn't a list."""
    return [item for item in value if type(item) is dict] if type(value) is list else []


def kind_of(block: Any) -> str:
    """The type of a block, "" where it has none."""
    kind = block.get("type") if type(block) is dict else None
    return kind if type(kind) is str else ""


def text_of(block: Json, key: str = "text") -> str:
    """A member that should be a string; "" where it isn't one."""
    value = block.get(key)
    return value if type(value) is str else ""


def is_server_result(kind: str) -> bool:
    """Whether a block type is the result of a server tool (or of an MCP tool)."""
    return kind.endswith(SERVER_RESULT)


def mark(location: str, block: Json) -> Mark | None:
    """The cache marker of a block that stands there, if it has one."""
    control = block.get("cache_control")
    if type(control) is not dict:
        return None
    ttl = control.get("ttl")
    return Mark(location, ttl if type(ttl) is str else "5m", block)
