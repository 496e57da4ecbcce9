"""The pytest plugin, as other people's suites have it: each test here runs a small suite of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest
import trio
import uvloop

import fakeapi.adapters.pytest_plugin_desk
import fakeapi.adapters.pytest_plugin_network
import fakeapi.adapters.tester.server
from fakeapi import settings
from fakeapi.adapters import porter, pytest_plugin, pytest_plugin_wishes

pytest_plugins = ["pytester"]

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

    def run(code, *arguments, ini="", apart=False):
        pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
        pytester.makepyfile(test_suite=PRELUDE + code)
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start("-p", "no:cacheprovider", *arguments)

    return run


def shown(result) -> str:
    return "\n".join(result.outlines)


# Sessions and the environment


def test_the_environment_leads_clients_to_the_session_of_the_test_and_is_as_before_afterwards(suite, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a real token")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.anthropic.com")
    result = suite("""
def test_inside(fakeapi):
    assert os.environ["ANTHROPIC_BASE_URL"] == fakeapi.url == os.environ["ANTHROPIC_API_URL"]
    assert os.environ["ANTHROPIC_API_BASE"] == fakeapi.url
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-ant-fake"
    assert "ANTHROPIC_AUTH_TOKEN" not in os.environ
    assert ask() == "Hello!"

def test_afterwards():
    assert os.environ["ANTHROPIC_BASE_URL"] == "https://api.anthropic.com"
    assert os.environ["ANTHROPIC_AUTH_TOKEN"] == "a real token"
    assert "ANTHROPIC_API_URL" not in os.environ
""")
    result.assert_outcomes(passed=2)


def test_where_there_is_a_proxy_it_is_not_asked_for_this_machine(suite, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "intranet")
    result = suite("""
def test_a(fakeapi):
    assert ask() == "Hello!"
    assert os.environ["no_proxy"].split(",")[:2] == ["intranet", "127.0.0.1"]
""")
    result.assert_outcomes(passed=1)


def test_each_test_has_a_session_of_its_own_on_one_server(suite):
    result = suite("""
urls = []

@pytest.mark.parametrize("number", range(3))
def test_a(fakeapi, number):
    urls.append(fakeapi.url)
    fakeapi.reply(f"answer {number}")
    assert ask() == f"answer {number}"
    assert [call.text for call in fakeapi.calls] == ["Hello, Claude"]

def test_all(fakeapi):
    assert len(set(urls)) == 3
    assert len({url.partition("/s/")[0] for url in urls}) == 1
    assert fakeapi.calls == []
""")
    result.assert_outcomes(passed=4)


def test_a_suite_that_uses_the_server_directly_has_sessions_as_long_as_it_likes(suite):
    result = suite("""
@pytest.fixture(scope="module")
def application(fakeapi_server):
    return fakeapi_server.session("application")

def test_a(application):
    application.reply("Hi.")
    assert ask(client=application.client()) == "Hi."

def test_b(application):
    assert ask(client=application.client()) == "Hi."
    assert len(application.calls) == 2
""")
    result.assert_outcomes(passed=2)


# What fails a test

OPTIONS = """
@pytest.fixture(scope="session")
def fakeapi_options():
    return {"unmatched": "default"}

"""


def test_a_request_that_no_rule_matches_fails_the_test_with_the_near_miss(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").reply("Sunny.")
    refused("How is the wether?")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fakeapi: 1 request was matched by no rule:",
            '  #*  POST /v1/messages  asked: "How is the wether?"',
            '      nearest: rule#1 (test_suite.py:*) wants text.contains "weather", came "How is the wether?"',
            "               you have 'wether', the rule wants 'weather'",
            '*fakeapi.on("...").reply("...")*',
        ]
    )


@pytest.mark.parametrize(
    ("code", "ini"),
    [
        ('@pytest.mark.fakeapi(unmatched="default")\ndef test_a(fakeapi):', ""),
        ("def test_a(fakeapi):", "fakeapi_unmatched = default"),
        (OPTIONS + "def test_a(fakeapi):", ""),
    ],
    ids=["marker", "ini", "options"],
)
def test_what_no_rule_matches_has_the_default_answer_where_that_is_asked_for(suite, code, ini):
    result = suite(f'{code}\n    fakeapi.on("weather").reply("Sunny.")\n    assert ask() == "Hello!"\n', ini=ini)
    result.assert_outcomes(passed=1)


def test_a_rule_that_only_fails_needs_no_others(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.fail(529, times=1)
    assert ask() == "Hello!"
    fakeapi.assert_resilient()
""")
    result.assert_outcomes(passed=1)


