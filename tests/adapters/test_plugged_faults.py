"""Faults of plug-ins: what they get and give at each stage, and what becomes of their mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakeapi import engine, plugin
from fakeapi.encoding.faults import FAULTS
from fakeapi.errors import FakeapiError
from tests import street

HERE = Path(__file__).name
PING = b'event: ping\ndata: {"type":    "ping"}\n\n'

pytestmark = pytest.mark.usefixtures("own_registries")


def struck(fault: str, *, stream: bool = True) -> engine.Answer:
    return street.ask({**street.BASIC, "stream": stream}, (*street.DOOR, ("x-fakeapi-fault", fault)))


def giving(what: Any) -> Any:
    """A function that gives just this."""

    def give(_: Any) -> Any:
        return what

    return give


def test_a_fault_changes_the_events_of_an_answer():
    @plugin.fault("deaf", streams_only=True)
    def deaf(events: Any) -> Any:
        return (event for event in events if getattr(event, "type", "") != "ping")

    answered = struck("deaf")
    assert b"event: ping" not in street.sent(answered)
    assert answered.exchange.source == "example:basic + deaf"
    assert street.header(struck("deaf", stream=False), "fakeapi-warning")


def test_a_fault_breaks_the_answer_unless_it_says_that_it_spares_it():
    for name, spares in (("hard", False), ("soft", True)):
        plugin.fault(name, spares=spares)(giving([]))
        assert FAULTS[name].spares == spares


def test_a_fault_takes_a_place():
    @plugin.fault("insert", main="after")
    def insert(events: Any, *, after: int = 2) -> Any:
        for event in plugin.placed(events, after):  # type: ignore[arg-type]
            yield PING if event is None else event

    for asked, place in (("insert", 2), ("insert=4", 4)):
        assert street.sent(struck(asked)).split(b"\n\n").index(PING.strip()) == place


def test_a_fault_changes_how_bytes_are_written():
    @plugin.fault("slowly", stage="writes")
    def slowly(effects: Any, *, seconds: float = 1.0) -> Any:
        for effect in effects:
            yield effect
            yield plugin.Wait(seconds)

    waits = [
        effect.seconds for effect in struck("slowly; seconds=0.5").reply.effects if isinstance(effect, plugin.Wait)
    ]
    assert len(waits) > 5
    assert set(waits) == {0.5}


def test_a_fault_changes_the_headers():
    @plugin.fault("renamed", stage="headers")
    def renamed(lines: Any, *, value: str = "x") -> Any:
        return [(name, value if name == "request-id" else old) for name, old in lines]

    assert street.header(struck("renamed; value=abc"), "request-id") == "abc"


def test_a_fault_answers_instead():
    @plugin.fault("teapot", stage="instead")
    def teapot() -> Any:
        return 418, {"X-Kind": "pot"}, {"type": "error", "error": {"type": "api_error", "message": "I'm a teapot."}}

    answered = struck("teapot")
    assert (answered.reply.status, street.header(answered, "x-kind")) == (418, "pot")
    assert street.header(answered, "content-length") == str(len(street.sent(answered)))


@pytest.mark.parametrize("stage", ["body", "writes", "headers", "instead"])
def test_a_failing_fault_is_a_plain_error_before_a_byte_is_sent(stage):
    def failing(*_: Any) -> Any:
        raise KeyError("nothing")

    function = (lambda: failing()) if stage == "instead" else (lambda what: failing(what))
    plugin.fault("failing", stage=stage)(function)
    status, kind, message = street.refusal(
        {**street.BASIC, "stream": True}, headers=(*street.DOOR, ("x-fakeapi-fault", "failing"))
    )
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith(f"the fault 'failing' of {HERE}:")
    assert "KeyError: 'nothing'" in message


@pytest.mark.parametrize(
    ("stage", "given", "told"),
    [
        ("body", [5], "it gave int; give an Event, bytes, a Wait or a Cut"),
        ("writes", ["text"], "it gave str; give a Send, bytes, a Wait or a Cut"),
        ("headers", [("a", "b\r\nc")], "a header may not have a line break"),
        ("instead", (99, {}, ""), "99 is no status of an answer"),
    ],
)
def test_a_fault_that_gives_something_else_is_told(stage, given, told):
    plugin.fault("odd", stage=stage)((lambda: given) if stage == "instead" else giving(given))
    assert told in street.json(struck("odd"))["error"]["message"]


def test_a_fault_has_the_options_that_faults_have():
    def strange(events: Any, *, colour: str = "red") -> Any:
        return events

    def bare(events: Any, *, size: int) -> Any:
        return events

    with pytest.raises(FakeapiError, match="faults have no option 'colour'; there is after, "):
        plugin.fault("strange")(strange)
    with pytest.raises(FakeapiError, match="the option 'size' needs a default"):
        plugin.fault("bare")(bare)
