"""`--locked` on the command line."""

from __future__ import annotations

import pytest
import requests

from tests.running import server

BODY = {"model": "fakeapi-529", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]}
DOOR = {"x-api-key": "k", "anthropic-version": "2023-06-01", "x-fakeapi-fault": "503"}


@pytest.mark.parametrize("flags", [("--locked",), ("--locked", "on")], ids=" ".join)
def test_a_locked_server_plays_no_faults(flags):
    with server(*flags) as running:
        assert requests.post(f"{running.url}/v1/messages", json=BODY, headers=DOOR, timeout=10).status_code == 404


def test_the_environment_locks_a_server_too():
    with server(FAKEAPI_LOCKED="on") as running:
        assert requests.post(f"{running.url}/v1/messages", json=BODY, headers=DOOR, timeout=10).status_code == 404


def test_a_server_is_not_locked_by_itself():
    with server() as running:
        assert requests.post(f"{running.url}/v1/messages", json=BODY, headers=DOOR, timeout=10).status_code == 503
