"""The JSON of a message, byte for byte."""

from __future__ import annotations

import orjson

from fakeapi.encoding.body import encode_message, encode_refusal
from fakeapi.errors import ApiError
from fakeapi.model import Message

MESSAGE = Message(
    id="msg_1",
    model="claude-x",
    content=({"type": "text", "text": "Hi"},),
    stop_reason="end_turn",
    stop_sequence=None,
    stop_details=None,
    usage={"input_tokens": 1},
    extra={},
)


def test_a_message_is_compact_and_in_wire_order():
    assert encode_message(MESSAGE) == (
        b'{"model":"claude-x","id":"msg_1","type":"message","role":"assistant",'
        b'"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,'
        b'"usage":{"input_tokens":1}}'
    )


def test_a_container_stands_after_the_content_and_other_members_at_the_end():
    extra = {"context_management": {"applied_edits": []}, "container": {"id": "container_1"}}
    members = list(orjson.loads(encode_message(MESSAGE._replace(extra=extra))))
    assert members[4:6] == ["content", "container"]
    assert members[-1] == "context_management"


def test_an_error_envelope_has_its_request_id():
    fault = ApiError(400, "invalid_request_error", "no", details={"error_code": "x"})
    assert encode_refusal(fault, "req_1") == (
        b'{"type":"error","error":{"type":"invalid_request_error","message":"no","details":{"error_code":"x"}},'
        b'"request_id":"req_1"}'
    )


def test_an_anonymous_envelope_has_none_and_an_edge_envelope_no_type_either():
    anonymous = ApiError(401, "authentication_error", "no", envelope="anonymous")
    edge = ApiError(413, "request_too_large", "no", envelope="edge")
    assert encode_refusal(anonymous, "req_1") == (
        b'{"type":"error","error":{"type":"authentication_error","message":"no"}}'
    )
    assert encode_refusal(edge, "req_1") == b'{"error":{"type":"request_too_large","message":"no"}}'
