"""Where a client reached this server: an absolute URL in an answer has to lead back by the same way.

Proxies tell it as their kind does: `Forwarded` (RFC 7239), else `x-forwarded-proto`, `-host`, `-port` and `-prefix`.
What the one next to the client has said stands first, and counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fakeapi.wire import Request

_PORTS = {"http": "80", "https": "443"}
"""The schemes of the API, with the ports that go without saying."""


def site(request: Request, road: str) -> str:
    """The URL up to the API's paths, without `/v1` and the slash before it.

    `road` is the part of the path that all roads in question begin with, behind `/v1`: `/messages/batches`.
    """
    lines = request.headers
    told = _forwarded(lines)
    scheme = _scheme((told.get("proto") or _first(lines, "proto")).lower(), _first(lines, "port"))
    host = told.get("host") or _first(lines, "host") or lines.get("host") or "localhost"
    prefix = request.path.rpartition(road)[0].removesuffix("/v1")
    return f"{scheme}://{host}{_port(lines, scheme, host)}{_stripped(lines)}{quote(prefix)}"


def _first(lines: Mapping[str, str], name: str) -> str:
    return lines.get(f"x-forwarded-{name}", "").partition(",")[0].strip()


def _forwarded(lines: Mapping[str, str]) -> dict[str, str]:
    """The pairs of the first element of `Forwarded`, by lower-case name."""
    pairs = (pair.partition("=") for pair in lines.get("forwarded", "").partition(",")[0].split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _scheme(said: str, port: str) -> str:
    if said in _PORTS:
        return said
    return "https" if port == _PORTS["https"] else "http"


def _port(lines: Mapping[str, str], scheme: str, host: str) -> str:
    """The port, where a proxy tells it because the host it passes on has lost it."""
    port = _first(lines, "port")
    has_one = host.rpartition(":")[2].isdecimal()
    return f":{port}" if port.isdecimal() and port != _PORTS[scheme] and not has_one else ""


def _stripped(lines: Mapping[str, str]) -> str:
    """What a proxy has taken off the path."""
    prefix = _first(lines, "prefix").rstrip("/")
    return prefix if prefix.startswith("/") else ""
