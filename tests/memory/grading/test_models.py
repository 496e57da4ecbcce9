"""Models that are going, or gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fakeapi.facts import catalogue
from fakeapi.memory.grading import grade
from tests.memory.diary import Diary, body, user
from tests.memory.grading.judging import names, verdicts

TODAY = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
MODELS = catalogue.all_models()


def asking(model: object, now: float = TODAY) -> Diary:
    diary = Diary()
    diary.now = now
    diary.ask({**body(user("Hi")), "model": model})
    diary.ask({**body(user("Ho")), "model": model})
    return diary


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.lifecycle == "retired"], ids=lambda model: model.id
)
def test_retired_models_are_reported_once_with_all_their_requests(model):
    (verdict,) = verdicts(asking(model.id))
    assert (verdict.name, verdict.severity, verdict.evidence) == ("retired_model", "failure", (1, 2))
    assert model.id in verdict.sentence


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.lifecycle == "deprecated"], ids=lambda model: model.id
)
def test_deprecated_models_are_a_warning(model):
    (verdict,) = verdicts(asking(model.id))
    assert (verdict.name, verdict.severity) == ("deprecated_model", "warning")


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model.lifecycle == "active"], ids=lambda model: model.id
)
def test_active_models_are_fine(model):
    assert names(asking(model.id)) == []


def test_a_deprecated_model_retires_on_its_day_by_the_sessions_clock():
    model = next(model for model in MODELS if model.lifecycle == "deprecated" and model.retires_at)
    day = datetime.fromisoformat(str(model.retires_at)).timestamp()
    assert names(asking(model.id, day - 60)) == ["deprecated_model"]
    assert names(asking(model.id, day)) == ["retired_model"]


def test_aliases_are_known():
    model = next(model for model in MODELS if model.lifecycle == "deprecated" and model.aliases)
    assert names(asking(model.aliases[0])) == ["deprecated_model"]


@pytest.mark.parametrize("model", ["my-own-model", "fakeapi-529", "", None, 7, ["x"]])
def test_unknown_models_are_nobodys_business(model):
    assert names(asking(model)) == []


def test_own_models_are_judged_by_what_their_catalogue_says():
    own = catalogue.extend([{"id": "house-model", "lifecycle": "deprecated"}])
    assert [verdict.name for verdict in grade(asking("house-model").entries, known=own.names)] == ["deprecated_model"]
