"""Parts of requests that came before are exchanged for the objects of then, and nothing else changes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.facts import familiar
from fakeapi.facts.familiar import (
    DEEPEST,
    LARGEST,
    about,
    about_all,
    about_found,
    about_so_far,
    conversations,
    recognized,
    settle,
    settled,
)


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar, "_memory", familiar._Memory())


def met(body: Any) -> Any:
    """A body as it is read again from its bytes."""
    written = orjson.dumps(body)
    return recognized(orjson.loads(written), len(written))[0]


def said(*texts: str) -> list[Any]:
    return [{"role": "user", "content": text} for text in texts]


def test_equal_messages_tools_and_system_prompts_become_the_objects_of_then() -> None:
    body = {"messages": said("a", "b"), "tools": [{"name": "t"}], "system": [{"type": "text", "text": "s"}]}
    first, second = met(body), met(body)
    assert second == body
    assert all(mine is yours for mine, yours in zip(first["messages"], second["messages"], strict=True))
    assert first["tools"] is second["tools"]
    assert first["system"] is second["system"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": True}, {"a": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": "é"}, {"a": "e\u0301"}),
        ({"a": None}, {}),
    ],
)
def test_what_is_written_otherwise_is_not_equal(one: Any, other: Any) -> None:
    met({"messages": [one]})
    again = met({"messages": [other]})
    assert orjson.dumps(again) == orjson.dumps({"messages": [other]})


def test_what_did_not_come_before_is_told_apart_in_its_place() -> None:
    met({"messages": said("a"), "tools": [{"name": "t"}]})
    body = {"messages": said("a", "b"), "tools": [{"name": "t"}], "max_tokens": 1}
    _, strange = recognized(body, 100)
    assert strange == {"messages": said("b"), "tools": None, "max_tokens": 1}


def test_a_finding_is_made_once() -> None:
    asked = []

    def size(message: Any) -> int:
        asked.append(message)
        return len(message["content"])

    for _ in range(3):
        assert about_all(met({"messages": said("a", "bb")})["messages"], size) == [1, 2]
    assert about(met({"messages": said("bb")})["messages"][0], size) == 2
    assert [message["content"] for message in asked] == ["a", "bb"]


def test_a_finding_depends_on_what_it_is_given() -> None:
    def longer(message: Any, more: int) -> int:
        return len(message["content"]) + more

    message = met({"messages": said("abc")})["messages"][0]
    assert [about(message, longer, more) for more in (1, 2, 1)] == [4, 5, 4]


def test_where_a_message_stands_counts_for_a_placed_finding() -> None:
    def place(message: Any, index: int) -> tuple[str, int]:
        return message["content"], index

    for texts in (("a", "b"), ("a", "b", "c"), ("b", "a", "c"), ("a", "c"), ("a", "b", "d")):
        body = met({"messages": said(*texts)})
        assert about_all(body["messages"], place, placed=True) == [(text, at) for at, text in enumerate(texts)]


def test_a_conversation_that_forks_shares_what_it_has_in_common() -> None:
    def word(message: Any) -> str:
        return str(message["content"])

    for texts in (("a", "b", "c"), ("a", "x"), ("a", "b", "c", "d"), ("a",), ("q", "b", "c"), ("a", "b", "e")):
        assert about_all(met({"messages": said(*texts)})["messages"], word) == list(texts)


def test_many_conversations_in_turn_are_kept_apart() -> None:
    def word(message: Any) -> str:
        return str(message["content"])

    for length in range(1, 6):
        for agent in range(9):
            texts = [f"{agent} {number}" for number in range(length)]
            assert about_all(met({"messages": said(*texts)})["messages"], word) == texts


def test_what_was_found_so_far_goes_on_with_the_conversation() -> None:
    steps = []

    def add(found: str, message: Any) -> str:
        steps.append(message["content"])
        return found + str(message["content"])

    for texts, told in ((("a", "b"), ["a", "ab"]), (("a", "b", "c"), ["a", "ab", "abc"]), (("a", "d"), ["a", "ad"])):
        assert about_so_far(met({"messages": said(*texts)})["messages"], add, "") == told
    assert "".join(steps) == "abcd"


def test_what_was_found_so_far_is_told_apart_by_what_is_given_and_by_where_it_begins() -> None:
    def add(found: str, message: Any) -> str:
        return found + str(message["content"])

    for texts in (("a", "b", "c"), ("a", "b", "d"), ("a", "x", "c")):
        messages = met({"messages": said(*texts)})["messages"]
        for start in ("1", "2"):
            assert about_so_far(messages, add, start, start)[-1] == start + "".join(texts)
            assert about_so_far(messages, add, start, start, 1) == [start + texts[1], start + texts[1] + texts[2]]
        assert about_so_far(messages, add, "", "", 3) == []


def test_what_is_found_of_findings_goes_on_with_the_conversation() -> None:
    asked = []

    def twice(size: int) -> int:
        asked.append(size)
        return 2 * size

    for texts, told in ((("a", "bb"), [2, 4]), (("a", "bb", "ccc"), [2, 4, 6]), (("a",), [2])):
        messages = met({"messages": said(*texts)})["messages"]
        sizes = about_all(messages, lambda message: len(message["content"]))
        assert about_found(messages, sizes, twice) == told
    assert asked == [1, 2, 3]


def test_what_is_settled_stays_so_as_far_as_conversations_are_the_same() -> None:
    body = met({"messages": said("a", "b", "c"), "tools": [{"name": "t"}]})
    assert settled(body["messages"], "good") == 0
    for name in ("messages", "tools"):
        settle(body[name], "good")
    for texts, many in ((("a", "b", "c", "d"), 3), (("a", "b"), 2), (("a", "x", "c"), 1), (("z",), 0)):
        again = met({"messages": said(*texts), "tools": [{"name": "t"}]})
        assert settled(again["messages"], "good") == many
        assert settled(again["messages"], "other") == 0
        assert settled(again["tools"], "good") == 1
    settle([1, 2], "good")
    assert settled([1, 2], "good") == 0


def test_a_conversation_that_goes_on_takes_the_place_of_what_it_was() -> None:
    for length in range(1, 30):
        met({"messages": said(*map(str, range(length)), f"last {length}")})
    assert len(conversations()) == 1
    for agent in range(20):
        met({"messages": said("first", *[str(agent)] * 9)})
    assert 1 < len(conversations()) < 10


def test_a_finding_that_fails_fails_each_time() -> None:
    def fail(message: Any) -> None:
        raise KeyError(message["content"])

    for _ in range(2):
        with pytest.raises(KeyError):
            about_all(met({"messages": said("a")})["messages"], fail)


def test_what_never_came_is_looked_at_each_time() -> None:
    message = {"role": "user", "content": "a"}
    assert about(message, len) == 2
    message["more"] = ""
    assert about(message, len) == 3


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def test_what_is_nested_deep_is_never_recognized_so_that_its_depth_is_measured() -> None:
    body = {"messages": [{"role": "user", "content": deep(DEEPEST)}]}
    recognized(body, 100)
    assert recognized(body, 100)[1] == body


@pytest.mark.parametrize(
    "body", [None, 1, "x", [], {}, {"messages": None}, {"messages": []}, {"messages": [1, None, "x", []]}]
)
def test_any_json_is_left_as_it_is(body: Any) -> None:
    for _ in range(2):
        assert recognized(body, 10)[0] == body


def test_a_body_over_the_bound_is_not_remembered() -> None:
    body = {"messages": said("a")}
    assert recognized(body, LARGEST + 1) == (body, body)
    assert recognized(body, 10)[1] == body


def test_what_is_remembered_stays_bounded() -> None:
    for number in range(300):
        met({"messages": said(f"{number} " + "x" * 50_000)})
    memory = familiar._memory
    assert sum(map(len, (*memory.young, *memory.old))) <= 2 * LARGEST
    assert len(memory.met) <= len(memory.young) + len(memory.old) + len(memory.conversations)
