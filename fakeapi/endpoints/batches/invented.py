"""Batches that nobody created, for the contract modes that ask for shapes only: any id names one, none is kept."""

from __future__ import annotations

from dataclasses import replace

from fakeapi.endpoints import caching
from fakeapi.endpoints.batches.record import Batch
from fakeapi.model import Caller

_BY_NOBODY = 0
"""The exchange that created them: exchanges count from 1."""


def is_invented(batch: Batch) -> bool:
    """Whether nobody created this batch."""
    return batch.number == _BY_NOBODY


def ended(id: str, caller: Caller, now: float) -> Batch:
    """A batch of that id that has ended, without items."""
    return Batch(
        id=id,
        owner=caching.workspace(caller.key),
        number=_BY_NOBODY,
        created=now,
        seconds=0.0,
        count=0,
        parts=0,
        version=caller.version,
        betas=caller.betas,
        headers={},
        looked=now,
        ended_at=now,
    )


def canceling(id: str, caller: Caller, now: float) -> Batch:
    """The same while it is under way, to be canceled."""
    return replace(ended(id, caller, now), ended_at=None)
