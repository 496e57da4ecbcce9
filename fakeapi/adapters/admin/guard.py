"""Who may ask the admin API: programs on this machine, and no page of another site, by whatever name it comes here.

A page that rebinds its own name to 127.0.0.1 still sends that name as Host; one that posts across sites says so in
Origin or Sec-Fetch-Site (Fetch Metadata, W3C).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_SAME = frozenset({"same-origin", "none"})


def objection(headers: Mapping[str, str], allowed: Iterable[str]) -> str:
    """Why a request isn't let in, as a sentence with its mend; "" where it is. `allowed` are further host names."""
    host = headers.get("host", "")
    name = _name(host)
    if not _is_welcome(name, allowed):
        return f"the admin API answers loopback hosts only, and not {name!r}; --admin-host {name} allows it"
    origin = headers.get("origin")
    if origin is not None and _name(urlsplit(origin).netloc or "null") != name:
        return f"a page of another site ({origin}) may not use the admin API"
    if headers.get("sec-fetch-site", "none") not in _SAME and origin is None:
        return "a page of another site may not use the admin API"
    return ""


def _is_welcome(name: str, allowed: Iterable[str]) -> bool:
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name) or name in _lower(allowed)


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The name of `name:port`, lower case, without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:
        return host
