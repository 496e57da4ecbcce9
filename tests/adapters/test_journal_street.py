"""The journal of a server on a real socket: every end of an exchange, and no secret, however it was sent."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from json import dumps
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

import fakeapi
from tests.adapters.admin_calls import Asker, serving
from tests.street import BASIC, DOOR

KEYS = {
    "anthropic": "sk-ant-api03-" + "QwErTyUiOp1234567890" * 4 + "-AA",
    "oauth": "sk-ant-oat01-" + "ZxCvBnM0987654321" * 4,
    "short": "opensesame-4711",
    "github": "ghp_" + "AbCdEf1234567890AbCdEf1234567890AbCd"[:36],
    "bearer": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}


def told(text: Any, **more: Any) -> Any:
    return {**BASIC, **more, "messages": [{"role": "user", "content": text}]}


def tool_result(text: str) -> Any:
    call = {"type": "tool_use", "id": "toolu_01AAAAAAAAAAAAAAAAAAAAAA", "name": "read", "input": {"path": text}}
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": text}
    tools = [{"name": "read", "input_schema": {"type": "object"}}]
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": [call]}]
    return {**BASIC, "tools": tools, "messages": [*messages, {"role": "user", "content": [result]}]}


@pytest.fixture(scope="module")
def server() -> Iterator[Asker]:
    with serving(contract="warn") as asker:
        yield asker


def test_no_secret_is_exported_however_it_was_sent(server):
    for key in KEYS.values():
        for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}, {"cookie": f"session={key}"}):
            everywhere = {**dict(DOOR), "x-api-key": key, **headers}
            for body in (told(f"my key is {key}, keep it"), told("x", system=f"key={key}", metadata={"user_id": key})):
                server.ask("POST", "/v1/messages", body, everywhere)
            server.ask("POST", "/v1/messages", tool_result(f"ANTHROPIC_API_KEY={key}\n"), everywhere)
            server.ask("POST", "/v1/messages", told(f"echo {key}", stream=True), everywhere)
            server.ask("POST", "/v1/messages", {**BASIC, "model": key}, everywhere)
            server.ask("POST", f"/v1/messages?api_key={quote(key)}", told("x"), everywhere)
            server.ask("POST", "/v1/messages", f'{{"model": "{key}'.encode(), everywhere)
            packed = {**everywhere, "content-encoding": "gzip"}
            server.ask("POST", "/v1/messages", gzip.compress(dumps(told(f"packed {key}")).encode()), packed)
            escaped = dumps(told(f"escaped {key}")).replace("sk-", "\\u0073k-").encode()
            server.ask("POST", "/v1/messages", escaped, everywhere)
    for path in (
        "/journal.jsonl",
        "/journal.txt",
        "/journal?limit=10000",
        "/journal?limit=10000&full=true",
        "/verdicts",
    ):
        exported = server.ask("GET", f"/_fakeapi{path}").body.decode()
        assert len(exported) > 10
        for name, key in KEYS.items():
            assert key not in exported, (path, name)
            assert key[-12:] not in exported, (path, name)
    assert "[redacted" in server.ask("GET", "/_fakeapi/journal.jsonl").body.decode()


def test_no_secret_is_in_what_is_said_of_requests():
    with serving(unmatched="error") as server:
        key = KEYS["anthropic"]
        server.json("POST", "/_fakeapi/rules", {"match": "weather", "respond": "x"})
        server.say(f"wether {key}")
        for method, path, given in (
            ("GET", "/unmatched", None),
            ("GET", "/journal.jsonl", None),
            ("POST", "/verify", {"match": {"text": "weather"}}),
        ):
            assert key[14:40] not in server.ask(method, f"/_fakeapi{path}", given).body.decode()


def test_settings_and_sessions_show_no_key(server):
    server.json("PATCH", "/s/k/_fakeapi/settings", {"api_key": [KEYS["short"]]})
    for path in ("/s/k/_fakeapi/settings", "/_fakeapi/sessions", "/_fakeapi/sessions/k"):
        assert KEYS["short"] not in server.ask("GET", path).body.decode()


def test_every_end_of_an_exchange_is_known():
    with fakeapi.Server(pace="ttft=0.05") as server:
        asker = Asker(server.url)
        for fault in ("", "529", "cut=0", "cut=3 events", "truncate", "error"):
            headers = {**dict(DOOR), **({"x-fakeapi-fault": fault} if fault else {})}
            _try(server.url, told("Tell me about bridges", stream=True), headers)
        with socket.create_connection(_address(server.url)) as client:
            client.sendall(_raw(told("x", stream=True), {**dict(DOOR), "x-fakeapi-pace": "ttft=60"}))
            server.wait_for(n=7, over=False, timeout=30)
        server.wait_for(n=7, timeout=30)
        ends = [(entry["status"], entry["outcome"]) for entry in asker.json("GET", "/_fakeapi/journal")["entries"]]
        asker.close()
    completed, cut = (200, "completed"), (200, "cut")
    assert ends == [completed, (529, "completed"), cut, cut, completed, completed, (200, "client left")]


def test_what_went_out_is_known_event_by_event_with_its_time():
    with fakeapi.Server(pace="ttft=0.2,tokens_per_second=100") as server:
        _try(server.url, told("Tell me about bridges", stream=True), dict(DOOR))
        parts = server.last_call.entry["answer"]["parts"]
    assert parts[0]["event"] == "message_start"
    assert parts[-1]["event"] == "message_stop"
    times = [part["at"] for part in parts]
    assert times == sorted(times)
    assert times[-1] > 0.2


def test_a_cut_answer_is_kept_as_far_as_it_came():
    with fakeapi.Server() as server:
        server.reply("One two three four five six seven eight nine ten.")
        headers = {**dict(DOOR), "x-fakeapi-fault": "cut=4 events"}
        came = _try(server.url, told("x", stream=True), headers)
        entry = server.last_call.entry
    assert entry["outcome"] == "cut"
    assert entry["answer"]["message"]["stop_reason"] is None
    assert entry["answer"]["bytes"] == len(came)


def test_a_request_is_in_the_journal_while_its_answer_is_under_way():
    with fakeapi.Server(pace="ttft=60") as server, socket.create_connection(_address(server.url)) as client:
        client.sendall(_raw(told("x"), dict(DOOR)))
        server.wait_for(over=False, timeout=30)
        (call,) = server.calls
        assert (call.status, call.outcome, call.answer) == (None, "open", None)
        assert repr(call) == "<Call 1: POST /v1/messages under way 'x'>"
        server.clock.advance(60)
        (call,) = server.wait_for(timeout=30)
        assert (call.status, call.outcome) == (200, "completed")


def _try(url: str, body: Any, headers: dict[str, str]) -> bytes:
    """What comes, until the end or until it breaks off."""
    came = b""
    with httpx2.Client(trust_env=False, timeout=30) as client:
        try:
            with client.stream("POST", f"{url}/v1/messages", json=body, headers=headers) as answer:
                for piece in answer.iter_raw():
                    came += piece
        except httpx2.RemoteProtocolError:
            return came
    return came


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def _raw(body: Any, headers: dict[str, str]) -> bytes:
    content = dumps(body).encode()
    lines = [
        f"{name}: {value}" for name, value in {**headers, "content-length": str(len(content)), "host": "x"}.items()
    ]
    return "\r\n".join(["POST /v1/messages HTTP/1.1", *lines, "", ""]).encode() + content
