"""The verdict and the explanation come from two libraries: whatever is sent, they agree."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeapi.contract.wording import sentence
from fakeapi.facts.schemas import compiled
from tests.corpus_rows import instance, rows

ROWS = [*rows("shape_accepted.jsonl"), *rows("shape_refusals.jsonl")]
ODD: list[Any] = [
    None, True, False, 0, -1, 1.0, 0.5, 1e300, 2**63, "", " ", "\n", "x\n", "\u0661", "é", "\U0001f600", "x" * 300,
    "text", "user", "system", "custom", "ephemeral", [], [[]], [None], ["x"], {}, {"type": "text"}, {"type": None},
    {"type": "object"}, {"": {}}, {"type": "text", "text": 1}, {"a": {"b": {"c": []}}},
]  # fmt: skip
KEYS = ["type", "zzz", "", "name", "content", "cache_control", "output_config", "id", "$ref", "tools"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


def mutated(body: Any, luck: random.Random) -> Any:
    """The body with one thing changed somewhere: a value replaced, a key dropped or added, an item moved."""
    body = copy.deepcopy(body)
    path = luck.choice(places(body))
    if not path:
        return luck.choice([body, luck.choice(ODD), _with_key(body, luck)])
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    kind = luck.randrange(4)
    if kind == 0 and isinstance(holder, dict):
        del holder[path[-1]]
    elif kind == 1 and isinstance(holder[path[-1]], dict):
        holder[path[-1]] = _with_key(holder[path[-1]], luck)
    elif kind == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))
    else:
        holder[path[-1]] = luck.choice(ODD)
    return body


def _with_key(value: Any, luck: random.Random) -> Any:
    return {**value, luck.choice(KEYS): luck.choice(ODD)} if isinstance(value, dict) else value


@pytest.mark.parametrize("mode", ["strict", "shape"])
@settings(max_examples=1000, deadline=None)
@given(data=st.data())
def test_a_refusal_is_always_explained_and_what_is_accepted_never(mode: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(ROWS))
    luck = data.draw(st.randoms(use_true_random=False))
    body = instance(row)
    for _ in range(data.draw(st.integers(0, 3))):
        body = mutated(body, luck)
    name, version = row.get("schema", "request/message_request"), row.get("version", "2023-06-01")
    both = compiled(name, version, frozenset(row.get("betas", ())), mode)
    fault = both.explain(body)
    assert both.accepts(body) is (fault is None), fault
    if fault is not None:
        assert sentence(fault)
