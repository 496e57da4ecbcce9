"""Message Batches (contract.md 14): the roads, and the work between requests.

A batch is a record, a blob of its items and one of its results. Requests only read and begin; `tick` does the work, in
slices, when the session's clock says so.
"""

from __future__ import annotations

from fakeapi.endpoints.asking import breakable
from fakeapi.endpoints.batches import creating, reading
from fakeapi.endpoints.batches.creating import BODY_LIMIT
from fakeapi.endpoints.batches.record import QUEUE
from fakeapi.endpoints.batches.working import Progress, tick
from fakeapi.endpoints.outcome import Road

__all__ = ["BODY_LIMIT", "QUEUE", "ROADS", "Progress", "tick"]

ROADS: dict[str, dict[str, Road]] = {
    "/v1/messages/batches": {"POST": breakable(creating.create), "GET": breakable(reading.list_batches)},
    "/v1/messages/batches/{id}": {"GET": breakable(reading.show), "DELETE": breakable(reading.delete)},
    "/v1/messages/batches/{id}/cancel": {"POST": breakable(reading.cancel)},
    "/v1/messages/batches/{id}/results": {"GET": breakable(reading.results)},
}
"""The roads of batches by path and method."""
