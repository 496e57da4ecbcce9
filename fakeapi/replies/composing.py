"""The answer to a request that no example answers: tool calls, JSON, quotes, a word on results and pictures, or prose;
thinking before it where the request asks for it.

The order of `_WAYS` is the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from fakeapi.facts import conversation
from fakeapi.model import Call, Draft, Json
from fakeapi.replies import asking, choosing, citing, generators, results, showing, thoughts, turns
from fakeapi.replies.sampling import sample_json_text

_Way: TypeAlias = Callable[[Call, tuple[object, ...], str], Draft | None]


def compose(call: Call, seed: int, tools: str = "auto") -> Draft:
    """The answer; it depends on the seed and the request alone. `tools` is one of `choosing.MODES`."""
    mark = (seed, generators.fingerprint(call.body))
    draft = next((said for way in _WAYS if (said := way(call, mark, tools))), None) or generators.prose(call, seed)
    thought = None if conversation.prefill(call.body) else thoughts.thought(call, *mark)
    return replace(draft, content=(thought, *draft.content)) if thought else draft


def _calls(call: Call, mark: tuple[object, ...], tools: str) -> Draft | None:
    return choosing.tool_calls(call, *mark, mode=tools)


def _structured(call: Call, mark: tuple[object, ...], _: str) -> Draft | None:
    """The text of a structured output parses and fits its schema (contract.md 13)."""
    config = call.body.get("output_config") or {}
    asked = config.get("format") or call.body.get("output_format")
    if not asked:
        return None
    hints = asking.focus(turns.last_turn(call.body).question)
    return _text(sample_json_text(asked["schema"], *mark, hints=hints), "generator:structured")


def _cited(call: Call, mark: tuple[object, ...], _: str) -> Draft | None:
    content = citing.cited_answer(call, *mark)
    return Draft(tuple(content), "generator:cited") if content else None


def _about_results(call: Call, mark: tuple[object, ...], _: str) -> Draft | None:
    return _text(results.about_results(turns.last_turn(call.body), *mark), "generator:results")


def _about_shown(call: Call, mark: tuple[object, ...], _: str) -> Draft | None:
    return _text(showing.about_shown(call), "generator:shown")


def _text(text: str, source: str) -> Draft | None:
    block: Json = {"type": "text", "text": text}
    return Draft((block,), source) if text else None


_WAYS: tuple[_Way, ...] = (_calls, _structured, _cited, _about_results, _about_shown)
