"""What thinking is bound to: every change that the API calls an edit is noticed, none that it calls none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from fakeapi.facts import binding, catalogue, signatures
from fakeapi.model import Model

Json = dict[str, Any]

TOOL = {"name": "get_weather", "description": "The weather", "input_schema": {"type": "object"}}
LATER = {"name": "later", "input_schema": {"type": "object"}, "defer_loading": True}


def model(name: str = "claude-opus-5-5") -> Model:
    found = catalogue.resolve(name)
    assert found is not None
    return found


def thought(body: Json, text: str, kind: str = "thinking") -> Json:
    """A thinking block as the next answer to this body would begin with it."""
    context = binding.ahead(body, model())
    if kind == "thinking":
        return {"type": kind, "thinking": text, "signature": signatures.sign(text, *context, model="claude-opus-5-5")}
    return {"type": kind, "data": signatures.seal(text, kind, *context, model="claude-opus-5-5")}


def conversation() -> Json:
    """Three answers with thinking, the first of them with a call; then another question."""
    body: Json = {"system": "Be kind.", "tools": [TOOL], "messages": [{"role": "user", "content": "What is it like?"}]}
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris", "days": 2}}
    add(body, "assistant", [thought(body, "one"), call])
    add(body, "user", [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"}])
    add(body, "assistant", [thought(body, "two", "redacted_thinking"), {"type": "text", "text": "It is sunny."}])
    add(body, "user", "And tomorrow?")
    add(body, "assistant", [thought(body, "three"), {"type": "text", "text": "Rain."}])
    add(body, "user", "Thanks")
    return body


def add(body: Json, role: str, content: Any) -> None:
    body["messages"].append({"role": role, "content": content})


def found(body: Json) -> list[tuple[str, str]]:
    return [(misfit.thought.path, misfit.differs) for misfit in binding.misfits(body, model())]


ALL = ["messages.1.content.0", "messages.3.content.0", "messages.5.content.0"]


def test_a_conversation_that_only_grew_fits() -> None:
    assert found(conversation()) == []


def _system_as_blocks(body: Json) -> None:
    hidden = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=1"}
    body["system"] = [hidden, {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]


def _marks(body: Json) -> None:
    body["tools"][0]["cache_control"] = {"type": "ephemeral"}
    body["messages"][0]["content"] = [
        {"type": "text", "text": "What is it like?", "cache_control": {"type": "ephemeral"}}
    ]
    body["messages"][3]["content"][1]["citations"] = None


def _other_numbers(body: Json) -> None:
    body["messages"][1]["content"][1]["input"] = {"days": 2.0, "city": "Paris"}


def _split_messages(body: Json) -> None:
    body["messages"].insert(4, {"role": "user", "content": ""})


VALID: dict[str, Callable[[Json], Any]] = {
    "messages at the end": lambda body: add(body, "user", "More"),
    "a tool that is loaded later": lambda body: body["tools"].append(LATER),
    "the oldest thinking left out": lambda body: body["messages"][1]["content"].pop(0),
    "the newest thinking left out": lambda body: body["messages"][5]["content"].pop(0),
    "all thinking left out": lambda body: [body["messages"][at]["content"].pop(0) for at in (1, 3, 5)],
    "other parameters": lambda body: body.update(max_tokens=7, tool_choice={"type": "none"}, metadata={}),
    "cache marks and nulls": _marks,
    "the system prompt as blocks": _system_as_blocks,
    "numbers and keys as another language writes them": _other_numbers,
    "an empty message": _split_messages,
    "the shown text of thinking": lambda body: body["messages"][1]["content"][0].update(thinking="[cleared]"),
}


@pytest.mark.parametrize("change", VALID.values(), ids=VALID)
def test_what_is_no_edit_leaves_all_thinking_valid(change: Callable[[Json], Any]) -> None:
    body = conversation()
    change(body)
    assert found(body) == []


def _edited_input(body: Json) -> None:
    body["messages"][1]["content"][1]["input"]["city"] = "Rome"


def _swapped(body: Json) -> None:
    one, two = (body["messages"][at]["content"] for at in (1, 3))
    one[0], two[0] = two[0], one[0]


INVALID: dict[str, tuple[Callable[[Json], Any], list[tuple[str, str]]]] = {
    "another system prompt": (lambda body: body.update(system="Be rude."), [(path, "system") for path in ALL]),
    "no system prompt": (lambda body: body.pop("system"), [(path, "system") for path in ALL]),
    "one more tool": (lambda body: body["tools"].append({**TOOL, "name": "x"}), [(path, "tools") for path in ALL]),
    "an edited tool": (lambda body: body["tools"][0].update(description="New"), [(path, "tools") for path in ALL]),
    "no tools": (lambda body: body.pop("tools"), [(path, "tools") for path in ALL]),
    "an edited question": (
        lambda body: body["messages"][0].update(content="What was it like?"),
        [(path, "messages") for path in ALL],
    ),
    "an edited input": (_edited_input, [(path, "messages") for path in ALL[1:]]),
    "a shortened result": (
        lambda body: body["messages"][2]["content"][0].update(content="[cleared]"),
        [(path, "messages") for path in ALL[1:]],
    ),
    "a reminder put in": (lambda body: body["messages"].insert(4, {"role": "user", "content": "Remember"}), [
        ("messages.6.content.0", "messages")
    ]),
    "a turn left out": (lambda body: body["messages"].pop(0), [
        ("messages.0.content.0", "messages"), ("messages.2.content.0", "messages"), ("messages.4.content.0", "messages")
    ]),
    "thinking left out in the middle": (lambda body: body["messages"][3]["content"].pop(0), [(ALL[2], "before")]),
    "thinking that changed places": (_swapped, [(ALL[0], "messages"), (ALL[1], "messages"), (ALL[2], "before")]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "misfits"), INVALID.values(), ids=INVALID)
def test_an_edit_is_noticed_in_all_thinking_after_it(
    change: Callable[[Json], Any], misfits: list[tuple[str, str]]
) -> None:
    body = conversation()
    change(body)
    assert found(body) == misfits


def test_thinking_that_was_put_back_breaks_what_was_thought_without_it() -> None:
    body = conversation()
    put_aside = copy.deepcopy(body["messages"][1]["content"][0])
    for at in (1, 3, 5):
        body["messages"][at]["content"].pop(0)
    add(body, "assistant", [thought(body, "four"), {"type": "text", "text": "Bye."}])
    assert found(body) == []
    body["messages"][1]["content"].insert(0, put_aside)
    assert found(body) == [("messages.7.content.0", "before")]


def test_compaction_starts_the_prefix_anew() -> None:
    body = conversation()
    add(body, "assistant", [{"type": "compaction", "content": "They spoke of the weather."}])
    add(body, "user", "Go on")
    add(body, "assistant", [thought(body, "after"), {"type": "text", "text": "On."}])
    body["messages"] = body["messages"][7:]
    assert found(body) == []


def test_a_dropped_block_takes_the_thinking_behind_it_along() -> None:
    body = conversation()
    own = binding.ahead({**body, "messages": body["messages"][:4]}, model())
    body["messages"][5]["content"].insert(0, {"type": "thinking", "thinking": "x", "signature": signatures.sign(
        "x", *own, model="claude-opus-5-5")})  # fmt: skip
    assert binding.dropped(body, model()) == ["messages.5.content.0", "messages.5.content.1"]


@pytest.mark.parametrize("name", ["claude-opus-4-8", "claude-mythos-5-1", "claude-sonnet-4-6"])
def test_a_model_without_the_check_finds_nothing(name: str) -> None:
    body = {**conversation(), "system": "Be rude."}
    assert binding.misfits(body, model(name)) == []
    assert binding.dropped(body, model(name)) == []


def test_thinking_of_another_model_is_not_held_against_the_prefix() -> None:
    assert binding.misfits({**conversation(), "system": "Be rude."}, model("claude-fable-5-1")) == []


@pytest.mark.parametrize("body", [
    {}, {"messages": None}, {"messages": [None, {"content": [None, 7]}, {"role": 3, "content": {}}]},
    {"messages": [{"role": "user", "content": [{"type": ["x"]}]}], "tools": {}, "system": [[]]},
])  # fmt: skip
def test_any_body_can_be_read(body: Json) -> None:
    assert binding.misfits(body, model()) == []
    assert binding.behaviour(body) is None
    assert isinstance(binding.ahead(body, model()), binding.Context)
