"""Whether a client asks for models that are going, or gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from fakeapi.memory.grading.attempts import Attempt
from fakeapi.memory.grading.linking import Trail
from fakeapi.memory.grading.verdicts import Verdict, verdict
from fakeapi.model import Model


def retired_model(trail: Trail) -> Iterator[Verdict]:
    """A model that the real API doesn't serve any more."""
    for name, model, attempts in _asked_for(trail):
        if _is_retired(model, attempts[-1].entry.opened):
            since = f" since {model.retires_at[:10]}" if model.retires_at else ""
            yield _verdict("retired_model", attempts, model=name, since=since)


def deprecated_model(trail: Trail) -> Iterator[Verdict]:
    """A model that the real API will not serve much longer."""
    for name, model, attempts in _asked_for(trail):
        if model.lifecycle == "deprecated" and not _is_retired(model, attempts[-1].entry.opened):
            until = f" and retires on {model.retires_at[:10]}" if model.retires_at else ""
            yield _verdict("deprecated_model", attempts, model=name, until=until)


def _asked_for(trail: Trail) -> Iterator[tuple[str, Model, list[Attempt]]]:
    """The models of the catalogue that requests name, and these requests."""
    by_name: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in trail.attempts:
        if attempt.entry.is_message and isinstance(attempt.body.get("model"), str):
            by_name[attempt.body["model"]].append(attempt)
    for name, attempts in by_name.items():
        model = trail.known.get(name)
        if model is not None:
            yield name, model, attempts


def _is_retired(model: Model, now: float) -> bool:
    if model.lifecycle == "retired":
        return True
    return model.retires_at is not None and datetime.fromisoformat(model.retires_at).timestamp() <= now


def _verdict(name: str, attempts: list[Attempt], **values: object) -> Verdict:
    return verdict(name, [attempt.number for attempt in attempts], attempts[0].entry.session, values)
