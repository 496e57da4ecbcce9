"""POST /v1/complete, the old Text Completions: a prompt of `Human:` and `Assistant:` turns in, a text out.

The prompt is read as a conversation and goes the road of messages, so that rules, faults and limits hold here, too.
Only models of its time answer; the others point to the Messages API (recorded in 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from fakeapi.chance import Chance, draws
from fakeapi.contract import decoding, validation
from fakeapi.encoding import faults, sse
from fakeapi.encoding.events import PING, Event
from fakeapi.encoding.faults import Scene
from fakeapi.encoding.headers import JSON
from fakeapi.endpoints import messages
from fakeapi.endpoints.asking import FAULT, PACE, hear
from fakeapi.endpoints.outcome import NOTHING, Asked, House, Outcome
from fakeapi.errors import ApiError
from fakeapi.facts.sentences import refusal
from fakeapi.memory.changes import View
from fakeapi.model import Caller, Json, Model
from fakeapi.wire import Effect, Request, Send

ROAD = "/v1/complete"
_SCHEMA = "request/completion_request"
_FEATURE = "text_completions"
_HUMAN, _ASSISTANT = "Human", "Assistant"
_TURN = re.compile(rf"(?:^|\n\n)({_HUMAN}|{_ASSISTANT}):")
_BUILT_IN_STOP = "\n\nHuman:"
"""Where these models stop by themselves: the end of what they have to say."""
_PIECE = re.compile(r"\s*\S+|\s+$")


class Prompt(NamedTuple):
    """A prompt as a conversation: what stands before its first turn, and the turns as messages."""

    system: str
    messages: list[Json]


def complete(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The completion of a prompt, as JSON or as events; ApiError for what the real API refuses."""
    body = decoding.decode_request(request)
    model = _admitted(house, body, caller)
    inner = messages.answer(_lenient(house), view, _as_messages(request, body), (), caller, luck)
    heard = hear(house, view, request, caller, body)
    asked = inner.asked if heard is NOTHING else heard
    outcome = inner._replace(asked=asked, rate_limits=inner.rate_limits is not True and inner.rate_limits, again=None)
    message = _message(inner)
    if message is None:
        return outcome
    completion, scene = _completion(message, model, luck, _prefilled(body)), Scene(luck, caller.key, model.id)
    if not body.get("stream"):
        effects = faults.strike_plain(asked.script, (Send(orjson.dumps(completion)),), scene)
        return outcome._replace(effects=effects, content=(JSON,))
    return outcome._replace(effects=_streamed(house, completion, asked, scene), content=sse.STREAM)


def _streamed(house: House, completion: Json, asked: Asked, scene: Scene) -> Iterator[Effect]:
    """The events of a completion at their pace, struck by the faults that were asked for."""
    mark = f"{house.settings.seed}/{completion['completion']}"
    padding = draws("padding", mark) if house.settings.padding == "on" else None
    struck = faults.strike(asked.script, sse.frames(_events(completion), padding), scene)
    return faults.paced(struck, asked.pace or house.pace, draws("pace", mark))


def read(prompt: str) -> Prompt:
    """A prompt as a conversation. ApiError 400 where it has no turn of a human, or doesn't end with the assistant's."""
    pieces = _TURN.split(prompt)
    turns = list(zip(pieces[1::2], pieces[2::2], strict=True))
    if not turns or turns[0][0] != _HUMAN:
        raise refusal("prompt_start")
    if turns[-1][0] != _ASSISTANT:
        raise refusal("prompt_end")
    roles = {_HUMAN: "user", _ASSISTANT: "assistant"}
    said = [{"role": roles[who], "content": text.strip()} for who, text in turns]
    if not said[-1]["content"]:
        said.pop()
    return Prompt(pieces[0].strip(), said)


def _admitted(house: House, body: Any, caller: Caller) -> Model:
    """The model that completes the prompt."""
    mode = house.settings.contract
    strict = mode == "strict"
    validation.check_shape(body, schema=_SCHEMA, caller=caller, mode="strict" if strict else "shape")
    model = house.catalogue.resolve(body["model"])
    if not strict:
        return model or replace(house.catalogue.models[0], id=body["model"])
    if model is None:
        raise refusal("model_unknown", model=body["model"])
    if _FEATURE not in model.features:
        raise refusal("not_for_completions", model=body["model"])
    read(body["prompt"])
    return model


def _as_messages(request: Request, body: Json) -> Request:
    """The same as a request for a message."""
    try:
        prompt = read(body["prompt"])
    except ApiError:
        prompt = Prompt("", [{"role": "user", "content": body["prompt"]}])
    asked: Json = {"model": body["model"], "max_tokens": body["max_tokens_to_sample"], "messages": prompt.messages}
    if prompt.system:
        asked["system"] = prompt.system
    if body.get("stop_sequences"):
        asked["stop_sequences"] = body["stop_sequences"]
    own = (FAULT, PACE, "content-encoding", "content-type")
    headers = {name: value for name, value in request.headers.items() if name not in own}
    return Request("POST", "/v1/messages", "", headers, orjson.dumps(asked))


def _prefilled(body: Json) -> bool:
    return not body["prompt"].rstrip().endswith(f"{_ASSISTANT}:")


@lru_cache(maxsize=16)
def _lenient(house: House) -> House:
    """The house for conversations that the prompt's own contract has let through."""
    return replace(house, settings=replace(house.settings, contract="off"))


def _message(outcome: Outcome) -> Json | None:
    """The message that was said; None where a fault of a rule has struck it."""
    whole: list[Effect] = list(outcome.effects)
    try:
        message = orjson.loads(b"".join(effect.data for effect in whole if isinstance(effect, Send)))
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) and message.get("type") == "message" else None


def _completion(message: Json, model: Model, luck: Chance, prefilled: bool) -> Json:
    """A message as a completion, keys in the recorded order."""
    text = "".join(block["text"] for block in message["content"] if block["type"] == "text")
    reason, stop = message["stop_reason"], message["stop_sequence"]
    if reason != "max_tokens":
        reason, stop = "stop_sequence", stop or _BUILT_IN_STOP
    id = luck.identity("compl")
    return {
        "type": "completion",
        "id": id,
        "completion": text if prefilled or not text else f" {text}",
        "stop_reason": reason,
        "model": model.id,
        "stop": stop,
        "log_id": id,
    }


def _events(whole: Json) -> Iterator[Event]:
    """The events of a completion: its text piece by piece, a ping after the second, and how it ended with the last one.

    An end at a stop sequence has an event of its own, without text (recorded).
    """
    pieces = _PIECE.findall(whole["completion"])
    if whole["stop"] is not None or not pieces:
        pieces.append("")
    for number, piece in enumerate(pieces):
        ending = {} if number == len(pieces) - 1 else {"stop_reason": None, "stop": None}
        yield Event("completion", {**whole, "completion": piece, **ending}, 1)
        if number == 1:
            yield Event(PING, None)
