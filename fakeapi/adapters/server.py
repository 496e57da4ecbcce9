"""uvicorn around the app: bind, port 0, start, stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import socket
import sys
import threading
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fakeapi.adapters.asgi import App
from fakeapi.errors import FakeapiError

_SELDOM = (20_000, 20, 50)
"""How many objects more, and then how many collections of the younger, make a collection of each generation."""
_PATIENCE = 10.0
"""Seconds for a server in a thread to start, or to stop."""
_GRACE = 1
"""Seconds for what is under way to end when the process is told to stop; a stream that still waits then is cut."""
_LAST_WORDS = 0.5
"""Seconds for what is cut to say so: in the log, and to its client."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. FakeapiError, in one line, where it can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as fault:
        listener.close()
        raise FakeapiError(_why(host, port, fault)) from None
    except OverflowError:
        listener.close()
        raise FakeapiError(f"{port} is not a port (0 to 65535)") from None
    return listener


def _why(host: str, port: int, fault: OSError) -> str:
    import errno

    if fault.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; choose another with --port, or --port 0 for a free one"
    return f"cannot listen on {host} port {port}: {fault.strerror or fault}"


def address(listener: socket.socket) -> str:
    """The base URL of a listening socket, as a client on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: App, listener: socket.socket, started: Callable[[], None] = lambda: None) -> None:
    """Serve on this socket until the process is told to stop (Ctrl-C, SIGTERM); `started` is called once it answers."""
    config = _config(app)
    settle()
    try:
        _Announcing(config, started, app.close).run(sockets=[listener])
    except KeyboardInterrupt:
        """uvicorn raises the signal again once it has stopped; that stop was asked for."""


def settle() -> None:
    """Leave what was loaded alone, and look for circles of garbage seldom: requests make hardly any, and the journal
    keeps ten thousand exchanges that would be looked through in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


class Thread:
    """A server in a thread of its own, on a free port of 127.0.0.1."""

    def __init__(self, app: App) -> None:
        self._started = threading.Event()
        self._server = _Brief(_config(app), self._started.set)
        self._listener = bind("127.0.0.1", 0)
        self._thread = threading.Thread(target=self._run, name="fakeapi", daemon=True)

    def start(self) -> str:
        """Answer from now on; the base URL. FakeapiError where the server doesn't come up."""
        self._thread.start()
        if not self._started.wait(_PATIENCE):
            raise FakeapiError(f"the server did not start within {_PATIENCE:g} seconds")
        return address(self._listener)

    def stop(self) -> None:
        """Answer no more: what is under way is cut off."""
        self._server.leave()
        self._thread.join(_PATIENCE)
        self._listener.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE,
    )


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 for clients that offer HTTP/2 over clear text (`Upgrade: h2c`, as Java's does by default).

    The parser would take the offer for accepted and never read the body; a server may ignore it (RFC 9110, 7.8).
    """

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client, without the offer."""
        if b"h2c" in data:
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _OFFER.sub(b"", head) + end + rest
        super().data_received(data)


_OFFER = re.compile(
    rb"(?i)\r\n(?:upgrade:[ \t]*h2c|http2-settings:[^\r\n]*|connection:[^\r\n]*\bupgrade\b[^\r\n]*)(?=\r\n|$)"
)


class _Announcing(uvicorn.Server):
    """Tells when it answers, and when it has stopped: a signal then ends the process without further cleaning up.

    What is under way has a moment to end; what is cut then is closed and logged as such.
    """

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], stopped: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(config)
        self._tell = started
        self._tell_end = stopped

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets=sockets)
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_WORDS)
        await asyncio.sleep(0)
        self._tell_end()


class _Brief(_Announcing):
    """Stops at once when it is told to: a test doesn't wait for the next tick of a clock."""

    _loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Stop, from whatever thread."""
        self.should_exit = self.force_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._leaving.set)

    async def main_loop(self) -> None:
        self._leaving = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        if not self.should_exit:
            await self._leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for open in (*self.servers, *(sockets or ())):
            open.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        self._tell_end()
