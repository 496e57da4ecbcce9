"""The pytest plugin: the ways to write tests, its marker, its options, and its in-process variant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakeapi import settings
from fakeapi.adapters import porter, pytest_plugin, pytest_plugin_wishes
from tests.adapters import suites

pytest_plugins = ["pytester"]
suite = suites.suite


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
    assert result.stdout.str().count("1 request was refused") == 1


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
        ('contract="strikt"', r"fakeapi: test_\w+\.py:\d+: contract: 'strikt' is not one of strict, warn, shape, off"),
        ('pace="slow"', "slow"),
        ('{"match": "a", "respnd": "b"}', "respnd"),
        ('"- {match: a, respnd: b}\\n"', "respnd"),
    ],
)
def test_a_marker_that_cannot_be_read_is_an_error_in_a_line_without_a_traceback(suite, marker, told):
    result = suite(f"@pytest.mark.fakeapi({marker})\ndef test_a():\n    pass\n")
    result.assert_outcomes(errors=1)
    assert re.search(told.replace("*", ".*"), result.stdout.str())
    assert "Traceback" not in result.stdout.str()
    assert "def _serving" not in result.stdout.str()


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


def test_each_option_is_documented():
    document = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text()
    for name in (*pytest_plugin._SETTINGS, *pytest_plugin._SWITCHES, "rules", "verdicts"):
        assert f"`fakeapi_{name}`" in document
