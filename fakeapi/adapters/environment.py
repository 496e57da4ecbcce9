"""The environment variables that lead clients to a server, and those that would lead them elsewhere.

Source of the names: what popular clients read, and the SDKs' own code (`fixtures/environment.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fakeapi import assets
from fakeapi.model import Json

KEY = "sk-ant-fake"
"""A key that every server takes which wasn't given keys of its own."""


def variables(url: str, key: str = KEY, before: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """What to set so that clients come to `url` with `key`; None is a variable to take out.

    `before` is the environment as it is: where it names a proxy, requests to this machine are led around it.
    """
    known = _known()
    changed: dict[str, str | None] = dict.fromkeys(known["unset"])
    changed |= dict.fromkeys(known["url"], url)
    changed |= dict.fromkeys(known["key"], key)
    before = before or {}
    if any(before.get(name) for name in known["proxies"]):
        names = known["direct"]["variables"]
        changed |= dict.fromkeys(names, _direct(",".join(before.get(name, "") for name in names)))
    return changed


def changed(environment: Mapping[str, str], url: str, key: str = KEY) -> dict[str, str]:
    """The environment for a command whose clients are to come to `url`."""
    whole = {**environment, **variables(url, key, environment)}
    return {name: value for name, value in whole.items() if value is not None}


def _direct(before: str) -> str:
    """The hosts that no proxy is asked for, with this machine among them."""
    hosts = [host.strip() for host in before.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, *_known()["direct"]["hosts"]]))


@cache
def _known() -> Json:
    found: dict[str, Any] = assets.read_json("fixtures/environment.json")
    return found
