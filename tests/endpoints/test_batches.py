"""Batches: the life of one as it was recorded, on a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.endpoints.batches.record import DAY, KEPT
from tests.endpoints.batching import PATH, Desk, item, items, params

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


def test_results_come_in_an_order_of_their_own_that_the_seed_decides():
    def order(seed: int) -> list[str]:
        desk = Desk(batch_time=0, seed=seed)
        return [line["custom_id"] for line in desk.lines(desk.create(*items(30)))]

    asked = [row["custom_id"] for row in items(30)]
    assert order(1) == order(1) != asked
    assert sorted(order(1)) == sorted(order(2)) == sorted(asked)
    assert order(1) != order(2)


def test_a_large_batch_is_told_in_pieces_so_that_others_have_their_turn():
    desk = Desk(batch_time=0)
    id = desk.create(*items(300))
    answer = desk.ask("GET", f"{PATH}/{id}/results")
    assert sum(hasattr(effect, "seconds") for effect in answer.reply.effects) > 1


@pytest.mark.parametrize(
    ("path", "headers", "url"),
    [
        ("/v1/messages/batches", {}, "http://localhost:4010/v1/messages/batches/{id}/results"),
        ("/s/test one/v1/messages/batches", {}, "http://localhost:4010/s/test%20one/v1/messages/batches/{id}/results"),
        ("/messages/batches", {}, "http://localhost:4010/v1/messages/batches/{id}/results"),
        ("/proxy/v1/messages/batches", {"host": "x:1"}, "http://x:1/proxy/v1/messages/batches/{id}/results"),
        (
            "/v1/messages/batches",
            {"x_forwarded_proto": "https", "x_forwarded_host": "fake.example, inner"},
            "https://fake.example/v1/messages/batches/{id}/results",
        ),
    ],
)
def test_the_results_are_where_the_client_came_by(path, headers, url):
    desk = Desk(batch_time=0)
    id = desk.good("POST", path, {"requests": [item()]})["id"]
    shown = desk.good("GET", f"{path}/{id}", **headers)
    assert shown["results_url"] == url.format(id=id)


def test_batches_are_listed_newest_first_and_in_pages():
    desk = Desk()
    ids = [desk.create() for _ in range(5)][::-1]
    page = desk.good("GET", query="limit=2")
    assert [batch["id"] for batch in page["data"]] == ids[:2]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (True, ids[0], ids[1])
    page = desk.good("GET", query=f"limit=3&after_id={ids[1]}")
    assert ([batch["id"] for batch in page["data"]], page["has_more"]) == (ids[2:], False)
    page = desk.good("GET", query=f"limit=2&before_id={ids[3]}")
    assert ([batch["id"] for batch in page["data"]], page["has_more"]) == (ids[1:3], True)
    assert len(desk.good("GET")["data"]) == 5


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after_id=nope", "after_id=a&before_id=b"])
def test_a_list_that_makes_no_sense_is_400(query):
    desk = Desk()
    desk.create()
    assert desk.refused("GET", query=query)[:2] == (400, "invalid_request_error")


def test_a_key_sees_its_own_batches_only():
    desk = Desk()
    id = desk.create()
    desk.key = "sk-ant-other"
    assert desk.refused("GET", f"{PATH}/{id}")[0] == 404
    assert desk.refused("DELETE", f"{PATH}/{id}")[0] == 404
    assert desk.good("GET")["data"] == []


def test_a_session_sees_its_own_batches_only():
    desk = Desk()
    id = desk.good("POST", f"/s/one{PATH}", {"requests": [item()]})["id"]
    assert desk.good("GET", f"/s/one{PATH}/{id}")["id"] == id
    assert desk.refused("GET", f"/s/two{PATH}/{id}")[0] == 404


def test_the_beta_namespace_is_the_same_road():
    desk = Desk(batch_time=0)
    beta = {"query": "beta=true", "anthropic_beta": "message-batches-2024-09-24"}
    id = desk.good("POST", body={"requests": [item()]}, **beta)["id"]
    assert desk.good("GET", f"{PATH}/{id}", **beta)["processing_status"] == "ended"


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


def test_a_batch_whose_items_memory_let_go_of_is_gone():
    desk = Desk(batch_mb=1)
    first = desk.create(item(text="x" * 900_000))
    second = desk.create(item(text="y" * 900_000))
    desk.clock.advance(60)
    assert desk.show(second)["processing_status"] == "ended"
    assert desk.refused("GET", f"{PATH}/{first}")[0] == 404
    assert [batch["id"] for batch in desk.good("GET")["data"]] == [second]


def test_results_that_memory_let_go_of_are_not_available():
    desk = Desk(batch_mb=1, batch_time=0)
    id = desk.create()
    assert len(desk.lines(id)) == 1
    desk.create(item(text="x" * 999_000))
    answer = desk.ask("GET", f"{PATH}/{id}/results")
    assert answer.reply.status == 404
    assert "--batch-mb" in answer.exchange.hint


@pytest.mark.parametrize("contract", ["shape", "off"])
def test_any_id_names_a_batch_where_only_shapes_count(contract):
    desk = Desk(contract=contract)
    path = f"{PATH}/message_batch_id"
    assert desk.good("GET", path)["processing_status"] == "ended"
    assert desk.good("POST", f"{path}/cancel")["processing_status"] == "canceling"
    assert desk.good("DELETE", path) == {"id": "message_batch_id", "type": "message_batch_deleted"}
    assert desk.lines("message_batch_id") == []
    assert desk.good("GET", query="after_id=after_id&before_id=before_id&limit=1")["data"] == []


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


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("GET", "/x/cancel"), ("POST", "/x/results"), ("POST", "/x")]
)
def test_other_methods_are_405(method, path):
    assert Desk().refused(method, PATH + path)[0] == 405


def test_a_fault_that_is_asked_for_takes_the_place_of_the_batch():
    desk = Desk()
    assert desk.refused("POST", body={"requests": [item()]}, x_fakeapi_fault="529")[0] == 529
    assert desk.good("GET")["data"] == []


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
