"""What the log shows of an exchange: the faults that were played, and how it ended."""

from __future__ import annotations

import re
from io import StringIO

import orjson
import pytest

import fakeapi
from fakeapi.adapters.log import logger, reporter
from fakeapi.model import Exchange
from fakeapi.rules.loading.nodes import Problem
from fakeapi.settings import Settings
from fakeapi.transport import Transport
from tests.adapters.desk import ask

KEY = "sk-ant-api03-QwErTyUiOpAsDfGhJkLzXcVbNm1234567890-AA"
CUT = Exchange(1, "POST", "/v1/messages", 200, "req_1", "claude-opus-4-8", "example:basic + cut", outcome="cut")


def logged(style: str, exchange: Exchange) -> str:
    out = StringIO()
    logger(style, out)(exchange)
    return out.getvalue()


def reported(*problems: Problem) -> list[str]:
    out = StringIO()
    reporter("line", out)(problems)
    return out.getvalue().splitlines()


def test_a_reload_is_a_line():
    assert reported() == ["rules: the rules are reloaded"]


def test_a_broken_file_is_told_with_what_is_in_force_now_and_a_warning_alone():
    broken = Problem("a.yaml", 1, 3, "a rule has no key 'x'", "drop it")
    doubtful = Problem("a.yaml", 2, 3, "never reached", severity="warning")
    assert reported(broken) == [f"rules: {broken}", "rules: the rules as they were stay in force until that is mended"]
    assert reported(doubtful) == [f"rules: {doubtful}"]


def test_a_line_shows_the_faults_and_that_the_connection_was_cut():
    assert logged("line", CUT).rstrip().endswith("200  example:basic + cut  cut")


def test_a_line_shows_that_the_client_left():
    assert logged("line", CUT._replace(outcome="client left")).rstrip().endswith("client left")


def test_a_line_says_nothing_of_an_end_in_good_order():
    assert "completed" not in logged("line", CUT._replace(outcome="completed"))


def test_json_has_the_outcome():
    row = orjson.loads(logged("json", CUT))
    assert (row["source"], row["outcome"]) == ("example:basic + cut", "cut")


def test_a_line_shows_the_rule_and_what_became_of_the_cache():
    line = logged("line", CUT._replace(source="rule:agent 2/3", rule="agent", cache="hit", outcome="completed"))
    assert line.rstrip().endswith("200  rule:agent 2/3  cache hit")


def test_a_line_shows_a_session_that_its_path_does_not():
    assert "session mine" in logged("line", CUT._replace(session="mine"))
    assert "session mine" not in logged("line", CUT._replace(session="mine", path="/s/mine/v1/messages"))
    assert "session" not in logged("line", CUT)


def test_json_has_session_rule_and_cache():
    row = orjson.loads(logged("json", CUT._replace(session="mine", rule="agent", cache="partial")))
    assert (row["session"], row["rule"], row["cache"]) == ("mine", "agent", "partial")
    row = orjson.loads(logged("json", CUT))
    assert (row["session"], row["rule"], row["cache"]) == ("default", None, None)


@pytest.fixture
def unmatched() -> Exchange:
    """An exchange that no rule matched, as a server tells its log."""
    told: list[Exchange] = []
    tester = fakeapi.in_process(Transport(Settings(unmatched="error"), log=told.append))
    tester.on("weather in Paris", name="paris").reply("Rainy.")
    tester.on(tools="get_weather", name="tools").reply("Sunny.")
    ask(tester, f"The wether in Paris? {KEY}")
    return told[0]


def test_near_misses_stand_below_their_line_in_two_columns(unmatched):
    lines = logged("line", unmatched).splitlines()
    assert lines[0].endswith("400  refused")
    assert lines[1] == "  No rule matches this request. The nearest 2 of 2 rules:"
    assert re.fullmatch(r"    paris  tests/adapters/test_log\.py:\d+", lines[2])
    assert re.fullmatch(r"      text\.contains: weather in Paris +came: The wether in Paris\? \[redacted.*", lines[3])
    assert lines[4] == "        you have 'wether', the rule wants 'weather'"
    assert logged("quiet", unmatched).splitlines()[1:] == lines[1:]


def test_near_misses_are_in_colour_on_a_terminal(unmatched):
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    logger("line", out)(unmatched)
    written = out.getvalue()
    assert "\x1b[1mparis\x1b[0m" in written
    assert "\x1b[32mtext.contains: weather in Paris" in written
    assert "\x1b[31mcame: The wether" in written
    assert "\x1b[33myou have 'wether'" in written


def test_json_has_the_near_misses(unmatched):
    row = orjson.loads(logged("json", unmatched))
    assert [near["rule"] for near in row["diagnosis"]["nearest"]] == ["paris", "tools"]


@pytest.mark.parametrize("style", ["line", "quiet", "json"])
def test_no_part_of_a_key_is_written(unmatched, style):
    assert KEY[10:20] not in logged(style, unmatched)
    said = CUT._replace(sentence=f"model: {KEY}", warning=f"x {KEY}", hint=KEY)
    assert KEY[10:20] not in logged(style, said)
