"""What the log shows of an exchange: the faults that were played, and how it ended."""

from __future__ import annotations

from io import StringIO

import orjson

from fakeapi.adapters.log import logger
from fakeapi.model import Exchange

CUT = Exchange(1, "POST", "/v1/messages", 200, "req_1", "claude-opus-4-8", "example:basic + cut", outcome="cut")


def logged(style: str, exchange: Exchange) -> str:
    out = StringIO()
    logger(style, out)(exchange)
    return out.getvalue()


def test_a_line_shows_the_faults_and_that_the_connection_was_cut():
    assert logged("line", CUT).rstrip().endswith("200  example:basic + cut  cut")


def test_a_line_shows_that_the_client_left():
    assert logged("line", CUT._replace(outcome="client left")).rstrip().endswith("client left")


def test_a_line_says_nothing_of_an_end_in_good_order():
    assert "completed" not in logged("line", CUT._replace(outcome="completed"))


def test_json_has_the_outcome():
    row = orjson.loads(logged("json", CUT))
    assert (row["source"], row["outcome"]) == ("example:basic + cut", "cut")
