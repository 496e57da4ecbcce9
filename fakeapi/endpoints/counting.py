"""POST /v1/messages/count_tokens: the same checks and the same counter as a message's usage."""

from __future__ import annotations

import orjson

from fakeapi.chance import Chance
from fakeapi.contract import decoding
from fakeapi.endpoints.admission import admit
from fakeapi.endpoints.outcome import House, Outcome
from fakeapi.model import Caller, Json
from fakeapi.replies import usage
from fakeapi.wire import Request, Send


def count(house: House, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance) -> Outcome:
    """The whole input count of a request, cached or not."""
    call = admit(house, decoding.decode_request(request), caller, "count_tokens")
    tokens = usage.input_tokens(house.examples.find(call), call)
    body: Json = {"input_tokens": tokens}
    if call.body.get("context_management"):
        body["context_management"] = {"original_input_tokens": tokens}
    effects = (Send(orjson.dumps(body)),)
    return Outcome(
        effects, model=call.model.id, source="counter", usage={"input_tokens": tokens}, warnings=call.warnings
    )
