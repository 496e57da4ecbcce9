"""The official Python SDK runs batches over the in-process transport, sync and async, on both roads."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import pytest

from fakeapi.settings import Settings
from fakeapi.transport import Transport, async_client, client
from tests.endpoints.batching import item, items

BOTH = pytest.mark.parametrize("beta", [False, True], ids=["plain", "beta"])


def batches_of(sdk: Any, beta: bool) -> Any:
    return (sdk.beta if beta else sdk).messages.batches


@BOTH
def test_a_batch_is_created_polled_and_read(beta):
    batches = batches_of(client(Transport()), beta)
    batch = batches.create(requests=items(3))
    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 3)
    polls = 0
    while batch.processing_status != "ended":
        batch, polls = batches.retrieve(batch.id), polls + 1
        assert polls < 5
    results = {row.custom_id: row.result for row in batches.results(batch.id)}
    assert sorted(results) == ["item-0", "item-1", "item-2"]
    assert all(result.message.usage.service_tier == "batch" for result in results.values())


@BOTH
def test_pages_of_batches_are_turned_by_the_sdk(beta):
    batches = batches_of(client(Transport()), beta)
    ids = [batches.create(requests=[item()]).id for _ in range(7)]
    assert [batch.id for batch in batches.list(limit=3)] == ids[::-1]
    page = batches.list(limit=3, before_id=ids[0])
    assert page.has_next_page()


def test_a_batch_is_canceled_and_deleted():
    transport = Transport(Settings(batch_time=60))
    batches = batches_of(client(transport), beta=False)
    batch = batches.create(requests=items(2))
    with pytest.raises(anthropic.BadRequestError, match="Consider canceling the batch instead"):
        batches.delete(batch.id)
    assert batches.cancel(batch.id).processing_status == "canceling"
    transport.clock.advance(25)
    assert batches.retrieve(batch.id).request_counts.canceled == 2
    assert {row.result.type for row in batches.results(batch.id)} == {"canceled"}
    assert batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError, match="not found"):
        batches.retrieve(batch.id)


def test_the_sdk_says_that_results_are_not_there_yet():
    batches = batches_of(client(Transport(Settings(batch_time=60))), beta=False)
    batch = batches.create(requests=[item()])
    with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
        batches.results(batch.id)


def test_errored_items_are_read_by_their_type():
    transport = Transport()
    batches = batches_of(client(transport), beta=False)
    batch = batches.create(requests=[item(model="nope")])
    transport.clock.advance(1)
    (row,) = batches.results(batch.id)
    assert (row.result.type, row.result.error.error.type) == ("errored", "not_found_error")


@BOTH
def test_async_clients_do_the_same(beta):
    async def scene() -> None:
        transport = Transport()
        batches = batches_of(async_client(transport), beta)
        ids = [(await batches.create(requests=items(2))).id for _ in range(3)]
        transport.clock.advance(1)
        assert [batch.id async for batch in batches.list(limit=1)] == ids[::-1]
        assert (await batches.retrieve(ids[0])).processing_status == "ended"
        rows = [row async for row in await batches.results(ids[0])]
        assert sorted(row.custom_id for row in rows) == ["item-0", "item-1"]
        assert (await batches.delete(ids[0])).id == ids[0]

    asyncio.run(scene())
