"""From what was asked for to faults: text and mappings, and a mend for what can't be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fakeapi.encoding.faults import Fault, Place, parse, read
from fakeapi.errors import FakeapiError


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", ()),
        (" , ", ()),
        ("529", (Fault("status", (("status", 529),)),)),
        ("status=529", (Fault("status", (("status", 529),)),)),
        ("status", (Fault("status", (("status", 529),)),)),
        ("429;retry-after=2;times=2", (Fault("status", (("retry_after", "2"), ("status", 429)), times=2),)),
        ("cut", (Fault("cut"),)),
        ("cut=3", (Fault("cut", (("after", Place(3)),)),)),
        ("cut; after = 3 events ", (Fault("cut", (("after", Place(3)),)),)),
        ("cut=1 token; id=x", (Fault("cut", (("after", Place(1, "tokens")),), id="x"),)),
        ("cut=40bytes", (Fault("cut", (("after", Place(40, "bytes")),)),)),
        ("stall=.5, slice=2", (Fault("stall", (("seconds", 0.5),)), Fault("slice", (("size", 2),)))),
        ('error; message="a, b; \\"c\\" = d"', (Fault("error", (("message", 'a, b; "c" = d'),)),)),
        ("content-type=text/html", (Fault("content-type", (("value", "text/html"),)),)),
    ],
)
def test_a_text_is_read(text, asked):
    assert parse(text) == asked


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (529, "529"),
        ("cut=3, 529", "cut=3, 529"),
        ({"status": 429, "retry-after": 2, "times": 1}, "429; retry-after=2; times=1"),
        ({"cut": "3 events"}, "cut=3"),
        ({"cut": None, "after": 3}, "cut=3"),
        ({"no-ping": True}, "no-ping"),
        ([{"stall": 0.5}, 529], "stall=0.5, 529"),
    ],
    ids=str,
)
def test_a_rule_may_say_it_as_a_mapping(spec, text):
    assert read(spec) == parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "slise",
            "x: 'slise': 'slise' is no fault; did you mean slice? Say one of 529 (any status from 400 to 599), status",
        ),
        ("zzz", "x: 'zzz': 'zzz' is no fault; say one of 529 (any status from 400 to 599), status"),
        ("200", "x: '200': status=200: say a status from 400 to 599"),
        (
            "529; retry=2",
            "x: '529; retry=2': 'retry' is no option of status; did you mean retry-after? Say one of status",
        ),
        ("529; retry-after=soon", "x: '529; retry-after=soon': retry-after=soon: say a number, or off"),
        ("529; times=0", "x: '529; times=0': times=0: say a whole number from 1"),
        ("529, cut=x", "x: 'cut=x': after=x: say how many events, tokens or bytes: 3 events, 20 tokens, 100 bytes"),
        ("no-ping=3", "x: 'no-ping=3': no-ping takes no value"),
        ("slice; through=bytes", "x: 'slice; through=bytes': through=bytes: say character or crlf"),
        ("stall=1e9", "x: 'stall=1e9': seconds=1e9: say a number of seconds, up to 86400"),
        ("stall=99999999", "x: 'stall=99999999': seconds=99999999: say a number of seconds, up to 86400"),
        ("slice=0", "x: 'slice=0': size=0: say a whole number from 1"),
        ("error=no such", "x: 'error=no such': type=no such: say a word of letters, digits, '_', '-' and '.'"),
        ("content-type=a\x01", "x: 'content-type=a\\x01': value=a\x01: say a content type, such as text/html"),
        ('529; message="open', "x: '529; message=\"open': a quotation mark is not closed"),
        ("5" * 3000, "x: longer than 2000 characters"),
    ],
)
def test_what_cannot_be_read_names_its_place_and_the_mend(text, sentence):
    with pytest.raises(FakeapiError) as fault:
        parse(text, "x")
    assert str(fault.value).startswith(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "529; retry-after=2; times=2",
        "cut=3 tokens; id=a",
        "slice=2; every=0.5",
        "no-ping",
        'error; message="a; \\"b\\\\"',
    ],
)
def test_a_fault_is_written_as_it_is_read(text):
    (fault,) = parse(text)
    assert parse(str(fault)) == (fault,)


def test_equal_spellings_are_equal_faults():
    assert parse("429;retry-after=2") == parse("status = 429 ; retry-after = 2")


@given(some.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        assert all(isinstance(fault, Fault) for fault in parse(text))
    except FakeapiError:
        """Refused, in words that other tests look at."""
