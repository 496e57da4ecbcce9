"""The prompt cache against recorded counts, conversation by conversation: written first, read then, added to after."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from fakeapi.facts import catalogue
from fakeapi.facts.prefixes import SHORT, Prefixes, prefixes
from fakeapi.replies import ledger
from fakeapi.replies.ledger import Entry, Spread
from tests.grammar import frames

Row = tuple[Prefixes, tuple[int, int, int, int]]
LONG_AGO, LATER = 0.0, 1e12


def usage_of(response: dict[str, Any]) -> dict[str, Any]:
    """The usage of an answer; of a stream, what its events say in turn."""
    if isinstance(response.get("body"), dict):
        return response["body"].get("usage") or {}
    found: dict[str, Any] = {}
    for _, data in frames(response.get("sse") or ""):
        event = json.loads(data)
        found |= (event.get("message") or event).get("usage") or {}
    return found


def counts(usage: dict[str, Any]) -> tuple[int, int, int, int]:
    """Read, written for five minutes, written for an hour, and uncached; old answers don't tell the lifetimes apart."""
    written = usage.get("cache_creation") or {}
    short = written.get("ephemeral_5m_input_tokens", usage.get("cache_creation_input_tokens") or 0)
    long = written.get("ephemeral_1h_input_tokens", 0)
    return usage.get("cache_read_input_tokens") or 0, short, long, usage.get("input_tokens", 0)


@pytest.fixture(scope="module")
def conversations(recordings) -> dict[tuple[str, str, str], list[Row]]:
    """The recordings with marks, by file and model, in order."""
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for recording in recordings:
        body, response, source = recording["request"]["body"], recording["response"], recording["source"]
        asked = recording["request"]["path"].partition("?")[0] == "/v1/messages"
        if not asked or response["status"] != 200 or not isinstance(body, dict) or "messages" not in body:
            continue
        model = catalogue.resolve(str(body.get("model")))
        marked = prefixes(body, model) if model else None
        usage = usage_of(response)
        if model and marked and "input_tokens" in usage:
            found[source["repo"], source["path"], model.id].append((marked, counts(usage)))
    return dict(found)


def replayed(rows: list[Row]) -> list[tuple[Spread, tuple[int, int, int, int]]]:
    """What our ledger says of a conversation, and what was recorded.

    What the first request of a file reads was written before the recording began: it is held where there is a prefix
    of just that length.
    """
    held: dict[str, Entry] = {}
    found = []
    for marked, recorded in rows:
        spread = ledger.spread(marked, held.get, LATER, LATER)
        same = [point for point in marked.points if point.tokens == recorded[0] != spread.read]
        for point in same:
            held[point.digest] = Entry(LONG_AGO, SHORT, LATER + SHORT)
        if same:
            spread = ledger.spread(marked, held.get, LATER, LATER)
        held |= dict(spread.kept)
        found.append((spread, recorded))
    return found


def test_the_recorded_counts_of_prompts_that_we_count_alike_are_ours(conversations):
    exact, other, differing = 0, 0, []
    for name, rows in conversations.items():
        for spread, recorded in replayed(rows):
            ours = (spread.read, spread.written_5m, spread.written_1h, spread.uncached)
            if ours == recorded:
                exact += 1
            elif sum(ours) == sum(recorded):
                differing.append((name, recorded, ours))
            else:
                other += 1
    print(f"recorded cache counts: {exact} the same, {len(differing)} differ, {other} of prompts counted otherwise")
    for row in differing:
        print("  ", row)
    assert exact >= 180
    assert len(differing) <= exact // 50


def test_recorded_hits_and_writes_are_hits_and_writes_here(conversations):
    """Also where our count is off by a few tokens; not where the API read its own tools' results in between."""
    agreed, differing = 0, []
    for name, rows in conversations.items():
        for spread, recorded in replayed(rows):
            ours = (spread.read, spread.written_5m, spread.written_1h, spread.uncached)
            if abs(sum(ours) - sum(recorded)) > 20 or sum(recorded[:3]) == 0:
                continue
            if [bool(count) for count in ours] == [bool(count) for count in recorded]:
                agreed += 1
            else:
                differing.append((name, recorded, ours))
    print(f"recorded hits and writes: {agreed} agree, {len(differing)} differ")
    for row in differing:
        print("  ", row)
    assert agreed >= 120
    assert len(differing) <= 5
