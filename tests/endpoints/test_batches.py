"""Batches: the life of one as it was recorded, on a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.endpoints.batches.record import DAY, KEPT
from tests.endpoints.batching import PATH, Desk, items

RUNNING = {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
CREATED, EXPIRES = "2026-08-19T14:34:13.864000+00:00", "2026-08-20T14:34:13.864000+00:00"
LIMITS = {
    "anthropic-ratelimit-requests-limit": "20000",
    "anthropic-ratelimit-requests-remaining": "19999",
    "anthropic-ratelimit-requests-reset": "2026-08-19T14:34:13Z",
}


def counts(desk: Desk, id: str) -> dict[str, int]:
    shown: dict[str, int] = desk.show(id)["request_counts"]
    return {name: number for name, number in shown.items() if number}


def test_the_recorded_life_of_a_batch_is_reproduced():
    desk = Desk(batch_time=126)
    created = desk.good("POST", body={"requests": items(2)})
    id = created["id"]
    assert created == {
        "id": id,
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": RUNNING,
        "ended_at": None,
        "created_at": CREATED,
        "expires_at": EXPIRES,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }
    assert list(created)[:4] == ["id", "type", "processing_status", "request_counts"]
    assert desk.header("retry-after") is None
    desk.clock.advance(0.4)
    assert desk.show(id) == created
    assert desk.header("retry-after") == "10"
    desk.clock.advance(138)
    ended = desk.show(id)
    assert ended == {
        **created,
        "processing_status": "ended",
        "request_counts": {**RUNNING, "processing": 0, "succeeded": 2},
        "ended_at": "2026-08-19T14:36:19.864000+00:00",
        "results_url": f"http://localhost:4010/v1/messages/batches/{id}/results",
    }
    assert desk.header("retry-after") is None
    assert {line["custom_id"]: line["result"]["type"] for line in desk.lines(id)} == {
        "item-0": "succeeded",
        "item-1": "succeeded",
    }
    assert desk.header("content-type") == "application/x-jsonl"
    assert desk.header("content-disposition") == f"attachment; filename*=utf-8''{id}_results.jsonl"


def test_a_batch_id_has_the_recorded_form():
    id = Desk().create()
    assert id.startswith("msgbatch_01")
    assert len(id) == len("msgbatch_01GUqGVJfUzZfBnjRymfPdV3")


def test_every_answer_about_batches_shows_the_limit_of_requests_and_no_other():
    desk = Desk(batch_time=0)
    id = desk.create()
    for method, path in (("GET", f"/{id}"), ("GET", f"/{id}/results"), ("GET", ""), ("DELETE", f"/{id}")):
        answer = desk.ask(method, PATH + path)
        shown = {name.decode(): value.decode() for name, value in answer.reply.headers if b"ratelimit" in name}
        assert shown == LIMITS


def test_counts_stay_until_the_whole_batch_has_ended():
    desk = Desk(batch_time=100)
    id = desk.create(*items(10))
    desk.clock.advance(99)
    assert counts(desk, id) == {"processing": 10}
    desk.clock.advance(1)
    assert counts(desk, id) == {"succeeded": 10}


def test_a_batch_takes_a_second_unless_told_otherwise():
    desk = Desk(batch_time=1)
    id = desk.create()
    desk.clock.advance(0.9)
    assert desk.show(id)["processing_status"] == "in_progress"
    desk.clock.advance(0.1)
    assert desk.show(id)["processing_status"] == "ended"


def test_the_results_of_a_batch_under_way_are_not_there_yet():
    desk = Desk()
    id = desk.create()
    sentence = f"Message Batch {id} has no available results."
    assert desk.refused("GET", f"{PATH}/{id}/results") == (404, "not_found_error", sentence)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")])
def test_an_unknown_batch_is_404_on_every_road(method, path):
    answer = Desk().refused(method, f"{PATH}/msgbatch_nope{path}")
    assert answer == (404, "not_found_error", "Message Batch msgbatch_nope not found.")


def test_canceling_leaves_the_counts_until_it_is_through():
    desk = Desk(batch_time=300)
    id = desk.create()
    desk.clock.advance(0.4)
    canceling = desk.good("POST", f"{PATH}/{id}/cancel", {})
    assert canceling["processing_status"] == "canceling"
    assert canceling["request_counts"] == {**RUNNING, "processing": 1}
    assert canceling["cancel_initiated_at"] == "2026-08-19T14:34:14.264000+00:00"
    assert canceling["ended_at"] is canceling["results_url"] is None
    desk.clock.advance(24)
    assert desk.show(id) == canceling
    desk.clock.advance(1)
    ended = desk.show(id)
    assert (ended["processing_status"], ended["request_counts"]["canceled"]) == ("ended", 1)
    assert desk.results(id) == {"0": {"type": "canceled"}}


def test_what_was_done_before_a_cancellation_stays_done():
    desk = Desk(batch_time=100)
    id = desk.create(*items(10))
    desk.clock.advance(45)
    desk.good("POST", f"{PATH}/{id}/cancel")
    desk.clock.advance(50)
    assert counts(desk, id) == {"succeeded": 4, "canceled": 6}
    types = {name: result["type"] for name, result in desk.results(id).items()}
    assert [types[f"item-{at}"] for at in range(10)] == ["succeeded"] * 4 + ["canceled"] * 6


def test_canceling_twice_changes_nothing():
    desk = Desk()
    id = desk.create()
    first = desk.good("POST", f"{PATH}/{id}/cancel")
    desk.clock.advance(3)
    assert desk.good("POST", f"{PATH}/{id}/cancel") == first


def test_a_batch_that_has_ended_can_not_be_canceled():
    desk = Desk(batch_time=0)
    id = desk.create()
    status, kind, sentence = desk.refused("POST", f"{PATH}/{id}/cancel")
    assert (status, kind) == (400, "invalid_request_error")
    assert "already ended" in sentence


def test_only_a_batch_that_has_ended_can_be_deleted():
    desk = Desk(batch_time=300)
    id = desk.create()
    refused = (
        400,
        "invalid_request_error",
        "In progress batches cannot be deleted. Consider canceling the batch instead.",
    )
    assert desk.refused("DELETE", f"{PATH}/{id}") == refused
    desk.good("POST", f"{PATH}/{id}/cancel")
    assert desk.refused("DELETE", f"{PATH}/{id}") == refused
    desk.clock.advance(25)
    assert desk.good("DELETE", f"{PATH}/{id}") == {"id": id, "type": "message_batch_deleted"}
    assert desk.refused("GET", f"{PATH}/{id}")[0] == 404
    assert desk.good("GET") == {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert desk.porter.store.weight("blob") == (0, 0)


def test_a_batch_that_takes_longer_than_a_day_expires():
    desk = Desk(batch_time=int(2 * DAY))
    id = desk.create(*items(4))
    desk.clock.advance(DAY - 1)
    assert counts(desk, id) == {"processing": 4}
    desk.clock.advance(1)
    shown = desk.show(id)
    assert counts(desk, id) == {"succeeded": 2, "expired": 2}
    assert shown["ended_at"] == shown["expires_at"] == EXPIRES
    assert desk.results(id)["item-3"] == {"type": "expired"}


def test_results_are_there_for_29_days():
    desk = Desk(batch_time=0)
    id = desk.create()
    desk.clock.advance(KEPT - 1)
    assert desk.show(id)["archived_at"] is None
    assert len(desk.lines(id)) == 1
    desk.clock.advance(1)
    archived = desk.show(id)
    assert archived["archived_at"] == "2026-09-17T14:34:13.864000+00:00"
    assert archived["results_url"] is None
    assert archived["request_counts"]["succeeded"] == 1
    assert desk.refused("GET", f"{PATH}/{id}/results")[2] == f"Message Batch {id} has no available results."


def test_who_polls_a_clock_that_stands_sees_the_end_all_the_same():
    desk = Desk(batch_time=15)
    id = desk.create()
    states = [desk.show(id)["processing_status"] for _ in range(3)]
    assert states == ["in_progress", "in_progress", "ended"]
    assert desk.show(id)["ended_at"] == CREATED


def test_polls_of_a_clock_that_moves_hurry_nothing():
    desk = Desk(batch_time=15)
    id = desk.create()
    for _ in range(14):
        desk.clock.advance(1)
        assert desk.show(id)["processing_status"] == "in_progress"


def test_a_batch_ends_no_sooner_than_it_was_last_seen_under_way():
    desk = Desk(batch_time=10)
    desk.porter.chores.at_requests = 0
    id = desk.create()
    desk.clock.advance(20)
    assert desk.show(id)["processing_status"] == "in_progress"
    desk.clock.advance(1)
    while desk.porter.chores.next() == 0:
        pass
    assert desk.show(id)["ended_at"] == "2026-08-19T14:34:33.864000+00:00"


def test_a_session_that_goes_back_in_time_has_its_batches_again():
    desk = Desk()
    id = desk.create()
    session = desk.porter.open()
    desk.porter.mark(session, "before")
    desk.clock.advance(60)
    desk.good("DELETE", f"{PATH}/{id}")
    desk.porter.roll_back(session, "before")
    assert list(desk.results(id)) == ["0"]


def test_the_answer_is_the_same_whenever_somebody_looks():
    def told(*pauses: float) -> list[Any]:
        desk = Desk(batch_time=60)
        id = desk.create(*items(9))
        for pause in pauses:
            desk.clock.advance(pause)
            desk.show(id)
        return desk.lines(id)

    assert told(60) == told(1, 9, 20, 30) == told(59, 500)
