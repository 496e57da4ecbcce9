"""What a thinking block is bound to: the system prompt, the tools, the messages before it, the thinking before it.

Newer models refuse thinking that comes back after something before it was changed ("preserved thinking", documented
2026-08 to 2026-10; the cases in `_said` and `_tools` are those that its table of edits calls valid).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import orjson

from fakeapi.facts import signatures
from fakeapi.facts.familiar import about, about_all, about_so_far
from fakeapi.facts.frames import unread_system
from fakeapi.model import Json, Model

FEATURE = "prefix_check"
"""The capability of models that run the check."""

BETA = "thinking-binding-controls-2026-08-01"
FIRST = "first"
"""What stands for the thinking before the first one."""

THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_UNBOUND_MEMBERS = ("id", "tool_use_id", "cache_control", "caller", "citations")


class Context(NamedTuple):
    """Digests of what a block is bound to, in the order in which a difference is named; None binds to nothing.

    `before` is the token of the thinking block before it, or FIRST.
    """

    system: bytes | None
    tools: bytes | None
    messages: bytes | None
    before: str | None


class Thought(NamedTuple):
    """A thinking block that came back: where, its token, what it is for, and the token of the one before it, if any."""

    message: int
    block: int
    token: str
    purpose: str
    before: str | None

    @property
    def path(self) -> str:
        """Where it stands in the request."""
        return f"messages.{self.message}.content.{self.block}"

    def is_by(self, model: Model) -> bool:
        """Whether the model made it; what another one made is read or dropped, never refused."""
        return signatures.signer(self.token) == model.id

    def follows(self, before: str) -> bool:
        """Whether it was made after this token (or FIRST), as far as it tells."""
        return not signatures.moved(self.token, self.purpose, None, None, None, before)


class Misfit(NamedTuple):
    """A thought that is not where it was made, and the first part of its context that differs."""

    thought: Thought
    differs: str


def ahead(body: Json, model: Model) -> Context:
    """What the next answer's first thinking is bound to.

    On models without the check only the thinking before it in the same turn of the assistant's counts.
    """
    if FEATURE not in model.features:
        return Context(None, None, None, _last_of_turn(body))
    told = _told(body)
    before = _last(_thoughts(body)) or FIRST
    return Context(_system(body), _tools(body), told[-1].digest() if told else _START.digest(), before)


def thoughts(body: Json, since: int = 0) -> Iterator[Thought]:
    """The thinking blocks of a conversation, in order, from the message of this index on."""
    each = _thoughts(body)
    before = _last(each[:since])
    for index, found in enumerate(each[since:], since):
        for block, kind, token in found:
            yield Thought(index, block, token, kind, before)
            before = token


def _thoughts(body: Json) -> list[_Tokens]:
    """Those of each message."""
    messages = body.get("messages")
    return about_all(messages, _thoughts_of) if isinstance(messages, list) else []


def _last(found: list[_Tokens]) -> str | None:
    """The token of the last thinking of these messages."""
    return next((each[-1][2] for each in reversed(found) if each), None)


def misfits(body: Json, model: Model) -> list[Misfit]:
    """The thinking blocks made by this model that aren't where they were made; each is checked by itself."""
    if FEATURE not in model.features or not any(_thoughts(body)):
        return []
    bound = _Bound(model.id, _system(body), _tools(body))
    fitted = about_so_far(body["messages"], partial(_fit, bound, _told(body)), _NOT_FITTED, bound)
    return [misfit for each in fitted if each.misfits for misfit in each.misfits]


class _Bound(NamedTuple):
    """What all thinking of a request is bound to: model, system prompt, tools."""

    model: str
    system: bytes
    tools: bytes


class _Fitted(NamedTuple):
    """How many messages there are so far, the last thinking in them, and the misfits of the last message."""

    messages: int
    before: str | None
    misfits: tuple[Misfit, ...]


_NOT_FITTED = _Fitted(0, None, ())


def _fit(bound: _Bound, told: list[_Told], so_far: _Fitted, message: Any) -> _Fitted:
    """With one more message; what was said before each is `told`."""
    at, before, found = so_far.messages, so_far.before, []
    for block, kind, token in about(message, _thoughts_of):
        thought = Thought(at, block, token, kind, before)
        if signatures.signer(token) == bound.model:
            context = Context(bound.system, bound.tools, told[at].before[block], before)
            differs = signatures.moved(token, kind, *context)
            found += [Misfit(thought, Context._fields[differs[0]])] if differs else []
        before = token
    return _Fitted(at + 1, before, tuple(found))


def dropped(body: Json, model: Model) -> list[str]:
    """The paths of the blocks that the check takes out: a misfit takes the thinking that follows it at once along."""
    wrong = {misfit.thought.path for misfit in misfits(body, model)}
    found: list[str] = []
    for index, message in _messages(body) if wrong else ():
        falls = False
        for block, part in enumerate(_parts(message.get("content"))):
            path = f"messages.{index}.content.{block}"
            falls = str(part.get("type")) in THOUGHTS and (path in wrong or falls)
            found += [path] if falls else []
    return found


