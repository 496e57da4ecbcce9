"""Message threads: conversations that the server holds, so that a request brings only what is new (contract.md 17)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import orjson

from fakeapi import assets
from fakeapi.endpoints.caching import workspace
from fakeapi.endpoints.outcome import FORGETFUL, Remembered
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import Key, Put, View
from fakeapi.model import Call, Json, Message

THREAD = "thread"
"""The kind of what is remembered here."""

Resume: TypeAlias = Callable[[Call, bool], Call]
"""The call with the whole conversation; strict: a request that differs from its thread is refused."""

_HELD = ("system", "tools")
_FREE, _BUSY, _CONTINUED = "free", "busy", "continued"
_STAND_IN: Json = {"role": "user", "content": "."}
_TOMBSTONE = 300


class Held(NamedTuple):
    """What is held under the id of an answer; none of it is ever changed in place.

    Attributes:
        body: system, tools and messages of the conversation, the answer last; empty once it is continued.
        fixed: the settings that must stay the same, as they were.
        state: `free`, `busy` (a request is continuing it) or `continued`.
        size: its weight in bytes of JSON.
    """

    body: Json
    fixed: Json
    state: str
    size: int


def continued(body: Any) -> str | None:
    """The id of the answer that a request of whatever shape continues from; None where it continues none."""
    thread = body.get("thread") if isinstance(body, dict) else None
    if not isinstance(thread, dict) or thread.get("type") != "continue":
        return None
    named = thread.get("previous_message_id")
    return named if isinstance(named, str) else None


def shaped(body: Any) -> Any:
    """The body as its schema is to see it: a continued thread may bring no message, to go on after a pause (SDK)."""
    if continued(body) is not None and body.get("messages") == []:
        return {**body, "messages": [_STAND_IN]}
    return body


def resume(view: View, call: Call, key: str, strict: bool = True) -> Call:
    """The call with the whole conversation, as if it had been sent; itself, where it continues no thread.

    To be called between the schema and the rules between fields, which hold for the whole conversation.

    Args:
        key: the caller's.
        strict: what the thread holds may not be sent again, and what must stay the same has to.

    Raises:
        ApiError: the thread can't be continued, or not by this request.
    """
    previous = continued(call.body)
    if previous is None:
        return call
    for name in _HELD:
        if strict and call.body.get(name) is not None:
            raise refusal("thread_holds", name=name)
    held = _held(view, _key(key, previous), previous)
    differing = [name for name, value in _fixed(call).items() if held.fixed[name] != value]
    if strict and differing:
        raise refusal("thread_fingerprint_mismatch", names=", ".join(differing))
    messages = [*held.body["messages"], *call.body["messages"]]
    body = {**call.body, **held.body, "messages": messages, "thread": {"type": "create"}}
    return Call(body, call.model, call.caller, call.warnings, call.body)


def _held(view: View, key: Key, previous: str) -> Held:
    held: Held | None = view.get(key)
    if held is None:
        raise refusal("thread_not_found", id=previous)
    if held.state == _CONTINUED:
        raise refusal("thread_already_continued", id=previous)
    if held.state == _BUSY:
        raise refusal("thread_continue_in_flight", id=previous)
    return held


def _key(key: str, message_id: str) -> Key:
    return THREAD, workspace(key), message_id


def _fixed(call: Call) -> Json:
    return {name: call.model.id if name == "model" else call.body.get(name) for name in _names()}


@cache
def _names() -> tuple[str, ...]:
    return tuple(assets.read_json("fixtures/threads.json")["fixed"])


def remember(view: View, sent: Json, call: Call, message: Message, key: str, now: float, ttl: float) -> Remembered:
    """What memory has to keep of a request that creates or continues a thread; nothing of any other.

    At once: that the thread is being continued. Once the answer is complete: the conversation with it, under its id,
    and that the one before is continued. If it breaks off: that the one before can be continued again. Refusals and
    answers of fallback models are not held.

    Args:
        sent: the body as it came; `call`: with the whole conversation.
        now: Unix time of the request on the session's clock; ttl: seconds for which a thread can be continued.
    """
    if not isinstance(sent.get("thread"), dict):
        return FORGETFUL
    until, previous = now + ttl, continued(sent)
    before = view.get(_key(key, previous)) if previous is not None else None
    kept: tuple[Put, ...] = ()
    if _is_held(call, message):
        held = _grown(before, sent, call, message)
        kept = (Put(_key(key, message.id), held, until, held.size),)
    if previous is None or before is None:
        return Remembered((), kept, ())
    place = _key(key, previous)
    busy = Put(place, before._replace(state=_BUSY), until, before.size)
    free = Put(place, before, until, before.size)
    if not kept:
        return Remembered((busy,), (free,), (free,))
    over = Put(place, before._replace(body={}, state=_CONTINUED), until, _TOMBSTONE)
    return Remembered((busy,), (over, *kept), (free,))


def _is_held(call: Call, message: Message) -> bool:
    steps = message.usage.get("iterations") or ()
    fell_back = any(step.get("type") == "fallback_message" for step in steps)
    return message.stop_reason != "refusal" and message.model == call.model.id and not fell_back


def _grown(before: Held | None, sent: Json, call: Call, message: Message) -> Held:
    """The conversation with the new turn, whose cache marks were set for this once."""
    new = [_unmarked(each) for each in sent["messages"]]
    if message.content:
        new.append({"role": "assistant", "content": list(message.content)})
    body = {name: call.body[name] for name in _HELD if call.body.get(name) is not None}
    messages = [*(before.body["messages"] if before else ()), *new]
    size = _weight(new) + (before.size if before else _weight(body))
    return Held({**body, "messages": messages}, _fixed(call), _FREE, size)


def _unmarked(value: Any) -> Any:
    """A message without the cache marks of its blocks, however deep; what tools are given stays as it is."""
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _unmarked(item) if name in ("content", "source") else item
        for name, item in value.items()
        if name != "cache_control"
    }


def _weight(value: Any) -> int:
    return len(orjson.dumps(value, default=str))
