"""Who may ask the admin API: programs on this machine, and no page of another site, by whatever name it comes here.

A page that rebinds its own name to 127.0.0.1 still sends that name as Host; one that posts across sites says so in
Origin or Sec-Fetch-Site (Fetch Metadata, W3C). Another port of this machine is another site, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

_SAME = frozenset({"same-origin", "none"})
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/@?#\s]+)(?::([0-9]{0,5}))?", re.I)
_ORIGIN = re.compile(r"(https?)://([^/]+)", re.I)
_PORTS = {"http": "80", "https": "443"}


def objection(headers: Mapping[str, str], allowed: Iterable[str]) -> str:
    """Why a request isn't let in, as a sentence with its mend; "" where it is. `allowed` are further host names."""
    host = headers.get("host", "")
    name = _parted(host)[0]
    if not _is_welcome(name, allowed):
        mend = f"--admin-host {name} allows this one" if name else "send a Host header such as localhost"
        return f"the admin API answers to loopback hosts only, and not to {host[:80]!r}; {mend}"
    origin = headers.get("origin")
    if origin is not None and not _is_same(origin, host):
        return f"a page of another site ({origin[:80]}) may not use the admin API"
    if headers.get("sec-fetch-site", "none").lower() not in _SAME:
        return "a page of another site may not use the admin API"
    return ""


def _is_welcome(name: str, allowed: Iterable[str]) -> bool:
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name) or name in _names(allowed)


def _names(allowed: Iterable[str]) -> set[str]:
    return {_parted(name)[0] for name in allowed} - {""}


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _is_same(origin: str, host: str) -> bool:
    """Whether an origin is the one that this host is; its scheme may differ, behind a proxy that ends TLS."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return False
    standard = _PORTS[found[1].lower()]
    name, port = _parted(found[2])
    host_name, host_port = _parted(host)
    return name == host_name and (port or standard) == (host_port or standard)


def _parted(authority: str) -> tuple[str, str]:
    """The name of `name:port`, in lower case, without the brackets of IPv6 and a dot at its end, and the port."""
    found = _AUTHORITY.fullmatch(authority.strip())
    if found is None:
        return "", ""
    return found[1].strip("[]").rstrip(".").lower(), found[2] or ""
