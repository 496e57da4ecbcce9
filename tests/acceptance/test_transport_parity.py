"""In process or over a socket: the newest Python SDK sees the same, whatever breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from fakeapi.transport import client
from tests.running import Server, server

ASKED: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": "Tell me about bridges"}],
}
FAULTS = [
    *("", "400", "429", "529", "html", "empty", "truncate", "malformed", "slice=1", "slice=7", "one-chunk"),
    *("no-stop", "no-ping", "double-ping", "unknown-event", "content-type=text/plain", "error"),
    *("cut=0", "cut=1 bytes", "cut=100 bytes", "cut=3 events"),
]


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with server() as started:
        yield started


def seen(sdk: anthropic.Anthropic, fault: str, streamed: bool) -> Any:
    """All that a caller can tell: events, message, error and its words; ids aside."""
    headers = {"x-fakeapi-fault": fault} if fault else {}
    events: list[str] = []
    try:
        if not streamed:
            message = sdk.messages.create(**ASKED, extra_headers=headers)
            return message.content, message.stop_reason, message.usage
        with sdk.messages.stream(**ASKED, extra_headers=headers) as stream:
            for event in stream:
                events.append(event.type)
            final = stream.get_final_message()
            return events, final.content, final.stop_reason, final.usage
    except Exception as error:
        cause = type(error.__cause__).__name__ if isinstance(error, anthropic.APIConnectionError) else ""
        return events, type(error).__name__, re.sub(r"req_\w+", "", str(error)), cause


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault or "none")
def test_the_sdk_sees_the_same_in_process_and_over_a_socket(fault, streamed, served):
    over_a_socket = anthropic.Anthropic(base_url=served.url, api_key="sk-ant-fake", max_retries=0)
    assert seen(client(max_retries=0), fault, streamed) == seen(over_a_socket, fault, streamed)
