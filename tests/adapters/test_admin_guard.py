"""Who may ask the admin API: programs on this machine, and no page of another site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakeapi.adapters.admin.guard import objection
from tests.adapters.admin_calls import Asker, serving
from tests.street import BASIC, DOOR

LOOPBACK = [
    "localhost",
    "localhost:4010",
    "LOCALHOST.",
    "127.0.0.1:80",
    "127.8.9.1",
    "[::1]",
    "[::1]:4010",
    "a.localhost:1",
]
OTHERS = [
    *("example.com", "example.com:4010", "127.0.0.1.example.com", "localhost.example.com", "notlocalhost", "10.0.0.1"),
    *("0.0.0.0", "[::]", "127.1", "2130706433", "user@localhost", "localhost/x", "localhost:x", "[::1", "", " ", "a b"),
    *("localhost:123456", "[localhost]", "localhost#x", "fakeapi"),
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_hosts_are_let_in(host):
    assert objection({"host": host}, ()) == ""


@pytest.mark.parametrize("host", OTHERS)
def test_others_are_not(host):
    assert "answers to loopback hosts only" in objection({"host": host}, ())


def test_a_request_without_a_host_is_not_let_in():
    assert "send a Host header such as localhost" in objection({}, ())


@pytest.mark.parametrize("allowed", ["fakeapi", "FAKEAPI", "fakeapi:4010", "fakeapi."])
def test_a_name_that_is_allowed_is_let_in(allowed):
    assert objection({"host": "Fakeapi:4010"}, (allowed,)) == ""
    assert "--admin-host other allows this one" in objection({"host": "other"}, (allowed,))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:4010", "localhost:4010"),
        ("http://127.0.0.1", "127.0.0.1"),
        ("http://127.0.0.1", "127.0.0.1:80"),
        ("https://localhost", "localhost"),
        ("http://[::1]:4010", "[::1]:4010"),
        ("HTTP://LocalHost:4010", "localhost:4010"),
    ],
)
def test_a_page_of_the_server_itself_is_let_in(origin, host):
    assert objection({"host": host, "origin": origin, "sec-fetch-site": "same-origin"}, ()) == ""


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://example.com",
            "null",
            "http://localhost:3000",
            "http://127.0.0.1:4010",
            "https://localhost:4010.evil",
        ),
        *("file://", "", "localhost:4010", "http://localhost", "chrome-extension://abcdef", "http://localhost:4010/x"),
    ],
)
def test_a_page_of_another_site_is_not(origin):
    assert "a page of another site" in objection({"host": "localhost:4010", "origin": origin}, ())


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "anything"])
def test_what_a_browser_calls_another_site_is_not_let_in(site):
    assert "a page of another site" in objection({"host": "localhost", "sec-fetch-site": site}, ())
    both = {"host": "localhost", "sec-fetch-site": site, "origin": "http://localhost"}
    assert "a page of another site" in objection(both, ())


def test_what_a_person_types_is_let_in():
    assert objection({"host": "localhost", "sec-fetch-site": "none"}, ()) == ""


@pytest.fixture(scope="module")
def server() -> Iterator[Asker]:
    with serving(admin_host=["fakeapi"]) as asker:
        yield asker


def test_a_rebound_name_is_refused_whatever_it_leads_to(server):
    headers = {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"}
    for method, path in [("GET", "/rules"), ("POST", "/rules"), ("GET", "/openapi.json"), ("GET", "/metrics")]:
        answer = server.ask(method, f"/_fakeapi{path}", None, headers)
        assert answer.status == 403
        assert "--admin-host evil.example allows this one" in answer.said
        assert server.ask(method, f"/s/x/_fakeapi{path}", None, headers).status == 403
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


def test_a_page_of_another_site_cannot_post_a_rule(server):
    rule = b'{"match": {}, "respond": "pwned"}'
    for headers in (
        {"origin": "http://evil.example", "content-type": "text/plain"},
        {"origin": "null", "content-type": "application/x-www-form-urlencoded"},
        {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
    ):
        assert server.ask("POST", "/_fakeapi/rules", rule, headers).status == 403
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


def test_no_page_of_another_site_may_read_an_answer(server):
    answer = server.ask("GET", "/_fakeapi/journal", None, {"origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert server.ask("OPTIONS", "/_fakeapi/rules", None, {"origin": "http://evil.example"}).status == 403


def test_health_is_for_everybody(server):
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert server.ask("GET", "/_fakeapi/health", None, headers).json["status"] == "ok"


def test_a_name_that_is_allowed_reaches_everything(server):
    assert server.json("GET", "/_fakeapi/rules", host="fakeapi:4010") == {"rules": []}


def test_the_api_itself_is_for_every_host(server):
    assert server.ask("POST", "/v1/messages", BASIC, {**dict(DOOR), "host": "evil.example"}).status == 200
