"""Over a real socket: faults on the wire, and clients that leave."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from json import dumps
from typing import Any

import pytest
import uvicorn

from fakeapi.adapters.asgi import App
from fakeapi.adapters.server import bind
from fakeapi.model import Exchange
from fakeapi.settings import Settings
from tests.street import BASIC

SECONDS = 20
"""How long a test waits for what should happen at once."""
LONG = {**BASIC, "stream": True, "messages": [{"role": "user", "content": "Tell me about viaducts"}]}


@dataclass
class Running:
    """A server in this process: its address, and the exchanges that its log is told of."""

    address: tuple[str, int]
    exchanges: queue.Queue[Exchange]

    def connect(self, body: Any = BASIC, **headers: str) -> socket.socket:
        """A connection with a request on its way; header names with `_` for `-`."""
        data = dumps(body).encode()
        lines = {"host": "x", "x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection = socket.create_connection(self.address, timeout=SECONDS)
        connection.sendall(f"POST /v1/messages HTTP/1.1\r\n{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        return connection

    def ask(self, body: Any = BASIC, **headers: str) -> bytes:
        """All bytes of an answer, until the server closes the connection."""
        with self.connect(body, connection="close", **headers) as connection:
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def outcome(self) -> str:
        """How the exchange that ended next has ended."""
        return self.exchanges.get(timeout=SECONDS).outcome


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.answers.set()


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A server on each kind of event loop."""
    exchanges: queue.Queue[Exchange] = queue.Queue()
    listener = bind("127.0.0.1", 0)
    app = App(Settings(), exchanges.put)
    server = _Server(uvicorn.Config(app, loop=request.param, http="httptools", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert server.answers.wait(SECONDS)
    yield Running(listener.getsockname()[:2], exchanges)
    server.should_exit = True
    thread.join(SECONDS)
    listener.close()


def until(connection: socket.socket, mark: bytes) -> bytes:
    """What has come when the mark has."""
    seen = b""
    while mark not in seen:
        piece = connection.recv(65536)
        assert piece, seen
        seen += piece
    return seen


def test_a_client_that_leaves_in_the_middle_of_a_paced_stream_is_noticed(running):
    with running.connect(LONG, x_fakeapi_pace="tokens_per_second=20") as connection:
        until(connection, b"text_delta")
    exchange = running.exchanges.get(timeout=SECONDS)
    assert (exchange.outcome, exchange.status) == ("client left", 200)


def test_a_client_that_leaves_before_the_first_byte_is_noticed(running):
    with running.connect(LONG, x_fakeapi_fault="slow-headers=3600"):
        pass
    assert running.outcome() == "client left"


def test_a_client_that_leaves_during_a_stall_is_noticed(running):
    with running.connect(LONG, x_fakeapi_fault="stall=3600") as connection:
        until(connection, b"text_delta")
    assert running.outcome() == "client left"


def test_a_cut_delivers_what_came_before_it_and_no_end(running):
    answer = running.ask({**BASIC, "stream": True}, x_fakeapi_fault="cut=2")
    assert running.outcome() == "cut"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"event: content_block_start" in answer
    assert b"event: ping" not in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_cut_before_the_first_byte_delivers_nothing(running):
    assert running.ask(x_fakeapi_fault="cut=0") == b""
    assert running.outcome() == "cut"


def test_a_cut_plain_answer_is_shorter_than_announced(running):
    answer = running.ask(x_fakeapi_fault="529, cut=10 bytes")
    assert running.outcome() == "cut"
    assert b"content-length: 119" in answer
    assert answer.endswith(b'\r\n\r\n{"type":"e')


def test_a_truncated_answer_ends_in_good_order(running):
    answer = running.ask({**BASIC, "stream": True}, x_fakeapi_fault="truncate=2")
    assert running.outcome() == "completed"
    assert b"message_stop" not in answer
    assert answer.endswith(b"0\r\n\r\n")


def test_each_slice_is_a_chunk_of_its_own(running):
    answer = running.ask(x_fakeapi_fault="slice=1")
    assert running.outcome() == "completed"
    assert b'\r\n\r\n1\r\n{\r\n1\r\n"\r\n1\r\nm\r\n' in answer


def test_all_events_of_a_slow_stream_can_come_in_one_chunk(running):
    body = {**BASIC, "stream": True}
    whole = running.ask(body, x_fakeapi_pace="each", x_fakeapi_fault="one-chunk")
    split = running.ask(body, x_fakeapi_pace="each")
    assert (running.outcome(), running.outcome()) == ("completed", "completed")
    assert whole.count(b"\r\nevent: ") == 1
    assert split.count(b"\r\nevent: ") == 7


def test_times_bounds_a_fault_on_a_server(running):
    answers = [running.ask(x_fakeapi_fault="529; times=2; id=here") for _ in range(3)]
    assert [answer.split()[1] for answer in answers] == [b"529", b"529", b"200"]
    assert [running.outcome() for _ in answers] == ["completed"] * 3
