"""Which road a path means."""

from __future__ import annotations

import pytest

from fakeapi.endpoints.roads import Place, Roads, doubled

ROADS = Roads(
    {
        "/": ("HEAD",),
        "/api/hello": ("HEAD",),
        "/v1/messages": ("POST",),
        "/v1/messages/count_tokens": ("POST",),
        "/v1/models": ("GET",),
        "/v1/models/{id}": ("GET",),
    }
)


@pytest.mark.parametrize(
    ("path", "road"),
    [
        ("/v1/messages", "/v1/messages"),
        ("/messages", "/v1/messages"),
        ("//v1/messages", "/v1/messages"),
        ("/proxy/v1/messages", "/v1/messages"),
        ("/a/b/c/v1/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/proxy/messages", "/v1/messages"),
        ("/proxy/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/v1beta/v1/models", "/v1/models"),
        ("/api/v1/proxy/v1/messages", "/v1/messages"),
        ("/prefix/api/hello", "/api/hello"),
        ("/", "/"),
    ],
)
def test_the_road_is_the_longest_known_suffix(path, road):
    assert ROADS.find(path) == Place(road)


def test_what_stands_in_a_pattern_is_a_parameter():
    assert ROADS.find("/x/v1/models/claude-opus-4-1") == Place("/v1/models/{id}", ("claude-opus-4-1",))


def test_a_session_is_named_at_the_start_of_the_path():
    assert ROADS.find("/s/test-1/v1/messages") == Place("/v1/messages", (), "test-1")
    assert ROADS.find("/s/test-1/messages") == Place("/v1/messages", (), "test-1")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/v1/messages",
        "/proxy/v1/v1/messages",
        "/v1/messages/",
        "/v1/unknown",
        "/v1/unknown/messages",
        "/favicon.ico",
        "/other/",
        "",
        "messages",
        "/v1",
        "/V1/message",
    ],
)
def test_other_paths_lead_nowhere(path):
    assert ROADS.find(path) is None


def test_a_doubled_version_is_recognised():
    assert doubled("/v1/v1/messages")
    assert not doubled("/v1/messages")
