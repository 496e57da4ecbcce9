"""What tests of plug-ins register is gone after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakeapi.adapters import plugins
from fakeapi.encoding.faults import FAULTS
from fakeapi.replies.generators import GENERATORS


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
