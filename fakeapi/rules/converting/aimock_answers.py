"""What an aimock fixture answers, as a `respond` of ours.

Source of what each key does there: aimock 1.43.0, its types and its Claude route.
"""

from __future__ import annotations

import re

import orjson

from fakeapi import assets
from fakeapi.facts import schemas
from fakeapi.model import Json
from fakeapi.rules.converting.drafts import Answer, Notes, respond_of
from fakeapi.rules.loading.contract import stop_reasons
from fakeapi.rules.loading.nodes import Node

_OTHER_ANSWERS = ("embedding", "image", "images", "audio", "transcription", "video", "json", "live")
_SAID = ("content", "toolCalls", "blocks")
_BESIDE = (
    "reasoning",
    "reasoningSignature",
    "redactedThinking",
    "webSearches",
    "model",
    "usage",
    "finishReason",
    "role",
)
_NOWHERE = {
    "id": "ids are made for each answer",
    "created": "messages have no time of creation",
    "systemFingerprint": "messages have no system fingerprint",
    "provider": "it belongs to OpenRouter",
    "nativeFinishReason": "it belongs to OpenRouter",
}
_REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
_USAGE = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
_WORD = re.compile(r"[\w.-]{1,100}", re.ASCII)
_ID = re.compile(r"[a-zA-Z0-9_-]+")


def read_answer(node: Node, notes: Notes, more: Json) -> Answer | None:
    """The answer of a `response`; None where it is none of this API (the notes say why).

    `more` are keys that the fixture's other options add: `fault`, `pace`.
    """
    members = node.members
    if isinstance(node.value, dict):
        for key in _OTHER_ANSWERS:
            if key in members:
                notes.tell(node.of_key(key), f"a response of {key} is none of the Messages API", "keep it with aimock")
                return None
    if "error" in members:
        return _error(node, notes, more)
    if not isinstance(node.value, dict) or not any(key in members for key in _SAID):
        notes.tell(node, "this response has no content, no toolCalls, no blocks and no error", "say what to answer")
        return None
    notes.tell_unknown(node, (*_SAID, *_BESIDE, *_NOWHERE), "a response")
    for key, why in _NOWHERE.items():
        if key in members:
            notes.tell(node.of_key(key), f"{key} is left out: {why}")
    parts = [*_thoughts(members, notes), *_parts(members, notes)]
    more = {**_ending(members, parts, notes), **more}
    return Answer(respond_of(parts, more) if parts else {"content": [], **more})


def _parts(members: dict[str, Node], notes: Notes) -> list[Json]:
    """What is said, in the order in which it is said."""
    if "blocks" in members and (blocks := _items("blocks", members, notes)):
        return [part for item in blocks for part in _block(item, notes)]
    parts = _text(members["content"], notes) if "content" in members else []
    parts += [part for call in _items("toolCalls", members, notes) for part in _call(call, notes)]
    if not parts and "content" in members and members["content"].value == "":
        return [{"text": ""}]
    return parts


def _items(name: str, members: dict[str, Node], notes: Notes) -> list[Node]:
    node = members.get(name)
    return node.items if node and node.value is not None and notes.is_of(list, node, name) else []


def _text(node: Node, notes: Notes) -> list[Json]:
    if isinstance(node.value, dict | list):
        return [{"json": node.value}]
    if isinstance(node.value, str):
        return [{"text": node.value}] if node.value else []
    if node.value is not None:
        notes.tell(node, "content must be a text, an object or a list", "write it in quotes")
    return []


def _block(node: Node, notes: Notes) -> list[Json]:
    kind = node.value.get("type") if isinstance(node.value, dict) else None
    if kind == "text" and "text" in node.members:
        return _text(node.members["text"], notes)
    if kind == "toolCall":
        return _call(node, notes, ("type",))
    notes.tell(node, "a block must be of type text or toolCall, so this one is left out")
    return []


def _call(node: Node, notes: Notes, beside: tuple[str, ...] = ()) -> list[Json]:
    """A tool call; one with an id is a literal block, so that the id stays."""
    name = node.value.get("name") if isinstance(node.value, dict) else None
    if not isinstance(name, str) or not name:
        notes.tell(node, "a tool call without a name is left out", "name the tool")
        return []
    notes.tell_unknown(node, ("name", "arguments", "id", *beside), "a tool call")
    given = _arguments(node, notes)
    made = node.value.get("id")
    if made is None:
        return [{"tool_use": {"name": name, "input": given}}]
    if not isinstance(made, str) or not _ID.fullmatch(made):
        notes.tell(node.members["id"], "ids of tool calls have letters, digits, - and _ only, so one is made instead")
        return [{"tool_use": {"name": name, "input": given}}]
    return [{"type": "tool_use", "id": made, "name": name, "input": given}]


def _arguments(node: Node, notes: Notes) -> Json:
    """The input of a call: an object, or the JSON text of one."""
    member = node.members.get("arguments")
    value = member.value if member else {}
    if isinstance(value, str):
        try:
            value = orjson.loads(value) if value.strip() else {}
        except orjson.JSONDecodeError:
            value = None
    if isinstance(value, dict):
        return value
    notes.tell(member or node, "arguments that are no JSON object become {}", "write {city: Paris}")
    return {}


