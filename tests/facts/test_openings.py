"""A body that begins like one before is read from where it differs, and says what it would say if it were new."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.contract import decoding
from fakeapi.errors import ApiError
from fakeapi.facts import familiar, openings

HEAD: dict[str, Any] = {"model": "m", "tools": [{"name": "t"}], "system": [{"type": "text", "text": "s"}]}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_LONG", 0)
    monkeypatch.setattr(openings, "_GRAIN", 8)
    monkeypatch.setattr(familiar, "_memory", familiar._Memory())


def said(*texts: str) -> list[Any]:
    return [{"role": "user", "content": text} for text in texts]


def body(*texts: str, **behind: Any) -> bytes:
    return orjson.dumps({**HEAD, "messages": said(*texts), **behind})


def parsed(written: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes of a body are parsed; it is read as it should be."""
    sizes: list[int] = []

    def loads(data: bytes) -> Any:
        sizes.append(len(data))
        return orjson.loads(data)

    with monkeypatch.context() as patch:
        patch.setattr(openings, "orjson", type("orjson", (), {**vars(orjson), "loads": staticmethod(loads)}))
        value = decoding.parse(written)
    assert orjson.dumps(value) == orjson.dumps(orjson.loads(written))
    return sum(sizes)


LONG = "x" * 1000


@pytest.mark.parametrize("behind", [{}, {"max_tokens": 1, "metadata": {"user_id": "u"}}])
@pytest.mark.parametrize("new", [("more",), ("a", "b", "c"), ()])
def test_only_what_is_new_is_parsed(new: Any, behind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ["one", LONG, LONG, "two"]
    parsed(body(*before, **behind), monkeypatch)
    parsed(body(*before, "x", **behind), monkeypatch)
    assert parsed(body(*before, *new, **behind), monkeypatch) < 200


def test_members_behind_the_messages_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        size = parsed(body("one", LONG, max_tokens=number, stream=number % 2 == 0), monkeypatch)
    assert size < 200


def test_the_last_messages_may_be_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        size = parsed(body("one", LONG, *map(str, range(number)), f"marked {number}"), monkeypatch)
    assert size < 200


def test_the_longest_beginning_that_is_known_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    long = ("one", *[LONG] * 4)
    for texts in ((*long, "a"), ("one", "b"), (*long, "c"), ("one", "b", "c")):
        parsed(body(*texts), monkeypatch)
    assert parsed(body(*long, "d"), monkeypatch) < 200


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["a", "b", "é", '"messages":[', "\\", "\0"]), min_size=1, max_size=6),
            st.sampled_from([{}, {"max_tokens": 1}, {"max_tokens": 1.0}, {"z": [True, None]}, {"": {"messages": []}}]),
            st.sampled_from([{}, HEAD, {"metadata": {"messages": said("a")}}, {'x"messages': said("a")}, {"\0": 1}]),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_any_body_is_read_as_if_it_were_new(bodies: Any) -> None:
    familiar._memory = familiar._Memory()
    for texts, behind, head in bodies:
        written = orjson.dumps({**head, "messages": said(*texts), **behind})
        assert orjson.dumps(decoding.parse(written)) == written


@pytest.mark.parametrize(
    "tail",
    [
        b',{"role":"user","content":"c"}],"messages":[]}',
        b',{"role":"user","content":"c"}],"model":"n","model":"o"}',
        b'],"\\u0000":[0,1]}',
        b'],"\\u006dessages":[]}',
        b', {"role": "user", "content": "c"} ] , "max_tokens" : 1 } ',
        b"]}",
        b',{"role":"user","content":"\\u0063"}]}',
        b",1,null,[]]}",
    ],
)
def test_what_is_written_otherwise_is_read_as_if_it_were_new(tail: bytes) -> None:
    begun = body("a", "b")[:-2]
    for _ in range(3):
        for written in (begun + b"]}", begun + tail, begun + b"," + orjson.dumps(said("c")[0]) + tail):
            assert orjson.dumps(decoding.parse(written)) == orjson.dumps(orjson.loads(written))


@pytest.mark.parametrize(
    "tail",
    [
        *(b"", b"]", b"]}}", b"],}", b",]}", b"]]}", b',{"a":1}', b'],"a":\xff}', b"],[0]}"),
        *(
            b".5]}",
            b"e5]}",
            b"1]}",
            b'.5,{"a":1}]}',
            b'],["a"]}',
            b'],["a"],"b":1}',
            b"," + b"[" * 1023 + b"]" * 1023 + b"]}",
        ),
    ],
)
def test_what_is_no_json_is_refused_in_the_same_words(tail: bytes) -> None:
    begun = body("a", "b")[:-2]
    decoding.parse(begun + b"]}")
    with pytest.raises(orjson.JSONDecodeError) as fault:
        orjson.loads(begun + tail)
    for _ in range(2):
        with pytest.raises(ApiError, match=r"not valid JSON") as refused:
            decoding.parse(begun + tail)
        assert str(fault.value) in str(refused.value)


@pytest.mark.parametrize("more", [b"", b"," + orjson.dumps(said("c")[0])])
def test_the_last_of_several_lists_of_messages_counts(more: bytes) -> None:
    written = orjson.dumps(said("a", "b"))
    for first in (written, written[:-1] + more + b"]", written):
        twice = b'{"messages":%b,"messages":%b}' % (first, written)
        assert orjson.dumps(decoding.parse(twice)) == orjson.dumps(orjson.loads(twice))


def test_what_is_nested_too_deep_is_refused_wherever_it_stands() -> None:
    deep = b"[" * 300 + b"]" * 300
    begun = body("a", "b")[:-2]
    for written in (
        begun + b'],"z":' + deep + b"}",
        begun + b"," + deep + b"]}",
        b'{"z":' + deep + b"," + begun[1:] + b"]}",
    ):
        for _ in range(3):
            with pytest.raises(ApiError, match="deep"):
                decoding.parse(written)
            decoding.parse(begun + b"]}")


def test_a_client_that_writes_spaces_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        parsed(json.dumps({**HEAD, "messages": said("a", LONG, str(number))}).encode(), monkeypatch)


def test_a_long_conversation_is_not_followed() -> None:
    texts = ["a"] * (familiar._MOST_MESSAGES + 1)
    for _ in range(2):
        assert len(decoding.parse(body(*texts))["messages"]) == len(texts)
    assert familiar.conversations() == ()


@pytest.fixture
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_take_turns_often")
def test_servers_in_several_threads_read_alike() -> None:
    packed = [body("one", *map(str, range(length)), max_tokens=length % 3) for length in [*range(12), 3, 1]]
    bodies = [*packed, *(json.dumps(orjson.loads(written)).encode() for written in packed)]

    def reading(seed: int) -> list[bytes]:
        mixed = Random(seed).choices(bodies, k=300)
        return [written for written in mixed if decoding.parse(written) != orjson.loads(written)]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(reading, range(12))) == [[]] * 12
