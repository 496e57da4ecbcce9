"""POST /v1/messages/count_tokens: the same checks and the same counter as a message's usage."""

from __future__ import annotations

from functools import partial

import orjson

from fakeapi.chance import Chance
from fakeapi.contract import decoding
from fakeapi.encoding.faults import Scene
from fakeapi.endpoints.admission import admit
from fakeapi.endpoints.asking import hear, strike_plain
from fakeapi.endpoints.files.attaching import attach
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.facts import editing
from fakeapi.memory.changes import View
from fakeapi.model import Caller, Json
from fakeapi.replies import usage
from fakeapi.wire import Request, Send


def count(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The whole input count of a request, cached or not."""
    resume = partial(attach, house, view, caller.key)
    call = admit(house, decoding.decode_request(request), caller, "count_tokens", resume)
    tokens = usage.input_tokens(house.examples.find(call), call, house.sizes)
    body: Json = {"input_tokens": tokens}
    if call.body.get("context_management"):
        original = editing.edit(call.body, call.model, house.sizes).original
        body["context_management"] = {"original_input_tokens": original}
    effects = (Send(orjson.dumps(body)),)
    outcome = Outcome(
        effects, model=call.model.id, source="counter", usage={"input_tokens": tokens}, warnings=call.warnings
    )
    asked = hear(house, view, request, caller, call.body)
    return strike_plain(outcome, asked, Scene(luck, caller.key, call.model.id))
