"""One batch as memory holds it, and what becomes of it as time passes on the session's clock.

Times are Unix time in seconds. Items come due one after the other, evenly over the time that a batch takes; what is not
due when the batch is canceled, or when its day is over, is never walked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fakeapi.memory.changes import Key, Put
from fakeapi.model import Json

DAY = 86_400.0
"""A batch that takes longer expires (contract.md 14)."""
KEPT = 29 * DAY
"""Results are kept this long after the batch was created, which is then archived."""
POLL_SECONDS = 10
"""The `retry-after` of a batch that is under way (recorded)."""
CANCELING_SECONDS = 25.0
"""How long a cancellation takes (measured), where the batch itself takes longer than that."""
QUEUE: Key = ("batch_queue",)
"""Where the batches of a session that have not ended stand: (owner, id) of each, as they came."""
_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch.

    Attributes:
        owner: stands for the workspace of the key that created it. number: of the exchange that did.
        created: when; seconds: how long it takes. count: its items; parts: in how many parts they are kept.
        version, betas, headers: of the request that created it; its items are read by them.
        done: items walked so far, of which so many `succeeded`; the others errored. part: the part that the next is in.
        cost: in US dollars so far; None where a price isn't known.
        looked: when a client last saw it under way. waited: seconds that clients have waited while the clock stood.
        canceled_at: when cancellation began; most: how many items had come due by then.
        ended_at: when it ended, or None.
    """

    id: str
    owner: str
    number: int
    created: float
    seconds: float
    count: int
    parts: int
    version: str
    betas: frozenset[str]
    headers: Mapping[str, str]
    looked: float
    waited: float = 0.0
    done: int = 0
    part: int = 0
    succeeded: int = 0
    cost: float | None = 0.0
    canceled_at: float | None = None
    most: int = 0
    ended_at: float | None = None

    @property
    def requests(self) -> str:
        """The blob of its items: `[custom_id, params]` each."""
        return f"{self.id}/requests"

    @property
    def results(self) -> str:
        """The blob of its results: a line of JSON each."""
        return f"{self.id}/results"

    def due(self, now: float) -> int:
        """How many of its items have come due by now."""
        if self.canceled_at is not None:
            return self.most
        at = min(now + self.waited, self.created + DAY)
        if at >= self.created + self.seconds:
            return self.count
        return int(self.count * max(0.0, at - self.created) / self.seconds)

    def moment(self, index: int) -> float:
        """When an item comes due."""
        return self.created + self.seconds * (index + 1) / self.count

    def ends(self) -> float:
        """When it ends, if all that is due has been done by then."""
        if self.canceled_at is None:
            return self.created + min(self.seconds, DAY)
        return min(self.canceled_at + min(self.seconds, CANCELING_SECONDS), self.created + DAY)

    def next_moment(self, now: float) -> float:
        """When there is something to do next; now, if there is."""
        if self.done < self.due(now):
            return now
        coming = self.ends()
        if self.canceled_at is None and self.done < self.count:
            coming = min(coming, self.moment(self.done))
        return coming - self.waited

    def is_over(self, now: float) -> bool:
        """Whether it has to end now."""
        return self.ended_at is None and self.done >= self.due(now) and now + self.waited >= self.ends()

    def ended(self, now: float) -> Batch:
        """The batch at its end: not before a client last saw it under way."""
        return replace(self, ended_at=min(now, max(self.ends(), self.looked)))

    def canceling(self, now: float) -> Batch:
        """The batch once its cancellation has begun: what is due by now is still done."""
        return replace(self, canceled_at=now, most=self.due(now), waited=0.0, looked=now)

    def seen(self, now: float) -> Batch:
        """The batch after a client has seen it under way.

        Where the clock has stood since the last look, the client has waited on another one, as it was told to: that
        counts, or clients of a virtual clock that nobody moves would poll for ever.
        """
        waited = self.waited + POLL_SECONDS if now == self.looked else self.waited
        return replace(self, looked=now, waited=waited)

    @property
    def left(self) -> str:
        """What became of the items that were never walked: `canceled` or `expired`."""
        return "canceled" if self.canceled_at is not None else "expired"

    @property
    def status(self) -> str:
        """`in_progress`, `canceling` or `ended`."""
        if self.ended_at is not None:
            return "ended"
        return "in_progress" if self.canceled_at is None else "canceling"

    def counts(self) -> Json:
        """The items by what became of them: all are `processing` until the batch ends (recorded)."""
        counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        if self.ended_at is None:
            return {**counts, "processing": self.count}
        walked = {"succeeded": self.succeeded, "errored": self.done - self.succeeded}
        return {**counts, **walked, self.left: self.count - self.done}

    def shown(self, now: float, results_url: str) -> Json:
        """The batch in wire form, keys in the recorded order."""
        archived = now >= self.created + KEPT
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self.status,
            "request_counts": self.counts(),
            "ended_at": _written(self.ended_at),
            "created_at": _written(self.created),
            "expires_at": _written(self.created, DAY),
            "archived_at": _written(self.created, KEPT) if archived else None,
            "cancel_initiated_at": _written(self.canceled_at),
            "results_url": results_url if self.ended_at is not None and not archived else None,
        }

    def put(self) -> Put:
        """Remember it as it is now."""
        return Put(key(self.owner, self.id), self, size=_WEIGHT)


def key(owner: str, id: str) -> Key:
    """Where a batch is kept."""
    return "batch", owner, id


def list_key(owner: str) -> Key:
    """Where the ids of an owner's batches are kept, newest first."""
    return "batch_list", owner


def _written(moment: float | None, later: float = 0.0) -> str | None:
    """A moment, or one so many seconds later, as batches write it: microseconds, and the zone as +00:00 (recorded)."""
    if moment is None:
        return None
    when = datetime.fromtimestamp(moment, UTC) + timedelta(seconds=later)
    return when.isoformat(timespec="microseconds")