def test_a_refused_request_fails_the_test_although_the_code_gets_over_it(suite):
    result = suite("def test_a(fakeapi):\n    refused(**BROKEN)\n    refused(**BROKEN)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fakeapi: 2 requests were refused, as the real API would refuse them:",
            "  #*, #*  POST /v1/messages 400  verbose: Extra inputs are not permitted",
            '*fakeapi.expect_refusal("verbose: Extra inputs are not permitted")*',
        ]
    )


def test_a_refusal_that_is_expected_fails_nothing(suite):
    result = suite("""
def test_before(fakeapi):
    fakeapi.expect_refusal("verbose: Extra inputs")
    refused(**BROKEN)

def test_after(fakeapi):
    refused(**BROKEN)
    fakeapi.expect_refusal(status=400)

@pytest.mark.fakeapi(allow_refused=True)
def test_allowed(fakeapi):
    refused(**BROKEN)
""")
    result.assert_outcomes(passed=3)


def test_a_refusal_that_is_expected_and_never_comes_fails_the_test(suite):
    result = suite("""
def test_other(fakeapi):
    fakeapi.expect_refusal("temperature")
    refused(**BROKEN)

def test_none(fakeapi):
    fakeapi.expect_refusal(status=404)
""")
    result.assert_outcomes(failed=2)
    text = shown(result)
    assert "1 refusal was expected and never came:\n  'temperature'" in text
    assert "1 request was refused" in text
    assert "1 refusal was expected and never came:\n  404 any sentence" in text


def test_where_the_contract_warns_a_violation_fails_the_test(suite):
    result = suite("""
@pytest.mark.fakeapi(contract="warn")
def test_a(fakeapi):
    assert ask(**BROKEN) == "Hello!"

@pytest.mark.fakeapi(contract="warn", allow_refused=True)
def test_b(fakeapi):
    assert ask(**BROKEN) == "Hello!"

@pytest.mark.fakeapi(contract="off")
def test_c(fakeapi):
    assert ask(**BROKEN) == "Hello!"
""")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["fakeapi: 1 request was answered only because*", "*invalid_request_error: verbose: Extra inputs*"]
    )


