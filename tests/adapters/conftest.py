"""Servers and sessions that tests of several files ask; what tests of plug-ins register is gone after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakeapi.adapters import plugins
from fakeapi.adapters.tester.tester import Tester
from fakeapi.encoding.faults import FAULTS
from fakeapi.replies.generators import GENERATORS
from tests.adapters.admin_calls import Asker, serving
from tests.adapters.desk import WAYS, reached


@pytest.fixture
def own_registries() -> Iterator[None]:
    """The registries as they were before, after the test."""
    registries: list[dict[Any, Any]] = [GENERATORS, FAULTS, plugins.PATTERNS, plugins._OWNERS]
    before = [dict(registry) for registry in registries]
    plugins.load.cache_clear()
    yield
    plugins.load.cache_clear()
    for registry, kept in zip(registries, before, strict=True):
        registry.clear()
        registry.update(kept)


@pytest.fixture(scope="module")
def shared() -> Iterator[Asker]:
    """The server of a module's tests."""
    with serving() as asker:
        yield asker


@pytest.fixture
def server(shared: Asker) -> Iterator[Asker]:
    """A server on which nothing has happened."""
    yield shared
    shared.ask("DELETE", "/_fakeapi/sessions")


@pytest.fixture(params=WAYS)
def tester(request: pytest.FixtureRequest) -> Iterator[Tester]:
    """A session of a new server, by each way."""
    with reached(request.param) as found:
        yield found


@pytest.fixture(params=WAYS)
def session(request: pytest.FixtureRequest) -> Iterator[Tester]:
    """One with an odd id."""
    with reached(request.param, "a-b ünd ..%2F?#") as found:
        yield found
