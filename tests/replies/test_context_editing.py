"""Edits of the context and summaries: what is cleared, what that saves, and what the answer tells of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fakeapi.facts import catalogue, counting, editing, signatures
from tests.grammar import frames
from tests.street import DOOR, Lines, ask, json, message, refusal, sent

EDITING, THRESHOLD, ON_DEMAND = "context-management-2025-06-27", "compact-2026-01-12", "compact-2026-09-04"
READ = {"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}
PAGE = "The quick brown fox jumps over the lazy dog. " * 20
FOX = "The quick brown fox jumps over the lazy dog. "


def betas(*names: str) -> Lines:
    return (*DOOR, ("anthropic-beta", ",".join(names)))


def body(messages: list[Any], edits: list[Any] | None = None, model: str = "claude-sonnet-4-6", **more: Any) -> Any:
    asked = {} if edits is None else {"context_management": {"edits": edits}}
    return {"model": model, "max_tokens": 400, "messages": messages, **asked, **more}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def round_of(number: int, name: str = "read", result: Any = PAGE) -> list[dict[str, Any]]:
    """One call of a tool and its result."""
    call = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {"path": "/a/long/way/to/the/file"}}
    given = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": result}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [given]}]


def loop(rounds: int, **how: Any) -> list[dict[str, Any]]:
    return [user("Read all of them."), *(part for number in range(rounds) for part in round_of(number, **how))]


def clearing(**members: Any) -> dict[str, Any]:
    return {"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 1}, **members}


def keep(number: int) -> dict[str, Any]:
    return {"keep": {"type": "tool_uses", "value": number}}


def edited(request: Any, *extra: str) -> Any:
    return message(request, headers=betas(EDITING, *extra))


def applied(request: Any) -> Any:
    return edited(request)["context_management"]["applied_edits"]


def counted(request: Any, *names: str) -> Any:
    asked = {name: value for name, value in request.items() if name not in ("max_tokens", "stream")}
    answer = ask(asked, betas(*names), path="/v1/messages/count_tokens")
    assert answer.reply.status == 200, sent(answer)
    return json(answer)


def size(request: Any) -> int:
    model = catalogue.resolve(request["model"])
    assert model is not None
    return counting.input_tokens(request, model)


def test_old_results_of_tools_are_cleared_and_no_longer_counted():
    request = body(loop(6), [clearing(**keep(2))], tools=[READ])
    (edit,) = applied(request)
    whole = size(body(loop(6), tools=[READ]))
    assert (edit["type"], edit["cleared_tool_uses"]) == ("clear_tool_uses_20250919", 4)
    assert edited(request)["usage"]["input_tokens"] == whole - edit["cleared_input_tokens"]
    assert edit["cleared_input_tokens"] > 4 * 150


def test_counting_tells_the_size_before_and_after():
    request = body(loop(6), [clearing(**keep(2))], tools=[READ])
    assert counted(request, EDITING) == {
        "input_tokens": edited(request)["usage"]["input_tokens"],
        "context_management": {"original_input_tokens": size(body(loop(6), tools=[READ]))},
    }


@pytest.mark.parametrize(("keeping", "cleared"), [({}, 3), (keep(0), 6), (keep(5), 1)])
def test_three_uses_are_kept_where_nothing_is_said(keeping, cleared):
    assert applied(body(loop(6), [clearing(**keeping)], tools=[READ]))[0]["cleared_tool_uses"] == cleared


TRIGGERS = {
    "uses exceeded": ({"type": "tool_uses", "value": 5}, True),
    "uses met": ({"type": "tool_uses", "value": 6}, False),
    "tokens exceeded": ({"type": "input_tokens", "value": 1000}, True),
    "tokens not met": ({"type": "input_tokens", "value": 90000}, False),
    "by default": (None, False),
}


@pytest.mark.parametrize(("trigger", "clears"), TRIGGERS.values(), ids=TRIGGERS)
def test_nothing_is_cleared_before_the_trigger(trigger, clears):
    edit = {**clearing(), "trigger": trigger} if trigger else {"type": "clear_tool_uses_20250919"}
    assert bool(applied(body(loop(6), [edit], tools=[READ]))) is clears


def test_by_default_a_hundred_thousand_tokens_trigger_it():
    request = body(loop(6, result=FOX * 2000), [{"type": "clear_tool_uses_20250919"}], tools=[READ])
    assert applied(request)[0]["cleared_tool_uses"] == 3


def test_tools_can_be_excluded():
    both = [user("Go."), *round_of(1, "read"), *round_of(2, "look"), *round_of(3, "read")]
    request = body(both, [clearing(**keep(0), exclude_tools=["look"])], tools=[READ, {**READ, "name": "look"}])
    assert applied(request)[0]["cleared_tool_uses"] == 2


def test_less_than_the_least_is_not_cleared():
    least = {"clear_at_least": {"type": "input_tokens", "value": 5000}}
    assert applied(body(loop(6), [clearing(**keep(2), **least)], tools=[READ])) == []


def test_results_that_are_no_longer_than_what_stands_for_them_stay():
    assert applied(body(loop(4, result="ok"), [clearing(**keep(1))], tools=[READ])) == []


def test_inputs_of_tools_are_cleared_on_request():
    plain = applied(body(loop(6), [clearing(**keep(2))], tools=[READ]))[0]["cleared_input_tokens"]
    for inputs in (True, ["read"]):
        more = applied(body(loop(6), [clearing(**keep(2), clear_tool_inputs=inputs)], tools=[READ]))
        assert more[0]["cleared_input_tokens"] > plain
    other = applied(body(loop(6), [clearing(**keep(2), clear_tool_inputs=["look"])], tools=[READ]))
    assert other[0]["cleared_input_tokens"] == plain


def test_results_of_server_tools_are_cleared_too():
    sealed = signatures.seal(PAGE, "web_search_result")
    found = {"type": "web_search_result", "title": "Fox", "url": "https://example.com", "encrypted_content": sealed}
    parts = [
        part
        for number in range(3)
        for part in (
            {"type": "server_tool_use", "id": f"srvtoolu_{number}", "name": "web_search", "input": {"query": "fox"}},
            {"type": "web_search_tool_result", "tool_use_id": f"srvtoolu_{number}", "content": [found]},
        )
    ]
    messages = [user("Find it."), {"role": "assistant", "content": parts}, user("And now?")]
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    assert applied(body(messages, [clearing(**keep(1))], tools=tools))[0]["cleared_tool_uses"] == 2


def thoughtful(turns: int, model: str = "claude-opus-5") -> list[Any]:
    """A conversation of this many answers that were thought about."""
    messages: list[Any] = []
    for number in range(turns):
        messages.append(user(f"Question {number}: {PAGE}"))
        request = body(messages, model=model, thinking={"type": "adaptive", "display": "summarized"})
        messages.append({"role": "assistant", "content": message(request)["content"]})
    return [*messages, user("And the last one?")]


def without(keep: Any) -> list[Any]:
    return [{"type": "clear_thinking_20251015", **({"keep": keep} if keep else {})}]


KEEPS = {
    "one": ({"type": "thinking_turns", "value": 1}, 2),
    "two": ({"type": "thinking_turns", "value": 2}, 1),
    "more than there are": ({"type": "thinking_turns", "value": 9}, 0),
    "all": ("all", 0),
    "all, said otherwise": ({"type": "all"}, 0),
    "by default, all": (None, 0),
}


@pytest.mark.parametrize(("keep", "cleared"), KEEPS.values(), ids=KEEPS)
def test_thinking_of_earlier_turns_is_cleared(keep, cleared):
    request = body(thoughtful(3), without(keep), "claude-opus-5", thinking={"type": "adaptive"})
    found = applied(request)
    assert [edit["cleared_thinking_turns"] for edit in found] == ([cleared] if cleared else [])
    saved = sum(edit["cleared_input_tokens"] for edit in found)
    plain = message(body(thoughtful(3), None, "claude-opus-5", thinking={"type": "adaptive"}))
    assert edited(request)["usage"]["input_tokens"] == plain["usage"]["input_tokens"] - saved


def test_older_models_keep_the_last_turns_thinking_only():
    model = catalogue.resolve("claude-haiku-4-5")
    assert model is not None
    said = [{"type": "thinking", "thinking": PAGE, "signature": "s"}, {"type": "text", "text": "A"}]
    thoughts = [{"role": "assistant", "content": said}, user("Next?")]
    request = body([user("First?"), *thoughts, *thoughts], without(None), "claude-haiku-4-5")
    (edit,) = editing.edit(request, model).applied
    assert edit["cleared_thinking_turns"] == 1


def test_edits_apply_in_their_order():
    messages = [*thoughtful(2), *loop(4)[1:]]
    edits = [*without({"type": "thinking_turns", "value": 1}), clearing(**keep(1))]
    request = body(messages, edits, "claude-opus-5", tools=[READ], thinking={"type": "adaptive"})
    kinds = [edit["type"] for edit in applied(request)]
    assert kinds == ["clear_thinking_20251015", "clear_tool_uses_20250919"]


def test_clearing_thinking_must_come_first():
    edits = [clearing(), *without("all")]
    request = body([user("Hi")], edits, thinking={"type": "adaptive"})
    wanted = "`clear_thinking_20251015` must be the first strategy in `context_management.edits` when provided"
    assert refusal(request, headers=betas(EDITING))[2] == f"context_management: {wanted}"


def test_a_stream_tells_the_edits_at_its_end():
    request = {**body(loop(6), [clearing(**keep(2))], tools=[READ]), "stream": True}
    events = [(kind, orjson.loads(data)) for kind, data in frames(sent(ask(request, betas(EDITING))).decode())]
    told = next(data for kind, data in events if kind == "message_delta")
    assert told["context_management"]["applied_edits"][0]["cleared_tool_uses"] == 4
    assert "context_management" not in events[0][1]["message"]


def test_a_prompt_that_fits_once_it_is_edited_is_answered():
    request = body(loop(5, result=FOX * 4500), [clearing(**keep(1))], "claude-haiku-4-5", tools=[READ])
    assert edited(request)["context_management"]["applied_edits"][0]["cleared_tool_uses"] == 4
    plain = body(loop(5, result=FOX * 4500), None, "claude-haiku-4-5", tools=[READ])
    assert refusal(plain)[2].startswith("prompt is too long")


def long(**edit: Any) -> Any:
    asked = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50000}, **edit}
    return body([user(f"Remember this: {FOX * 5200} Now say hello.")], [asked])


def test_a_conversation_that_reaches_the_threshold_is_summarized_before_the_answer():
    answer = message(long(), headers=betas(THRESHOLD))
    assert [block["type"] for block in answer["content"]] == ["compaction", "text"]
    assert set(answer["content"][0]) == {"type", "content"}
    assert answer["content"][0]["content"]
    assert answer["context_management"] == {"applied_edits": []}


def test_the_usage_is_that_of_the_answer_and_the_summary_stands_in_the_iterations():
    usage = message(long(), headers=betas(THRESHOLD))["usage"]
    summary, answer = usage["iterations"]
    assert (summary["type"], answer["type"]) == ("compaction", "message")
    assert summary["input_tokens"] > 50000 > usage["input_tokens"]
    assert (answer["input_tokens"], answer["output_tokens"]) == (usage["input_tokens"], usage["output_tokens"])


def test_below_the_threshold_nothing_is_summarized_but_the_iterations_are_told():
    answer = message(body([user("Hello there")], long()["context_management"]["edits"]), headers=betas(THRESHOLD))
    assert [block["type"] for block in answer["content"]] == ["text"]
    assert [step["type"] for step in answer["usage"]["iterations"]] == ["message"]


def test_a_summary_can_pause_the_answer():
    answer = message(long(pause_after_compaction=True), headers=betas(THRESHOLD))
    assert (answer["stop_reason"], len(answer["content"])) == ("compaction", 1)
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (0, 0)
    assert [step["type"] for step in answer["usage"]["iterations"]] == ["compaction"]


@pytest.mark.parametrize("then", [[], [user("What did I ask?")]], ids=["at once", "with a question"])
def test_what_came_before_a_summary_is_not_read_again(then):
    request = long(pause_after_compaction=True)
    paused = message(request, headers=betas(THRESHOLD))
    going_on = body([*request["messages"], {"role": "assistant", "content": paused["content"]}, *then])
    going_on["context_management"] = request["context_management"]
    answer = message(going_on, headers=betas(THRESHOLD))
    assert (answer["stop_reason"], answer["content"][0]["type"]) == ("end_turn", "text")
    assert answer["usage"]["input_tokens"] < 500
    told = counted(going_on, THRESHOLD)
    assert told["input_tokens"] == answer["usage"]["input_tokens"]
    assert told["context_management"]["original_input_tokens"] > 50000


def test_counting_makes_no_summary():
    told = counted(long(), THRESHOLD)
    assert told["input_tokens"] == told["context_management"]["original_input_tokens"] > 50000


def test_a_streamed_summary_comes_in_one_delta_and_its_input_begins_the_stream():
    answer = ask({**long(), "stream": True}, betas(THRESHOLD))
    events = [(kind, orjson.loads(data)) for kind, data in frames(sent(answer).decode())]
    start, delta = (data for _, data in events if data.get("index") == 0 and data["type"] != "content_block_stop")
    assert start["content_block"] == {"type": "compaction", "content": None}
    assert delta["delta"]["type"] == "compaction_delta"
    assert events[0][1]["message"]["usage"]["input_tokens"] > 50000


def test_a_threshold_below_fifty_thousand_is_refused():
    request = long(trigger={"type": "input_tokens", "value": 1000})
    assert refusal(request, headers=betas(THRESHOLD))[2] == (
        "context_management.edits.0.compact_20260112: trigger.value must be at least 50000"
    )


def summary(messages: list[Any], **more: Any) -> Any:
    request = body(messages, None, "claude-opus-5-5", compaction={"type": "summarize"}, **more)
    return message(request, headers=betas(ON_DEMAND))


def test_a_summary_on_demand_is_signed_and_alone():
    answer = summary([user("I am building a recipe app. Name the entities.")])
    (block,) = answer["content"]
    assert (answer["stop_reason"], set(block)) == ("compaction", {"type", "content", "signature"})
    assert "recipe app" in block["content"]
    usage = answer["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (0, 0)
    assert [step["type"] for step in usage["iterations"]] == ["compaction"]
    assert "context_management" not in answer


def test_the_conversation_goes_on_from_a_signed_summary():
    block = summary([user("I am building a recipe app.")])["content"][0]
    messages = [{"role": "assistant", "content": [block]}, user("Name the fields.")]
    answer = message(body(messages, None, "claude-opus-5-5"), headers=betas(ON_DEMAND))
    assert (answer["stop_reason"], answer["content"][-1]["type"]) == ("end_turn", "text")


def test_a_streamed_summary_on_demand_comes_whole():
    request = body([user("Hi there")], None, "claude-opus-5-5", compaction={"type": "summarize"}, stream=True)
    events = frames(sent(ask(request, betas(ON_DEMAND))).decode())
    kinds = [kind for kind, _ in events if kind != "ping"]
    assert kinds == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]


def test_a_summary_that_is_cut_is_none():
    answer = summary([user("I am building a recipe app.")], max_tokens=5)
    assert (answer["stop_reason"], answer["content"]) == ("max_tokens", [])
    assert answer["usage"]["iterations"][0]["output_tokens"] == 5


def test_counting_ignores_the_wish_for_a_summary():
    request = body([user("Hi there")], None, "claude-opus-5-5")
    assert counted({**request, "compaction": {"type": "summarize"}}, ON_DEMAND) == {"input_tokens": size(request)}


def spoilt(**changed: Any) -> list[Any]:
    block = {**summary([user("I am building a recipe app.")])["content"][0], **changed}
    return [{"role": "assistant", "content": [block]}, user("Go on.")]


def fault(messages: list[Any], *names: str, **more: Any) -> Any:
    answer = ask(body(messages, None, "claude-opus-5-5", **more), betas(*names))
    assert answer.reply.status == 400, sent(answer)
    return json(answer)["error"]


def test_a_changed_summary_is_refused_in_the_real_words():
    error = fault(spoilt(content="Something else."), ON_DEMAND)
    assert error["message"] == "messages.0.content.0: `compaction` block `content` does not match its `signature`"
    assert error["details"]["error_code"] == "compaction_content_mismatch"


def test_a_made_up_signature_is_refused():
    assert fault(spoilt(signature="abc"), ON_DEMAND)["details"]["error_code"] == "compaction_signature_invalid"


def test_summarized_messages_may_not_stand_before_the_summary():
    error = fault([user("I am building a recipe app."), *spoilt()], ON_DEMAND)
    assert error["details"]["error_code"] == "compaction_block_misplaced"


def test_two_summaries_are_ambiguous():
    assert fault([*spoilt(), *spoilt()], ON_DEMAND)["details"]["error_code"] == "compaction_block_ambiguous"


def test_an_unsigned_summary_needs_the_edit_that_made_it():
    messages = [{"role": "assistant", "content": [{"type": "compaction", "content": "All was said."}]}, user("Go on.")]
    wanted = "`compaction` blocks require a `compact_20260112` strategy in `context_management.edits`."
    assert fault(messages, THRESHOLD)["message"] == wanted
    assert "requires its `signature`" in fault(messages, ON_DEMAND)["message"]


CLASHES = {
    "stop_sequences": {"stop_sequences": ["x"]},
    "context_management": {"context_management": {"edits": []}},
    "an open call": {"tools": [READ], "messages": [user("Hi"), round_of(1)[0]]},
}


@pytest.mark.parametrize("more", CLASHES.values(), ids=CLASHES)
def test_nothing_that_shapes_an_answer_goes_with_a_summary_on_demand(more):
    asked = {"compaction": {"type": "summarize"}, **more}
    assert fault(asked.pop("messages", [user("Hi")]), ON_DEMAND, EDITING, **asked)["type"] == "invalid_request_error"


def test_a_refused_conversation_is_not_summarized():
    answer = summary([user("FAKEAPI_TRIGGER_REFUSAL_BIO")])
    assert (answer["stop_reason"], answer["content"]) == ("refusal", [])
    assert answer["stop_details"]["category"] == "bio"
