"""`--fakeapi-block-network`: connections and look-ups beyond this machine fail at once, with a sentence that says so.

What goes through Python's `socket` is caught, so asyncio, trio and every HTTP library written in Python; and uvloop.
Not caught: child processes, and extensions that open sockets of their own.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from fakeapi.errors import FakeapiError

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_KEPT = 20

attempts: list[str] = []
"""What was blocked since somebody cleared this list, as `host:port`."""


class NetworkBlockedError(FakeapiError, OSError):
    """A connection beyond this machine, which the run doesn't allow. An OSError, so that clients treat it as one."""


def block() -> Callable[[], None]:
    """Block from now on, until what this gives back is called."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _checked_connect(getattr(socket.socket, name)))
    patch.setattr(socket.socket, "sendto", _checked_send(socket.socket.sendto))
    for name in _LOOKUPS:
        patch.setattr(socket, name, _checked_lookup(getattr(socket, name)))
    _block_uvloop(patch)
    return patch.undo


def _checked_connect(connect: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: socket.socket, address: Any, /) -> Any:
        _check_address(self.family, address)
        return connect(self, address)

    return checked


def _checked_send(send: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: socket.socket, data: Any, *rest: Any) -> Any:
        _check_address(self.family, rest[-1])
        return send(self, data, *rest)

    return checked


def _checked_lookup(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def checked(host: Any, *rest: Any, **options: Any) -> Any:
        if not _is_number(host):
            _check(host, rest[0] if rest else options.get("port"))
        return look_up(host, *rest, **options)

    return checked


def _block_uvloop(patch: pytest.MonkeyPatch) -> None:
    """uvloop has sockets of its own."""
    if importlib.util.find_spec("uvloop") is None:
        return
    import uvloop

    connect, to_datagrams = uvloop.Loop.create_connection, uvloop.Loop.create_datagram_endpoint

    def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        _check(host, port)
        return connect(self, factory, host, port, **options)

    def create_datagram_endpoint(
        self: Any, factory: Any, local_addr: Any = None, remote_addr: Any = None, **options: Any
    ) -> Any:
        _check(*(remote_addr or (None, None))[:2])
        return to_datagrams(self, factory, local_addr, remote_addr, **options)

    patch.setattr(uvloop.Loop, "create_connection", create_connection)
    patch.setattr(uvloop.Loop, "create_datagram_endpoint", create_datagram_endpoint)


def _check_address(family: int, address: Any) -> None:
    if family in _INTERNET and isinstance(address, tuple) and address:
        _check(address[0], address[1] if len(address) > 1 else None)


def _check(host: Any, port: Any) -> None:
    """NetworkBlockedError where a host isn't this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
    if not isinstance(name, str) or _is_here(name):
        return
    place = name if port in (None, "", 0) else f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    attempts.append(place)
    del attempts[:-_KEPT]
    raise NetworkBlockedError(
        f"a connection to {place} was blocked, since --fakeapi-block-network lets tests reach this machine only. "
        "Lead the client to the fixture `fakeapi` by ANTHROPIC_BASE_URL, or make it with fakeapi.client()."
    )


def _is_here(host: str) -> bool:
    name = host.lower().rstrip(".")
    if name in ("", "localhost") or name.endswith(".localhost") or name == socket.gethostname().lower():
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _is_number(host: Any) -> bool:
    """Whether a host is an address already: to look it up asks nobody."""
    try:
        ip_address(host.partition("%")[0] if isinstance(host, str) else "")
    except ValueError:
        return False
    return True
