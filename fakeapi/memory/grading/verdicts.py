"""A verdict, and what all of one name have in common: kind, severity, sentence and mend (`fixtures/verdicts.json`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fakeapi import assets
from fakeapi.memory.redaction import clean_text
from fakeapi.model import Json

if TYPE_CHECKING:
    from fakeapi.memory.grading.linking import Trail

_SHOWN = 20
_NONE: Mapping[str, object] = MappingProxyType({})


class Limits(NamedTuple):
    """From where on a client's manners are bad.

    Attributes:
        attempts: more than so many of one asking are a storm; the most patient of known clients makes 12.
        burst, burst_seconds: so many within so many seconds are one, too.
        patience: the seconds from which on a wait needs not grow any more; the SDKs stop at 8.
        tolerance: the share of a told wait that may be missing, for clocks that differ.
    """

    attempts: int = 12
    burst: int = 5
    burst_seconds: float = 1.0
    patience: float = 5.0
    tolerance: float = 0.05


class Verdict(NamedTuple):
    """One thing that a client did wrong.

    Attributes:
        name: `retry_after_ignored`, ...; severity: `failure`, or `warning` where there may be a good reason for it.
        sentence: what it did. evidence: the numbers of the entries that show it. mend: what to do about it.
        session: where it happened.
    """

    name: str
    severity: str
    sentence: str
    evidence: tuple[int, ...]
    mend: str
    session: str = ""

    def told(self) -> str:
        """In two lines, for a person."""
        shown = ", ".join(f"#{number}" for number in self.evidence[:_SHOWN])
        more = f" and {len(self.evidence) - _SHOWN} more" if len(self.evidence) > _SHOWN else ""
        return f"{self.severity} {self.name}: {self.sentence} ({shown}{more})\n    {self.mend}"

    def as_json(self) -> Json:
        """As the admin API answers it."""
        return {**self._asdict(), "evidence": list(self.evidence)}


Judge: TypeAlias = "Callable[[Trail], Iterator[Verdict]]"
"""What one session shows of one kind of fault."""


def verdict(
    name: str, evidence: Iterable[int], session: str, values: Mapping[str, object] = _NONE, severity: str = ""
) -> Verdict:
    """A verdict of that name, the placeholders of its sentence filled; `severity` instead of the usual one."""
    row = _rows()[name]
    sentence = clean_text(row["sentence"].format_map(values))
    return Verdict(name, severity or row["severity"], sentence, tuple(evidence), row["mend"], session)


@cache
def kinds() -> dict[str, str]:
    """The kind of each verdict: `resilience`, `history`, `economy` or `models`."""
    return {name: row["kind"] for name, row in _rows().items()}


@cache
def _rows() -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = assets.read_json("fixtures/verdicts.json")["verdicts"]
    return rows
