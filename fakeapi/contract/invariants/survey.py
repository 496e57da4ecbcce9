"""One pass over a call that every invariant shares: turns, blocks by type, cache marks, declared tools.

What was read of a conversation before it went on is not read again. It reads any JSON object without failing; what
isn't of the expected type is left out (the schema has had its say).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from fakeapi.contract.invariants.reading import Mark, Place, Reading, Turn, as_object, mark, objects, read
from fakeapi.facts.familiar import about, about_all, about_found, about_so_far, conversation
from fakeapi.model import Call, Json


class Run(NamedTuple):
    """Neighbouring messages of one role. The API merges them into one turn, and counts the runs in the locations of
    calls and results (recorded); `at` is that number."""

    at: int
    role: str
    turns: list[Turn]
    blocks: list[Json]
    kinds: list[str]

    @classmethod
    def of(cls, at: int, chain: _Chain | None) -> Run | None:
        """The run of these turns, if there are any."""
        turns: list[Turn] = []
        while chain is not None:
            chain, turn = chain
            turns.append(turn)
        if len(turns) < 2:
            return cls(at, turns[0].role, turns, turns[0].blocks, turns[0].kinds) if turns else None
        turns.reverse()
        blocks = [block for turn in turns for block in turn.blocks]
        return cls(at, turns[0].role, turns, blocks, [kind for turn in turns for kind in turn.kinds])

    def ids(self, kind: str) -> list[str]:
        """The ids of its calls (`tool_use`), or of those that its results are for (`tool_result`)."""
        if len(self.turns) == 1:
            return self.turns[0].ids.get(kind, [])
        return [id for turn in self.turns for id in turn.ids.get(kind, ())]


_Readings: TypeAlias = "list[Reading | None]"
_Chain: TypeAlias = "tuple[_Chain | None, Turn]"
"""Turns, each with those before it."""


class Runs(NamedTuple):
    """The messages so far as runs: how many messages and runs there are, the turns of the run that is under way, of the
    one before it, and of the one before that."""

    messages: int = 0
    runs: int = 0
    earlier: _Chain | None = None
    over: _Chain | None = None
    last: _Chain | None = None


def _run_on(readings: _Readings, so_far: Runs, _: Any) -> Runs:
    """With one more message."""
    messages, runs, _earlier, over, last = so_far
    reading = readings[messages]
    if reading is None:
        return so_far._replace(messages=messages + 1)
    if last is not None and last[1].role == reading.turn.role:
        return so_far._replace(messages=messages + 1, last=(last, reading.turn))
    return Runs(messages + 1, runs + 1, over, last, (None, reading.turn))


class _Sum(NamedTuple):
    """What there is in the messages so far: how many, types of blocks, other topics, characters of texts."""

    messages: int = 0
    kinds: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    text_size: int = 0


def _add_up(readings: _Readings, so_far: _Sum, _: Any) -> _Sum:
    """With one more message."""
    many, kinds, topics, size = so_far
    reading = readings[many]
    if reading is None:
        return so_far._replace(messages=many + 1)
    if not reading.places.keys() <= kinds:
        kinds = kinds.union(reading.places)
    if not reading.topics <= topics:
        topics = topics.union(reading.topics)
    return _Sum(many + 1, kinds, topics, size + reading.text_size)


_Found = TypeVar("_Found")


class Survey:
    """What the invariants read of a call. `endpoint` is `messages`, `count_tokens` or `batch`."""

    def __init__(self, call: Call, endpoint: str = "messages") -> None:
        self.call = call
        self.endpoint = endpoint
        self.body = call.body
        self.model = call.model
        self.betas = call.caller.betas
        messages = self.body.get("messages")
        self.messages: list[Any] = messages if type(messages) is list else []
        self._read = about_all(self.messages, read, placed=True)
        self._goes_on = conversation(messages) is not None
        self._sum = self._sum_up()
        self.places: Mapping[str, list[Place]] = _Places(self._read, self._sum.kinds)

    def _sum_up(self) -> _Sum:
        """What there is in the messages: where they go on, from what there was."""
        if self._goes_on:
            return about_so_far(self.messages, partial(_add_up, self._read), _Sum())[-1]
        none: frozenset[str] = frozenset()
        kinds = none.union(*(reading.places for reading in self.readings))
        topics = none.union(*(reading.topics for reading in self.readings))
        return _Sum(len(self.messages), kinds, topics, sum(reading.text_size for reading in self.readings))

    def topics(self) -> set[str]:
        """What the request is about, in the words of the rules: members, types of blocks, roles, the endpoint."""
        return {*self.body, *self.kinds, f"endpoint:{self.endpoint}", *self._sum.topics}

    @property
    def kinds(self) -> frozenset[str]:
        """The types of all blocks in the messages."""
        return self._sum.kinds

    @property
    def text_size(self) -> int:
        """The characters of the texts in the messages."""
        return self._sum.text_size

    @cached_property
    def readings(self) -> list[Reading]:
        """What was read of each message that is one."""
        return [reading for reading in self._read if reading is not None]

    @cached_property
    def turns(self) -> list[Turn]:
        """The messages as turns."""
        return [reading.turn for reading in self.readings]

    def found(self, find: Callable[[Reading], tuple[_Found, ...]]) -> list[_Found]:
        """What `find` finds in the messages; it depends on what was read of one alone."""
        if not self._goes_on or len(self.readings) < len(self.messages):
            return [one for reading in self.readings for one in find(reading)]
        return [one for found in about_found(self.messages, self.readings, find) if found for one in found]

    def of(self, *types: str) -> Iterator[Place]:
        """The blocks of these types, nested ones too, type by type in prompt order."""
        for kind in types:
            yield from self.places.get(kind, ())

    def field(self, name: str) -> Json:
        """A top-level member that should be an object; {} where it isn't one."""
        return as_object(self.body.get(name))

    @cached_property
    def message_marks(self) -> list[Mark]:
        """The cache_control markers in the messages."""
        return [mark for reading in self.readings for mark in reading.marks] if "mark" in self._sum.topics else []

    @property
    def tools(self) -> list[Json]:
        """The declared tools."""
        return about(self.body.get("tools"), objects)

    @property
    def system(self) -> list[Json]:
        """The blocks of the system prompt."""
        return about(self.body.get("system"), objects)

    @property
    def tool_names(self) -> frozenset[str]:
        """The names of the declared tools."""
        return about(self.body.get("tools"), _names)

    @cached_property
    def added_names(self) -> frozenset[str]:
        """The names of the tools that the conversation defines on the way."""
        definitions = (
            as_object(as_object(place.body.get("tool")).get("definition")) for place in self.of("tool_addition")
        )
        return frozenset(name for tool in definitions if type(name := tool.get("name")) is str)

    @cached_property
    def thinking(self) -> str | None:
        """The `thinking.type` that the request names."""
        kind = self.field("thinking").get("type")
        return kind if type(kind) is str else None

    @cached_property
    def format(self) -> Json | None:
        """The structured-output format asked for, old field or new."""
        given = self.field("output_config").get("format") or self.body.get("output_format")
        return given if type(given) is dict else None

    @cached_property
    def runs(self) -> list[Runs]:
        """The turns, neighbours of one role together: how far they had come after each message."""
        return about_so_far(self.messages, partial(_run_on, self._read), Runs())

    def runs_over(self, since: int = 0) -> Iterator[tuple[Run | None, Run]]:
        """Each run that was over with one of the messages from this index on, and the run before it."""
        before, over = self.runs[since - 1].runs if since else 0, None
        for so_far in self.runs[since:]:
            if so_far.runs > max(before, 1):
                earlier = over or Run.of(so_far.runs - 3, so_far.earlier)
                if over := Run.of(so_far.runs - 2, so_far.over):
                    yield earlier, over
            before = so_far.runs

    @cached_property
    def last_run(self) -> tuple[Run | None, Run | None]:
        """The run that ends the conversation, and before it the one before it."""
        so_far = self.runs[-1] if self.runs else Runs()
        return Run.of(so_far.runs - 2, so_far.over), Run.of(so_far.runs - 1, so_far.last)

    @cached_property
    def marks(self) -> list[Mark]:
        """Every explicit cache_control marker, in the order tools, system, messages."""
        tools, system = self.body.get("tools"), self.body.get("system")
        return [*about(tools, _marks_of, "tools"), *about(system, _marks_of, "system"), *self.message_marks]


class _Places(Mapping[str, list[Place]]):
    """The blocks of all messages by type, gathered for those types that somebody asks for."""

    def __init__(self, read: Iterable[Reading | None], kinds: frozenset[str]) -> None:
        self._read = read
        self._kinds = kinds
        self._found: dict[str, list[Place]] = {}

    def __getitem__(self, kind: str) -> list[Place]:
        if kind not in self._kinds:
            raise KeyError(kind)
        if kind not in self._found:
            self._found[kind] = [place for each in self._read if each for place in each.places.get(kind, ())]
        return self._found[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


def _names(tools: Any) -> frozenset[str]:
    return frozenset(name for tool in objects(tools) if type(name := tool.get("name")) is str)


def _marks_of(parts: Any, name: str) -> list[Mark]:
    """The markers of tools, or of blocks of the system prompt."""
    marked = ((index, part) for index, part in enumerate(objects(parts)) if "cache_control" in part)
    return [found for index, part in marked if (found := mark(f"{name}.{index}", part))]
