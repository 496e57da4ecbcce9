"""The prompt cache between the stages: what memory holds for the ledger, and what the ledger has it hold."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from fakeapi.chance import digest
from fakeapi.facts import fingerprints
from fakeapi.facts.prefixes import Prefixes
from fakeapi.memory.changes import Change, Key, Put, View
from fakeapi.model import Call, Json
from fakeapi.replies import ledger
from fakeapi.replies.ledger import Entry, Spread

CACHE, DIAGNOSIS = "cache", "diagnosis"
"""The kinds of what is remembered here."""

DIAGNOSIS_SECONDS = 3600.0
"""How long a later request can be compared with this one. The documentation says "a short period"."""


HIT = "hit"
Counts: TypeAlias = tuple[int, int, int]
"""Tokens read, written for five minutes, written for an hour."""

NOTHING: Counts = (0, 0, 0)


class Cached(NamedTuple):
    """What the cache made of a request.

    Attributes:
        usage: the bill with its input spread over read, written and uncached.
        counts: by which it differs from the bill.
        changes: what is held from now on, to be applied at once.
        state: `hit` (all that was marked was read), `partial` (some of it), `write` (none of it, all was written),
            `miss` (nothing was read or written); "" where no caching was asked for.
        why: see Spread; `summarized`: what was answered is not the prompt that was marked.
    """

    usage: Json
    counts: Counts = NOTHING
    changes: tuple[Change, ...] = ()
    state: str = ""
    why: str = ""


_KNOWN_BY_DIGEST = "\0"
"""No key begins with this: headers can't carry it."""


@lru_cache(maxsize=256)
def workspace(key: str) -> str:
    """What stands for a caller's workspace in what is remembered: a digest of its key, never the key."""
    return key[1:] if key.startswith(_KNOWN_BY_DIGEST) else digest("workspace", key).hex()


def key_of(owner: str) -> str:
    """What stands in for a key of which only its workspace is remembered, as a batch does."""
    return _KNOWN_BY_DIGEST + owner


class Marked(NamedTuple):
    """The prefixes that a request marks: where they are held, in prompt order; what is counted where all are read."""

    keys: tuple[Key, ...]
    counts: Counts


def marked(prefixes: Prefixes | None, model: str, key: str) -> Marked | None:
    """The marks of a request to this model (its id), by this caller (its key); None without any."""
    if prefixes is None or not prefixes.marks:
        return None
    points = [prefixes.points[at] for at in prefixes.marks]
    owner = workspace(key)
    return Marked(tuple((CACHE, owner, model, point.digest) for point in points), (points[-1].tokens, 0, 0))


def is_hit(view: View, marked: Marked, now: float) -> bool:
    """Whether all that is marked is read, and was so recently that nothing needs to be remembered."""
    for key in marked.keys:
        entry: Entry | None = view.get(key)
        if entry is None or not entry.is_fresh(now):
            return False
    return True


def spread(
    view: View,
    prefixes: Prefixes | None,
    bill: Json,
    model: str,
    key: str,
    now: float,
    ttft: float = 0.0,
    made: dict[Counts, Json] | None = None,
) -> Cached:
    """The bill of a request as the prompt cache changes it.

    Args:
        prefixes: of the request as the model reads it; None where it asks for no caching, which then costs nothing.
        bill: its usage with the whole input count as `input_tokens`.
        model: the id of its model. key: the caller's.
        now: Unix time of the request on the session's clock; ttft: seconds until its answer begins.
        made: usages that were made of this bill before, which equal requests share.
    """
    if prefixes is None:
        return Cached(bill)
    marks, owner, made = prefixes.marks, workspace(key), {} if made is None else made
    if marks and bill["input_tokens"] < prefixes.points[marks[-1]].tokens:
        return Cached(bill, state="miss", why="summarized")

    def held(told: str) -> Entry | None:
        entry: Entry | None = view.get((CACHE, owner, model, told))
        return entry

    known = marked(prefixes, model, key) if made else None
    if known and known.counts in made and is_hit(view, known, now):
        return Cached(made[known.counts], known.counts, (), HIT)
    found = ledger.spread(prefixes, held, now, now + ttft)
    changes = tuple(Put((CACHE, owner, model, told), entry, entry.until, 64) for told, entry in found.kept)
    counts = found.read, found.written_5m, found.written_1h
    usage = made.get(counts) or made.setdefault(counts, ledger.spread_over(bill, found))
    return Cached(usage, counts, changes, state(found), found.why)


def state(found: Spread) -> str:
    """The log's word for how a marked prompt fared."""
    written = found.written_5m + found.written_1h
    if found.read:
        return "partial" if written else HIT
    return "write" if written else "miss"


def diagnosed(
    view: View, call: Call, message_id: str, key: str, now: float, cached_tokens: int
) -> tuple[Json | None, tuple[Change, ...]]:
    """The `diagnostics` of an answer whose request has them, and what is remembered so that later ones can be compared.

    None is the API's null: nothing to compare with, or no difference. `cached_tokens` are those that this request
    reads or writes; where they are none, the whole prompt counts as what a later one could have read.
    """
    owner = workspace(key)
    asked = call.body.get("diagnostics")
    own = fingerprints.fingerprint(call.body, call.model, call.caller.betas, cached_tokens)
    if own is None or not isinstance(asked, dict):
        return None, ()
    put = Put((DIAGNOSIS, owner, message_id), own, now + DIAGNOSIS_SECONDS, own.size)
    previous = asked.get("previous_message_id")
    if previous is None:
        return None, (put,)
    reason = fingerprints.difference(view.get((DIAGNOSIS, owner, str(previous))), own)
    return ({"cache_miss_reason": reason} if reason else None), (put,)
