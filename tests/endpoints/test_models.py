"""GET /v1/models and /v1/models/{id}."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.settings import Settings
from tests.street import DOOR, ask, json, refusal


def listed(query: str = "", **how: Any) -> Any:
    answer = ask(b"", path="/v1/models", method="GET", query=query, **how)
    assert answer.reply.status == 200
    return json(answer)


def ids(query: str = "", **how: Any) -> list[str]:
    return [model["id"] for model in listed(query, **how)["data"]]


ALL = ids("limit=1000")


def test_models_are_listed_newest_first():
    created = [model["created_at"] for model in listed("limit=1000")["data"]]
    assert created == sorted(created, reverse=True)
    assert len(created) > 10


def test_retired_models_are_listed_only_when_asked_for():
    assert "claude-opus-4-1-20250805" not in ALL
    assert "claude-opus-4-1-20250805" in ids("limit=1000&lifecycle[]=retired")
    both = ids("limit=1000&lifecycle%5B%5D=retired&lifecycle%5B%5D=active&lifecycle%5B%5D=deprecated")
    assert set(both) > set(ALL)


def test_a_page_holds_20_models_by_default():
    assert ids() == ALL[:20]


def test_pages_forward_hold_every_model_once():
    seen, query = [], "limit=3"
    while True:
        page = listed(query)
        seen += [model["id"] for model in page["data"]]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        if not page["has_more"]:
            break
        query = f"limit=3&after_id={page['last_id']}"
    assert seen == ALL


def test_pages_backward_hold_every_model_once():
    seen: list[str] = [ALL[-1]]
    while True:
        page = listed(f"limit=3&before_id={seen[0]}")
        seen = [model["id"] for model in page["data"]] + seen
        if not page["has_more"]:
            break
    assert seen == ALL


def test_an_alias_is_as_good_a_cursor_as_an_id():
    assert ids("limit=2&after_id=claude-haiku-4-5") == ids("limit=2&after_id=claude-haiku-4-5-20251001")


def test_an_empty_page_has_no_ids():
    page = listed(f"after_id={ALL[-1]}")
    assert page == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "after_id=nope", f"after_id={ALL[0]}&before_id={ALL[1]}", "lifecycle[]=x"],
)
def test_a_query_that_makes_no_sense_is_400(query):
    answer = ask(b"", path="/v1/models", method="GET", query=query)
    assert answer.reply.status == 400
    assert json(answer)["error"]["type"] == "invalid_request_error"


def test_cursors_are_not_looked_at_where_only_shapes_count():
    assert ids("limit=2&after_id=a&before_id=b", settings=Settings(contract="shape")) == ALL[:2]


def test_a_model_is_found_by_id_and_by_alias():
    by_alias = json(ask(b"", path="/v1/models/claude-haiku-4-5", method="GET"))
    assert by_alias["id"] == "claude-haiku-4-5-20251001"
    assert by_alias == json(ask(b"", path="/v1/models/claude-haiku-4-5-20251001", method="GET"))
    assert by_alias["max_tokens"] == 64000


def test_an_unknown_model_is_404():
    answer = refusal(b"", path="/v1/models/nope", method="GET")
    assert answer == (404, "not_found_error", "model: nope")


def test_any_model_is_found_where_only_shapes_count():
    found = json(ask(b"", path="/v1/models/nope", method="GET", settings=Settings(contract="shape")))
    assert found["id"] == "nope"


def test_both_versions_list_the_same():
    newer = (DOOR[0], ("anthropic-version", "2026-10-21"))
    assert listed(headers=newer) == listed()
