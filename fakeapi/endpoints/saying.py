"""What is said to a request: the rule's answer, or our own. What small requests get without a rule is remembered.

It depends on the bytes and the contract alone, so that the second client to ask gets it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import NamedTuple

from fakeapi.contract import decoding
from fakeapi.endpoints import ruling, threads
from fakeapi.endpoints.admission import admit
from fakeapi.endpoints.caching import Counts
from fakeapi.endpoints.files.attaching import attach
from fakeapi.endpoints.outcome import House
from fakeapi.endpoints.ruling import Ruling
from fakeapi.facts import prefixes as cached
from fakeapi.facts.prefixes import Prefixes
from fakeapi.facts.triggers import pulled
from fakeapi.memory.changes import View
from fakeapi.model import Call, Caller, Draft, Json
from fakeapi.replies import deciding, generators, limits, responding, usage
from fakeapi.replies.responding import Ruled
from fakeapi.wire import Effect, Request

_REMEMBERED, _REMEMBERED_BYTES = 256, 8192
_THREAD, _FILE = b"thread", b"file_id"
"""In the body of a request that names something that memory holds."""


class Said(NamedTuple):
    """The answer as far as the request, the rules and the contract decide it.

    Attributes:
        call, draft: what was asked, and what is said.
        usage: with the whole input count as `input_tokens`.
        prefixes: of the prompt, where caching is asked for.
        mark: what chunks, padding and pace are drawn from: seed and normalised request.
        tails: what was written and is the same for all whom the cache counts alike: the events after message_start, or
            a body around its id. made: the usages of these.
        barred: why the organization may not ask at all; see Pulled.
    """

    call: Call
    draft: Draft
    usage: Json
    prefixes: Prefixes | None
    mark: str
    tails: dict[Counts, list[Effect]]
    made: dict[Counts, Json]
    barred: str


class Again(NamedTuple):
    """An answer that can be given again to an equal request: nothing but the id of its message is its own.

    `cached` is what the cache made of it: the counts, and the log's word.
    """

    said: Said
    id: str
    cached: tuple[Counts, str]


def read(house: House, view: View, request: Request, caller: Caller) -> Call:
    """The call that a request makes, with the whole conversation where it continues a thread."""
    body, kind = request.body, request.headers.get("content-type")
    if _is_remembered(request):
        return _read_again(house, body, kind, caller.version, caller.betas)
    resume = partial(_completed, house, view, caller.key)
    encoding = request.headers.get("content-encoding")
    return admit(house, decoding.decode(body, kind, encoding), _nameless(caller), resume=resume)


def _completed(house: House, view: View, key: str, call: Call, strict: bool) -> Call:
    """The call with what memory holds of it: the thread that it continues, the files that it names."""
    return attach(house, view, key, threads.resume(view, call, key, strict), strict)


def _is_remembered(request: Request) -> bool:
    return len(request.body) <= _REMEMBERED_BYTES and stands_alone(request)


def stands_alone(request: Request) -> bool:
    """Whether what is said to a request depends on its bytes and the house: it names nothing that memory holds."""
    body = request.body
    return not (_THREAD in body or _FILE in body or "content-encoding" in request.headers)


def _nameless(caller: Caller) -> Caller:
    """What the contract knows of a caller; the same for all who speak it."""
    return Caller("", caller.version, caller.betas)


def _read(house: House, body: bytes, kind: str | None, version: str, betas: frozenset[str]) -> Call:
    return admit(house, decoding.decode(body, kind, None), Caller("", version, betas))


_read_again = lru_cache(maxsize=_REMEMBERED)(_read)


def usually(house: House, view: View, request: Request, caller: Caller) -> Said:
    """What is said where no rule has anything to say."""
    if _is_remembered(request):
        kind = request.headers.get("content-type")
        return _say_again(house, request.body, kind, caller.version, caller.betas)
    return by_itself(house, read(house, view, request, caller))


def by_itself(house: House, call: Call) -> Said:
    """What is said to a call where no rule has anything to say."""
    return _said(house, call, usual(house, call))


def _say(house: House, body: bytes, kind: str | None, version: str, betas: frozenset[str]) -> Said:
    return by_itself(house, _read_again(house, body, kind, version, betas))


_say_again = lru_cache(maxsize=_REMEMBERED)(_say)


def usual(house: House, call: Call) -> Draft:
    """The documented answer of a documented conversation, else one that fits what was asked; uncut."""
    return deciding.decide(house.examples.find(call), call, house.settings.seed, house.settings.tools, house.sizes)


def consult(house: House, view: View, request: Request, call: Call, broken: bool) -> Ruling:
    """What the rules have to say; `broken`: whether the request itself asks for a fault that breaks its answer."""
    unmatched = house.settings.unmatched
    elsewhere = house.elsewhere() if unmatched == "error" else ()
    return ruling.rule(
        house.rules, view, call, request.headers, unmatched=unmatched, broken=broken, elsewhere=elsewhere
    )


def by_rule(house: House, call: Call, ruled: Ruling, headers: Mapping[str, str]) -> Said:
    """What a rule says."""
    assert ruled.response is not None
    draft = responding.respond(
        ruled.response,
        call,
        house.settings.seed,
        source=ruled.source,
        usual=lambda: usual(house, call),
        groups=ruled.groups,
        headers=headers,
        fixtures=house.examples.named,
    )
    return _said(house, call, draft)


def _said(house: House, call: Call, uncut: Draft) -> Said:
    """The rest of what a request alone decides: the limits, the bill, and what could be cached."""
    limited = limits.limit(uncut, call, house.sizes)
    bill = usage.account(limited, call, uncut, house.sizes)
    mark = f"{house.settings.seed}/{generators.fingerprint(call.body)}"
    if house.settings.service_tier == "priority" and call.body.get("service_tier") != "standard_only":
        bill = {**bill, "service_tier": "priority"}
    prefixes, barred = cached.prefixes(call.body, call.model, house.sizes), pulled(call.body).barred
    return Said(call, limited, bill, prefixes, mark, {}, {}, barred)


def overridden(bill: Json, draft: Draft) -> Json:
    """The bill with what a rule says of it."""
    return {**bill, **draft.usage} if isinstance(draft, Ruled) and draft.usage else bill


def remarks(draft: Draft) -> tuple[str, ...]:
    """What of a rule's answer the real API would never have answered."""
    return draft.warnings if isinstance(draft, Ruled) else ()
