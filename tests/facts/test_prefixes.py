"""The prefixes of a prompt: what changes which of them, where they end, and where a request wants them cached."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.facts import catalogue, counting
from fakeapi.facts.prefixes import LONG, SHORT, Prefixes, prefixes
from fakeapi.model import Model

Body = dict[str, Any]

MARK = {"type": "ephemeral"}
TOOLS = [
    {"name": name, "description": f"The {name} of a city", "input_schema": {"type": "object", "properties": {}}}
    for name in ("weather", "time")
]
PICTURE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
BODY: Body = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "cache_control": MARK,
    "tools": TOOLS,
    "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "user", "content": "How are you?"},
    ],
}


def model(name: str = "claude-sonnet-5") -> Model:
    found = catalogue.resolve(name)
    assert found is not None
    return found


def of(body: Body, name: str = "claude-sonnet-5") -> Prefixes:
    found = prefixes(body, model(name))
    assert found is not None
    return found


def told(body: Body, name: str = "claude-sonnet-5") -> dict[str, str]:
    return {point.location: point.digest for point in of(body, name).points}


def changed(**members: Any) -> Body:
    return {**deepcopy(BODY), **members}


def same_levels(one: Body, other: Body, name: str = "claude-sonnet-5") -> set[str]:
    """The parts of the prompt (tools, system, messages) whose first blocks are told alike."""
    first, second = told(one, name), told(other, name)
    firsts = ("tools.0", "system.0", "messages.0.content.0")
    return {place.partition(".")[0] for place in firsts if first[place] == second[place]}


def test_a_request_that_marks_nothing_has_no_prefixes() -> None:
    body = changed()
    del body["cache_control"]
    assert prefixes(body, model()) is None


@pytest.mark.parametrize(
    "members",
    [
        {"tools": [{**TOOLS[0], "cache_control": MARK}]},
        {"system": [{"type": "text", "text": "x", "cache_control": MARK}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": MARK}]}]},
        {"cache_control": MARK},
    ],
    ids=lambda members: str(next(iter(members))),
)
def test_a_mark_anywhere_asks_for_caching(members: Body) -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}], **members}
    assert sum(bool(point.ttl) for point in of(body).points) == 1


def test_every_block_ends_a_prefix_and_the_last_tokens_belong_to_the_answer() -> None:
    found = of(BODY)
    assert [point.location for point in found.points] == [
        *["tools.0", "tools.1", "system.0", "system.1"],
        *["messages.0.content.0", "messages.1.content.0", "messages.2.content"],
    ]
    assert found.whole == counting.input_tokens(BODY, model())
    assert found.whole - found.points[-1].tokens == 2


def test_a_text_is_the_same_as_a_string_and_as_a_block() -> None:
    blocks = changed(messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}])
    string = changed(messages=[{"role": "user", "content": "Hello"}])
    assert told(blocks)["messages.0.content.0"] == told(string)["messages.0.content"]


def test_marks_and_their_places_do_not_change_a_prefix() -> None:
    marked = changed(system=[{**block, "cache_control": MARK} for block in BODY["system"]])
    assert told(marked) == told(BODY)


def test_a_changed_tool_changes_everything() -> None:
    assert same_levels(BODY, changed(tools=[{**TOOLS[0], "description": "Else"}, TOOLS[1]])) == set()


def test_tools_in_another_order_change_everything() -> None:
    assert same_levels(BODY, changed(tools=TOOLS[::-1])) == set()


def test_a_changed_system_prompt_keeps_the_tools() -> None:
    assert same_levels(BODY, changed(system="Be rude.")) == {"tools"}


SYSTEM_SETTINGS: dict[str, Body] = {
    "speed": {"speed": "fast"},
    "a format": {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
    "citations": {
        "messages": [
            *BODY["messages"],
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                        "citations": {"enabled": True},
                    }
                ],
            },
        ]
    },
}
MESSAGE_SETTINGS: dict[str, Body] = {
    "tool_choice": {"tool_choice": {"type": "none"}},
    "parallel tools": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    "a picture": {"messages": [*BODY["messages"], {"role": "user", "content": [PICTURE]}]},
    "thinking": {"thinking": {"type": "disabled"}},
    "effort": {"output_config": {"effort": "low"}},
}


@pytest.mark.parametrize("members", SYSTEM_SETTINGS.values(), ids=SYSTEM_SETTINGS)
def test_what_changes_the_system_prompt_keeps_the_tools(members: Body) -> None:
    assert same_levels(BODY, changed(**members)) == {"tools"}


@pytest.mark.parametrize("members", MESSAGE_SETTINGS.values(), ids=MESSAGE_SETTINGS)
def test_what_changes_the_messages_keeps_tools_and_system(members: Body) -> None:
    assert same_levels(BODY, changed(**members)) == {"tools", "system"}


@pytest.mark.parametrize(
    "members",
    [
        {"tool_choice": {"type": "auto"}},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        {"output_config": {"effort": "high"}},
        {"speed": "standard"},
        {"max_tokens": 7, "temperature": 1.0, "stop_sequences": ["x"], "metadata": {"user_id": "u"}},
    ],
    ids=str,
)
def test_what_holds_anyway_or_is_not_written_into_the_prompt_changes_nothing(members: Body) -> None:
    assert told(changed(**members)) == told(BODY)


def test_a_model_may_write_its_settings_before_the_tools() -> None:
    own = replace(model(), features=model().features | {"settings_before_tools"})
    first, second = (
        prefixes(changed(output_config={"effort": effort}), own).points[0].digest  # type: ignore[union-attr]
        for effort in ("low", "high")
    )
    assert first != second


def test_results_that_are_cleared_are_no_part_of_the_prompt() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
    said = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny. " * 500}]
    messages = [
        *BODY["messages"],
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": said},
        {"role": "user", "content": "And now?"},
    ]
    edit = {"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 0}, "keep": None}
    edits = {"edits": [{**edit, "keep": {"type": "tool_uses", "value": 0}}]}
    whole, cleared = (of(changed(messages=messages, context_management=each)) for each in (None, edits))
    assert cleared.whole < whole.whole
    assert [point.digest for point in cleared.points[:8]] == [point.digest for point in whole.points[:8]]
    assert cleared.points[8].digest != whole.points[8].digest


def test_the_budget_of_manual_thinking_counts() -> None:
    small, large = (changed(thinking={"type": "enabled", "budget_tokens": budget}) for budget in (1024, 2048))
    assert same_levels(small, large, "claude-sonnet-4-6") == {"tools", "system"}


def test_the_order_of_keys_counts_within_an_input_but_not_between_the_members_of_a_block() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"a": 1, "b": 2}}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]}
    turned = dict(reversed(call.items()))
    other = {**call, "input": {"b": 2, "a": 1}}
    first, second, third = (
        told(changed(messages=[*BODY["messages"], {"role": "assistant", "content": [each]}, result]))
        for each in (call, turned, other)
    )
    assert first == second
    assert first["messages.3.content.0"] != third["messages.3.content.0"]


def test_an_answers_direct_caller_is_the_same_as_none() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]}
    plain, called = (
        told(changed(messages=[*BODY["messages"], {"role": "assistant", "content": [each]}, result]))
        for each in (call, {**call, "caller": {"type": "direct"}})
    )
    assert plain == called


def test_who_says_something_counts() -> None:
    other = deepcopy(BODY["messages"])
    other[1]["role"] = "user"
    assert told(changed(messages=other))["messages.1.content.0"] != told(BODY)["messages.1.content.0"]


THOUGHT = {"type": "thinking", "thinking": "They greet me.", "signature": "x" * 400}


@pytest.mark.parametrize(("name", "keeps"), [("claude-sonnet-5", True), ("claude-haiku-4-5", False)])
def test_thinking_that_is_stripped_later_leaves_the_prefix(name: str, keeps: bool) -> None:
    loop = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Hi"}]},
    ]
    running = told(changed(messages=loop), name)
    over = told(changed(messages=[*loop, {"role": "user", "content": "Bye"}]), name)
    assert ("messages.1.content.0" in over) is keeps
    assert (running["messages.1.content.1"] == over["messages.1.content.1"]) is keeps


def test_what_stood_before_a_summary_is_no_prefix_any_more() -> None:
    summary = {"role": "assistant", "content": [{"type": "compaction", "content": "They greeted each other."}]}
    found = told(changed(messages=[*BODY["messages"], summary, {"role": "user", "content": "Bye"}]))
    before = told(BODY)
    assert found["system.1"] == before["system.1"]
    assert not {found[place] for place in found if place.startswith("messages")} & set(before.values())


def test_the_billing_line_that_a_client_puts_first_does_not_count() -> None:
    line = "x-anthropic-billing-header: cc_version=1; cch={}"
    one, other = (changed(system=[{"type": "text", "text": line.format(n)}, *BODY["system"]]) for n in (1, 2))
    assert told(one) == told(other)


def marks(body: Body) -> dict[str, int]:
    return {point.location: point.ttl for point in of(body).points if point.ttl}


def test_the_automatic_mark_is_on_the_last_block() -> None:
    assert marks(BODY) == {"messages.2.content": SHORT}
    assert marks(changed(cache_control={**MARK, "ttl": "1h"})) == {"messages.2.content": LONG}


def test_the_automatic_mark_walks_back_over_what_cannot_have_one() -> None:
    said = [{"type": "text", "text": "Hello"}, {"type": "text", "text": ""}]
    assert marks(changed(messages=[{"role": "user", "content": said}])) == {"messages.0.content.0": SHORT}


def test_a_mark_on_the_last_block_stays_as_it_is() -> None:
    said = [{"type": "text", "text": "Hello", "cache_control": {**MARK, "ttl": "1h"}}]
    assert marks(changed(messages=[{"role": "user", "content": said}])) == {"messages.0.content.0": LONG}


def test_a_mark_within_a_result_is_one_on_the_result() -> None:
    said = [{"type": "text", "text": "Sunny", "cache_control": MARK}]
    body = changed(
        messages=[
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": said}]},
        ]
    )
    del body["cache_control"]
    assert marks(body) == {"messages.2.content.0": SHORT}


@pytest.mark.parametrize(
    "body",
    [
        {"cache_control": MARK, "messages": "Hello"},
        {"cache_control": MARK, "messages": [{"content": [1]}]},
        {"cache_control": 1, "messages": [{"role": "user", "content": "x"}]},
        {"cache_control": MARK, "messages": [], "output_config": 3},
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_counted_and_cached_nowhere(body: Body) -> None:
    found = of(body)
    assert found.marks == ()
    assert found.whole == counting.input_tokens(body, model())


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
blocks = st.builds(
    lambda text, marked: {"type": "text", "text": text} | ({"cache_control": MARK} if marked else {}),
    texts,
    st.booleans(),
)
turns = st.lists(
    st.tuples(st.sampled_from(["user", "assistant"]), st.lists(blocks, min_size=1, max_size=3)), min_size=1, max_size=5
)
bodies = st.builds(
    lambda system, said, tools: {
        "cache_control": MARK,
        "system": system,
        "tools": TOOLS[:tools],
        "messages": [{"role": role, "content": content} for role, content in said],
    },
    st.one_of(texts, st.lists(blocks, max_size=2)),
    turns,
    st.integers(0, 2),
)
names = st.sampled_from(["claude-sonnet-5", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-3-haiku-20240307"])


@given(bodies, names)
def test_prefixes_only_grow_and_never_exceed_the_whole(body: Body, name: str) -> None:
    found = of(body, name)
    tokens = [point.tokens for point in found.points]
    assert tokens == sorted(tokens)
    assert not tokens or 0 <= tokens[-1] <= found.whole == counting.input_tokens(body, model(name))


@given(bodies)
def test_equal_requests_have_equal_prefixes_and_no_two_of_a_request_are_alike(body: Body) -> None:
    assert of(body) == of(deepcopy(body))
    assert len({point.digest for point in of(body).points}) == len(of(body).points)


@given(bodies, blocks)
def test_what_is_added_at_the_end_leaves_every_prefix_before_it(body: Body, added: Body) -> None:
    longer = {**body, "messages": [*body["messages"], {"role": "user", "content": [added]}]}
    before = of(body).points
    assert [point.digest for point in of(longer).points[: len(before)]] == [point.digest for point in before]