def test_a_warning_that_is_not_about_the_contract_fails_nothing(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").call_tool("nobody_offers_this", city="Paris")
    with anthropic.Anthropic() as client:
        client.messages.create(**BASIC, **said("weather"))
    assert fakeapi.calls[0].warnings
""")
    result.assert_outcomes(passed=1)


def test_a_script_that_is_over_fails_the_test(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.script(["One."])
    assert ask() == "One."
    refused()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: a rule had no answer left for 1 request:", '*at_end="repeat"*'])


def test_a_bug_of_the_server_fails_the_test_and_says_whose_it_is(suite):
    result = suite("""
def test_a(fakeapi, monkeypatch):
    from fakeapi import engine

    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setitem(engine.ROADS["/v1/models"], "GET", broken)
    with pytest.raises(anthropic.InternalServerError), anthropic.Anthropic(max_retries=0) as client:
        client.models.list()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: fakeapi itself failed at 1 request:", "*RuntimeError: boom*", "*report it*"])


def test_errors_that_were_asked_for_are_no_faults(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.on("weather").fail(400)
    refused("weather")

@pytest.mark.fakeapi(limits="requests=1/min")
def test_b(fakeapi):
    ask()
    with pytest.raises(anthropic.RateLimitError), anthropic.Anthropic(max_retries=0) as client:
        client.messages.create(**BASIC, **said("again"))
""")
    result.assert_outcomes(passed=2)


def test_a_thread_that_is_not_known_any_more_is_no_fault(suite):
    result = suite("""
def test_a(fakeapi):
    with pytest.raises(anthropic.NotFoundError, match="no usable state"):
        ask(extra_body={"thread": {"type": "continue", "previous_message_id": "msg_011CSHoEeqs5C35K2UUqR7Fy"}})
    assert [call.status for call in fakeapi.calls] == [404]
""")
    result.assert_outcomes(passed=1)


def test_an_agent_that_does_not_stop_fails_the_test_with_what_to_do(suite):
    result = suite("""
def test_a(fakeapi):
    fakeapi.script(["Go on."], loop=True, alarm=2)
    ask(), ask()
    refused()
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*this is turn 3 of an agent*", "*raise alarm*", "*the client doesn't stop.*"])


def test_a_required_rule_that_never_answered_fails_the_test(suite):
    result = suite("""
def test_own(fakeapi):
    fakeapi.add({"name": "paris", "match": "Paris", "respond": "Rainy.", "required": True})

@pytest.mark.fakeapi({"name": "rome", "match": "Rome", "respond": "Sunny."}, required=True)
def test_marked():
    pass

@pytest.mark.fakeapi({"match": "Hello", "respond": "Hi."}, required=True)
def test_used():
    assert ask() == "Hi."
""")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["  paris (test_suite.py:*)", "      it waits for: Paris", "  rome (test_suite.py:*)"])


def test_verdicts_fail_a_test_where_they_are_asked_for(suite):
    code = """
@pytest.mark.fakeapi(verdicts=True)
def test_a(fakeapi):
    fakeapi.fail(400)
    for _ in range(2):
        with pytest.raises(anthropic.BadRequestError):
            ask()
"""
    result = suite(code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fakeapi: the client did 1 thing wrong:", "*non_retryable_retried*", "*Retry 408*"])
    suite(code.replace("(verdicts=True)", "()")).assert_outcomes(passed=1)


def test_a_test_that_fails_by_itself_is_not_failed_again_and_shows_its_last_exchanges(suite):
    result = suite("""
def test_a(fakeapi):
    for number in range(7):
        ask(f"question {number}")
    refused(**BROKEN)
    assert "this" == "that"
""")
    result.assert_outcomes(failed=1)
    text = shown(result)
    assert "fakeapi: 8 exchanges" in text
    assert "(3 earlier requests are not shown)" in text
    assert "asked     question 2" not in text
    assert "asked     question 3" in text
    assert "assert 'this' == 'that'" in text
    assert "What to do" not in text


def test_a_test_that_passes_shows_nothing(suite):
    assert "exchange" not in shown(suite("def test_a(fakeapi):\n    ask()\n", "-rA"))


def test_what_goes_wrong_after_the_test_is_an_error_of_its_teardown(suite):
    result = suite("""
@pytest.fixture
def application(fakeapi):
    yield
    refused(**BROKEN)

def test_a(application):
    pass
""")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["fakeapi: 1 request was refused*", "*fakeapi: 1 exchange*"])


def test_a_setup_that_fails_shows_the_exchanges(suite):
    result = suite("""
@pytest.fixture
def application(fakeapi):
    ask("are you there?")
    raise RuntimeError

def test_a(application):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fakeapi: 1 exchange*", "*are you there?*"])


def test_an_expected_failure_may_be_of_this_kind(suite):
    result = suite("@pytest.mark.xfail(strict=True)\ndef test_a(fakeapi):\n    refused(**BROKEN)\n")
    result.assert_outcomes(xfailed=1)


# Ways to write tests


def test_unittest_classes_have_it_as_an_attribute(suite):
    result = suite("""
class TestWeather(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _offline(self, fakeapi):
        self.fakeapi = fakeapi

    def test_good(self):
        self.fakeapi.on("weather").reply("Sunny.")
        self.assertEqual(ask("weather"), "Sunny.")

    def test_bad(self):
        with self.assertRaises(anthropic.BadRequestError):
            ask(**BROKEN)

    def test_failing_by_itself(self):
        with self.assertRaises(anthropic.BadRequestError):
            ask(**BROKEN)
        self.fail("by itself")

@pytest.mark.usefixtures("fakeapi")
class TestEnvironment(unittest.TestCase):
    def test_it(self):
        self.assertEqual(ask(), "Hello!")
""")
    result.assert_outcomes(passed=2, failed=2)
    assert shown(result).count("1 request was refused") == 1


def test_asyncio_and_trio_work(suite):
    result = suite("""
async def asked(client):
    async with client:
        message = await client.messages.create(**BASIC, **said("Hello, Claude"))
        return message.content[0].text

@pytest.mark.asyncio
async def test_asyncio(fakeapi):
    fakeapi.reply("Hi.")
    assert await asyncio.gather(*(asked(fakeapi.async_client()) for _ in range(5))) == ["Hi."] * 5
    assert len(fakeapi.calls) == 5

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.mark.anyio
async def test_anyio(fakeapi):
    assert await asked(anthropic.AsyncAnthropic()) == "Hello!"

@pytest.mark.anyio
async def test_in_process(fakeapi_in_process):
    fakeapi_in_process.reply("Hi.")
    assert await asked(fakeapi_in_process.async_client()) == "Hi."

@pytest.mark.asyncio
async def test_what_goes_wrong(fakeapi):
    with pytest.raises(anthropic.BadRequestError):
        async with fakeapi.async_client() as client:
            await client.messages.create(**BASIC, messages=[])
""")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*messages: at least one message is required"])


def test_under_xdist_each_worker_has_a_server(suite):
    result = suite(
        """
@pytest.mark.parametrize("number", range(8))
def test_a(fakeapi, number, record_property):
    fakeapi.reply(f"answer {number}")
    assert ask() == f"answer {number}"
    assert len(fakeapi.calls) == 1

def test_b(fakeapi):
    refused(**BROKEN)
""",
        *("-n", "2"),
        apart=True,
    )
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*fakeapi: 1 request was refused*", "*fakeapi: 1 exchange*"])


# Marker and options


def test_a_marker_brings_the_fixture_its_rules_and_its_settings(suite):
    result = suite("""
@pytest.mark.fakeapi(rules=[{"match": "weather", "respond": "Sunny."}, {"match": {}, "respond": "What?"}], seed=7)
def test_values():
    assert (ask("weather"), ask("else")) == ("Sunny.", "What?")

@pytest.mark.fakeapi("- {match: weather, respond: Rainy.}\\n- {match: {}, respond: What?}\\n", pace="instant")
def test_yaml(fakeapi):
    assert (ask("weather"), ask("else")) == ("Rainy.", "What?")

@pytest.mark.fakeapi({"match": {}, "respond": "the class"}, seed=1, models="current")
class TestClass:
    @pytest.mark.fakeapi({"match": "weather", "respond": "the function"}, seed=2)
    def test_nearest_first(self, fakeapi):
        assert (ask("weather"), ask("else")) == ("the function", "the class")
        assert (fakeapi.settings["seed"], fakeapi.settings["models"]) == (2, "current")

def test_nothing_is_left(fakeapi):
    assert fakeapi.rules == [] and fakeapi.settings["seed"] == 0
""")
    result.assert_outcomes(passed=4)


def test_rules_may_lie_in_files_beside_the_test(suite, pytester):
    pytester.makefile(".yaml", weather="- {match: weather, respond: Sunny.}\n")
    folder = pytester.mkdir("more")
    (folder / "answer.json").write_text('{"content": [{"type": "text", "text": "Recorded."}]}')
    (folder / "some.yaml").write_text("- {match: recorded, respond: {fixture: ./answer.json}}\n")
    result = suite("""
@pytest.mark.fakeapi(["weather.yaml", "more/"], required=True)
def test_files():
    assert (ask("weather"), ask("recorded")) == ("Sunny.", "Recorded.")

@pytest.mark.fakeapi("weather.yaml")
@pytest.mark.fakeapi("nowhere.yaml")
def test_missing():
    pass
""")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["fakeapi: @pytest.mark.fakeapi of *test_missing: there are no rules at nowhere.yaml*"])


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("sed=7", "has no 'sed'; it takes allow_refused, *seed*"),
        ('contract="strikt"', "'strikt' is not one of strict, warn, shape, off"),
        ('pace="slow"', "slow"),
        ('{"match": "a", "respnd": "b"}', "respnd"),
        ('"- {match: a, respnd: b}\\n"', "respnd"),
    ],
)
def test_a_marker_that_cannot_be_read_is_an_error_in_a_line_without_a_traceback(suite, marker, told):
    result = suite(f"@pytest.mark.fakeapi({marker})\ndef test_a():\n    pass\n")
    result.assert_outcomes(errors=1)
    assert re.search(told.replace("*", ".*"), shown(result))
    assert "Traceback" not in shown(result)
    assert "def _serving" not in shown(result)


def test_ini_options_hold_for_all_tests(suite, pytester):
    pytester.makefile(".yaml", rules="- {match: weather, respond: Sunny.}\n")
    result = suite(
        """
def test_a(fakeapi):
    assert ask("weather") == "Sunny."
    assert (fakeapi.settings["seed"], fakeapi.settings["contract"]) == (7, "shape")

@pytest.mark.fakeapi(seed=8)
def test_b(fakeapi):
    assert (fakeapi.settings["seed"], fakeapi.settings["contract"]) == (8, "shape")

def test_c(fakeapi):
    refused("wether")

def test_d(fakeapi):
    fakeapi.add({"match": "never", "respond": "x"})
""",
        ini="fakeapi_rules = rules.yaml\nfakeapi_seed = 7\nfakeapi_contract = shape\nfakeapi_required = true\n",
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*nearest: rules#1 (rules.yaml:1:3)*", "fakeapi: 1 required rule never answered:"])


def test_an_ini_option_that_cannot_be_read_stops_the_run_in_a_line(suite):
    result = suite("def test_a():\n    pass\n", ini="fakeapi_contract = strikt\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any("fakeapi_contract: 'strikt' is not one of strict, warn" in line for line in result.errlines)


def test_rules_of_the_ini_file_that_cannot_be_read_fail_each_test_with_their_place(suite, pytester):
    pytester.makefile(".yaml", rules="- {match: weather, respnd: Sunny.}\n")
    result = suite("def test_a(fakeapi):\n    pass\n", ini="fakeapi_rules = rules.yaml\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*rules.yaml:1:20: *respnd*"])


def test_a_suite_can_give_the_server_any_setting(suite):
    result = suite("""
@pytest.fixture(scope="session")
def fakeapi_options():
    return {"clock": "virtual", "api_key": ["sk-ant-mine"]}

def test_a(fakeapi):
    assert os.environ["ANTHROPIC_API_KEY"] == "sk-ant-mine"
    assert fakeapi.settings["clock"] == "virtual"
    assert ask() == "Hello!"
""")
    result.assert_outcomes(passed=1)


def test_an_unknown_setting_of_the_suite_is_named(suite):
    result = suite("""
@pytest.fixture(scope="session")
def fakeapi_options():
    return {"colour": "blue"}

def test_a(fakeapi):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["fakeapi: fakeapi_options: colour is no setting; there are admin_host, *"])


def test_a_session_that_begins_anew_has_what_its_marker_wishes(suite):
    result = suite("""
@pytest.mark.fakeapi({"match": {}, "respond": "marked"}, seed=5)
def test_a(fakeapi):
    fakeapi.on("Hello").reply("mine")
    assert ask() == "mine"
    fakeapi.reset()
    assert ask() == "marked"
    assert fakeapi.settings["seed"] == 5 and len(fakeapi.calls) == 1
""")
    result.assert_outcomes(passed=1)


def test_the_options_are_those_of_the_settings():
    known = {setting.name: setting for setting in settings.each()}
    assert known.keys() >= pytest_plugin._SETTINGS.keys()
    assert set(pytest_plugin_wishes._INI_SETTINGS) == pytest_plugin._SETTINGS.keys()
    assert pytest_plugin._SETTINGS.keys() - {"clock"} <= porter.OWN


# In process


def test_the_in_process_variant_needs_no_socket_and_no_time(suite):
    result = suite("""
@pytest.fixture(autouse=True)
def no_sockets(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

def test_fixture(fakeapi_in_process):
    fakeapi_in_process.reply("Hi.", pace="human", fault="stall=500")
    before = fakeapi_in_process.clock.now
    with fakeapi_in_process.client() as client, client.messages.stream(**BASIC, **said("Hello")) as stream:
        assert stream.get_final_text() == "Hi."
    assert fakeapi_in_process.clock.now > before + 400
    assert len(fakeapi_in_process.calls) == 1

@pytest.mark.fakeapi(in_process=True)
def test_marker(fakeapi):
    fakeapi.reply("Yo.")
    assert ask(client=fakeapi.client()) == "Yo."
    assert fakeapi.calls[0].text == "Hello, Claude"

def test_what_goes_wrong(fakeapi_in_process):
    with pytest.raises(anthropic.BadRequestError), fakeapi_in_process.client() as client:
        client.messages.create(**BASIC, messages=[])

def test_other_clients(fakeapi_in_process):
    with httpx2.Client(transport=fakeapi_in_process.transport, base_url="http://anything") as client:
        headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
        assert client.post("/v1/messages", headers=headers, json={**BASIC, **said("Hello, Claude")}).is_success
    assert len(fakeapi_in_process.calls) == 1
    fakeapi_in_process.reset()
    assert ask(client=fakeapi_in_process.client()) == "Hello!"
""")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*messages: at least one message is required"])


def test_all_tests_can_be_in_process_and_other_clients_then_reach_nobody(suite):
    result = suite(
        """
def test_a(fakeapi):
    assert ask(client=fakeapi.client()) == "Hello!"
    with pytest.raises(anthropic.APIConnectionError), anthropic.Anthropic(max_retries=0) as client:
        client.messages.create(**BASIC, **said("Hello"))
""",
        ini="fakeapi_in_process = true\n",
    )
    result.assert_outcomes(passed=1)


def test_only_the_in_process_variant_has_a_transport(suite):
    result = suite("def test_a(fakeapi):\n    fakeapi.transport\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*only the in-process fixture has a transport*"])


# The network


BLOCKED = """
SOMEWHERE = "203.0.113.7"

def test_fixture(fakeapi):
    assert ask() == "Hello!"

def test_the_real_api():
    real = anthropic.Anthropic(api_key="k", max_retries=0)
    with pytest.raises(anthropic.APIConnectionError) as caught, real as client:
        client.messages.create(**BASIC, **said("Hello"))
    causes, fault = [], caught.value
    while fault is not None:
        causes.append(str(fault))
        fault = fault.__cause__ or fault.__context__
    assert any("a connection to api.anthropic.com:443 was blocked" in cause for cause in causes)

@pytest.mark.parametrize("connect", [
    lambda: socket.create_connection((SOMEWHERE, 443), timeout=1),
    lambda: socket.create_connection(("example.com", 443), timeout=1),
    lambda: socket.getaddrinfo("example.com", 443),
    lambda: socket.gethostbyname("example.com"),
    lambda: socket.socket().connect_ex((SOMEWHERE, 443)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", (SOMEWHERE, 53)),
    lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443)),
])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_sockets(connect):
    with pytest.raises(OSError, match="was blocked, since --fakeapi-block-network"):
        connect()

async def open_connection(host):
    await asyncio.open_connection(host, 443)

@pytest.mark.parametrize("host", [SOMEWHERE, "example.com"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_loops(host, loop):
    import uvloop
    factory = asyncio.new_event_loop if loop == "asyncio" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner, pytest.raises(OSError, match=f"connection to {host}:443 was"):
        runner.run(open_connection(host))

def test_trio():
    import trio
    with pytest.raises(OSError, match="was blocked"):
        trio.run(trio.open_tcp_stream, "example.com", 443)

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8", "::ffff:127.0.0.1", "0.0.0.0"])
def test_this_machine(host):
    assert socket.getaddrinfo(host, 80)

def test_unix_sockets():
    with socket.socket(socket.AF_UNIX) as one, pytest.raises(FileNotFoundError):
        one.connect("/tmp/there-is-no-such-socket")
"""


def test_a_blocked_network_lets_this_machine_through_alone(suite):
    before = socket_connect()
    result = suite(BLOCKED, "--fakeapi-block-network")
    result.assert_outcomes(passed=21)
    result.stdout.fnmatch_lines(["fakeapi: connections beyond this machine are blocked"])
    assert socket_connect() is before


def socket_connect() -> object:
    import socket

    return socket.socket.connect


def test_the_network_can_be_blocked_by_the_ini_file_and_a_failing_test_says_what_was(suite):
    result = suite(
        """
def test_a():
    with pytest.raises(OSError):
        socket.create_connection(("203.0.113.7", 443), timeout=1)
    assert False

def test_b():
    assert False
""",
        ini="fakeapi_block_network = true\n",
    )
    result.assert_outcomes(failed=2)
    assert shown(result).count("fakeapi: blocked connections") == 1
    result.stdout.fnmatch_lines(["203.0.113.7:443"])


# What it costs


def test_a_run_that_does_not_use_it_imports_the_plugin_alone(tmp_path):
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    program = (
        "import sys, pytest; pytest.main(['-q', '-p', 'no:cacheprovider', *sys.argv[1:]]);"
        "print('LOADED', *sorted(sys.modules))"
    )

    def loaded(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", program, *arguments, str(tmp_path)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(done.stdout.partition("LOADED ")[2].split())

    more = {name for name in loaded() - loaded("-p", "no:fakeapi") if not name.startswith("__editable__")}
    assert more == {"fakeapi", "fakeapi.adapters", "fakeapi.adapters.pytest_plugin"}


def test_each_option_is_documented():
    document = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text()
    for name in (*pytest_plugin._SETTINGS, *pytest_plugin._SWITCHES, "rules", "verdicts"):
        assert f"`fakeapi_{name}`" in document
