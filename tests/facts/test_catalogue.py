"""The model catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.errors import FakeapiError
from fakeapi.facts import catalogue


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-opus-4-5", "claude-opus-4-5-20251101"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-opus-4-0", "claude-opus-4-20250514"),
        ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
        ("claude-3-opus-latest", "claude-3-opus-20240229"),
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-2.1", "claude-2.1"),
        ("claude-instant-1.1-100k", "claude-instant-1.1-100k"),
    ],
)
def test_a_name_leads_to_its_resolved_id(name: str, id: str) -> None:
    model = catalogue.resolve(name)
    assert model is not None
    assert model.id == id


@pytest.mark.parametrize("name", ["claude-sonet-4-5", "", " ", "claude-4-5-haiku", "gpt-4"])
def test_an_unknown_name_leads_nowhere(name: str) -> None:
    assert catalogue.resolve(name) is None


def test_models_are_listed_newest_first_as_the_api_lists_them() -> None:
    ids = [model.id for model in catalogue.all_models()]
    recorded = [
        "claude-opus-5", "claude-sonnet-5", "claude-fable-5", "claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-4-6",
        "claude-opus-4-6", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929",
        "claude-opus-4-1-20250805", "claude-opus-4-20250514", "claude-sonnet-4-20250514", "claude-3-7-sonnet-20250219",
        "claude-3-5-sonnet-20241022", "claude-3-5-haiku-20241022", "claude-3-5-sonnet-20240620",
        "claude-3-haiku-20240307", "claude-3-opus-20240229", "claude-3-sonnet-20240229", "claude-2.1", "claude-2.0",
    ]  # fmt: skip
    assert [id for id in ids if id in recorded] == recorded
    assert ids[0] == "claude-fable-5-2"


def test_every_alias_and_id_is_unique() -> None:
    names = [name for model in catalogue.all_models() for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))


def test_every_model_is_whole() -> None:
    for model in catalogue.all_models():
        assert set(model.prices) >= {"input", "output", "cache_write_5m", "cache_write_1h", "cache_read"}, model.id
        assert model.max_output <= model.context_window
        assert model.effort_default is None or model.effort_default in model.effort_levels
        assert set(model.thinking_off_effort) <= set(model.effort_levels)
        assert model.tokenizer in ("classic", "2026")
        assert model.image_tier in ("standard", "high")
        assert model.lifecycle in ("active", "deprecated", "retired")
        assert (model.deprecated_at is None) == (model.lifecycle == "active"), model.id
        assert all(catalogue.resolve(name) for name in model.fallback_models)


def test_the_listing_has_the_shape_of_the_recorded_one() -> None:
    model = catalogue.resolve("claude-opus-4-6")
    assert model is not None
    shown = catalogue.listing(model)
    assert list(shown) == [
        "type", "id", "display_name", "created_at", "max_input_tokens", "max_tokens", "capabilities",
        "line", "lifecycle", "deprecated_at", "retires_at",
    ]  # fmt: skip
    assert shown["capabilities"]["thinking"]["types"]["enabled"] == {"supported": True}
    assert shown["capabilities"]["effort"]["xhigh"] == {"supported": False}
    assert shown["capabilities"]["effort"]["max"] == {"supported": True}


def test_a_model_without_thinking_takes_disabled_all_the_same() -> None:
    model = catalogue.resolve("claude-3-haiku-20240307")
    assert model is not None
    thinking = catalogue.listing(model)["capabilities"]["thinking"]
    assert thinking["supported"] is False
    assert thinking["types"]["disabled"] == {"supported": True}


def test_the_beta_listing_adds_compaction_and_fallback_models() -> None:
    model = catalogue.resolve("claude-opus-5")
    assert model is not None
    shown = catalogue.listing(model, beta=True)
    assert shown["allowed_fallback_models"] == ["claude-opus-4-8"]
    assert shown["capabilities"]["compaction"] == {"supported": True, "summarize": {"supported": True}}
    assert "compaction" not in catalogue.listing(model)["capabilities"]


def test_a_user_can_add_a_model_of_their_own() -> None:
    extended = catalogue.extend([{"id": "my-model", "like": "claude-opus-4-5-20251101", "max_output": 10, "team": "x"}])
    model = extended.resolve("my-model")
    assert model is not None
    assert (model.max_output, model.context_window, model.extra) == (10, 200_000, {"team": "x"})
    assert model.display_name == "my-model"
    assert model.lifecycle == "active"
    assert catalogue.resolve("my-model") is None


def test_a_row_can_add_to_an_inherited_list_and_take_from_it() -> None:
    row = {"id": "mine", "like": "claude-haiku-4-5-20251001", "+features": ["fast"], "-features": ["batch"]}
    model = catalogue.extend([row]).resolve("mine")
    assert model is not None
    assert "fast" in model.features
    assert "batch" not in model.features
    assert model.extra == {}


def test_a_user_can_replace_a_model() -> None:
    extended = catalogue.extend([{"id": "claude-opus-5", "context_window": 5000, "aliases": ["big"]}])
    model = extended.resolve("big")
    assert model is not None
    assert (model.id, model.context_window) == ("claude-opus-5", 5000)
    assert len(extended.models) == len(catalogue.all_models())


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "needs an `id`"),
        ({"id": ""}, "needs an `id`"),
        ({"id": "a", "like": "nobody"}, "not in the catalogue"),
        ({"id": "a", "like": "a"}, "no end to it"),
        ({"id": "a", "profile": "nothing"}, "unknown profile"),
        ({"id": "a", "context_window": "big"}, "must be of type int"),
        ({"id": "a", "prefill": 1}, "must be of type bool"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_one_clear_line(row: dict[str, Any], words: str) -> None:
    with pytest.raises(FakeapiError, match=words):
        catalogue.extend([row])


def test_the_known_betas_hold_those_of_the_sdk_and_of_real_clients() -> None:
    known = catalogue.known_betas()
    assert {"message-threads-2026-08-12", "claude-code-20250219", "tools-2024-04-04", "webhooks-2026-10-07"} <= known
    assert "invalid-beta-name" not in known
    assert all(value and value == value.strip() for value in known)
