"""The public names: all there, none besides, and none loaded before it is used."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

import fakeapi
import fakeapi.transport
from fakeapi import transport

NAMES = {
    "fakeapi": [
        "ApiError",
        "App",
        "FakeapiError",
        "Server",
        "Settings",
        "Verdict",
        "__version__",
        "check",
        "connect",
        "in_process",
        "plugin",
        "schema",
        "transport",
    ],
    "fakeapi.plugin": [
        *("GROUP", "Cut", "Event", "Kit", "Place", "Send", "Wait"),
        *("fault", "generator", "load", "pattern", "placed"),
    ],
    "fakeapi.transport": ["Clock", "RealClock", "Transport", "VirtualClock", "async_client", "client"],
}
"""The public surface. A change here is a change that users see: say so in the changelog."""


@pytest.mark.parametrize("module", NAMES)
def test_all_is_exact(module):
    public = importlib.import_module(module)
    assert public.__all__ == NAMES[module]
    for name in public.__all__:
        assert getattr(public, name) is not None
    assert set(public.__all__) <= set(dir(public))


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("ApiError", "fakeapi.errors"),
        ("App", "fakeapi.adapters.asgi"),
        ("FakeapiError", "fakeapi.errors"),
        ("Server", "fakeapi.adapters.tester.server"),
        ("Settings", "fakeapi.settings"),
        ("check", "fakeapi.endpoints.checking"),
        ("connect", "fakeapi.adapters.tester.server"),
        ("in_process", "fakeapi.adapters.tester.server"),
    ],
)
def test_a_public_name_is_the_thing_at_its_home(name, home):
    assert getattr(fakeapi, name) is getattr(importlib.import_module(home), name)


def test_public_modules_are_imported_as_any_module_is():
    assert fakeapi.transport is transport is sys.modules["fakeapi.transport"]
    assert fakeapi.plugin is sys.modules["fakeapi.plugin"]


def test_an_unknown_name_is_an_attribute_error():
    package: Any = fakeapi
    with pytest.raises(AttributeError, match="module 'fakeapi' has no attribute 'nothing'"):
        _ = package.nothing


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads into a new interpreter."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def test_importing_the_package_loads_nothing_else():
    assert loaded_by("import fakeapi") == {"fakeapi"}


def test_the_transport_loads_no_client_library_and_no_server():
    heavy = {"anthropic", "httpx", "httpx2", "trio", "anyio", "starlette", "uvicorn", "faker"}
    assert not loaded_by("import fakeapi.transport; fakeapi.transport.Transport()") & heavy
