"""Batches that nobody created, for the contract modes that ask for shapes only: any id names one."""

from __future__ import annotations

from dataclasses import replace

from fakeapi.endpoints import caching
from fakeapi.endpoints.batches.record import Batch
from fakeapi.model import Caller


def ended(id: str, caller: Caller, now: float) -> Batch:
    """A batch of that id that has ended, without items."""
    return Batch(
        id=id,
        owner=caching.workspace(caller.key),
        number=0,
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
