"""Creating batches: what is refused at once, what each contract mode lets through, and how large they may be."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.endpoints.batching import Desk, item, params

BAD: list[tuple[Any, str]] = [
    ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
    ({}, "requests: Field required"),
    ({"requests": {}}, "requests: Input should be a valid array"),
    (
        {"requests": [item(), item()]},
        "requests: custom_id's must be unique within a batch. Duplicate custom_id found: 0",
    ),
    ({"requests": [{"params": params()}]}, "requests.0.custom_id: Field required"),
    ({"requests": [item(), {"custom_id": "1"}]}, "requests.1.params: Field required"),
    ({"requests": [item("x" * 65)]}, "requests.0.custom_id: String should have at most 64 characters"),
    ({"requests": [item("")]}, "requests.0.custom_id: String should have at least 1 character"),
    ({"requests": [item("a b")]}, "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"),
    ({"requests": [{"custom_id": 1, "params": params()}]}, "requests.0.custom_id: Input should be a valid string"),
    ({"requests": [{**item(), "extra": 1}]}, "requests.0.extra: Extra inputs are not permitted"),
    ({"requests": [item()], "model": "x"}, "model: Extra inputs are not permitted"),
    ([], "Input does not match the expected shape."),
]


@pytest.mark.parametrize(("body", "sentence"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_with_a_batch_as_a_whole_is_refused_at_once(body, sentence):
    assert Desk().refused("POST", body=body) == (400, "invalid_request_error", sentence)


def test_a_fault_far_down_a_long_batch_is_named_by_its_place():
    rows = [item(f"item-{at}") for at in range(2_500)]
    rows[2_400]["custom_id"] = "no good"
    sentence = Desk().refused("POST", body={"requests": rows})[2]
    assert sentence.startswith("requests.2400.custom_id: ")


def test_more_than_100000_items_are_too_many():
    row = {"custom_id": "x", "params": {}}
    sentence = Desk().refused("POST", body={"requests": [row] * 100_001})[2]
    assert sentence == "requests: List should have at most 100000 items after validation, not 100001"


def test_a_batch_may_be_larger_than_a_message():
    large = params("x" * 1_000_000)
    desk = Desk()
    rows = [{"custom_id": f"item-{at}", "params": large} for at in range(34)]
    assert desk.good("POST", body={"requests": rows})["request_counts"]["processing"] == 34


def test_a_batch_that_memory_has_no_room_for_is_too_large():
    desk = Desk(batch_mb=1)
    answer = desk.ask("POST", body={"requests": [item(text="x" * 1_000_000)]})
    assert answer.reply.status == 413
    assert "--batch-mb" in answer.exchange.hint


def test_what_would_be_refused_is_said_in_a_warning_where_that_is_asked_for():
    desk = Desk(contract="warn", batch_time=0)
    id = desk.good("POST", body={"requests": [item(), item("a b")]})["id"]
    assert "should match pattern" in (desk.header("fakeapi-warning") or "")
    assert len(desk.lines(id)) == 2
    desk.good("POST", body={"requests": [item(), item()]})
    assert "must be unique" in (desk.header("fakeapi-warning") or "")


def test_a_batch_without_items_ends_at_once_where_only_shapes_count():
    desk = Desk(contract="shape", batch_time=0)
    id = desk.good("POST", body={"requests": []})["id"]
    assert desk.show(id)["processing_status"] == "ended"
    assert desk.lines(id) == []


def test_a_fault_that_is_asked_for_takes_the_place_of_the_batch():
    desk = Desk()
    assert desk.refused("POST", body={"requests": [item()]}, x_fakeapi_fault="529")[0] == 529
    assert desk.good("GET")["data"] == []


@pytest.fixture
def collector() -> Iterator[list[str]]:
    """What the collector does is noted; afterwards it is what it was."""
    was, noted = gc.isenabled(), list[str]()

    def note(phase: str, _: dict[str, int]) -> None:
        noted.append(phase)

    gc.callbacks.append(note)
    yield noted
    gc.callbacks.remove(note)
    gc.enable() if was else gc.disable()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("custom_id", ["good", "no good"])
def test_the_collector_is_afterwards_what_it_was(collector, enabled, custom_id):
    gc.enable() if enabled else gc.disable()
    Desk().ask("POST", body={"requests": [item(custom_id)]})
    assert gc.isenabled() == enabled


def test_nothing_is_collected_while_a_large_batch_is_read(collector):
    desk, body = Desk(), orjson.dumps({"requests": [item(f"item-{at}") for at in range(5_000)]})
    gc.enable()
    collector.clear()
    orjson.loads(body)
    of_reading = len(collector)
    desk.good("POST", body=body)
    assert len(collector) - of_reading < of_reading / 2
