"""Counting a whole request, part by part."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakeapi.facts import catalogue, counting, familiar, media, tokens
from fakeapi.facts.frames import frame
from fakeapi.facts.media import Pdf, Size
from fakeapi.model import Model
from tests.corpus_rows import rows
from tests.pictures import png

MODELS = ["claude-haiku-4-5-20251001", "claude-sonnet-4-6", "claude-opus-4-7", "claude-sonnet-5", "claude-opus-5-5"]
TOOL = {"name": "get_weather", "description": "Get weather", "input_schema": {"type": "object", "properties": {}}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"}


def model(name: str) -> Model:
    found = catalogue.resolve(name)
    assert found is not None
    return found


def said(*contents: Any, first: str = "user") -> list[dict[str, Any]]:
    """Messages of turn about roles."""
    roles = ["user", "assistant"] if first == "user" else ["assistant", "user"]
    return [{"role": roles[at % 2], "content": content} for at, content in enumerate(contents)]


def count(name: str, *contents: Any, **body: Any) -> int:
    return counting.input_tokens({"messages": said(*contents), **body}, model(name))


@pytest.mark.parametrize("row", rows("token_counts.jsonl"), ids=lambda row: f"{row['model']}-{row['input_tokens']}")
def test_a_recorded_request_counts_as_recorded(row: dict[str, Any]) -> None:
    assert counting.input_tokens(row, model(row["model"])) == row["input_tokens"]


@pytest.mark.parametrize("name", MODELS)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6), st.text(max_size=20))
def test_a_conversation_is_the_sum_of_its_texts_and_turns(name: str, contents: list[str], system: str) -> None:
    own, used = model(name), frame(model(name).tokenizer, model(name).created_at)
    texts = sum(tokens.count(text.rstrip("\n"), own.tokenizer) for text in [*contents, system])
    turns = len(contents) + (len(contents) % 2)
    around = used.opening + used.turn * turns + (used.system if system and not system.endswith("\n") else 0)
    assert count(name, *contents, system=system) == texts + around


@pytest.mark.parametrize("name", MODELS)
def test_the_parts_come_in_the_order_of_the_prompt_and_sum_to_the_count(name: str) -> None:
    body = {
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
        "tools": [TOOL, {**TOOL, "name": "other"}],
        "messages": [*said("Weather?", [{"type": "text", "text": "I look."}, CALL], [RESULT]), *said("Thanks", "Hi")],
    }
    found = counting.parts(body, model(name))
    places = [part.location for part in found]
    assert places == [
        *["tools", "tools.0", "tools.1", "system", "system.0", "system.1", "system", "messages.0.content"],
        *["messages.1.content.0", "messages.1.content.1", "messages.2.content.0", "messages.3.content"],
        "messages.4.content",
    ]
    assert sum(part.tokens for part in found) == counting.input_tokens(body, model(name))
    assert all(part.tokens > 0 for part in found)


def test_messages_of_one_role_are_one_turn() -> None:
    body = {"messages": [{"role": "user", "content": text} for text in ("one", "two", "three")]}
    whole = counting.input_tokens(body, model("claude-haiku-4-5"))
    assert whole == count("claude-haiku-4-5", "one") + 2 * (1 + tokens.count_inside("two", "classic"))


def test_a_prefill_begins_the_answer_so_its_turn_is_not_counted_twice() -> None:
    prefilled = count("claude-haiku-4-5", "Say yes", "Ye")
    assert prefilled == count("claude-haiku-4-5", "Say yes") + tokens.count("Ye", "classic")


def test_an_empty_message_among_others_costs_nothing() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": []}]}
    assert counting.input_tokens(body, model("claude-sonnet-5")) == count("claude-sonnet-5", "Hi")


def test_tools_add_their_overhead_and_their_definitions() -> None:
    own = model("claude-sonnet-5")
    whole = count("claude-sonnet-5", "Hi", tools=[TOOL])
    parts = counting.parts({"messages": said("Hi"), "tools": [TOOL]}, own)
    assert [part.location for part in parts[:3]] == ["tools", "tools.0", "system"]
    assert parts[0].tokens + parts[2].tokens == own.tool_overhead[0] + frame("2026").opening
    assert whole == count("claude-sonnet-5", "Hi") + own.tool_overhead[0] + parts[1].tokens


def test_a_forced_tool_choice_costs_more_and_names_the_tool() -> None:
    own = model("claude-haiku-4-5")
    auto, any_, tool = (
        count("claude-haiku-4-5", "Hi", tools=[TOOL], tool_choice=choice)
        for choice in ({"type": "none"}, {"type": "any"}, {"type": "tool", "name": "get_weather"})
    )
    assert any_ - auto == own.tool_overhead[1] - own.tool_overhead[0]
    assert tool - any_ == 2 + tokens.count_inside("get_weather", "classic")


def test_the_order_of_keys_in_a_schema_does_not_matter() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}, "required": ["a"]}
    turned = {"required": ["a"], "properties": {"b": {"type": "number"}, "a": {"type": "string"}}, "type": "object"}
    one, other = (count("claude-sonnet-4-6", "Hi", tools=[{**TOOL, "input_schema": each}]) for each in (schema, turned))
    assert one == other


def test_a_deferred_tool_costs_only_where_it_was_found() -> None:
    later = {**TOOL, "name": "later", "defer_loading": True}
    found = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "tool_reference", "tool_name": "later"}],
    }
    hidden = count("claude-haiku-4-5", "Hi", tools=[TOOL, later])
    assert hidden - count("claude-haiku-4-5", "Hi", tools=[TOOL]) == frame("classic", "2025").deferred_tools
    with_it = count("claude-haiku-4-5", "Hi", [CALL], [found], tools=[TOOL, later])
    without = count("claude-haiku-4-5", "Hi", [CALL], [{**found, "content": []}], tools=[TOOL, later])
    assert with_it - without > 20


def test_an_anthropic_tool_adds_what_was_recorded_of_its_kind() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    newer = {"type": "web_search_20991231", "name": "web_search"}
    bare = count("claude-haiku-4-5", "Hi")
    assert count("claude-haiku-4-5", "Hi", tools=[search]) - bare == 496 + 1710
    assert count("claude-haiku-4-5", "Hi", tools=[newer]) - bare == 496 + 1710
    assert count("claude-haiku-4-5", "Hi", tools=[{"type": "unheard_of_1", "name": "x"}]) > bare + 496


def test_several_results_cost_their_names_and_frames() -> None:
    other = {**CALL, "id": "toolu_2"}
    one = count("claude-haiku-4-5", "Hi", [CALL], [RESULT], tools=[TOOL])
    two = count("claude-haiku-4-5", "Hi", [CALL, other], [RESULT, {**RESULT, "tool_use_id": "toolu_2"}], tools=[TOOL])
    assert two - one > 2 * 22


def test_after_a_result_less_of_the_answers_turn_is_left_uncached() -> None:
    body = {"messages": said("Hi", [CALL], [RESULT])}
    assert counting.parts(body, model("claude-sonnet-4-6"))[-1][:2] == ("messages", 1)
    assert counting.parts({"messages": said("Hi")}, model("claude-sonnet-4-6"))[-1][:2] == ("messages", 3)


def test_a_failed_result_costs_more() -> None:
    fine = count("claude-haiku-4-5", "Hi", [CALL], [RESULT], tools=[TOOL])
    assert count("claude-haiku-4-5", "Hi", [CALL], [{**RESULT, "is_error": True}], tools=[TOOL]) == fine + 8


THOUGHT = {"type": "thinking", "thinking": "They ask for the weather, so I should look it up.", "signature": "x" * 400}


def test_earlier_thinking_is_left_out_by_older_models_and_kept_by_newer_ones() -> None:
    answer = [THOUGHT, {"type": "text", "text": "Hello"}]
    with_, without = [answer, answer[1:]]
    assert count("claude-haiku-4-5", "Hi", with_, "More") == count("claude-haiku-4-5", "Hi", without, "More")
    assert count("claude-sonnet-4-6", "Hi", with_, "More") > count("claude-sonnet-4-6", "Hi", without, "More") + 10


def test_thinking_counts_while_its_tools_are_at_work() -> None:
    with_ = count("claude-haiku-4-5", "Weather?", [THOUGHT, CALL], [RESULT], tools=[TOOL])
    without = count("claude-haiku-4-5", "Weather?", [CALL], [RESULT], tools=[TOOL])
    assert with_ - without == tokens.count_inside(THOUGHT["thinking"], "classic") + 5 + 3


def test_thinking_that_is_not_shown_counts_by_its_signature() -> None:
    short, long = (
        count("claude-sonnet-5", "Hi", [{"type": "thinking", "thinking": "", "signature": "x" * size}, CALL], [RESULT])
        for size in (400, 800)
    )
    assert 60 < long - short < 130


def test_manual_thinking_and_a_format_are_counted_with_the_system_prompt() -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    bare = count("claude-haiku-4-5", "Hi")
    assert count("claude-haiku-4-5", "Hi", thinking=thinking) == bare + 29
    schema = {"type": "array", "items": {"type": "integer"}}
    formatted = count("claude-haiku-4-5", "Hi", output_config={"format": {"type": "json_schema", "schema": schema}})
    assert formatted - bare == 109
    assert count("claude-haiku-4-5", "Hi", output_format={"type": "json_schema", "schema": schema}) == formatted


def test_the_accounting_header_of_a_client_is_not_part_of_the_prompt() -> None:
    note = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=aeff9;"}
    prompt = {"type": "text", "text": "Be brief."}
    noted = count("claude-sonnet-4-6", "Hi", system=[note, prompt])
    assert noted == count("claude-sonnet-4-6", "Hi", system=[prompt])


def test_what_stands_before_a_compaction_is_not_read_any_more() -> None:
    summary = [{"type": "compaction", "content": "We talked about the weather."}]
    long = count("claude-opus-4-6", "Hi " * 5000, summary, "More")
    assert long == count("claude-opus-4-6", "Hi", summary, "More")
    assert long < 60


def image(width: int, height: int) -> dict[str, Any]:
    data = base64.b64encode(png(width, height)).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def test_a_picture_costs_its_patches_and_three() -> None:
    bare = count("claude-haiku-4-5", [{"type": "text", "text": "Look"}])
    assert count("claude-haiku-4-5", [{"type": "text", "text": "Look"}, image(166, 282)]) == bare + 66 + 3
    assert count("claude-haiku-4-5", [{"type": "text", "text": "Look"}, image(1, 1)]) == bare + 1 + 3


def test_a_picture_by_name_has_an_assumed_size_or_the_one_it_is_known_to_have() -> None:
    for source, name in (
        ({"type": "url", "url": "https://example.com/cat.png"}, "https://example.com/cat.png"),
        ({"type": "file", "file_id": "file_1"}, "file_1"),
    ):
        body = {"messages": said([{"type": "image", "source": source}])}
        assumed = counting.input_tokens(body, model("claude-sonnet-5"))
        known = counting.input_tokens(body, model("claude-sonnet-5"), {name: Size(1000, 1000)})
        assert known - assumed == 1296 - media.image_tokens(media.ASSUMED_SIZE, "high")


def test_a_picture_that_cannot_be_read_has_the_assumed_size() -> None:
    broken = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    named = {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}}
    assert count("claude-sonnet-5", [broken]) == count("claude-sonnet-5", [named])


def document(source: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"type": "document", "source": source, **more}, {"type": "text", "text": "Sum up"}]


def test_a_text_document_costs_its_text_its_title_and_its_frame() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "Ruby is the best."}
    bare = count("claude-haiku-4-5", [{"type": "text", "text": "Sum up"}])
    plain = count("claude-haiku-4-5", document(source))
    assert plain - bare == pytest.approx(37 + tokens.count_inside("Ruby is the best.", "classic"), abs=1)
    titled = count("claude-haiku-4-5", document(source, title="facts.txt"))
    assert titled - plain == 8 + tokens.count_inside("facts.txt", "classic")
    assert count("claude-haiku-4-5", document(source, citations={"enabled": True})) - plain > 400


def test_a_document_of_blocks_costs_its_blocks() -> None:
    blocks = {"type": "content", "content": [{"type": "text", "text": "Ruby is the best."}]}
    text = {"type": "content", "content": "Ruby is the best."}
    assert count("claude-haiku-4-5", document(blocks)) == count("claude-haiku-4-5", document(text))


def test_a_pdf_costs_by_the_page() -> None:
    source = {"type": "url", "url": "https://example.com/report.pdf"}
    body = {"messages": said(document(source))}
    one, ten = (
        counting.input_tokens(body, model("claude-haiku-4-5"), {source["url"]: Pdf(pages, sample=("word " * 300,))})
        for pages in (1, 10)
    )
    assert 1500 < (ten - one) / 9 < 3000
    unknown = counting.input_tokens(body, model("claude-haiku-4-5"))
    assert 1500 < unknown < 3000


def test_a_search_result_costs_its_source_title_and_texts() -> None:
    found = {
        "type": "search_result",
        "source": "https://a.example",
        "title": "A",
        "content": [{"type": "text", "text": "B"}],
    }
    longer = {**found, "content": [{"type": "text", "text": "word " * 50}]}
    assert count("claude-sonnet-5", [longer]) - count("claude-sonnet-5", [found]) > 45


def test_encrypted_results_of_server_tools_cost_by_their_length() -> None:
    def searched(size: int) -> int:
        hit = {"type": "web_search_result", "title": "A", "url": "https://a.example", "encrypted_content": "x" * size}
        blocks = [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [hit]},
        ]
        return count("claude-haiku-4-5", "Hi", blocks, "More")

    assert searched(10_000) - searched(0) == 3600


@pytest.mark.parametrize(
    "body",
    [{}, {"messages": 3}, {"messages": [None]}, {"messages": [{"role": "user", "content": [{"type": "image"}]}]}],
)
def test_a_body_of_another_shape_counts_as_the_json_that_it_is(body: dict[str, Any]) -> None:
    assert counting.input_tokens(body, model("claude-sonnet-5")) > 0


def test_a_model_of_a_users_own_takes_the_frame_of_its_family_and_date() -> None:
    assert frame("2026", "2026-04-14T00:00:00Z").turn_end == 4
    assert frame("2026", "2027-01-01T00:00:00Z") == frame("2026")
    assert frame("classic", "") != frame("classic")
    with pytest.raises(KeyError):
        frame("2031")


def calls(*called: tuple[str, str]) -> Any:
    return {"role": "assistant", "content": [{**CALL, "id": id, "name": name} for id, name in called]}


def results(*ids: str, content: Any = "done") -> Any:
    return {"role": "user", "content": [{**RESULT, "tool_use_id": id, "content": content} for id in ids]}


SIZES = {"https://a.b/c": Size(900, 900)}
LONG_NAME = "a_name_of_a_tool_that_takes_many_tokens"
GOING_ON: list[Any] = [
    [calls(("1", "a"), ("2", "b")), results("1", "2")],
    [calls(("1", LONG_NAME), ("3", "b")), results("1", "3")],
    [results("8", "9"), calls(("8", LONG_NAME), ("9", "b"))],
    [results("8", "9"), calls(("8", "a"), ("9", "b"))],
    [calls(("4", "a")), results("4", content=[{"type": "tool_reference", "tool_name": TOOL["name"]}])],
    [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a.b/c"}}]}],
    [{"role": "assistant", "content": [{"type": "compaction", "content": "So far."}]}],
    [{"role": "assistant", "content": ""}, {"role": "user", "content": "And?"}],
    [{"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm. " * 9, "signature": "x"}]}],
]


REQUESTS = st.tuples(
    st.integers(0, 6), st.sampled_from([[], *GOING_ON]), st.sampled_from([None, SIZES]), st.sampled_from(["", "More."])
)


@pytest.mark.parametrize("name", MODELS)
@given(st.lists(st.sampled_from(GOING_ON), max_size=6), st.lists(REQUESTS, min_size=2, max_size=6))
@example([*GOING_ON[:2]], [(1, [], None, ""), (2, [], None, "")])
@example([GOING_ON[2], GOING_ON[3]], [(1, [], None, ""), (2, [], None, "")])
@example([[results("8", "9"), *said("x")]], [(1, GOING_ON[2][1:], None, ""), (1, GOING_ON[3][1:], None, "")])
@example([GOING_ON[4], GOING_ON[7]], [(2, [], None, ""), (2, [], None, "More.")])
@example([GOING_ON[5], GOING_ON[7]], [(2, [], None, ""), (2, [], SIZES, "")])
def test_a_conversation_is_counted_on_as_if_it_were_new(name: str, turns: Any, requests: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(familiar, "_memory", familiar._Memory())
        for until, more, sizes, description in requests:
            begun = [message for turn in turns[:until] for message in turn]
            tools = [{**TOOL, "description": description}]
            body = {"tools": tools, "messages": [*said("Begin."), *begun, *more]}
            again = familiar.recognized(orjson.loads(orjson.dumps(body)), 100)[0]
            assert counting.parts(again, model(name), sizes) == counting.parts(body, model(name), sizes)
