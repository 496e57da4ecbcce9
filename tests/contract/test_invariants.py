"""The invariants as a whole: no other exception than a refusal, fast, without model names, sentences kept as data."""

from __future__ import annotations

import ast
import contextlib
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeapi import assets
from fakeapi.contract import invariants
from fakeapi.contract.invariants import RULES
from fakeapi.contract.invariants.survey import Survey
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue, familiar
from fakeapi.model import Call, Caller, Json, Model
from tests.test_door_fuzz import mutated

SOURCES = sorted(Path(invariants.__file__).parent.glob("*.py"))
SENTENCES = ("invariants", "thinking", "invariants_content", "invariants_tools")
CORPUS = Path(__file__).parents[1] / "corpus"
FIELDS = [
    "model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "temperature", "top_p",
    "top_k", "tools", "tool_choice", "thinking", "output_config", "output_format", "service_tier", "container",
    "cache_control", "inference_geo", "speed", "diagnostics", "mcp_servers", "context_management", "fallbacks",
    "compaction", "thread",
]  # fmt: skip
WORDS = [
    "type", "text", "tool_use", "tool_result", "image", "document", "source", "base64", "url", "data", "id",
    "name", "content", "role", "user", "assistant", "system", "cache_control", "ttl", "1h", "enabled",
    "budget_tokens", "thinking", "signature", "input_schema", "properties", "strict", "$ref", "anyOf",
]  # fmt: skip

scalars = st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False) | st.text(max_size=8)
words = st.sampled_from(WORDS)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)


def model_named(name: str) -> Model:
    model = catalogue.resolve(name)
    assert model is not None
    return model


def check(
    body: Json, model: str = "claude-haiku-4-5", endpoint: str = "messages", betas: frozenset[str] = frozenset()
) -> None:
    invariants.check(Call(body, model_named(model), Caller("key", "2023-06-01", betas)), endpoint=endpoint)


def corpus_bodies() -> list[Json]:
    lines = [
        line
        for file in sorted(CORPUS.glob("refusals_*.jsonl"))
        for line in file.read_text().splitlines()
        if len(line) < 3000
    ]
    return [
        {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **json.loads(x).get("with", {})}
        for x in lines
    ]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, child in items for deeper in paths(child, (*path, key)))]


def replaced(body: Json, path: tuple[Any, ...], value: Any) -> Json:
    body = copy.deepcopy(body)
    node: Any = body
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return body


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), values), st.sampled_from(["messages", "count_tokens", "batch"]))
def test_any_json_object_is_accepted_or_refused_and_nothing_else(body: Json, endpoint: str) -> None:
    for model in ("claude-haiku-4-5", "claude-sonnet-5-5", "claude-2.1"):
        with contextlib.suppress(ApiError):
            check(body, model, endpoint)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_request_with_any_part_replaced_is_accepted_or_refused_and_nothing_else(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(corpus_bodies()))
    path = data.draw(st.sampled_from([path for path in paths(body) if path]))
    with contextlib.suppress(ApiError):
        check(replaced(body, path, data.draw(values)), "claude-opus-4-6")


def test_a_long_body_that_no_schema_has_seen_is_not_counted_and_not_an_error() -> None:
    check({"messages": [{"role": "user", "content": "x" * 400_000}, {"role": "user", "content": 7}], "max_tokens": 9})


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_rules_name_no_model(source: Path) -> None:
    texts = [node.value for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and text.startswith("claude-")]


def test_every_rule_stands_once_in_the_registry() -> None:
    checks = [rule.check for rule in invariants.RULES]
    assert len(checks) == len(set(checks))


def test_counting_tokens_asks_only_what_it_can_be_asked() -> None:
    body = {"messages": [{"role": "user", "content": "hi"}], "stop_sequences": [" "], "max_tokens": 10**9}
    check(body, endpoint="count_tokens")
    with pytest.raises(ApiError):
        check(body)


def rows() -> dict[str, Json]:
    return {key: row for name in SENTENCES for key, row in assets.read_json(f"fixtures/sentences/{name}.json").items()}


