"""Recorded streams and ours obey one grammar."""

from __future__ import annotations

from tests.grammar import GrammarError, Parser

LEGACY = ("event: completion", '"type":"completion"', '"type": "completion"')


def test_every_recorded_message_stream_obeys_the_grammar(recordings):
    accepted, refused, other = 0, [], 0
    for recording in recordings:
        text = recording["response"].get("sse")
        if not text:
            continue
        if any(mark in text for mark in LEGACY) or "event: error" in text or not text.rstrip().endswith("}"):
            other += 1
            continue
        try:
            Parser().read(text)
            accepted += 1
        except GrammarError as fault:
            refused.append((recording["id"], str(fault)))
    print(f"recorded streams: {accepted} obey the grammar, {len(refused)} don't, {other} are legacy, errors or cut")
    for row in refused:
        print("  ", row)
    assert accepted > 400
    assert refused == []
