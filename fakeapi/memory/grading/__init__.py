"""Grading a client: what the journal shows of how it copes, as named verdicts with their evidence (docs/grading.md).

attempts        one entry, read: what was asked, what came, whether it failed, how long the client waited
linking         which entries are attempts of one asking, and which go on with which answer
verdicts        the verdicts by name: severity, sentence, mend (`fixtures/verdicts.json`)
retries, streams, replays, caching, models      the judges, each a small function in `JUDGES`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakeapi.errors import FakeapiError
from fakeapi.memory.entries import Entry
from fakeapi.memory.grading import caching, models, replays, retries, streams
from fakeapi.memory.grading.linking import trails
from fakeapi.memory.grading.verdicts import Judge, Limits, Verdict, kinds
from fakeapi.model import Model

__all__ = ["JUDGES", "Limits", "Verdict", "grade", "report"]

JUDGES: dict[str, Judge] = {
    "retry_after_ignored": retries.retry_after_ignored,
    "no_back_off": retries.no_back_off,
    "retry_storm": retries.retry_storm,
    "non_retryable_retried": retries.non_retryable_retried,
    "truncated_stream_accepted": streams.truncated_stream_accepted,
    "truncated_stream_not_retried": streams.truncated_stream_not_retried,
    "thinking_not_sent_back": replays.thinking_not_sent_back,
    "signature_not_sent_back": replays.signature_not_sent_back,
    "tool_result_missing": replays.tool_result_missing,
    "tool_result_late": replays.tool_result_late,
    "cache_never_hit": caching.cache_never_hit,
    "cache_too_short": caching.cache_too_short,
    "retired_model": models.retired_model,
    "deprecated_model": models.deprecated_model,
}
"""Every judge by the name of its verdict, in the order of the report."""


def grade(
    entries: Iterable[Entry],
    only: Iterable[str] | None = None,
    limits: Limits | None = None,
    known: Mapping[str, Model] | None = None,
) -> list[Verdict]:
    """What the entries show of their client; empty where there is nothing to object to.

    Args:
        entries: of one session or of several, which are judged apart.
        only: names of verdicts, or of their kinds (`resilience`, `history`, `economy`, `models`); None is all.
        limits: from where on waits are too short and attempts too many.
        known: models by every name they have; by default those of the standard catalogue.

    Raises:
        FakeapiError: `only` names no verdict and no kind.
    """
    chosen = _chosen(only)
    read = trails(entries, limits or Limits(), known)
    return [verdict for trail in read for name in chosen for verdict in JUDGES[name](trail)]


def report(verdicts: Iterable[Verdict]) -> str:
    """The verdicts in lines, for the failure of a test; "" for none."""
    return "\n".join(verdict.told() for verdict in verdicts)


def _chosen(only: Iterable[str] | None) -> list[str]:
    if only is None:
        return list(JUDGES)
    wanted = set(only)
    unknown = sorted(wanted - JUDGES.keys() - set(kinds().values()))
    if unknown:
        known = ", ".join([*JUDGES, *dict.fromkeys(kinds().values())])
        raise FakeapiError(f"grade: {unknown[0]!r} is no verdict; there are {known}")
    return [name for name in JUDGES if name in wanted or kinds()[name] in wanted]
