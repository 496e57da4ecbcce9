"""What a beginning of a JSON text already says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts.partial_json import parse_partial
from fakeapi.facts.written import written

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("{", {}),
        ('{"a', {}),
        ('{"a": ', {}),
        ('{"a": 1', {"a": 1}),
        ('{"a": 1, "b": "x', {"a": 1}),
        ('{"a": 1, "b": "x"', {"a": 1, "b": "x"}),
        ('{"a": [1, 2', {"a": [1, 2]}),
        ('{"a": {"b": 1}, "c": tr', {"a": {"b": 1}}),
        ('{"a": "}{", "b": "\\"', {"a": "}{"}),
        ('{"a": 1}', {"a": 1}),
    ],
)
def test_complete_members_are_kept(text, value):
    assert parse_partial(text) == value


@given(objects, st.integers(0, 200))
def test_any_beginning_reads_as_a_value_and_the_whole_as_itself(value, end):
    text = written(value)
    assert json.loads(text) == value
    assert parse_partial(text) == value
    assert isinstance(parse_partial(text[:end]), dict)
