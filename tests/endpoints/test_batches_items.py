"""The items of batches: the same road as single messages, and what a batch makes of each end of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endpoints.batching import PATH, Desk, item, items, params
from tests.endpoints.talking import LONG

DETAILS = {"error_visibility": "user_facing"}


def error(result: dict[str, Any]) -> dict[str, Any]:
    assert result["type"] == "errored"
    envelope = result["error"]
    assert envelope["type"] == "error"
    assert envelope["error"]["details"] == DETAILS
    return {"request_id": envelope["request_id"], **envelope["error"]}


def said(result: dict[str, Any]) -> str:
    return "".join(block["text"] for block in result["message"]["content"])


def test_an_item_says_what_a_single_message_says_at_the_tier_of_batches():
    desk = Desk()
    single = desk.good("POST", "/v1/messages", params())
    batched = desk.run(item())["0"]["message"]
    assert batched["usage"].pop("service_tier") == "batch"
    assert single["usage"].pop("service_tier") == "standard"
    assert list(batched) == list(single)
    assert batched.pop("id") != single.pop("id")
    assert batched == single


def test_every_item_has_an_id_of_its_own_and_of_its_moment():
    desk = Desk()
    ids = [result["message"]["id"] for result in desk.run(*items(20)).values()]
    assert len(set(ids)) == 20
    assert all(id.startswith("msg_011C") and len(id) == 28 for id in ids)
    other = [result["message"]["id"] for result in desk.run(*items(20)).values()]
    assert not set(ids) & set(other)


BAD: list[tuple[dict[str, Any], str, str | None]] = [
    ({"model": "nope"}, "not_found_error", "model: nope"),
    ({"messages": None}, "invalid_request_error", "messages: Input should be a valid array"),
    ({"max_tokens": 0}, "invalid_request_error", "max_tokens: must be greater than or equal to 1"),
    ({"stream": True}, "invalid_request_error", '"stream=True" is not supported in the Message Batches API'),
    ({"speed": "fast"}, "invalid_request_error", None),
    ({"surprise": 1}, "invalid_request_error", "surprise: Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("members", "kind", "sentence"), BAD, ids=[next(iter(row[0])) for row in BAD])
def test_what_the_contract_refuses_of_an_item_is_a_line_of_the_results(members, kind, sentence):
    desk = Desk()
    results = desk.run(item("bad", **members), item("good"))
    found = error(results["bad"])
    assert (found["type"], found["request_id"]) == (kind, None)
    assert sentence in (None, found["message"])
    assert results["good"]["type"] == "succeeded"


def test_the_errored_line_has_the_recorded_form():
    result = Desk().run({"custom_id": "x", "params": {"model": "claude-haiku-4-5", "max_tokens": 5}})["x"]
    assert result == {
        "type": "errored",
        "error": {
            "type": "error",
            "error": {"details": DETAILS, "type": "invalid_request_error", "message": "messages: Field required"},
            "request_id": None,
        },
    }


def test_a_url_that_can_not_be_fetched_is_found_by_the_worker():
    image = {"type": "image", "source": {"type": "url", "url": "https://example.invalid/x.png"}}
    result = Desk().run(item(messages=[{"role": "user", "content": [image]}]))["0"]
    found = error(result)
    assert found["message"] == "Unable to download the file. Please verify the URL and try again."
    assert found["request_id"].startswith("workerreq_")


def test_a_model_that_writes_more_in_batches_does():
    beta = {"anthropic_beta": "output-300k-2026-03-24"}
    asked = item(model="claude-opus-4-6", max_tokens=300_000)
    assert Desk().run(asked, **beta)["0"]["type"] == "succeeded"
    assert "300000 > 128000" in error(Desk().run(asked)["0"])["message"]


def test_a_batch_remembers_the_version_it_was_created_with():
    asked = item(temperature=1)
    desk = Desk()
    old = desk.create(asked)
    new = desk.create(asked, anthropic_version="2026-10-21")
    desk.clock.advance(60)
    assert desk.results(old)["0"]["type"] == "succeeded"
    assert error(desk.results(new)["0"])["message"] == "temperature: Extra inputs are not permitted"


def test_rules_answer_items():
    desk = Desk()
    desk.set_rules(
        "- {match: weather, respond: 'Sunny.'}\n- {match: storm, respond: {error: {status: 429, message: No}}}"
    )
    results = desk.run(item("a", "The weather?"), item("b", "A storm?"), item("c", "A cake?"))
    assert said(results["a"]) == "Sunny."
    found = error(results["b"])
    assert (found["type"], found["message"]) == ("rate_limit_error", "No")
    assert found["request_id"].startswith("workerreq_")
    assert results["c"]["type"] == "succeeded"


def test_items_take_the_turns_of_a_scenario_in_the_order_of_the_batch():
    desk = Desk()
    desk.set_rules("- match: next\n  respond:\n  - one\n  - two\n  - three\n  at_end: repeat\n")
    results = desk.run(*(item(f"{at}", "next") for at in range(6)))
    assert [said(results[f"{at}"]) for at in range(6)] == ["one", "two", "three", "three", "three", "three"]


def test_rules_see_the_headers_of_the_batch_but_no_key():
    desk = Desk()
    desk.set_rules("- {match: {headers: {x-team: blue}}, respond: 'Hello, blue team.'}")
    assert said(desk.run(item(), x_team="blue")["0"]) == "Hello, blue team."
    assert said(desk.run(item())["0"]) != "Hello, blue team."
    assert desk.key not in str(desk.porter.store.snapshot("default"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("529", "overloaded_error"), ("html", "api_error"), ("cut", "api_error"), ("error", "overloaded_error")],
)
def test_a_fault_of_an_item_is_an_error_in_its_line(fault, kind):
    results = Desk().run(item("bad", model=f"fakeapi-{fault}"), item("good"))
    found = error(results["bad"])
    assert found["type"] == kind
    assert found["request_id"].startswith("workerreq_")
    assert results["good"]["type"] == "succeeded"


def test_items_that_share_a_prefix_hit_the_cache_and_so_do_single_messages():
    system = [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}]
    desk = Desk()
    results = desk.run(*(item(f"{at}", f"Question {at}", model="claude-sonnet-5", system=system) for at in range(3)))
    usages = [results[f"{at}"]["message"]["usage"] for at in range(3)]
    assert [bool(usage["cache_creation_input_tokens"]) for usage in usages] == [True, False, False]
    assert [bool(usage["cache_read_input_tokens"]) for usage in usages] == [False, True, True]
    single = desk.good("POST", "/v1/messages", params("Question 9", model="claude-sonnet-5", system=system))
    assert single["usage"]["cache_read_input_tokens"] == usages[1]["cache_read_input_tokens"]


def test_a_batch_costs_half():
    desk = Desk()
    desk.good("POST", "/v1/messages", params())
    assert desk.last is not None
    single = desk.last.exchange.cost
    id = desk.create(item("a"), item("b"))
    desk.clock.advance(60)
    desk.lines(id)
    assert single
    assert desk.last.exchange.cost == pytest.approx(single)
    assert desk.last.exchange.source == "batch of 2"


def test_an_item_may_be_as_large_as_a_message():
    result = Desk().run(item(text="word " * 100_000))["0"]
    assert result["message"]["usage"]["input_tokens"] > 90_000


def test_no_parameters_at_all_break_anything():
    odd: list[Any] = [{}, {"messages": 1}, {"model": [], "max_tokens": "x", "messages": [{}]}, {"stream": "x"}]
    rows = [{"custom_id": f"{at}", "params": params} for at, params in enumerate(odd)]
    results = Desk().run(*rows)
    assert [error(results[f"{at}"])["type"] for at in range(len(odd))] == ["invalid_request_error"] * len(odd)


@pytest.mark.parametrize("contract", ["warn", "shape", "off"])
def test_the_other_contract_modes_let_items_through(contract):
    desk = Desk(contract=contract)
    assert desk.run(item(model="anything", temperature=1, top_p=1, stream=True))["0"]["type"] == "succeeded"


def test_the_roads_of_batches_take_no_model():
    desk = Desk()
    desk.good("POST", PATH, {"requests": [item()]})
    assert desk.last is not None
    assert desk.last.exchange.source == "batch of 1"
    assert desk.last.exchange.cost is None


def test_the_limits_of_single_messages_do_not_count_items():
    desk = Desk(limits="requests=1/min")
    assert {result["type"] for result in desk.run(*items(5)).values()} == {"succeeded"}
    assert desk.ask("POST", "/v1/messages", params()).reply.status == 200
    assert desk.ask("POST", "/v1/messages", params()).reply.status == 429