def behaviour(body: Json) -> str | None:
    """What the request wants done with misfits: `error`, `drop_block`, or None where it doesn't say."""
    thinking = body.get("thinking")
    controls = thinking.get("block_binding") if isinstance(thinking, dict) else None
    wanted = controls.get("prefix_mismatch_behavior") if isinstance(controls, dict) else None
    return wanted if isinstance(wanted, str) else None


def _messages(body: Json) -> Iterator[tuple[int, Json]]:
    """Every message with its index; what is none is left out (the schema has had its say)."""
    messages = body.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            yield index, message


_Tokens: TypeAlias = tuple[tuple[int, str, str], ...]


def _thoughts_of(message: Any) -> _Tokens:
    """Index, type and token of the thinking blocks of a message."""
    if not isinstance(message, dict):
        return ()
    parts = enumerate(_parts(message.get("content")))
    return tuple((at, kind, _token(part)) for at, part in parts if (kind := str(part.get("type"))) in THOUGHTS)


def _parts(content: Any) -> list[Json]:
    """The blocks of a message, a string as a text; what is neither is empty."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [part if isinstance(part, dict) else {} for part in content] if isinstance(content, list) else []


class _Told(NamedTuple):
    """What was said up to the end of a message, as a digest that goes on, and by whom last; thinking is no part of it.

    `before`: the digests of what was said before each thinking block of the message, by the index of the block.
    """

    prefix: Any
    role: str
    before: Mapping[int, bytes]

    def digest(self) -> bytes:
        return bytes(self.prefix.copy().digest())


_START = _Told(blake2b(digest_size=16), "", {})


def _told(body: Json) -> list[_Told]:
    """What was said up to the end of each message."""
    messages = body.get("messages")
    return about_so_far(messages, _tell, _START) if isinstance(messages, list) else []


def _tell(told: _Told, message: Any) -> _Told:
    """Compaction starts it anew: the server forgets what came before."""
    if not isinstance(message, dict):
        return told
    prefix, spoken, role = told.prefix.copy(), told.role, str(message.get("role"))
    before: dict[int, bytes] = {}
    for block, part in enumerate(_parts(message.get("content"))):
        kind = str(part.get("type"))
        if kind in THOUGHTS:
            before[block] = prefix.copy().digest()
        elif kind != "text" or part.get("text"):
            if kind == "compaction":
                prefix, spoken = blake2b(digest_size=16), ""
            said = _said(part)
            prefix.update(said if role == spoken else role.encode() + said)
            spoken = role
    return _Told(prefix, spoken, before)


def _said(part: Json) -> bytes:
    """What counts of a block: no cache marks, no ids of calls (ours are renewed), nothing that is null."""
    kind = part.get("type")
    if kind == "text":
        return b"\0text " + _bytes(part.get("text"))
    if kind == "tool_use":
        return b"\0tool_use " + _bytes(part.get("name")) + _written(part.get("input"))
    if kind == "tool_result":
        inner = b"".join(map(_said, _parts(part.get("content"))))
        return b"\0tool_result " + (b"failed" if part.get("is_error") else b"") + inner + b"\0"
    plain = {key: value for key, value in part.items() if value is not None and key not in _UNBOUND_MEMBERS}
    return b"\0" + _written(plain)


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")


def _tools(body: Json) -> bytes:
    """The tools whatever their order; those that are loaded later don't count."""
    return about(body.get("tools"), _tools_digest)


def _tools_digest(tools: Any) -> bytes:
    loaded = [{**tool, "type": tool.get("type") or "custom"} for tool in _parts(tools) if not tool.get("defer_loading")]
    return blake2b(b"\n".join(sorted(map(_said, loaded))), digest_size=16).digest()


def _system(body: Json) -> bytes:
    """The texts of the system prompt, without those that no model sees."""
    texts = [str(part.get("text") or "") for part in _parts(body.get("system"))]
    said = [text for text in texts if text and not text.startswith(unread_system())]
    return blake2b(_written(said), digest_size=16).digest()


def _last_of_turn(body: Json) -> str:
    """The last thinking in the assistant's words that the answer continues, or FIRST."""
    messages = body.get("messages")
    for message in reversed(messages) if isinstance(messages, list) else ():
        if not isinstance(message, dict):
            continue
        if str(message.get("role")) != "assistant" and _parts(message.get("content")):
            return FIRST
        if found := _thoughts_of(message):
            return found[-1][2]
    return FIRST


def _token(part: Json) -> str:
    return str(part.get("signature") or part.get("data") or "")


def _written(value: Any) -> bytes:
    """Sorted JSON, in which 1.0 equals 1 (a client in JavaScript can't tell them apart)."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # values that no body read from bytes has
        return repr(value).encode("utf-8", "backslashreplace")
    return orjson.dumps(_whole(value), option=orjson.OPT_SORT_KEYS) if b".0" in written else written


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
