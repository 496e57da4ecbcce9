"""Faults are data: what comes out of each, by value."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi import chance
from fakeapi.chance import Chance
from fakeapi.encoding import faults
from fakeapi.encoding.faults import FAULTS, Part, Place, Scene
from fakeapi.encoding.faults.registry import BODY, HEADERS, INSTEAD, WRITES
from fakeapi.encoding.faults.values import placed
from fakeapi.encoding.pacing import INSTANT, Pace
from fakeapi.encoding.sse import PING_BYTES, Frame
from fakeapi.wire import Cut, Reply, Send, Wait
from tests.street import NOW

SCENE = Scene(Chance(0, 1, NOW), "sk-ant-fake", "claude-sonnet-4-6")
START = Frame(b'{"start"}\n\n', "message_start", 0)
PING = Frame(PING_BYTES, "ping", 0)
ONE = Frame(b'{"one"  }\n\n', "content_block_delta", 2)
TWO = Frame("{ä}\n\n".encode(), "content_block_delta", 4)
STOP = Frame(b"{}\n\n", "message_stop", 0)
STREAM = [START, PING, ONE, TWO, STOP]
BODY_BYTES = b'{"text":"Hello"}'
PLAIN = [Send(BODY_BYTES)]


def struck(text: str) -> list[Any]:
    """The parts of the stream after these faults."""
    return list(faults.strike(faults.cast(faults.parse(text), True), STREAM, SCENE))


def struck_plain(text: str) -> list[Any]:
    """The effects of the plain answer after these faults."""
    return list(faults.strike_plain(faults.cast(faults.parse(text), False), PLAIN, SCENE))


def written(text: str, effects: list[Any], streamed: bool = True) -> list[Any]:
    """The effects after these faults in their writing."""
    return list(faults.finish(faults.cast(faults.parse(text), streamed), Reply(200, (), effects)).effects)


def instead(text: str, streamed: bool = True) -> Reply:
    """What is answered instead."""
    made = faults.answer_instead(faults.cast(faults.parse(text), streamed), SCENE)
    assert made is not None
    return made.reply


def header(reply: Reply, name: str) -> str | None:
    return next((value.decode() for key, value in reply.headers if key.decode().lower() == name), None)


@pytest.mark.parametrize(
    ("place", "before"),
    [
        (Place(0), []),
        (Place(2), [START, PING]),
        (Place(0, "tokens"), []),
        (Place(1, "tokens"), [START, PING, ONE]),
        (Place(3, "tokens"), [START, PING, ONE, TWO]),
        (Place(3, "bytes"), [Frame(b'{"s', "message_start", 0)]),
        (Place(len(START.data), "bytes"), [START]),
        (Place(99), STREAM),
        (Place(9999, "bytes"), STREAM),
    ],
    ids=str,
)
def test_a_place_is_after_so_many_events_tokens_or_bytes_and_never_beyond_the_end(place, before):
    parts = list(placed(STREAM, place))
    assert parts[: parts.index(None)] == before
    assert parts.count(None) == 1
    assert b"".join(part.data for part in parts if isinstance(part, Frame)) == b"".join(frame.data for frame in STREAM)


def test_a_cut_drops_the_connection_after_so_many_events():
    assert struck("cut=2") == [START, PING, Cut()]


def test_a_cut_can_come_before_the_first_byte():
    assert struck("cut=0") == [Cut()]
    assert struck_plain("cut=0") == [Cut()]


def test_a_cut_can_fall_within_an_event():
    assert struck("cut=5 bytes") == [START._replace(data=START.data[:5]), Cut()]


def test_a_cut_beyond_the_end_withholds_the_end():
    assert struck("cut=100 events") == [*STREAM, Cut()]


def test_a_plain_answer_is_cut_at_a_byte_or_in_its_middle():
    assert struck_plain("cut=3 bytes") == [Send(BODY_BYTES[:3]), Cut()]
    assert struck_plain("cut=3 events") == [Send(BODY_BYTES[:8]), Cut()]


def test_a_truncated_answer_ends_early_in_good_order():
    assert struck("truncate=3") == [START, PING, ONE]
    assert struck_plain("truncate=1 bytes") == [Send(b"{")]


def test_a_stall_is_a_wait_at_its_place():
    assert struck("stall=2.5; after=1") == [START, Wait(2.5), PING, ONE, TWO, STOP]
    assert struck_plain("stall=1; after=4 bytes") == [Send(BODY_BYTES[:4]), Wait(1.0), Send(BODY_BYTES[4:])]


def test_an_error_event_ends_the_stream():
    *before, error = struck("error; after=3")
    assert before == [START, PING, ONE]
    assert error.data == (
        b'event: error\ndata: {"type":"error","error":{"details":null,"type":"overloaded_error",'
        b'"message":"Overloaded"},"request_id":"%b"}\n\n' % SCENE.luck.request_id().encode()
    )


def test_an_error_event_has_the_type_and_the_sentence_that_are_asked_for():
    error = struck('error=api_error; message="No, not now"; after=2 tokens')[-1]
    assert b'"type":"api_error","message":"No, not now"' in error.data


def test_an_error_in_a_plain_answer_is_the_http_error_of_its_type():
    assert instead("error=api_error", streamed=False).status == 500
    assert instead("error", streamed=False).status == 529
    assert instead("error=odd_error; after=3", streamed=False).status == 500


def test_a_malformed_event_lacks_its_last_brace():
    assert struck("malformed=2") == [START, PING, ONE._replace(data=b'{"one"  \n\n'), TWO, STOP]
    assert b"".join(send.data for send in struck_plain("malformed")) == BODY_BYTES[:-1]


def test_an_unknown_event_is_put_in():
    unknown = Frame(b'event: beat\ndata: {"type":"beat"}\n\n', "beat", 0)
    assert struck("unknown-event=beat; after=1") == [START, unknown, PING, ONE, TWO, STOP]


def test_the_message_stop_can_be_missing():
    assert struck("no-stop") == STREAM[:-1]


def test_an_empty_body_is_empty():
    assert struck("empty") == []
    assert struck_plain("empty") == []


@pytest.mark.parametrize(
    ("text", "slices"),
    [
        ("slice", [b"{", b"\xc3", b"\xa4", b"}", b"\n", b"\n"]),
        ("slice=4", ["{ä}".encode(), b"\n\n"]),
        ("slice; through=character", [b"{\xc3", b"\xa4}\n\n"]),
        ("slice; through=crlf", ["{ä}\r".encode(), b"\n\r", b"\n"]),
    ],
)
def test_slices_are_written_one_by_one(text, slices):
    assert written(text, [Send(TWO.data)]) == [effect for piece in slices for effect in (Send(piece), Wait(0.0))]


def test_slices_can_come_slowly_and_leave_waits_where_they_are():
    assert written("slice=2; every=0.5", [Wait(1.0), Send(b"abc"), Cut()]) == [
        *(Wait(1.0), Send(b"ab"), Wait(0.5), Send(b"c"), Wait(0.5), Cut()),
    ]


def test_all_events_can_come_in_one_chunk_when_the_last_would_have_come():
    assert written("one-chunk", [Send(b"a"), Wait(1.0), Send(b"b"), Wait(0.5), Send(b"c")]) == [Wait(1.5), Send(b"abc")]
    assert written("one-chunk", [Send(b"a"), Cut()]) == [Send(b"a"), Cut()]


def test_lines_can_end_with_cr_lf():
    assert written("crlf", [Send(b"a\nb\r\n\n")]) == [Send(b"a\r\nb\r\n\r\n")]


def test_pings_can_be_missing_or_doubled_those_of_a_slow_pace_too():
    effects = [Send(b"a"), Wait(10.0), Send(PING_BYTES), Wait(1.0), Send(b"b")]
    assert written("no-ping", effects) == [Send(b"a"), Wait(10.0), Wait(1.0), Send(b"b")]
    assert written("double-ping", effects).count(Send(PING_BYTES)) == 2


def test_headers_can_be_slow():
    assert written("slow-headers=3", [Send(b"a")]) == [Wait(3.0), Send(b"a")]


def test_faults_are_played_in_the_order_in_which_they_are_asked_for():
    assert struck("cut=3, stall=1; after=1") == [START, Wait(1.0), PING, ONE, Cut()]


def test_waits_and_cuts_of_faults_stay_where_they_are_between_paced_events():
    parts: list[Part] = [START, Wait(7.0), ONE, Cut()]
    assert list(faults.paced(parts, Pace(tokens_per_second=2), chance.draws("test"))) == [
        *(Send(START.data), Wait(7.0), Wait(1.0), Send(ONE.data), Cut()),
    ]
    assert list(faults.paced([Cut()], INSTANT, chance.draws("test"))) == [Cut()]


def test_an_error_comes_instead_of_the_answer_with_the_headers_of_its_kind():
    reply = instead("529")
    assert reply.status == 529
    assert header(reply, "x-should-retry") == "true"
    assert header(reply, "retry-after") is None
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"%b"}'
    assert list(reply.effects) == [Send(body % SCENE.luck.request_id().encode())]


def test_a_429_says_which_limit_is_exhausted_and_for_how_long():
    reply = instead("429; limit=input-tokens; retry-after=30")
    assert header(reply, "retry-after") == "30"
    assert header(reply, "anthropic-ratelimit-input-tokens-remaining") == "0"
    assert header(reply, "anthropic-ratelimit-requests-remaining") == "10000"
    assert header(reply, "anthropic-ratelimit-input-tokens-reset") == "2026-08-19T14:34:43Z"
    assert b"10,000,000 input tokens per minute (org: " in next(iter(reply.effects)).data  # type: ignore[union-attr]
    assert header(instead("429"), "retry-after") == "1"
    assert header(instead("429; retry-after=off"), "retry-after") is None


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("500", "true"),
        ("408", "true"),
        ("403", "false"),
        ("403; x-should-retry=true", "true"),
        ("529; x-should-retry=off", None),
    ],
)
def test_whether_to_try_again_is_said_as_the_api_says_it_or_as_asked_for(text, advice):
    assert header(instead(text), "x-should-retry") == advice


def test_type_sentence_error_code_and_waits_can_be_chosen():
    reply = instead('418; type=teapot; message="I am a teapot"; error-code=short; retry-after-ms=5; retry-after=0.5')
    assert (reply.status, header(reply, "retry-after-ms"), header(reply, "retry-after")) == (418, "5", "0.5")
    error = b'"error":{"type":"teapot","message":"I am a teapot","details":{"error_code":"short"}}'
    assert error in next(iter(reply.effects)).data  # type: ignore[union-attr]


def test_every_status_has_words():
    for status in range(400, 600):
        reply = instead(str(status))
        assert reply.status == status
        assert header(reply, "content-length") == str(len(next(iter(reply.effects)).data))  # type: ignore[union-attr]


def test_a_401_knows_no_organization():
    assert header(instead("401"), "anthropic-organization-id") is None
    assert header(instead("403"), "anthropic-organization-id")


def test_a_page_comes_from_the_edge():
    reply = instead("html")
    assert (reply.status, header(reply, "content-type")) == (502, "text/html; charset=UTF-8")
    assert header(reply, "request-id") is None
    assert next(iter(reply.effects)).data.startswith(b"<html>\r\n<head><title>502 Bad Gateway")  # type: ignore[union-attr]
    assert instead("html=520").status == 520


def test_the_content_type_can_be_wrong():
    reply = Reply(200, ((b"Content-Type", b"application/json"), (b"Server", b"cloudflare")), ())
    script = faults.cast(faults.parse("content-type=text/html"), False)
    assert faults.finish(script, reply).headers == ((b"Content-Type", b"text/html"), (b"Server", b"cloudflare"))


def test_an_answer_whose_length_changes_does_not_announce_it():
    reply = Reply(200, ((b"content-length", b"3"),), ())
    assert faults.finish(faults.cast(faults.parse("truncate=1"), False), reply).headers == ()
    assert faults.finish(faults.cast(faults.parse("cut=1"), False), reply).headers == reply.headers


def test_one_fault_at_a_time_answers_instead_the_first_that_is_due():
    script = faults.cast(faults.parse("429; times=1, 529, cut"), True)
    assert script.labels == ("429", "cut")


def test_a_fault_that_finds_nothing_to_break_is_idle():
    script = faults.cast(faults.parse("no-ping, cut"), False)
    assert ([fault.name for fault in script.idle], script.labels) == (["no-ping"], ("cut",))


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_documented_and_its_options_can_be_read(name):
    kind = FAULTS[name]
    assert kind.stage in (INSTEAD, HEADERS, BODY, WRITES)
    assert kind.play.__doc__
    assert kind.main == "" or kind.main in kind.options
    (fault,) = faults.parse(name)
    assert fault.name == name
