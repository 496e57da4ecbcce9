"""What an answer would have cost: its usage times the list prices of its model (`fixtures/models.json`)."""

from __future__ import annotations

from fakeapi.model import Json, Model

_MILLION = 1_000_000


def cost(usage: Json, model: Model) -> float | None:
    """US dollars for one answer; None where the catalogue has no price for the model.

    Prices are per million tokens, by kind: plain input, cache writes of 5 minutes and of 1 hour, cache reads, output.
    Some models cost more `above` a prompt length, or at `fast` speed.
    """
    prices = _prices(usage, model)
    if not prices:
        return None
    written = usage["cache_creation"]
    total: float = (
        usage["input_tokens"] * prices["input"]
        + written["ephemeral_5m_input_tokens"] * prices["cache_write_5m"]
        + written["ephemeral_1h_input_tokens"] * prices["cache_write_1h"]
        + usage["cache_read_input_tokens"] * prices["cache_read"]
        + usage["output_tokens"] * prices["output"]
    )
    return total / _MILLION


def _prices(usage: Json, model: Model) -> Json:
    prices = model.prices
    if usage.get("speed") == "fast" and "fast" in prices:
        fast: Json = prices["fast"]
        return fast
    prompt = usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    if "above" in prices and prompt > prices["above"]["prompt_tokens"]:
        above: Json = prices["above"]
        return above
    return prices
