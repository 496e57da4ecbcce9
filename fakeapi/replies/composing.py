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
from fakeapi.replies import (
    asking,
    choosing,
    citing,
    generators,
    offering,
    results,
    showing,
    structured,
    thoughts,
    turns,
)

_Way: TypeAlias = Callable[[Call, tuple[object, ...], str], Draft | None]


def compose(call: Call, seed: int, tools: str = "auto") -> Draft:
    """The answer; it depends on the seed and the request alone. `tools` is one of `choosing.MODES`."""
    mark = (seed, generators.fingerprint(call.body))
    heard = thoughts.unmarked(call)
    draft = next((said for way in _WAYS if (said := way(heard, mark, tools))), None) or generators.prose(heard, seed)
    before = [] if _goes_on(call, draft) else thoughts.opening(call, draft.content, *mark)
    return replace(draft, content=(*before, *draft.content)) if before else draft


def _goes_on(call: Call, draft: Draft) -> bool:
    """Whether an answer goes on amid a turn: behind a prefill, with a result that was waited for (recorded), or with
    the next call that code makes."""
    first = draft.content[0] if draft.content else {"type": ""}
    called_by_code = "tool_id" in (first.get("caller") or {})
    return bool(conversation.prefill(call.body)) or called_by_code or first["type"].endswith("_tool_result")


def _served(call: Call, mark: tuple[object, ...], tools: str) -> Draft | None:
    if not offering.may_serve(call.body):
        return None
    from fakeapi.replies import serving  # few requests need it

    return serving.served(call, mark, tools)


def _calls(call: Call, mark: tuple[object, ...], tools: str) -> Draft | None:
    return choosing.tool_calls(call, *mark, mode=tools)


def _structured(call: Call, mark: tuple[object, ...], _: str) -> Draft | None:
    """The text of a structured output parses and fits its schema (contract.md 13)."""
    config = call.body.get("output_config") or {}
    asked = config.get("format") or call.body.get("output_format")
    if not asked:
        return None
    hints = asking.focus(turns.last_turn(call.body).question)
    return _text(structured.json_text(asked["schema"], *mark, hints=hints), "generator:structured")


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


_WAYS: tuple[_Way, ...] = (_served, _calls, _structured, _cited, _about_results, _about_shown)