def test_every_sentence_says_how_sure_it_is() -> None:
    known = {"measured", "recorded", "documented", "inferred"}
    assert {key for key, row in rows().items() if row.get("sure") not in known} == set()


def test_every_sentence_is_used_and_every_used_one_is_there() -> None:
    code = "".join(source.read_text() for source in SOURCES)
    models = json.dumps(assets.read_json("fixtures/models.json"))
    unused = {
        key
        for key in rows()
        if f'"{key}"' not in code + models and not key.startswith(("grammar_", "citations_mixed_"))
    }
    assert unused == set()


def test_a_survey_counts_a_string_as_one_text_block_and_an_empty_one_as_none() -> None:
    body = {
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "user", "content": ""},
            {"role": "assistant", "content": []},
        ]
    }
    seen = Survey(Call(body, model_named("claude-haiku-4-5"), Caller("key", "2023-06-01")))
    assert [turn.kinds for turn in seen.turns] == [["text"], [], []]
    runs = [*(run for _, run in seen.runs_over()), seen.last_run[1]]
    assert [(run.role, run.kinds) for run in runs if run] == [("user", ["text"]), ("assistant", [])]


def test_the_survey_files_blocks_of_a_tool_result_under_their_place() -> None:
    picture = {"type": "image", "source": {"type": "url", "url": "https://a.com/x.png"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [picture]}
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, result]}]}
    (place,) = Survey(Call(body, model_named("claude-haiku-4-5"), Caller("key", "2023-06-01"))).of("image")
    assert place.location == "messages.0.content.1.tool_result.content.0"
    assert place.path == "messages.0.content.1.content.0"


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(
    mutated(),
    st.sampled_from(["messages", "count_tokens", "batch"]),
    st.sampled_from(["claude-haiku-4-5", "claude-opus-5-5"]),
)
def test_leaving_out_the_rules_that_are_about_something_else_changes_nothing(body, endpoint, name):
    model = catalogue.resolve(name)
    assert model is not None
    call = Call(body, model, Caller("", "2026-10-21", catalogue.known_betas()))

    def every_rule() -> None:
        seen = Survey(call, endpoint)
        for rule in RULES:
            if rule.counts or endpoint != "count_tokens":
                rule.check(seen)

    def sentence(attempt: Callable[[], None]) -> str:
        try:
            attempt()
        except ApiError as fault:
            return fault.message
        return ""

    assert sentence(lambda: invariants.check(call, endpoint=endpoint)) == sentence(every_rule)


CALLED = {"type": "tool_use", "id": "1", "name": "t", "input": {}}
GIVEN = {"type": "tool_result", "tool_use_id": "1"}


def verdict(messages: Any, **more: Any) -> str:
    """What is refused of a conversation, "" for nothing."""
    call = Call({"messages": messages, **more}, model_named("claude-opus-4-8"), Caller("", "2023-06-01"))
    try:
        invariants.check(call)
    except ApiError as fault:
        return fault.message
    return ""


def test_results_of_a_threads_calls_are_good_only_where_the_thread_is_continued() -> None:
    messages = [{"role": "user", "content": [GIVEN]}, {"role": "assistant", "content": "x"}]
    messages += [{"role": "user", "content": "y"}]
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    for _ in range(2):
        again = familiar.recognized(orjson.loads(orjson.dumps({"messages": messages})), 100)[0]["messages"]
        assert verdict(again, thread=thread) == ""
        assert "unexpected" in verdict(again)


@pytest.mark.parametrize("at", range(4))
def test_a_fault_amid_what_is_new_is_found(at: int) -> None:
    good = [{"role": "assistant", "content": [CALLED]}, {"role": "user", "content": [GIVEN]}]
    new = [good] * 4
    new[at] = [good[0], {"role": "user", "content": "no result"}]
    begun = [{"role": "user", "content": "x"}, *good, *good]
    for messages in (begun, [*begun, *(message for turn in new for message in turn)]):
        read = familiar.recognized(orjson.loads(orjson.dumps({"messages": messages})), 100)[0]["messages"]
        assert verdict(read) == verdict(messages)
    assert f"messages.{5 + 2 * at}" in verdict(messages)
