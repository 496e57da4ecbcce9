"""Refusals, and the models that are asked next where a request names them (contract.md 6, 7; SDK types of 2026-11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from fakeapi.facts import catalogue, triggers
from fakeapi.facts.triggers import Pulled
from fakeapi.model import Call, Draft, Json

Answering: TypeAlias = Callable[[Call], Draft]
"""How a call is answered that nobody refuses."""

_OVERRIDES = ("max_tokens", "thinking", "speed")


def refuse(trigger: Pulled, call: Call) -> Draft | None:
    """The refusal that the texts of a conversation ask for; None for none, and for a retry (see `is_retry`)."""
    if not trigger.refuses and not (trigger.category or trigger.midway or trigger.by_all):
        return None
    if is_retry(call) and not trigger.by_all:
        return None
    content: tuple[Json, ...] = ({"type": "text", "text": triggers.partial()},) if trigger.midway else ()
    return Draft(content, "trigger:refusal", "refusal", stop_details=_details(trigger.category))


def is_retry(call: Call) -> bool:
    """Whether the credit of a refusal is presented: that is answered, or no client could fall back by itself."""
    return call.body.get("fallback_credit_token") is not None


def fall_back(draft: Draft, call: Call, answer: Answering, by_all: bool = False) -> Draft:
    """What the fallback models make of a refusal: a block marks each that is asked, the first that answers ends it.

    `by_all`: they refuse, too. A stream keeps what was said before a refusal midway; a plain answer, as documented,
    doesn't.
    """
    content = list(draft.content) if call.body.get("stream") else []
    category = (draft.stop_details or {}).get("category")
    asked, said = str(call.body["model"]), draft
    for attempt in attempts(call):
        to = attempt.model.id
        content.append(_mark(asked, to, category))
        if not by_all:
            return _served(content, answer(replace(attempt, body=triggers.without(attempt.body))), draft, to)
        asked, said = to, replace(draft, content=())
    return _served(content, said, draft, asked) if said is not draft else draft


def attempts(call: Call) -> Iterator[Call]:
    """The calls that follow if the model of this one refuses, each as it would be made to its fallback model."""
    asked = call.body.get("fallbacks")
    if asked == "default":
        asked = [{"model": name} for name in call.model.fallback_models[-1:]]
    for entry in asked or ():
        model = catalogue.resolve(entry["model"])
        if model is not None:
            yield replace(call, model=model, body=_attempted(call.body, entry))


def serving(draft: Draft, call: Call) -> Call:
    """The call that a draft answers: that of the last fallback model which it names, or the call itself."""
    names = [block["to"]["model"] for block in draft.content if block["type"] == "fallback"]
    if not names:
        return call
    found = (attempt for attempt in attempts(call) if attempt.model.id == names[-1])
    return next(found, None) or replace(call, model=catalogue.resolve(names[-1]) or call.model)


def _details(category: str | None) -> Json:
    return {"type": "refusal", "category": category, "explanation": triggers.explanation(category)}


def _mark(asked: str, to: str, category: str | None) -> Json:
    trigger = {"type": "refusal", "category": category}
    return {"type": "fallback", "from": {"model": asked}, "to": {"model": to}, "trigger": trigger}


def _served(content: list[Json], said: Draft, refused: Draft, model: str) -> Draft:
    """The answer behind its marks. A stream that said something names the model that was asked (documented)."""
    began = content[0]["type"] != "fallback"
    extra = said.extra if began else {**said.extra, "model": model}
    source = f"{refused.source} + {said.source}" if said.source != refused.source else refused.source
    return replace(said, content=(*content, *said.content), extra=extra, source=source)


def _attempted(body: Json, entry: Json) -> Json:
    """The request as it is made to a fallback model: what its entry says goes before what the request says."""
    own = {name: entry[name] for name in _OVERRIDES if entry.get(name) is not None}
    gone = {name for name in _OVERRIDES[1:] if name in entry and entry[name] is None}
    made = {name: value for name, value in body.items() if name != "fallbacks" and name not in gone}
    if "output_config" in entry:
        own["output_config"] = (
            {**(body.get("output_config") or {}), **entry["output_config"]} if entry["output_config"] else {}
        )
    return {**made, **own, "model": entry["model"]}
