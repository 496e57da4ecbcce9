"""Small suites that other people might have: each is run by pytest itself, with the plugin as it is installed."""

from __future__ import annotations

import anthropic
import pytest
import trio
import uvloop

import fakeapi.adapters.pytest_plugin_desk
import fakeapi.adapters.pytest_plugin_network
import fakeapi.adapters.tester.server

LOADED = (anthropic, trio, uvloop, fakeapi.adapters.tester.server, fakeapi.adapters.pytest_plugin_network)
"""Imported here once, since each suite forgets what it has imported."""

PRELUDE = """
import asyncio, os, socket, unittest
import anthropic, httpx2, pytest

BASIC = {"model": "claude-opus-5", "max_tokens": 64}
BROKEN = {"extra_body": {"verbose": True}}

def said(text):
    return {"messages": [{"role": "user", "content": text}]}

def ask(text="Hello, Claude", client=None, **more):
    with client or anthropic.Anthropic(max_retries=1) as talking:
        return talking.messages.create(**BASIC, **said(text), **more).content[0].text

def refused(text="Hello, Claude", **more):
    with pytest.raises(anthropic.BadRequestError):
        ask(text, **more)
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs a suite of this code, with these ini lines; its result."""
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CI", "BUILD_NUMBER"):  # pytest tells its summary at full length where these are set
        monkeypatch.delenv(name, raising=False)

    def run(code, *arguments, ini="", apart=False):
        pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
        pytester.makepyfile(test_suite=PRELUDE + code)
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start("-p", "no:cacheprovider", *arguments)

    return run
