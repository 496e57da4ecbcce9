"""Generators of plug-ins: called with plain values, held to the contract, and their mistakes told in one clear line."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeapi import chance
from fakeapi.errors import ApiError
from fakeapi.facts import conversation
from fakeapi.facts.sentences import refusal
from fakeapi.facts.written import written
from fakeapi.model import Draft, Json
from fakeapi.replies import calling, proving, sampling
from fakeapi.replies.fakery import Fakery
from fakeapi.replies.generators import Occasion

if TYPE_CHECKING:
    from random import Random

_KNOWN = ("content", "stop_reason", "stop_sequence", "stop_details", "usage")
_OF_EVERY_MESSAGE = frozenset({"id", "type", "role", "model"})
_LONGEST = 500
_OURS = (str(Path(__file__).parents[1]), "<frozen")
"""Where the frames of a traceback are that say nothing of a plug-in."""


class Kit:
    """What a generator of a plug-in has at hand. Its chance is drawn from the seed and the request alone.

    Attributes:
        request: the body of the request. headers: its headers by lower-case name.
        groups: what the regular expressions of the rule captured, by name, and by number as text.
        user_text: the text of the last user message.
        seed: the seed of the server.
        random: a random.Random. faker: Faker's providers: `kit.faker.city()`.
    """

    def __init__(self, occasion: Occasion, number: int) -> None:
        self._occasion = occasion
        self._mark = ("plug-in", *occasion.mark, number)
        self._calls = 0
        self.request: Json = occasion.call.body
        self.headers = occasion.headers
        self.groups = occasion.groups
        self.user_text: str = conversation.last_user_text(occasion.call.body)
        self.seed = occasion.seed
        self.random: Random = chance.random(*self._mark)
        self.faker: Any = Fakery(*self._mark)

    def sample(self, schema: Json) -> Any:
        """A value that satisfies a JSON Schema."""
        self._calls += 1
        return sampling.sample(schema, *self._mark, self._calls, hints=self.user_text)

    def json(self, value: Any) -> str:
        """JSON as a model writes it."""
        return written(value)

    def tool_use(self, name: str, input: Json | None = None, *, partial: bool = False) -> Json:
        """A tool_use block: with this input; with these members of it and the rest sampled; or sampled altogether."""
        self._calls += 1
        return calling.called(calling.Wanted(name, input, partial), self._occasion.call, *self._mark, self._calls)

    def usual(self) -> list[Json]:
        """The content of the answer that fakeapi would give by itself."""
        return list(self._occasion.usual().content) if self._occasion.usual else []


class Plugged:
    """A generator that is somebody else's function: `(request, kit, *, option=default) -> text, blocks or message`.

    `origin` is whose it is, for messages: `my-package 1.0`, or the file it stands in.
    """

    def __init__(self, name: str, function: Callable[..., Any], origin: str) -> None:
        self.name = name
        self.origin = origin
        self._function = function
        self.__signature__ = inspect.signature(function)
        kinds = [each.kind for each in self.__signature__.parameters.values()]
        self._takes_kit = sum(kind <= inspect.Parameter.POSITIONAL_OR_KEYWORD for kind in kinds) > 1

    def __call__(self, occasion: Occasion, **options: Any) -> Draft:
        return self.answer(occasion, f"generator {self.name}", 0, options)

    def answer(self, occasion: Occasion, place: str, number: int, options: Mapping[str, Any]) -> Draft:
        """What the function says. ApiError, naming rule and plug-in, where it fails or breaks the contract."""
        told: dict[str, Any] = {"place": place, "name": self.name, "origin": self.origin}
        kit = Kit(occasion, number)
        try:
            said = self._function(occasion.call.body, *([kit] if self._takes_kit else []), **options)
        except ApiError:
            raise
        except Exception as fault:
            raise refusal("generator_failed", reason=where(fault), **told) from None
        message = _message(said)
        if isinstance(message, str):
            raise refusal("generator_unlawful", reason=message, **told)
        content = [_whole(block) for block in message["content"]]
        if reason := proving.breach(content, {key: value for key, value in message.items() if key != "content"}):
            raise refusal("generator_unlawful", reason=reason, **told)
        return _draft(content, message, f"generator:{self.name}")


def where(fault: BaseException) -> str:
    """What went wrong, and where in the plug-in, in one line."""
    said = " ".join(f"{type(fault).__name__}: {fault}".split())
    if isinstance(fault, SyntaxError):
        return said[:_LONGEST]
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if not frame.filename.startswith(_OURS)]
    theirs = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{said[:_LONGEST]} ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else said[:_LONGEST]


def _message(said: Any) -> Json | str:
    """What was said as a message with `content`, or why it is none."""
    if isinstance(said, str):
        return {"content": [{"type": "text", "text": said}] if said else []}
    if isinstance(said, dict) and "content" not in said and "type" in said:
        said = [said]
    if isinstance(said, list | tuple):
        return {"content": [{"type": "text", "text": part} if isinstance(part, str) else part for part in said]}
    if isinstance(said, dict):
        content = said.get("content", [])
        parts = _message(content) if isinstance(content, str | list | tuple) else f"content is {type(content).__name__}"
        rest = {key: value for key, value in said.items() if key not in _OF_EVERY_MESSAGE}
        return parts if isinstance(parts, str) else {**rest, **parts}
    return f"it gave {type(said).__name__}; give a text, a list of content blocks, or a message as a dict"


def _whole(block: Any) -> Any:
    """A block with the id of its call, where it has none yet."""
    if isinstance(block, dict) and str(block.get("type")).endswith("tool_use"):
        return {"id": "", **block}
    return block


def _draft(content: list[Json], message: Json, source: str) -> Draft:
    calls = any(block["type"] == "tool_use" for block in content)
    return Draft(
        tuple(content),
        source,
        message.get("stop_reason") or ("tool_use" if calls else "end_turn"),
        message.get("stop_sequence"),
        message.get("stop_details"),
        {key: value for key, value in message.items() if key not in _KNOWN},
    )
