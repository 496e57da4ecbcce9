"""Regular expressions of rules: those of Python, found as Python finds them, and given up where that takes too long."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fakeapi.rules import expressions
from tests.rules.written import call, matches, mismatches

HOPELESS, TEXT = "(a|aa)+$", "a" * 60 + "b"
QUICK = [
    ("(a+)+$", "a" * 60 + "b"),
    (r"^(\w+\s?)*$", "word " * 20 + "!"),
    ("(.*)*x", "a" * 60),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    ("(.+) weather", "lorem ipsum dolor " * 6000),
    ("(?s)(.*)error(.*)", "lorem ipsum dolor " * 6000),
]
_ATOMS = ["a", "b", "é", ".", r"\w", r"\d", r"\s", "[ab]", "[^a]", r"\b", "^", "$", "{", "}", "{}", "{e}", "[:a]", "1"]
_REPEATS = ["", "", "", "*", "+", "?", "{2}", "{,2}", "{1,}", "*?", "+?", "++"]


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Searches that are given up soon."""
    monkeypatch.setattr(expressions, "PATIENCE", 0.02)


@pytest.mark.parametrize(("pattern", "text"), QUICK)
def test_what_takes_python_seconds_is_found_missing_at_once(pattern, text):
    assert expressions.search(pattern, text) is None
    assert not expressions.is_given_up(pattern, text)


def test_what_takes_too_long_is_given_up_and_not_tried_again(impatient, monkeypatch):
    assert expressions.search(HOPELESS, TEXT) is None
    assert expressions.is_given_up(HOPELESS, TEXT)
    monkeypatch.setattr(expressions, "_compiled", None)
    assert expressions.search(HOPELESS, TEXT) is None


def test_a_rule_whose_search_is_given_up_does_not_match_and_the_near_miss_says_why(impatient):
    match = "{text: {regex: '(a|aa)+$'}}"
    assert not matches(match, call("a" * 61 + "b"))
    (miss,) = mismatches(match, call("a" * 61 + "b"))
    assert miss.hint == "given up after 0.02 s: write it with fewer repeats"
    assert matches("{json: {'$.messages[*].content': {regex: '(a|aa)+$'}}}", call("a" * 61))
    assert not matches("{json: {'$.messages[*].content': {regex: '(a|aa)+$'}}}", call("a" * 61 + "b"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(?:abc){e}", "abd"),
        ("ab{s<=1}", "ab{s<=1}"),
        ("[[:alpha:]]", "x"),
        ("[[:alpha:]]", ":]"),
        (r"\{e\}", "{e}"),
        (r"\N{LATIN SMALL LETTER A}{2}", "aa"),
        ("a{,2}$", "aaa"),
        (r"a\Z", "a\n"),
        ("a$", "a\n"),
        (r"^\d+$", "١٢"),
        ("(?i)STRASSE", "straße"),
        ("(?P<x>a)|b", "b"),
    ],
)
def test_it_means_what_it_means_to_python(pattern, text):
    assert seen(expressions.search(pattern, text)) == seen(plain(pattern, text))


@settings(max_examples=300, deadline=None)
@given(
    some.recursive(
        some.lists(some.tuples(some.sampled_from(_ATOMS), some.sampled_from(_REPEATS)), min_size=1, max_size=3).map(
            lambda pairs: "".join(map("".join, pairs))
        ),
        lambda inner: some.tuples(some.sampled_from(["({}|{})", "(?:{}{})+", "(?={}){}", "({}){}?"]), inner, inner).map(
            lambda parts: parts[0].format(*parts[1:])
        ),
        max_leaves=4,
    ),
    some.text("aab1 é{}:e\n", max_size=10),
)
def test_whatever_it_is_it_finds_what_python_finds(pattern, text):
    try:
        wanted = seen(plain(pattern, text))
    except re.error:
        with pytest.raises(re.error):
            expressions.check(pattern)
        return
    assert seen(expressions.search(pattern, text)) == wanted


def plain(pattern: str, text: str) -> re.Match[str] | None:
    with warnings.catch_warnings(action="ignore"):
        return re.search(pattern, text)


def seen(found: expressions.Found | None) -> object:
    """What one has of a match."""
    return None if found is None else (found[0], found.groups(), found.groupdict())
