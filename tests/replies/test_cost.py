"""What an answer would have cost, by the list prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakeapi.facts import catalogue
from fakeapi.replies.cost import cost

HAIKU = catalogue.all_models()[0]
PRICES = {"input": 1.0, "output": 5.0, "cache_write_5m": 1.25, "cache_write_1h": 2.0, "cache_read": 0.1}
MODEL = replace(HAIKU, prices=PRICES)


def usage(**counts: Any) -> dict[str, Any]:
    five, hour = counts.pop("five", 0), counts.pop("hour", 0)
    return {
        "input_tokens": 0,
        "cache_creation_input_tokens": five + hour,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
        "output_tokens": 0,
        **counts,
    }


@pytest.mark.parametrize(
    ("counts", "dollars"),
    [
        ({"input_tokens": 1_000_000}, 1.0),
        ({"output_tokens": 1_000_000}, 5.0),
        ({"five": 1_000_000}, 1.25),
        ({"hour": 1_000_000}, 2.0),
        ({"cache_read_input_tokens": 1_000_000}, 0.1),
        ({"input_tokens": 12, "output_tokens": 6}, 0.000042),
    ],
)
def test_each_kind_of_token_has_its_price(counts, dollars):
    assert cost(usage(**counts), MODEL) == pytest.approx(dollars)


def test_a_long_prompt_costs_more_where_the_list_says_so():
    dear = {**PRICES, "above": {"prompt_tokens": 200_000, **{name: 2 * price for name, price in PRICES.items()}}}
    model = replace(HAIKU, prices=dear)
    assert cost(usage(input_tokens=200_000), model) == pytest.approx(0.2)
    assert cost(usage(input_tokens=100_001, cache_read_input_tokens=100_000), model) == pytest.approx(0.220002)


def test_fast_answers_cost_what_the_list_says_of_fast():
    model = replace(HAIKU, prices={**PRICES, "fast": {name: 2 * price for name, price in PRICES.items()}})
    assert cost(usage(output_tokens=1_000_000, speed="fast"), model) == pytest.approx(10.0)


def test_a_model_without_prices_has_no_cost():
    assert cost(usage(input_tokens=5), replace(HAIKU, prices={})) is None


@pytest.mark.parametrize("model", catalogue.all_models(), ids=lambda model: model.id)
def test_every_model_of_the_catalogue_has_a_price_or_none_at_all(model):
    assert not model.prices or set(PRICES) <= set(model.prices)
