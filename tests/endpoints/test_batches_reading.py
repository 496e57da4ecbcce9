"""What is read of batches: their results and where these are, lists of them, and whose they are."""

from __future__ import annotations

import pytest

from tests.endpoints.batching import PATH, Desk, item, items


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
        (
            "/v1/messages/batches",
            {"forwarded": 'for=192.0.2.1;Proto=HTTPS;host="fake.example:8443", for=10.0.0.1;proto=http'},
            "https://fake.example:8443/v1/messages/batches/{id}/results",
        ),
        (
            "/v1/messages/batches",
            {"host": "fake.example", "x_forwarded_port": "443", "x_forwarded_prefix": "/llm/"},
            "https://fake.example/llm/v1/messages/batches/{id}/results",
        ),
        (
            "/s/one/v1/messages/batches",
            {"host": "fake.example", "x_forwarded_proto": "https", "x_forwarded_port": "8443"},
            "https://fake.example:8443/s/one/v1/messages/batches/{id}/results",
        ),
        (
            "/v1/messages/batches",
            {"x_forwarded_proto": "gopher", "x_forwarded_port": "x", "x_forwarded_prefix": "x", "forwarded": "=;,x"},
            "http://localhost:4010/v1/messages/batches/{id}/results",
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


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("GET", "/x/cancel"), ("POST", "/x/results"), ("POST", "/x")]
)
def test_other_methods_are_405(method, path):
    assert Desk().refused(method, PATH + path)[0] == 405


def test_results_say_what_became_of_each_item_whatever_order_they_come_in():
    desk = Desk(batch_time=100)
    id = desk.create(*items(30))
    desk.clock.advance(50.5)
    desk.good("POST", f"{PATH}/{id}/cancel")
    desk.clock.advance(25)
    types = {name: result["type"] for name, result in desk.results(id).items()}
    assert types == {f"item-{at}": "succeeded" if at < 15 else "canceled" for at in range(30)}
