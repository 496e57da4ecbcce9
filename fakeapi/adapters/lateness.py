"""How late this server was with what it promised: a load test must know when the double is the bottleneck."""

from __future__ import annotations

from typing import Any

_STEPS = 2000
_STEP_SECONDS = 0.001


class Lateness:
    """Counts waits by how long after their time they ended, in steps of a millisecond, up to two seconds."""

    def __init__(self) -> None:
        self._counts = [0] * (_STEPS + 1)
        self._longest = 0.0
        self.open = 0

    def record(self, seconds: float) -> None:
        """One wait that ended this many seconds after it was due."""
        step = int(seconds / _STEP_SECONDS)
        self._counts[step if step < _STEPS else _STEPS] += 1
        if seconds > self._longest:
            self._longest = seconds

    def reset(self) -> None:
        """Forget what was counted."""
        self._counts = [0] * (_STEPS + 1)
        self._longest = 0.0

    def report(self) -> dict[str, Any]:
        """Paced answers that are open, waits so far, and their lateness in milliseconds."""
        waits = sum(self._counts)
        late = {f"p{share}": self._percentile(share, waits) for share in (50, 99)}
        return {"open": self.open, "waits": waits, "late_ms": {**late, "max": round(self._longest * 1000, 3)}}

    def _percentile(self, share: int, waits: int) -> float:
        """The upper end of the step within which this share (in percent) of all waits ended, in milliseconds."""
        left = waits * share / 100
        for step, count in enumerate(self._counts):
            left -= count
            if count and left <= 0:
                return min(step + 1, round(self._longest * 1000, 3))
        return 0
