"""The prompt as a row of prefixes, each told by a digest and its tokens, and where a request wants them cached.

A prefix ends with a block: tools, then the system prompt, then messages (contract.md 11). Its digest changes with every
block up to its end, and with the settings that are written into the prompt before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import orjson

from fakeapi.facts import counting, editing, prompts
from fakeapi.facts.block_costs import Sizes
from fakeapi.facts.conversation import blocks
from fakeapi.facts.familiar import about, about_all, about_so_far
from fakeapi.facts.points import EMPTY, Points, Reached, Stretch, Told, digest
from fakeapi.facts.prompts import Leg, Prompt
from fakeapi.model import Json, Model

SHORT, LONG = 300, 3600
"""The two lifetimes of what is cached, in seconds: `5m` and `1h`."""

_HOLDERS = frozenset({"tool_result", "document", "search_result"})
_SETTINGS_FIRST = "settings_before_tools"
_THINKING_DEFAULT = {"off": "disabled"}


@dataclass(frozen=True)
class Prefixes:
    """The prefixes of one request in prompt order, its whole count, and the shortest prefix that its model caches."""

    points: Points
    whole: int
    minimum: int

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """Which of the points are to be cached: long enough, and asked for."""
        return self.points.marked(self.minimum)


def prefixes(body: Json, model: Model, sizes: Sizes | None = None) -> Prefixes | None:
    """The prefixes of what the model reads of a request; None where it asks for no caching."""
    if not asks_for_caching(body):
        return None
    prompt = counting.prompt(body, model, sizes)
    if editing.concerns(body):
        body = editing.edit(body, model, sizes or {}).body
        prompt = counting.prompt(body, model, sizes)
    return Prefixes(_points(prompt, body, model), prompt.tokens, model.cache_minimum)


def _points(prompt: Prompt, body: Json, model: Model) -> Points:
    """No points where a body isn't of the contract's shape (the lenient contract modes let it pass)."""
    try:
        points = row(prompt, body, model)
        control = body.get("cache_control")
        if type(control) is dict:
            points.mark(_seconds(control))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return Points()
    return points


def asks_for_caching(body: Json) -> bool:
    """Whether anything in a request, of whatever shape, is marked for caching."""
    if body.get("cache_control") is not None or about(body.get("system"), _is_marked):
        return True
    messages = body.get("messages")
    if about(body.get("tools"), _is_marked):
        return True
    return type(messages) is list and any(about_all(messages, _has_marks))


def _has_marks(message: Any) -> bool:
    return type(message) is dict and _is_marked(message.get("content"))


def _is_marked(items: Any) -> bool:
    if type(items) is not list:
        return False
    return any(type(item) is dict and (item.get("cache_control") is not None or _within(item)) for item in items)


def _within(item: Json) -> bool:
    return item.get("type") in _HOLDERS and any(map(_is_marked, _inner(item)))


def _inner(block: Json) -> tuple[Any, Any]:
    source = block.get("source")
    return block.get("content"), source.get("content") if type(source) is dict else None


def row(prompt: Prompt, body: Json, model: Model) -> Points:
    """The points of a counted prompt; what the model doesn't read is no point."""
    start, stretches = _before(prompt, body, model)
    messages, told, since, last = body["messages"], about_all(body["messages"], _told_in), prompt.since, start
    before = start.points, start.tokens, start.prefix.digest()
    for leg in prompt.legs:
        step = partial(_go_on, _Way(leg, told, start))
        way = about_so_far(messages, step, last, (leg.key, before), leg.since)[: leg.until - leg.since]
        stretches += [each.last for each in way[max(0, since - leg.since) :]]
        last = way[-1] if way else last
    stretches.append(last.gone_on(prompt.last, told[prompt.last[0].message] if told else ()).last)
    return Points([each for each in stretches if each is not None])


class _Way(NamedTuple):
    """Some messages, what is told of all, and what there is before the first of all."""

    leg: Leg
    told: Sequence[Sequence[Told]]
    start: Reached


def _go_on(way: _Way, reached: Reached, _: Json) -> Reached:
    """With one more message: those parts were counted with it that belong to the one before."""
    at = reached.messages
    counted = way.leg.so_far[at - way.leg.since]
    if counted.since == at or not counted.parts:
        known = way.start if counted.since == at else reached
        return known._replace(messages=at + 1, last=None)
    return reached.gone_on(counted.parts, way.told[counted.parts[0].message], at + 1)


def _before(prompt: Prompt, body: Json, model: Model) -> tuple[Reached, list[Stretch | None]]:
    """How far the prompt has come before the messages, and the points up to there."""
    settings = [digest(each) for each in _settings(body, model)]
    size = prompt.opening + sum(part.tokens for part in prompt.before)
    reached, stretches, written = Reached.begun(size), [], 0
    told = about(body.get("tools"), _told_tools), about(body.get("system"), _told_system)
    for level, parts in enumerate((prompt.tools, prompt.system)):
        if any(part.block is not None for part in parts):
            reached = reached.behind(b"".join(settings[written : level + 1]))
            written = level + 1
        reached = reached.gone_on(parts, told[level])
        stretches.append(reached.last)
    return reached.behind(b"".join(settings[written:])), stretches


def _told(block: Json, role: str = "") -> Told:
    """Of one block; `role` where it begins a message."""
    kind = str(block.get("type"))
    silent = kind == "text" and not block["text"]
    return Told(digest(role.encode() + b"\0" + said(block)), EMPTY if silent else kind, _ttl(block))


def _told_in(message: Json) -> tuple[Told, ...]:
    parts = blocks(message.get("content"))
    return tuple(_told(part, "" if at else message["role"]) for at, part in enumerate(parts))


def _told_tools(tools: list[Json] | None) -> tuple[Told, ...]:
    return tuple(map(_told, tools or ()))


def _told_system(system: Any) -> tuple[Told, ...]:
    return tuple(map(_told, prompts.system_blocks(system)))


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