def _thoughts(members: dict[str, Node], notes: Notes) -> list[Json]:
    """Thinking, which aimock puts first, redacted blocks before plain ones."""
    parts: list[Json] = []
    if "redactedThinking" in members:
        notes.tell(members["redactedThinking"], "the data of redacted thinking is made anew, so that it verifies")
        parts += [{"type": "redacted_thinking"} for _ in _items("redactedThinking", members, notes)]
    reasoning = members.get("reasoning")
    if reasoning and isinstance(reasoning.value, str) and reasoning.value:
        parts.append({"thinking": reasoning.value})
    elif reasoning:
        notes.tell(reasoning, "reasoning without a text is left out")
    if "reasoningSignature" in members:
        notes.tell(members["reasoningSignature"], "the signature is made anew, so that it verifies")
    if "webSearches" in members:
        told = "webSearches is left out: aimock ignores it for Claude, too"
        notes.tell(members["webSearches"], told, "for web searches see docs/server-tools.md")
    return parts


def _ending(members: dict[str, Node], parts: list[Json], notes: Notes) -> Json:
    """How it ends, and what it says of itself."""
    found: Json = {}
    if "usage" in members and (usage := _usage(members["usage"], notes)):
        found["usage"] = usage
    if "finishReason" in members and (reason := _reason(members["finishReason"], parts, notes)):
        found["stop_reason"] = reason
    if "model" in members and notes.is_of(str, members["model"], "model"):
        found["members"] = {"model": members["model"].value}
    if "role" in members and members["role"].value != "assistant":
        notes.tell(members["role"], "role is left out: whoever answers is the assistant")
    return found


def _reason(node: Node, parts: list[Json], notes: Notes) -> str | None:
    reason = _REASONS.get(str(node.value), str(node.value))
    calls = any("tool_use" in part or part.get("type") == "tool_use" for part in parts)
    if reason == ("tool_use" if calls else "end_turn"):
        return None
    if reason not in stop_reasons():
        notes.tell(node, f"finishReason {node.value!r} is no stop_reason, so it is left out", "write a stop_reason")
        return None
    if node.value == "content_filter":
        notes.tell(node, "content_filter becomes the stop_reason refusal", "respond: {refusal: ...} says why, too")
    return reason


def _usage(node: Node, notes: Notes) -> Json:
    if not notes.is_of(dict, node, "usage"):
        return {}
    known = schemas.bundled("answer/usage")["properties"]
    found: Json = {}
    for key, member in node.members.items():
        name = _USAGE.get(key, key)
        if name in known and type(member.value) is int and member.value >= 0:
            found.setdefault(name, member.value)
        elif name in known:
            notes.tell(member, f"{key} is left out: it must be a whole number", "count tokens")
        else:
            notes.tell(node.of_key(key), f"{key} is left out: the usage of a message has no such member")
    return found


def _error(node: Node, notes: Notes, more: Json) -> Answer | None:
    error = node.members["error"]
    if not isinstance(error.value, dict) or not isinstance(error.value.get("message"), str):
        notes.tell(error, "an error needs a message, a text", 'for example {"message": "Overloaded"}')
        return None
    notes.tell_unknown(node, ("error", "status", "retryAfter", "fallthrough"), "an error response")
    notes.tell_unknown(error, ("message", "type", "code", "param", "metadata"), "an error")
    for key in ("code", "param", "metadata"):
        if error.value.get(key) is not None:
            mend = "for details.error_code write error_code" if key == "code" else ""
            notes.tell(error.of_key(key), f"{key} is left out: errors of the Messages API have none", mend)
    if "fallthrough" in node.members:
        notes.tell(node.of_key("fallthrough"), "fallthrough is left out: it belongs to OpenRouter")
    status = node.value.get("status", 500)
    if type(status) is not int or not 400 <= status <= 599:
        notes.tell(node.members["status"], f"{status} is no status of an error: they go from 400 to 599")
        return None
    said = {"message": error.value["message"]} if error.value["message"] else {}
    kind = _type(error, status, notes)
    return Answer({"error": {"status": status, **kind, **said, **_wait(node, status, notes)}, **more}, fails=True)


def _type(error: Node, status: int, notes: Notes) -> Json:
    """The type, unless it is what its status has anyway."""
    kind = error.value.get("type")
    statuses: dict[str, int] = assets.read_json("fixtures/faults.json")["statuses"]
    if kind is None or statuses.get(str(kind)) == status:
        return {}
    if not isinstance(kind, str) or not _WORD.fullmatch(kind):
        notes.tell(error.members["type"], "this is no error type, so it is left out")
        return {}
    if kind not in statuses:
        told = f"{kind} is no error type of the Messages API; it is kept"
        notes.tell(error.members["type"], told, f"drop it for what the API says with {status}")
    return {"type": kind}


def _wait(node: Node, status: int, notes: Notes) -> Json:
    member = node.members.get("retryAfter")
    if member is None:
        return {}
    if status != 429:
        notes.tell(member, "retryAfter is left out: aimock sends it with 429 only", "write retry_after if you mean it")
        return {}
    if isinstance(member.value, bool) or not isinstance(member.value, int | float) or not 0 <= member.value <= 86400:
        notes.tell(member, "retryAfter must be a number of seconds, so it is left out")
        return {}
    return {"retry_after": member.value}
