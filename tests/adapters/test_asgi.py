"""The ASGI adapter: reading bodies in pieces, and playing answers."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from fakeapi.adapters.asgi import App
from fakeapi.adapters.clock import VirtualClock
from fakeapi.contract.decoding import BODY_LIMIT
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from tests.street import BASIC, DOOR, NOW


def called(*pieces: bytes, path: str = "/v1/messages", method: str = "POST", left: bool = False) -> list[Any]:
    """What the app sends to a request whose body comes in these pieces; `left`: the client goes away after them."""
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    events.append({"type": "http.disconnect"} if left else {"type": "http.request", "body": b"", "more_body": False})
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (*DOOR, ("host", "localhost"))],
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    seen: list[Exchange] = []
    asyncio.run(App(Settings(), seen.append, lambda: VirtualClock(NOW))(scope, receive, send))
    return sent


def test_a_body_in_pieces_is_read_whole():
    body = orjson.dumps(BASIC)
    start, end = called(body[:10], body[10:11], b"", body[11:])
    assert start["status"] == 200
    assert orjson.loads(end["body"])["content"] == [{"type": "text", "text": "Hello!"}]


@pytest.mark.parametrize("stream", [False, True])
def test_a_completion_has_a_body_like_any_answer(stream: bool):
    prompt = {"model": "claude-2.1", "max_tokens_to_sample": 99, "prompt": "\n\nHuman: Hi\n\nAssistant:"}
    start, end = called(orjson.dumps({**prompt, "stream": stream}), path="/v1/complete")
    assert start["status"] == 200
    assert b'"type":"completion"' in end["body"]


def test_a_body_over_the_limit_is_read_to_its_end_and_refused():
    piece = b" " * (8 * 1024 * 1024)
    start, end = called(*[piece] * 5)
    assert 5 * len(piece) > BODY_LIMIT
    assert start["status"] == 413
    assert orjson.loads(end["body"])["error"]["type"] == "request_too_large"


def test_a_client_that_leaves_gets_nothing_and_breaks_nothing():
    assert called(b'{"model"', left=True) == []


def test_an_unknown_path_of_our_own_is_not_the_apis():
    start, _ = called(path="/_fakeapi/nothing", method="GET")
    assert start["status"] == 404


def test_each_exchange_has_its_own_ids():
    app = App(Settings(), None, lambda: VirtualClock(NOW))
    first, second = (asyncio.run(_ask(app)) for _ in range(2))
    assert first["id"] != second["id"]
    assert first["content"] == second["content"]


async def _ask(app: App, sending: Any = None) -> Any:
    events = [{"type": "http.request", "body": orjson.dumps(BASIC), "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [(name.encode(), value.encode()) for name, value in DOOR]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "headers": headers}
    await app(scope, receive, sending or send)
    return orjson.loads(sent[1]["body"])


def test_other_servers_than_uvicorn_need_not_give_the_path_as_it_was_sent():
    start, end = called(path="/s/a b/_fakeapi/session", method="GET")
    assert start["status"] == 200
    assert orjson.loads(end["body"])["id"] == "a b"


def test_a_fault_while_an_answer_is_played_ends_it_in_the_journal():
    app = App(Settings(), None, lambda: VirtualClock(NOW))

    async def send(event: Any) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        asyncio.run(_ask(app, send))
    assert app.porter.journal is not None
    assert [entry.outcome for entry in app.porter.journal.entries()] == ["cut"]
