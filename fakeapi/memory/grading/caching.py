"""Whether what a client marks for the prompt cache is ever read from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from fakeapi.facts.prefixes import LONG, asks_for_caching
from fakeapi.memory.grading.attempts import Attempt
from fakeapi.memory.grading.linking import Trail
from fakeapi.memory.grading.verdicts import Verdict, verdict

_ENOUGH = 3
"""Requests that write and never read, from which on the marks are no use, also where nothing else links them."""


def cache_never_hit(trail: Trail) -> Iterator[Verdict]:
    """The prompt was written to the cache again and again, and never read from it."""
    linked = {(sequel.before.number, sequel.after.number) for sequel in trail.sequels}
    for group in _marked(trail):
        writing = [attempt for attempt in group if _tokens(attempt, "cache_creation_input_tokens")]
        if any(_tokens(attempt, "cache_read_input_tokens") for attempt in group) or not _follow(writing):
            continue
        numbers = [attempt.number for attempt in writing]
        if len(numbers) >= _ENOUGH or any(pair in linked for pair in pairwise(numbers)):
            tokens = sum(_tokens(attempt, "cache_creation_input_tokens") for attempt in writing)
            values: dict[str, object] = {"requests": len(writing), "tokens": f"{tokens:,}"}
            yield verdict("cache_never_hit", numbers, group[0].entry.session, values)


def cache_too_short(trail: Trail) -> Iterator[Verdict]:
    """The prompt is marked for the cache, but too short to be written to it."""
    for group in _marked(trail):
        if len(group) < 2 or any(_cached(attempt) for attempt in group):
            continue
        model = trail.known.get(group[0].entry.model)
        if model is not None and all(attempt.entry.exchange for attempt in group):
            numbers = [attempt.number for attempt in group]
            values: dict[str, object] = {"minimum": f"{model.cache_minimum:,}", "model": model.id}
            yield verdict("cache_too_short", numbers, group[0].entry.session, values)


def _marked(trail: Trail) -> Iterator[list[Attempt]]:
    """The whole answers to requests with marks, by caller and model: a cache is theirs alone.

    Only where the cache had a say in the answer: its usage may also be what a rule made of it.
    """
    groups: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in trail.attempts:
        entry = attempt.entry
        has_said = entry.exchange is not None and bool(entry.exchange.cache)
        if entry.is_message and entry.status == 200 and has_said and asks_for_caching(attempt.body):
            groups[entry.caller, entry.model].append(attempt)
    yield from groups.values()


def _follow(attempts: list[Attempt]) -> bool:
    """Whether each came after the one before had begun to be answered, and before what that wrote was gone."""
    return all(0 < later.entry.opened - _begun(before) <= LONG for before, later in pairwise(attempts))


def _begun(attempt: Attempt) -> float:
    entry = attempt.entry
    return entry.opened + (entry.pieces[0][0] if entry.pieces else 0.0)


def _cached(attempt: Attempt) -> int:
    return _tokens(attempt, "cache_creation_input_tokens") + _tokens(attempt, "cache_read_input_tokens")


def _tokens(attempt: Attempt, name: str) -> int:
    usage = attempt.entry.exchange.usage if attempt.entry.exchange else None
    count = (usage or {}).get(name)
    return count if isinstance(count, int) else 0
