"""From bytes to JSON: each refusal in the API's words."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from fakeapi.contract import decoding
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.errors import ApiError
from fakeapi.wire import Request, joined

BODY = orjson.dumps({"model": "m"})


def posted(body: bytes, *headers: tuple[str, str]) -> Request:
    return Request("POST", "/v1/messages", "", joined(headers), body)


def decode(request: Request, limit: int = BODY_LIMIT) -> Any:
    headers = request.headers
    return decoding.decode(request.body, headers.get("content-type"), headers.get("content-encoding"), limit)


def refused(body: bytes, *headers: tuple[str, str], limit: int = BODY_LIMIT) -> ApiError:
    with pytest.raises(ApiError) as fault:
        decode(posted(body, *headers), limit)
    return fault.value


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("zstd", zstandard.compress(BODY)),
        ("identity", BODY),
        ("gzip, deflate", zlib.compress(gzip.compress(BODY, mtime=0))),
    ],
)
def test_a_compressed_body_is_decoded(encoding, body):
    assert decode(posted(body, ("content-encoding", encoding))) == {"model": "m"}


def test_repeated_encoding_lines_are_one_list():
    body = zlib.compress(gzip.compress(BODY, mtime=0))
    assert decode(posted(body, ("content-encoding", "gzip"), ("content-encoding", "deflate"))) == {"model": "m"}


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, nonsense", "gzip,gzip,gzip,gzip,gzip"])
def test_an_unknown_encoding_is_refused(encoding):
    fault = refused(BODY, ("content-encoding", encoding))
    assert (fault.status, fault.details) == (400, {"error_code": "request_body_encoding_unsupported"})


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("body", [b"", b"not compressed", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd\x00"])
def test_a_body_that_is_not_encoded_as_it_says_is_refused(encoding, body):
    fault = refused(body, ("content-encoding", encoding))
    assert (fault.status, fault.details) == (400, {"error_code": "request_body_encoding_invalid"})


@pytest.mark.parametrize(
    "encoding", [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.compress)]
)
def test_a_body_that_grows_over_the_limit_is_refused_without_growing(encoding):
    name, compress = encoding
    fault = refused(compress(b" " * 1_000_000), ("content-encoding", name), limit=10_000)
    assert (fault.status, fault.type) == (413, "request_too_large")
    assert fault.details == {"error_code": "request_body_too_large_after_decoding"}


def test_a_body_over_the_limit_is_refused_as_the_edge_refuses_it():
    fault = refused(b" " * 101, limit=100)
    assert (fault.status, fault.message, fault.envelope) == (413, "Request exceeds the maximum size", "edge")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", ""])
def test_json_content_types_are_accepted(kind):
    assert decode(posted(BODY, ("content-type", kind))) == {"model": "m"}


def test_a_missing_content_type_is_taken_for_json():
    assert decode(posted(BODY)) == {"model": "m"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused_by_name(kind):
    assert refused(BODY, ("content-type", kind)).message.startswith(f'content-type: "{kind}" is not supported.')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Input is a zero-length, empty document: line 1 column 1 (char 0)"),
        (b'{"model": "claude-sonnet-5", "max_tokens"', "unexpected end of data: line 1 column 42 (char 41)"),
        (b'{"a": "\n"}', "unexpected control character in string: line 1 column 8 (char 7)"),
    ],
)
def test_invalid_json_is_refused_in_the_words_of_the_parser_the_api_uses(body, reason):
    assert refused(body).message == f"The request body is not valid JSON: {reason}"


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": "\\ud83d"}', b"\xff", b'{"a": 1e999}', b"{'a': 1}", b"[" * 3000]
)
def test_whatever_the_parser_says_is_reported_word_by_word(body):
    with pytest.raises(orjson.JSONDecodeError) as fault:
        orjson.loads(body)
    assert refused(body).message == f"The request body is not valid JSON: {fault.value}"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_nested_over_200_levels_is_refused(opening):
    closing = b"]" if opening == b"[" else b"}"
    assert decode(posted(opening * 200 + b"1" + closing * 200))
    assert "nested deeper than 200 levels" in refused(opening * 201 + b"1" + closing * 201).message


def test_many_brackets_side_by_side_are_not_deep():
    assert decode(posted(b"[" + b"[[]]," * 1000 + b"[]]"))


def test_brackets_in_strings_are_not_levels():
    assert decode(posted(orjson.dumps(["[" * 1000]))) == ["[" * 1000]


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "zstd", "identity", "br", ""]))
def test_any_bytes_are_json_or_refused(body, encoding):
    outcome: Any
    try:
        outcome = decode(posted(body, ("content-encoding", encoding)))
    except ApiError as fault:
        outcome = fault.status
    assert outcome in (400, 413) or orjson.dumps(outcome)
