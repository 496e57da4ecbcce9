"""Rate limits, where a server enforces them: what a request takes, what is left, and the refusal of what is too much.

Each key has a bucket for the requests, the input and the output of each model. Requests and input are taken when a
request is let in, output once it has been written; a stream that runs holds nothing back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import inf
from typing import NamedTuple, TypeAlias

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.encoding import headers
from fakeapi.encoding.headers import RateLimit
from fakeapi.endpoints.caching import workspace
from fakeapi.endpoints.outcome import House
from fakeapi.errors import ApiError
from fakeapi.facts.allowances import COUNTS_CACHED, Limits, apart
from fakeapi.facts.sentences import refusal
from fakeapi.memory import buckets
from fakeapi.memory.buckets import KIND, Bucket
from fakeapi.memory.changes import Change, Key, Put, View
from fakeapi.model import Call, Caller, Json
from fakeapi.wire import HeaderLines

REQUESTS, INPUT, OUTPUT = "requests", "input", "output"
_SHOWN = {REQUESTS: "requests", INPUT: "input-tokens", OUTPUT: "output-tokens"}
_WORDS = {REQUESTS: "requests", INPUT: "input tokens", OUTPUT: "output tokens"}
_SHUT = "shut"
_APART: dict[str, Callable[[Json], bool]] = {
    "fast": lambda usage: usage.get("speed") == "fast",
    "priority": lambda usage: bool(usage["service_tier"] == "priority"),
}
"""What has limits of its own -> whether a bill is for it."""

Buckets: TypeAlias = dict[str, Bucket]
"""Name of a limit -> its bucket, in the order in which they are looked at."""


class LimitedError(ApiError):
    """Too much for a rate limit. `changes` are remembered although nothing is answered."""

    changes: tuple[Change, ...] = ()


class Toll(NamedTuple):
    """What a request that was let in pays.

    Attributes:
        shown: the lines of its rate limits, or True for the generous ones.
        changes: what it takes at once. owed: what it takes once its answer is complete.
    """

    shown: HeaderLines | bool = True
    changes: tuple[Change, ...] = ()
    owed: tuple[Change, ...] = ()


FREE = Toll()
"""What a request pays where no limits are enforced."""


def charge(house: House, view: View, call: Call, usage: Json, caller: Caller, luck: Chance, barred: str = "") -> Toll:
    """What a request pays.

    Args:
        usage: its bill; what is written to the cache counts as input, what is read from it only for some models.
        barred: why the organization may not ask at all; see Pulled.

    Raises:
        ApiError: 429, 402 or 400 where it is barred; LimitedError 429 for a request that has to wait, or that is larger
            than the whole limit.
    """
    if barred:
        raise _barred(barred, luck.now)
    toll = FREE if house.limits is None else _charge(house.limits, view, call, usage, caller, luck)
    if usage["service_tier"] != "priority" and usage.get("speed") != "fast":
        return toll
    shown = headers.generous(int(luck.now)) if toll.shown is True else toll.shown or ()
    return toll._replace(shown=(*shown, *_apart(usage, luck.now)))


def _barred(name: str, now: float) -> ApiError:
    """The refusal of an organization that has spent too much, until the next month begins (documented)."""
    today = datetime.fromtimestamp(now, UTC)
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return refusal(name, date=following.strftime("%Y-%m-%d"))


def _apart(usage: Json, now: float) -> HeaderLines:
    """The limits of the priority tier and of fast mode, which hold beside the others (documented)."""
    kinds = [kind for kind, is_on in _APART.items() if is_on(usage)]
    return tuple(line for kind in kinds for line in headers.rate_limits(_left(kind, usage, now), f"anthropic-{kind}"))


def _left(kind: str, usage: Json, now: float) -> Iterator[RateLimit]:
    read = usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    for name, limit, taken in zip((INPUT, OUTPUT), apart(kind), (read, usage["output_tokens"]), strict=True):
        held = Bucket(limit, now).without(taken, now)
        yield RateLimit(_SHOWN[name], limit, buckets.nearest_thousand(held.level(now), limit), held.full)


def _charge(limits: Limits, view: View, call: Call, usage: Json, caller: Caller, luck: Chance) -> Toll:
    place = (KIND, workspace(caller.key), call.model.id)
    now, amounts = luck.now, _amounts(call, usage)
    held = _held(view, place, limits, call)
    waits = {name: _wait(view, (*place, name), held[name], amount, now) for name, amount in amounts.items()}
    worst = max(waits, key=lambda name: waits[name])
    if waits[worst]:
        shut = _shut(view, (*place, worst, _SHUT), amounts[worst], waits[worst], now)
        raise _refused(limits, held, worst, waits[worst], call, luck, shut)
    streams = bool(call.body.get("stream"))
    return _let_in(held, place, {**amounts, OUTPUT: usage["output_tokens"]}, streams, now)


def _let_in(held: Buckets, place: Key, taken: dict[str, int], streams: bool, now: float) -> Toll:
    """What is taken, and shown: of a stream, before there is any output."""
    left = {name: one.without(0 if streams and name == OUTPUT else taken[name], now) for name, one in held.items()}
    changes = {name: buckets.take((*place, name), one.limit, taken[name], now) for name, one in held.items()}
    return Toll(lines(left, now), (changes[REQUESTS], changes[INPUT]), (changes[OUTPUT],))


def _amounts(call: Call, usage: Json) -> dict[str, int]:
    """How much there has to be of each limit. Of output, which nobody knows yet, there has to be some."""
    cached = usage["cache_read_input_tokens"] if COUNTS_CACHED in call.model.features else 0
    return {
        REQUESTS: 1,
        INPUT: usage["input_tokens"] + usage["cache_creation_input_tokens"] + cached,
        OUTPUT: 1,
    }


def _held(view: View, place: Key, limits: Limits, call: Call) -> Buckets:
    allowed = limits.of(call.model)._asdict()
    return {name: buckets.bucket(view, (*place, name), limit) for name, limit in allowed.items()}


def _wait(view: View, key: Key, held: Bucket, amount: int, now: float) -> float:
    """Seconds until there is enough; where as much or less was refused before, until the moment that was told then."""
    wait = held.wait(amount, now)
    if wait == inf or (shut := view.get((*key, _SHUT))) is None:
        return wait
    until, refused = shut
    return max(wait, until - now) if amount >= refused and until - now > buckets.INSTANT else wait


def _shut(view: View, key: Key, amount: int, wait: float, now: float) -> tuple[Change, ...]:
    """Until when nobody needs to come again with as much; a moment that was told before stays."""
    if wait == inf or view.get(key) is not None:
        return ()
    until = now + buckets.whole_seconds(wait)
    return (Put(key, (until, amount), until),)


def _refused(
    limits: Limits, held: Buckets, name: str, wait: float, call: Call, luck: Chance, changes: tuple[Change, ...]
) -> LimitedError:
    """The refusal, in the API's words and with its headers: those of one that never fits were recorded."""
    worded = refusal(
        "limit_exceeded_in_tier" if limits.can_be_raised() else "limit_exceeded",
        allowed=f"{held[name].limit:,} {_WORDS[name]}",
        organization=chance.organization(luck.seed),
        model=call.model.id,
    )
    fault = LimitedError(worded.status, worded.type, worded.message)
    fault.changes = changes
    if wait == inf:
        seen = {one: held[one] for one in (INPUT, REQUESTS)}
        fault.headers = (headers.DONT_RETRY, *headers.rate_limits(_shown(seen, luck.now)))
        fault.hint = f"No wait helps: {name} is more than the limit of a whole minute."
        return fault
    told = buckets.whole_seconds(wait)
    advice = ((b"x-should-retry", b"true"), (b"retry-after", b"%d" % told))
    fault.headers = (*advice, *lines(held, luck.now, exhausted=name))
    return fault


def lines(held: Buckets, now: float, exhausted: str = "") -> HeaderLines:
    """The headers of all limits, with those of the tokens together: their sum, and the earlier of both resets."""
    shown = _shown(held, now, exhausted)
    both = [limit for limit in shown if limit.name != REQUESTS]
    together = RateLimit(
        "tokens",
        sum(limit.limit for limit in both),
        sum(limit.remaining for limit in both),
        min(limit.reset for limit in both),
    )
    return headers.rate_limits((*shown, together))


def _shown(held: Buckets, now: float, exhausted: str = "") -> tuple[RateLimit, ...]:
    """The limits in the order of their headers."""
    order = [name for name in (INPUT, OUTPUT, REQUESTS) if name in held]
    return tuple(_one(name, held[name], now, name == exhausted) for name in order)


def _one(name: str, held: Bucket, now: float, exhausted: bool) -> RateLimit:
    level = held.level(now + buckets.INSTANT)
    whole = max(0, int(level)) if name == REQUESTS else buckets.nearest_thousand(level, held.limit)
    return RateLimit(_SHOWN[name], held.limit, 0 if exhausted else whole, max(held.full, now))
