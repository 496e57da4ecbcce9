"""POST /v1/messages: the walk from a request to an answer. The order of the stages stands in `answer`, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from fakeapi.chance import Chance
from fakeapi.encoding import pacing, sse
from fakeapi.encoding.faults import Scene
from fakeapi.encoding.headers import JSON
from fakeapi.endpoints import caching, limiting, saying, threads
from fakeapi.endpoints.asking import error_headers, hear
from fakeapi.endpoints.caching import Cached
from fakeapi.endpoints.files.attaching import created
from fakeapi.endpoints.limiting import FREE, Toll
from fakeapi.endpoints.outcome import NOTHING, Asked, House, Outcome, Remembered
from fakeapi.endpoints.ruling import NO_RULING, Ruling
from fakeapi.endpoints.saying import Again, Said
from fakeapi.endpoints.sending import encode, encode_struck
from fakeapi.memory.changes import Change, View
from fakeapi.model import Call, Caller, Json, Message
from fakeapi.replies import identity, iterating, reflecting, refusing
from fakeapi.replies.cost import cost
from fakeapi.wire import Effect, Request


def answer(
    house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
) -> Outcome:
    """The walk: what is said, what it costs, how it is sent. Each stage takes values and gives one, or an ApiError."""
    said, ruled = say(house, view, request, caller)
    call = said.call
    asked = listen(house, view, request, caller, call, ruled)
    ttft = (asked.pace or house.pace).ttft
    cached = caching.spread(view, said.prefixes, said.usage, call.model.id, caller.key, luck.now, ttft, said.made)
    message, diagnosed = finish(house, view, said, cached, caller, luck)
    made = created(view, message, caller, luck)
    toll = limiting.charge(house, view, call, message.usage, caller, luck, said.barred)
    changes = (*cached.changes, *diagnosed, *toll.changes, *made)
    kept = remembered(house, view, call, message, caller, luck, changes)
    kept = kept._replace(always=ruled.changes, when_completed=(*kept.when_completed, *toll.owed))
    tail = shared_tail(said, message, cached)
    if asked is NOTHING:
        effects = encode(house, call, message, house.pace, said.mark, tail)
    else:
        effects = encode_struck(house, call, message, asked, said.mark, Scene(luck, caller.key, message.model))
    outcome = told(effects, said, ruled, asked, cached, message, toll, kept)
    alike = tail is not None and toll is FREE and asked is NOTHING and kept == Remembered(cached.changes)
    if alike and house.answers_alike and house.pace == pacing.INSTANT and saying.stands_alone(request):
        return outcome._replace(again=Again(said, message.id, (cached.counts, cached.state)))
    return outcome


def told(
    effects: Iterable[Effect],
    said: Said,
    ruled: Ruling,
    asked: Asked,
    cached: Cached,
    message: Message,
    toll: Toll,
    kept: Remembered,
) -> Outcome:
    """What the stages made, as the frame and the log take it."""
    return Outcome(
        effects,
        sse.STREAM if said.call.body.get("stream") else (JSON,),
        toll.shown,
        message.model,
        said.draft.source,
        message.usage,
        (*said.call.warnings, *saying.remarks(said.draft)),
        price(said, message),
        asked,
        kept,
        ruled.rule.name if ruled.rule else "",
        cached.state,
    )


def say(house: House, view: View, request: Request, caller: Caller) -> tuple[Said, Ruling]:
    """What is said, and the rule that says it."""
    if house.answers_alike:
        return saying.usually(house, view, request, caller), NO_RULING
    call = saying.read(house, view, request, caller)
    broken = hear(house, view, request, caller, call.body).script.breaks
    ruled = saying.consult(house, view, request, call, broken)
    if ruled.response is None:
        return saying.usually(house, view, request, caller), ruled
    return saying.by_rule(house, call, ruled, request.headers), ruled


def listen(house: House, view: View, request: Request, caller: Caller, call: Call, ruled: Ruling) -> Asked:
    """What request and rule ask for beyond an answer: faults, a pace, headers of an error."""
    asked = hear(house, view, request, caller, call.body, ruled.response)
    if ruled.response is None or not ruled.response.error:
        return asked
    return asked._replace(headers=error_headers(ruled.response))


def finish(
    house: House, view: View, said: Said, cached: Cached, caller: Caller, luck: Chance
) -> tuple[Message, tuple[Change, ...]]:
    """The finished message: ids, the resolved model's name and what follows from clock and memory put on; and what has
    to be remembered of it for the diagnosis of later ones."""
    draft, call = said.draft, said.call
    id = luck.message_id()
    reason, changes = _diagnosis(view, call, id, caller, luck, cached.usage)
    message = Message(
        id=id,
        model=draft.extra.get("model", call.model.id),
        content=identity.renew(draft.content, luck),
        stop_reason=draft.stop_reason,
        stop_sequence=draft.stop_sequence,
        stop_details=reflecting.stop_details(draft, call, luck),
        usage=saying.overridden(_credited(house, cached.usage, call, luck), draft),
        extra=reflecting.members(draft, call, luck, house.sizes, reason),
        partial=draft.partial,
    )
    return message, changes


def _credited(house: House, bill: Json, call: Call, luck: Chance) -> Json:
    """The bill with what became of the credit of a refusal; only a strict server asks whether that is good."""
    return reflecting.usage(bill, call, luck) if house.settings.contract == "strict" else bill


def _diagnosis(
    view: View, call: Call, id: str, caller: Caller, luck: Chance, bill: Json
) -> tuple[Json | None, tuple[Change, ...]]:
    """Why the cache was missed, where the request wants to know."""
    if call.body.get("diagnostics") is None:
        return None, ()
    tokens = bill["cache_read_input_tokens"] + bill["cache_creation_input_tokens"]
    found, changes = caching.diagnosed(view, call, id, caller.key, luck.now, tokens)
    return (found or {}).get("cache_miss_reason"), changes


def remembered(
    house: House,
    view: View,
    call: Call,
    message: Message,
    caller: Caller,
    luck: Chance,
    changes: tuple[Change, ...],
) -> Remembered:
    """What memory has to keep of all this, and when."""
    if not call.body.get("thread"):
        return Remembered(changes)
    sent, ttl = call.sent or call.body, house.settings.thread_ttl
    held = threads.remember(view, sent, call, message, caller.key, luck.now, ttl)
    return Remembered((*changes, *held.changes), held.when_completed, held.when_broken)


def price(said: Said, message: Message) -> float | None:
    """What it would have cost in US dollars, with what summaries and advisors cost; a refusal at once is free."""
    if "iterations" not in message.usage and message.stop_reason != "refusal":
        return cost(message.usage, said.call.model)
    if message.stop_reason == "refusal" and not message.usage["output_tokens"]:
        return 0.0
    serving = refusing.serving(said.draft, said.call).model
    costs = [cost(message.usage, serving)]
    costs += [cost(step, model) for step, model in iterating.billed_apart(message.usage, said.call.model)]
    return None if None in costs else sum(each or 0.0 for each in costs)


def shared_tail(said: Said, message: Message, cached: Cached) -> list[Effect] | None:
    """Where the bytes that are the same for all who ask are kept; None where the message is of its own."""
    if message.content is not said.draft.content or message.usage is not cached.usage or "diagnostics" in message.extra:
        return None
    return None if reflecting.is_personal(message) else said.tails.setdefault(cached.counts, [])
