"""The token counts against recorded ones, as docs/tokens.md tells them: `benchmarks/fit_tokens.py` prints the table."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import pytest

from tests.reference.conftest import FOLDER

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import fit_tokens
import token_recordings


@pytest.fixture(scope="module")
def held_back() -> list[token_recordings.Recording]:
    """The recordings that nothing was fitted to."""
    return [each for each in token_recordings.read(FOLDER / "recordings.jsonl.gz") if each.held_back]


@pytest.mark.parametrize(("groups", "most"), [({"plain text"}, 3.0), ({"with tools", "with server tools"}, 6.0)])
def test_the_median_error_of_inputs_is_within_its_bound(groups, most, held_back):
    counts = [count for each in held_back if (count := fit_tokens.input_count(each)) and count.group in groups]
    median = statistics.median(count.error for count in counts)
    print(f"input, {' and '.join(sorted(groups))}: {len(counts)} recordings, median error {median:.2f} %")
    assert median <= most


def test_the_median_error_of_written_answers_is_within_its_bound(held_back):
    counts = [count for each in held_back if (count := fit_tokens.output_count(each)) and count.group == "texts"]
    median = statistics.median(count.error for count in counts)
    print(f"output, texts: {len(counts)} recordings, median error {median:.2f} %")
    assert median <= 5.0
