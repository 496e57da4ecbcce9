"""Requests as ASGI brings them: the very same one where each byte is the same."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.adapters.reading import Reader

BODY = b'{"model": "claude-opus-4-1-20250805"}' + b" " * 200


def scope(**changed: Any) -> dict[str, Any]:
    lines = [(b"x-api-key", b"sk-ant-fake"), (b"content-type", b"application/json")]
    return {"method": "POST", "path": "/v1/messages", "query_string": b"", "headers": lines, **changed}


def test_a_request_is_read_from_its_scope_and_body():
    read = Reader().read(scope(query_string=b"beta=true"), BODY)
    assert read[:5] == (
        "POST",
        "/v1/messages",
        "beta=true",
        {"x-api-key": "sk-ant-fake", "content-type": "application/json"},
        BODY,
    )


def test_lines_of_one_name_are_joined():
    lines = [(b"anthropic-beta", b"a"), (b"anthropic-beta", b"b")]
    assert Reader().read(scope(headers=lines), b"").headers == {"anthropic-beta": "a, b"}


def test_an_equal_one_is_the_very_same():
    reader = Reader()
    first = reader.read(scope(), BODY)
    assert reader.read(scope(), bytes(bytearray(BODY))) is first
    assert first.notes is not None


@pytest.mark.parametrize(
    "other",
    [
        {"method": "PUT"},
        {"path": "/s/a/v1/messages"},
        {"query_string": b"beta=true"},
        {"headers": [(b"x-api-key", b"sk-ant-other"), (b"content-type", b"application/json")]},
    ],
)
def test_one_that_differs_in_anything_is_another(other: dict[str, Any]):
    reader = Reader()
    first = reader.read(scope(), BODY)
    second = reader.read(scope(**other), BODY)
    assert second is not first
    assert second.notes is not first.notes


def test_a_list_of_headers_that_is_used_again_for_others_is_read_again():
    reader, asked = Reader(), scope()
    reader.read(asked, BODY)
    asked["headers"][0] = (b"x-api-key", b"sk-ant-other")
    assert reader.read(asked, BODY).headers["x-api-key"] == "sk-ant-other"


def test_a_body_that_ends_as_another_of_its_length_is_another():
    reader = Reader()
    reader.read(scope(), BODY)
    assert reader.read(scope(), b"[" + BODY[1:]).body == b"[" + BODY[1:]


def test_large_bodies_are_not_kept():
    reader, large = Reader(), b" " * 20_000
    first = reader.read(scope(), large)
    assert first.notes is None
    assert reader.read(scope(), large) is not first


def test_it_keeps_no_more_than_the_last_few_hundred():
    reader = Reader()
    first = reader.read(scope(), b"0")
    for number in range(1, 300):
        reader.read(scope(), b"%d" % number)
    assert reader.read(scope(), b"0") is not first
