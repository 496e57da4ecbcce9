"""Whatever the schema, what is sampled satisfies it, and is the same each time."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fakeapi.facts import schemas
from fakeapi.replies.sampling import sample, sample_arguments
from tests.replies import schemas_at_random as random

SLOW = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
SAYINGS = ("", "What's the weather in Paris and London?", "name: Ann Lee, age 7, count = 3, tags [1, \"x\"], value 'q'")


@SLOW
@given(random.schemas(), st.integers(0, 3), st.sampled_from(SAYINGS))
def test_a_sampled_value_satisfies_its_schema(schema: Any, seed: int, said: str) -> None:
    assert schemas.conforms(sample(schema, seed, hints=said), schema)


@SLOW
@given(random.schemas(), st.sampled_from(SAYINGS))
def test_sampled_arguments_satisfy_their_schema(schema: Any, said: str) -> None:
    assert schemas.conforms(sample_arguments(schema, "seed", hints=said), schema)


@settings(SLOW, max_examples=100)
@given(random.schemas())
def test_equal_seeds_give_equal_values(schema: Any) -> None:
    assert sample(schema, 1, "a") == sample(schema, 1, "a")
