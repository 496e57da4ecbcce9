"""uvicorn around the app: bind, port 0, start, stop."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from fakeapi.adapters.asgi import App
from fakeapi.errors import FakeapiError


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
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
    )
    gc.collect()
    gc.freeze()
    try:
        _Announcing(config, started).run(sockets=[listener])
    except KeyboardInterrupt:
        """uvicorn raises the signal again once it has stopped; that stop was asked for."""


class _Announcing(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._tell()
