"""Message Batches (contract.md 14): the roads, and the work between requests.

A batch is a record, a blob of its items and one of its results. Requests only read and begin; `tick` does the work, in
slices, when the session's clock says so.
"""

from __future__ import annotations

from fakeapi.chance import Chance
from fakeapi.encoding.faults import Scene
from fakeapi.endpoints.asking import hear, strike_plain
from fakeapi.endpoints.batches import creating, reading
from fakeapi.endpoints.batches.creating import BODY_LIMIT
from fakeapi.endpoints.batches.record import QUEUE
from fakeapi.endpoints.batches.working import Progress, tick
from fakeapi.endpoints.outcome import House, Outcome, Road
from fakeapi.memory.changes import View
from fakeapi.model import Caller
from fakeapi.wire import Request

__all__ = ["BODY_LIMIT", "QUEUE", "ROADS", "Progress", "tick"]


def _breakable(road: Road) -> Road:
    """The road, with the faults that the request's header asks for."""

    def broken(
        house: House, view: View, request: Request, parameters: tuple[str, ...], caller: Caller, luck: Chance
    ) -> Outcome:
        outcome = road(house, view, request, parameters, caller, luck)
        return strike_plain(outcome, hear(house, view, request, caller), Scene(luck, caller.key, outcome.model))

    return broken


ROADS: dict[str, dict[str, Road]] = {
    "/v1/messages/batches": {"POST": _breakable(creating.create), "GET": _breakable(reading.list_batches)},
    "/v1/messages/batches/{id}": {"GET": _breakable(reading.show), "DELETE": _breakable(reading.delete)},
    "/v1/messages/batches/{id}/cancel": {"POST": _breakable(reading.cancel)},
    "/v1/messages/batches/{id}/results": {"GET": _breakable(reading.results)},
}
"""The roads of batches by path and method."""
