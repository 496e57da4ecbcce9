"""Whatever comes to the door, the answer is a well-formed 2xx or 4xx: never a 500, never a traceback."""

from __future__ import annotations

import copy
import string
from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakeapi.engine import Answer
from tests.street import BASIC, DOOR, ask, header, sent

CASES = settings(
    max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["user", "assistant", "system", "text", "image", "tool_use", "tool_result", "auto", "ephemeral"])
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
VALID: list[dict[str, Any]] = [
    BASIC,
    {
        **BASIC,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [
            {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
            {"type": "bash_20250124", "name": "bash"},
        ],
        "tool_choice": {"type": "auto"},
        "stop_sequences": ["STOP"],
        "metadata": {"user_id": "me"},
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "20 degrees"}]},
        ],
    },
    {
        **BASIC,
        "model": "claude-opus-5",
        "thinking": {"type": "adaptive"},
        "output_config": {
            "effort": "high",
            "format": {
                "type": "json_schema",
                "schema": {"type": "object", "properties": {}, "additionalProperties": False},
            },
        },
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green."},
                        "citations": {"enabled": True},
                    },
                    {"type": "text", "text": "What is this?"},
                ],
            }
        ],
    },
]


def well_formed(answer: Answer) -> None:
    """Fails unless an answer is a 2xx or 4xx whose body is what its status says."""
    status, body = answer.reply.status, sent(answer)
    assert 200 <= status < 300 or 400 <= status < 500, (status, answer.exchange.hint)
    assert header(answer, "request-id")
    if not body or header(answer, "content-type") != "application/json":
        return
    content = orjson.loads(body)
    if status >= 400:
        assert content["error"]["message"]
        assert content.get("request_id", header(answer, "request-id")) == header(answer, "request-id")
    elif "data" not in content and content != {"message": "hello"}:
        assert "input_tokens" in content or content["type"] in ("message", "model")


@CASES
@given(st.binary(max_size=300))
@example(b"")
@example(b"[" * 1000 + b"]" * 1000)
@example(b'{"messages":' + b'[{"content":' * 1000 + b"1" + b"}]" * 1000 + b"}")
@example(b'{"model": "x", "model": "y"}')
@example(b'{"max_tokens": 1' + b"0" * 400 + b"}")
@example(b'{"a": "\\ud800"}')
@example(b'{"max_tokens": NaN}')
def test_any_bytes(body):
    well_formed(ask(body))


@CASES
@given(values, st.sampled_from(["/v1/messages", "/v1/messages/count_tokens"]))
def test_any_json(value, path):
    well_formed(ask(value, path=path))


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid request with one to three of its parts replaced, removed or added to."""
    body = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        _mutate(body, draw)
    return body


def _mutate(body: Any, draw: st.DrawFn) -> None:
    node = body
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and draw(st.booleans()):
            node = node[key]
            continue
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "remove":
            del node[key]
        elif change == "add" and isinstance(node, dict):
            node[draw(st.text(string.ascii_lowercase, min_size=1, max_size=6))] = draw(values)
        else:
            node[key] = draw(values)
        return


@CASES
@given(
    mutated(),
    st.sampled_from(["/v1/messages", "/v1/messages/count_tokens"]),
    st.sampled_from(["2023-06-01", "2026-10-21"]),
)
def test_mutated_requests(body, path, version):
    well_formed(ask(body, (*DOOR[:1], ("anthropic-version", version), DOOR[2]), path=path))


names = st.sampled_from(
    [
        "x-api-key",
        "authorization",
        "anthropic-version",
        "anthropic-beta",
        "content-type",
        "content-encoding",
        "origin",
        "access-control-request-method",
        "x-stainless-retry-count",
        "x-odd",
    ]
)
texts = st.text(st.characters(max_codepoint=255), max_size=30) | st.sampled_from(
    ["2023-06-01", "application/json", "gzip", "deflate", "zstd", "br", "files-api-2025-04-14", "Bearer x", "*"]
)
paths = st.text(max_size=30).map(lambda text: "/" + text) | st.lists(
    st.sampled_from(["v1", "messages", "count_tokens", "models", "s", "x", "", "..", "%", "batches", "api", "hello"]),
    max_size=6,
).map(lambda parts: "/" + "/".join(parts))


@CASES
@given(
    st.lists(st.tuples(names, texts), max_size=6),
    paths,
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"]),
    st.text(max_size=20),
    st.booleans(),
)
def test_odd_headers_paths_methods_and_queries(lines, path, method, query, with_key):
    headers = (*DOOR, *lines) if with_key else tuple(lines)
    well_formed(ask(BASIC, headers, path=path, method=method, query=query))
