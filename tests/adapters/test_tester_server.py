"""A server of one's own: its start and end, rules and settings, sessions by key, and the errors of connecting."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

import fakeapi
from fakeapi.transport import RealClock, Transport, VirtualClock
from tests.adapters.desk import ASKED, ask, client_of

RULES = "- {match: weather, respond: Sunny.}\n"


def test_rules_are_given_as_text_values_files_and_folders(tmp_path):
    (tmp_path / "one.yaml").write_text("- {match: one, respond: '1'}\n")
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "two.yaml").write_text("- {match: two, respond: '2'}\n")
    given = ["- {match: zero, respond: '0'}\n", tmp_path / "one.yaml", str(folder), {"match": "three", "respond": "3"}]
    with fakeapi.Server(given) as server:
        assert [ask(server, text) for text in ("zero", "one", "two", "three")] == ["0", "1", "2", "3"]


def test_given_rules_are_those_of_all_sessions_and_outlive_a_reset():
    with fakeapi.Server([{"match": "weather", "respond": "Sunny."}]) as server:
        assert ask(server.session("other"), "weather") == "Sunny."
        server.on("weather").reply("Rainy.")
        server.reset()
        assert ask(server, "weather") == "Sunny."
        (rule,) = server.rules
    assert (rule["name"], rule["owner"]) == ("server#1", "server")


def test_given_rules_outlive_a_saved_file(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("- {match: one, respond: '1'}\n")
    with fakeapi.Server([RULES, file]) as server:
        file.write_text("- {match: one, respond: 'I'}\n")
        watcher = server._app.porter.watcher
        assert watcher is not None
        watcher.look()
        assert [ask(server, text) for text in ("weather", "one")] == ["Sunny.", "I"]


def test_a_rule_of_a_session_stands_in_for_the_servers_of_the_same_name():
    with fakeapi.Server([{"name": "w", "match": "weather", "respond": "Sunny.", "times": 1}]) as server:
        other = server.session("other")
        rule = other.on("weather", name="w").reply("Rainy.")
        assert [ask(other, "weather") for _ in range(2)] == ["Rainy.", "Rainy."]
        assert ask(server, "weather") == "Sunny."
        rule.remove()
        assert ask(other, "weather") == "Sunny."
        with pytest.raises(fakeapi.FakeapiError, match="is the server's"):
            rule.remove()


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        ([{"match": "x"}], {}, "respond"),
        ("- {match: x}\n- {respond: y}\n", {}, r"\(YAML\):1:3"),
        ("no_such_file.yaml", {}, "no_such_file.yaml"),
        (None, {"contract": "lax"}, "contract: 'lax' is not one of strict"),
        (None, {"seed": "x"}, "seed: 'x' is not a whole number"),
        (None, {"colour": "red"}, "colour is no setting"),
        (None, {"port": 1}, "port is a setting of the command"),
        (None, {"pace": "quick"}, "quick"),
        (None, {"model_file": "no.json"}, "no.json"),
    ],
)
def test_what_cannot_be_used_is_an_error_at_the_line_of_the_test(given, options, told):
    with pytest.raises(fakeapi.FakeapiError, match=told) as caught:
        fakeapi.Server(given, **options)
    assert "test_tester_server.py:" in str(caught.value).split(" ")[0]


def test_settings_are_given_as_python_has_them():
    with fakeapi.Server(settings=fakeapi.Settings(seed=3), locked=True, api_key="sk-one", pace="human") as server:
        shown = server.settings
        assert (shown["seed"], shown["locked"], shown["pace"]) == (3, "on", "human")
        assert shown["api_key"] == ["[redacted]"]


def test_clients_have_a_key_that_is_good():
    with fakeapi.Server(api_key=["sk-one", "sk-two"]) as server:
        assert server.env["ANTHROPIC_API_KEY"] == "sk-one"
        assert ask(server, "Hello, Claude") == "Hello!"
        with server.client(api_key="sk-three", max_retries=0) as client, pytest.raises(anthropic.AuthenticationError):
            client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])


def test_the_environment_leads_here(monkeypatch):
    with fakeapi.Server() as server:
        server.reply("Hi")
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        with anthropic.Anthropic() as client:
            client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
        server.assert_called_once()


def test_what_came_can_be_looked_at_after_the_end():
    with fakeapi.Server() as server:
        ask(server, "Hello")
    server.assert_called_once(text="Hello")


def test_a_server_that_does_not_run_has_no_address():
    server = fakeapi.Server()
    with pytest.raises(fakeapi.FakeapiError, match=r"test_tester_server\.py:\d+: the server isn't running; use `with"):
        _ = server.url
    with server:
        assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(fakeapi.FakeapiError, match="this server was stopped; make another one"):
        server.start()


def test_a_server_stops_while_answers_are_under_way():
    server = fakeapi.Server(pace="ttft=600")
    with server, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(_broken, server)
        server.wait_for(over=False, timeout=30)
        began = time.monotonic()
        server.stop()
        assert asking.result() == "APIConnectionError"
        assert time.monotonic() - began < 5
    assert server.calls[0].outcome in ("cut", "client left")


def _broken(server: fakeapi.Server) -> str:
    try:
        return ask(server, "x")
    except anthropic.APIConnectionError as fault:
        return type(fault).__name__


def test_the_log_is_told_of_every_exchange():
    exchanges: list[Any] = []
    with fakeapi.Server(log=exchanges.append) as server:
        ask(server, "Hello")
        ask(server.session("other"), "Hello")
    assert [(each.status, each.session) for each in exchanges] == [(200, ""), (200, "other")]


def test_the_log_may_be_lines(capsys):
    with fakeapi.Server(log="line") as server:
        ask(server, "Hello")
    assert "POST  /v1/messages  claude-opus-5  200" in capsys.readouterr().err
    with pytest.raises(fakeapi.FakeapiError, match="log: 'loud' is not one of quiet, line, json"):
        fakeapi.Server(log="loud")


def test_a_session_in_a_with_is_forgotten_but_never_the_default_one():
    with fakeapi.Server() as server:
        with fakeapi.connect(server.url) as tester:
            tester.reply("Hi")
        assert len(server.rules) == 1
        one = fakeapi.connect(server.url, "one")
        with one:
            one.reply("Hi")
        assert one.rules == []
    with pytest.raises(fakeapi.FakeapiError, match="no server answers"), one:
        """Nothing: the server is gone."""
    with pytest.raises(ZeroDivisionError), one:
        _ = 1 / 0


def test_an_answer_is_in_the_journal_before_its_client_has_it():
    with fakeapi.Server() as server:
        server.reply("Hi")
        with client_of(server) as client:
            for _ in range(300):
                client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
                assert server.last_call.status == 200


def test_a_cut_is_in_the_journal_before_its_client_sees_it():
    with fakeapi.Server() as server:
        server.reply("Hi", fault="cut")
        for _ in range(50):
            assert _broken(server) == "APIConnectionError"
            assert server.last_call.outcome == "cut"


def test_a_client_that_leaves_is_seen():
    with fakeapi.Server(pace="ttft=600") as server:
        with server.client(max_retries=0, timeout=0.2) as client, pytest.raises(anthropic.APITimeoutError):
            client.messages.create(**ASKED, messages=[{"role": "user", "content": "x"}])
        (call,) = server.wait_for(timeout=10)
    assert call.outcome == "client left"


def test_sessions_by_key():
    with fakeapi.Server(sessions="by-key") as server:
        server.reply("default")
        one = fakeapi.connect(server.url.removesuffix("/s/default"), api_key="sk-one")
        one.reply("one")
        assert [ask(server, "x"), ask(one, "x")] == ["default", "one"]
        with one.client(api_key="sk-two", max_retries=0) as client:
            message = client.messages.create(**ASKED, messages=[{"role": "user", "content": "Hello, Claude"}])
        assert message.content[0].text == "Hello!"
        assert (len(one.calls), len(server.calls)) == (1, 1)
        assert one.id == f"key-{one.last_call.entry['caller']}"


def test_where_no_server_answers_one_is_told_so():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        fakeapi.FakeapiError, match=rf"no server answers at http://127\.0\.0\.1:{port}: .*refused; start"
    ):
        fakeapi.connect(f"http://127.0.0.1:{port}").reply("x")


def test_a_server_of_another_kind_is_none():
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()
            self.wfile.write(b"<html>Not here</html>")

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        with pytest.raises(fakeapi.FakeapiError, match="is no fakeapi server: it answered 404"):
            _ = fakeapi.connect(f"http://127.0.0.1:{other.server_port}").rules
        thread.join()


@pytest.mark.parametrize("url", ["127.0.0.1:4010", "ftp://x", "http://", ""])
def test_what_is_no_base_url_is_refused(url):
    with pytest.raises(fakeapi.FakeapiError, match="is not the base URL of a server, such as"):
        fakeapi.connect(url)


def test_a_connection_that_the_server_has_closed_is_replaced():
    with fakeapi.Server() as server:
        tester = fakeapi.connect(server.url)
        tester.reply("Hi")
        for connection in tester._line._idle:  # type: ignore[attr-defined]
            connection.sock.shutdown(socket.SHUT_RDWR)
        assert len(tester.rules) == 1


def test_connections_are_closed_when_nobody_needs_them():
    with fakeapi.Server() as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        fakeapi.connect(server.url).reply("Hi")
        gc.collect()


def test_many_threads_share_a_tester():
    with fakeapi.Server() as server, ThreadPoolExecutor(16) as pool:
        tester = fakeapi.connect(server.url)
        names = set(pool.map(lambda number: tester.on(f"number {number}").reply(str(number)), range(100)))
        assert len(names) == len(tester.rules) == 100


def test_what_is_in_process_has_no_address():
    with pytest.raises(fakeapi.FakeapiError, match="what is in process has no address"):
        _ = fakeapi.in_process(Transport()).env


def test_sessions_in_process_have_clocks_of_their_own():
    tester = fakeapi.in_process(Transport(fakeapi.Settings(pace="ttft=30")))
    other = tester.session("other")
    before = other.clock.now
    ask(tester, "x")
    assert (tester.clock.now - before, other.clock.now - before) == (30, 0)


@pytest.mark.parametrize("clock", [VirtualClock(5.0), RealClock()], ids=["virtual", "real"])
def test_a_clock_that_was_given_is_that_of_all_sessions(clock):
    transport = Transport(clock=clock)
    tester = fakeapi.in_process(transport)
    tester.snapshot()
    tester.reset()
    tester.session("other").clock.advance(100)
    tester.snapshot()
    tester.roll_back()
    assert transport.clock is clock
    assert tester.clock.now - clock() < 1


def test_two_hundred_tests_at_once_script_different_answers_to_the_same_request():
    with fakeapi.Server(contract="warn") as server, ThreadPoolExecutor(200) as pool:
        begun = threading.Barrier(200)
        shared = anthropic.DefaultHttpxClient(verify=False, limits=httpx2.Limits(max_connections=200))

        def test(number: int) -> list[str]:
            session = server.session(f"test-{number}")
            session.script([f"{number}.1", f"{number}.2"])
            session.fail(529, times=1, headers={"retry-after-ms": "1"})
            begun.wait(60)
            client = session.client(max_retries=2, http_client=shared)
            asked: Any = {**ASKED, "messages": [{"role": "user", "content": "the same"}]}
            said = [client.messages.create(**asked).content[0].text for _ in range(2)]
            session.assert_called(2, retries=False)
            session.drop()
            return said

        with shared:
            answers = list(pool.map(test, range(200)))
    assert answers == [[f"{number}.1", f"{number}.2"] for number in range(200)]


def test_two_hundred_tasks_wait_at_once_for_what_comes_later():
    async def run(tester: Any) -> list[int]:
        sessions = [tester.session(f"test-{number}") for number in range(200)]
        waiting = [asyncio.ensure_future(each.wait_for_async(n=2, timeout=60, text="go")) for each in sessions]
        await asyncio.sleep(0)
        async with anthropic.AsyncAnthropic(base_url=tester.url, api_key="x", max_retries=0) as client:
            for _ in range(2):
                await asyncio.gather(*(_go(client, each.id) for each in sessions))
        return [len(calls) for calls in await asyncio.gather(*waiting)]

    with fakeapi.Server() as server:
        tester = fakeapi.connect(server.url)
        assert asyncio.run(run(tester)) == [2] * 200


async def _go(client: anthropic.AsyncAnthropic, session: str) -> None:
    headers = {"x-fakeapi-session": session}
    asked: Any = {**ASKED, "messages": [{"role": "user", "content": "go"}]}
    await client.messages.create(**asked, extra_headers=headers)


def test_every_public_method_says_what_it_is_for():
    from fakeapi.adapters.tester import calls, saying, tester

    for kind in (tester.Tester, tester.SessionClock, saying.When, saying.RuleName, calls.Call, calls.SentMessage):
        for name, member in vars(kind).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                assert member.__doc__, (kind, name)


def test_the_module_of_a_helper_is_not_the_place_of_a_test(tmp_path: Path):
    with fakeapi.Server() as server:
        rule = server.session("x").on("y").reply("z")
        (shown,) = server.session("x").rules
    assert shown["name"] == rule
    assert "test_tester_server.py:" in shown["place"]
