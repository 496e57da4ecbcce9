"""Whatever is asked of the admin API wrongly gets a 4xx that names the place, and never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fakeapi.adapters.admin.operations import OPERATIONS, PREFIX, TEXTS, Admin, Told
from fakeapi.adapters.admin.watching import Watch
from fakeapi.adapters.porter import Porter
from fakeapi.settings import Settings
from fakeapi.wire import Request, Send
from tests.adapters.admin_calls import Asker, serving
from tests.street import BASIC, DOOR

WRONG: list[tuple[str, str, bytes, str]] = [
    ("POST", "/rules", b"", "POST /_fakeapi/rules: the body is a rule, a list of rules"),
    ("POST", "/rules", b'{"match": ', "the body is not valid JSON"),
    ("POST", "/rules", b'"- {match: x, respond: y}"', "POST /_fakeapi/rules"),
    ("POST", "/rules", b"7", "POST /_fakeapi/rules"),
    ("POST", "/rules", b"null", "the body is a rule"),
    ("POST", "/rules", b'{"match": {"text": 1}, "respond": "x"}', "match.text"),
    ("POST", "/rules", b'{"match": "x", "respnd": "x"}', "respnd"),
    ("POST", "/rules", b'[{"match": "x", "respond": "x"}, {"match": "x"}]', "[1]"),
    ("POST", "/rules", b'{"match": "x", "respond": "x", "times": 0}', "times"),
    ("POST", "/rules", b'{"match": "x", "respond": "x", "priority": "high"}', "priority"),
    (
        "POST",
        "/rules",
        b'[{"name": "a", "match": "x", "respond": "x"},{"name": "a", "match": "y", "respond": "x"}]',
        "name a",
    ),
    ("POST", "/rules", b'{"match": "x", "respond": {"fixture": "./secret.json"}}', "fixture"),
    ("POST", "/rules", b"- match: [\n", "POST /_fakeapi/rules:"),
    ("POST", "/rules", b"\xff\xfe", "not UTF-8: byte 1"),
    ("POST", "/rules", b"- {match: \x00}", "POST /_fakeapi/rules"),
    (
        "POST",
        "/rules?lifetime=soon",
        b'{"match": "x", "respond": "x"}',
        "lifetime is a number of seconds above 0, not 'soon'",
    ),
    ("POST", "/rules?lifetime=nan", b'{"match": "x", "respond": "x"}', "lifetime"),
    ("POST", "/rules?lifetme=5", b'{"match": "x", "respond": "x"}', "'lifetme' is no parameter of the query"),
    ("PUT", "/rules", b'{"rules": 1}', "PUT /_fakeapi/rules"),
    ("DELETE", "/rules/gone", b"", "no rule 'gone'"),
    ("GET", "/rules/gone", b"", "no rule 'gone'"),
    ("POST", "/sessions", b'{"id": 7}', "id is the id of the session, a text; it is 7"),
    ("POST", "/sessions", b'{"settings": []}', "settings is an object of settings; it is a list"),
    ("POST", "/sessions", b'{"name": "x"}', "'name' is no member of the body; there are id, rules, settings"),
    ("POST", "/sessions", b"[]", "the body is an object"),
    ("POST", "/sessions/x/snapshot", b'{"name": null}', "name is the name of the snapshot, a text; it is null"),
    ("POST", "/sessions/x/snapshot", b'{"name": ""}', "name has 1 to 200 characters"),
    ("POST", "/sessions/x/rollback", b'{"name": "gone"}', "no snapshot 'gone'"),
    ("GET", "/sessions/gone", b"", "there is no session 'gone'"),
    ("DELETE", "/sessions/gone", b"", "there is no session 'gone'"),
    ("GET", "/journal?colour=red", b"", "'colour' is no filter"),
    ("GET", "/journal?limit=0", b"", "limit is a whole number, 1 or more, not '0'"),
    ("GET", "/journal?after=-1", b"", "after is a whole number"),
    ("GET", "/journal?before=%D9%A3", b"", "before is a whole number"),
    ("GET", "/journal?full=maybe", b"", "full is true or false"),
    ("GET", "/journal?status=600", b"", "status"),
    ("GET", "/journal.jsonl?limit=2", b"", "'limit' is no filter"),
    ("GET", "/journal/first", b"", "no exchange 'first'"),
    ("GET", "/journal/99999999999999999999", b"", "no exchange"),
    ("POST", "/verify", b"", "verify: the body is an object"),
    ("POST", "/verify", b"[]", "verify: the body is an object"),
    ("POST", "/verify", b'{"match": {"txt": "x"}}', "verify: match.txt: match has no key 'txt'; did you mean text?"),
    ("POST", "/verify", b'{"order": [{"txt": "x"}]}', "verify: order.0 match.txt: match has no key 'txt'"),
    ("POST", "/verify", b'{"match": 5}', "match is an object"),
    ("POST", "/verify", b'{"count": -1}', "count is a whole number from 0"),
    ("POST", "/verify", b'{"timeout": 1e9}', "timeout is a number of seconds from 0 to 600"),
    ("POST", "/verify", b'{"over": "yes"}', "over is true or false"),
    ("POST", "/verify", b'{"order": []}', "order is a list of matches"),
    ("GET", "/verdicts?only=nonsense", b"", "'nonsense' is no verdict"),
    ("POST", "/clock", b"", "advance is the seconds to let pass; it is missing"),
    ("POST", "/clock", b'{"advance": "1h"}', "advance is the seconds to let pass; it is '1h'"),
    ("POST", "/clock", b'{"advance": -1}', "time never runs backwards"),
    ("POST", "/clock", b'{"advance": 1e300}', "calendars end"),
    ("POST", "/clock", b'{"set": 253402299995}', "calendars end"),
    ("POST", "/clock", b'{"set": 0}', "time never runs backwards"),
    ("POST", "/reset", b'{"session": "other"}', "'session' is no member of the body"),
    ("POST", "/sessions/one/reset", b"[]", "the body is an object"),
    ("POST", "/verify", b'{"aver": true}', "at_most, never, order, retries, timeout, over"),
    ("POST", "/clock", b'{"set": 1, "advance": 1}', "don't go together"),
    ("POST", "/clock", b'{"advance": true}', "it is true"),
    ("PATCH", "/settings", b'{"port": 1}', "PATCH /_fakeapi/settings: port belongs to the whole server"),
    ("PATCH", "/settings", b'{"colour": "red"}', "PATCH /_fakeapi/settings: colour is no setting"),
    ("PATCH", "/settings", b'{"contract": "lax"}', "PATCH /_fakeapi/settings: contract: 'lax' is not one of strict"),
    ("PATCH", "/settings", b'{"seed": 1.5}', "seed: '1.5' is not a whole number"),
    ("PATCH", "/settings", b'{"seed": null}', "PATCH /_fakeapi/settings: seed must be a whole number, not null"),
    ("PATCH", "/settings", b'{"seed": true}', "seed must be a whole number, not true"),
    ("PATCH", "/settings", b'{"contract": {}}', "contract must be one of strict, warn, shape, off, not an object"),
    ("PATCH", "/settings", b'{"api_key": [null]}', "api_key must be a text, or a list of texts, not null"),
    ("PATCH", "/settings", b'{"pace": null}', "pace must be a text, not null"),
    ("PATCH", "/settings", b'{"seed": [1, 2]}', "seed takes one value, not 2"),
    ("PATCH", "/settings", b'{"pace": "quick"}', "PATCH /_fakeapi/settings: pace: 'quick' is no pace"),
    ("PATCH", "/settings", b'{"limits": "tier9"}', "PATCH /_fakeapi/settings: limits: 'tier9' is no rate limit"),
    ("POST", "/sessions", b'{"settings": {"pace": "quick"}}', "POST /_fakeapi/sessions: pace: 'quick' is no pace"),
    ("POST", "/sessions", b'{"settings": {"port": 1}}', "POST /_fakeapi/sessions: port belongs to the whole server"),
    ("GET", "/journal?limit=1&limit=2", b"", "GET /_fakeapi/journal: the query string says 'limit' twice; say it once"),
    ("GET", "/rules?session=a&session=a", b"", "the query string says 'session' twice"),
    ("GET", f"/rules?session={'x' * 201}", b"", "can't be the id of a session"),
    ("GET", "/rules?session=a%2Fb", b"", "can't be the id of a session"),
    ("GET", f"/rules?{'&'.join(f'a{n}=1' for n in range(101))}", b"", "more than 100 parameters"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Asker]:
    with serving() as asker:
        yield asker


@pytest.mark.parametrize(("method", "path", "body", "told"), WRONG, ids=lambda part: str(part)[:60])
def test_what_is_wrong_is_told(server, method, path, body, told):
    answer = server.ask(method, f"/_fakeapi{path}", body)
    assert answer.status in (400, 404)
    assert told in answer.said


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/clock", 405), ("POST", "/nowhere", 404)])
@pytest.mark.parametrize("query", ["", "?session=a%2Fb", "?a=1&a=2"])
def test_where_nothing_can_be_done_nothing_else_of_a_request_is_looked_at(server, method, path, status, query):
    assert server.ask(method, f"/_fakeapi{path}{query}", b'{"advance": ').status == status


def test_a_body_that_calls_itself_json_is_not_read_as_yaml(server):
    answer = server.ask("POST", "/_fakeapi/rules", b"- match", {"content-type": "application/json; charset=utf-8"})
    assert "the body is not valid JSON" in answer.said


def test_a_fault_of_yaml_has_its_line(server):
    answer = server.ask("PATCH", "/_fakeapi/settings", b"seed: 1\nseed: 2\n", {"content-type": "application/yaml"})
    assert "PATCH /_fakeapi/settings:2:1: the key seed stands here twice" in answer.said


def test_nothing_of_what_is_refused_is_done(server):
    rules = [{"match": "good", "respond": "x"}, {"match": "bad"}]
    assert server.ask("POST", "/_fakeapi/rules", rules).status == 400
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}
    changed = {"seed": 3, "contract": "lax"}
    assert server.ask("PATCH", "/_fakeapi/settings", changed).status == 400
    assert server.json("GET", "/_fakeapi/settings")["seed"] == 0


def test_a_session_is_bounded(monkeypatch):
    monkeypatch.setattr("fakeapi.adapters.admin.shelf.MOST_RULES", 10)
    with serving() as server:
        for name in range(100):
            assert server.ask("POST", "/_fakeapi/snapshot", {"name": str(name)}).status == 200
        assert (
            "a session keeps 100 snapshots; take one of '0', '1'"
            in server.ask("POST", "/_fakeapi/snapshot", {"name": "x"}).said
        )
        assert server.ask("POST", "/_fakeapi/snapshot", {"name": "7"}).status == 200
        rules = [{"match": str(number), "respond": "x"} for number in range(6)]
        assert server.ask("POST", "/_fakeapi/rules", rules).status == 200
        assert "a session has 10 rules at most" in server.ask("POST", "/_fakeapi/rules", rules).said
        yaml = b"".join(b"- {match: x%d, respond: x}\n" % number for number in range(6))
        assert "a session has 10 rules at most" in server.ask("POST", "/_fakeapi/rules", yaml).said
        named = [{**rule, "name": f"rule#{number}"} for number, rule in enumerate(rules, 1)]
        assert server.ask("POST", "/_fakeapi/rules", named).status == 200
        assert server.ask("PUT", "/_fakeapi/rules", rules).status == 200


def test_rules_that_have_no_room_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr("fakeapi.adapters.admin.shelf.MOST_RULES", 10)
    monkeypatch.setattr("fakeapi.adapters.admin.shelf.load_values", None)
    with serving() as server:
        rules = [{"match": str(number), "respond": "x"} for number in range(11)]
        assert "a session has 10 rules at most" in server.ask("POST", "/_fakeapi/rules", rules).said


def test_deep_bodies_are_refused(server):
    for depth in (150, 900, 100_000):
        body = b'{"match": ' * depth + b"1" + b"}" * depth
        for path in ("/rules", "/verify", "/settings", "/sessions"):
            answer = server.ask("PATCH" if path == "/settings" else "POST", f"/_fakeapi{path}", body)
            assert answer.status == 400


_NAMES = ["name", "match", "respond", "times", "rules", "id", "settings", "advance", "set", "count", "order", "timeout"]
_NAMES += ["text", "over", "seed", "contract", "pace", "priority", "never", "at_least", "lifetime", "tool_use", "error"]
_SCALARS = some.none() | some.booleans() | some.integers(-3, 9) | some.floats() | some.text(max_size=9)
_VALUES = some.recursive(
    _SCALARS | some.sampled_from(["x", "..", "a/b", "\ud800", "{{", "(", "never", "0"]),
    lambda deeper: some.lists(deeper, max_size=3) | some.dictionaries(some.sampled_from(_NAMES), deeper, max_size=4),
    max_leaves=12,
)
_BODIES = (
    some.dictionaries(some.sampled_from(_NAMES), _VALUES, max_size=4).map(lambda value: _json(value))
    | _VALUES.map(lambda value: _json(value))
    | some.binary(max_size=40)
    | some.text("-{}[]:,&*!|>'\"\n ab#%@`?\t\x00\u2028é", max_size=40).map(str.encode)
)
_ASKED = some.sampled_from(sorted({*OPERATIONS, *(("GET", path) for path in TEXTS), ("POST", "/nowhere")}))
_PARTS = some.sampled_from(["x", "default", "1", "..", "%2F", "%", "%FF", "é", "rule%231", "", "a" * 300])
_QUERIES = some.sampled_from(
    ["", "session=x", "session=%00", "after=1", "limit=x", "lifetime=3", "only=resilience", "=&=", "place=x"]
)
_KINDS = some.sampled_from(["application/json", "application/yaml", "text/plain", "", "é"])


def _json(value: Any) -> bytes:
    return dumps(value).encode()


@settings(max_examples=600)
@given(asked=_ASKED, part=_PARTS, query=_QUERIES, kind=_KINDS, body=_BODIES)
def test_no_request_whatever_is_answered_by_a_500(asked, part, query, kind, body):
    method, path = asked
    for placeholder in ("{name}", "{id}", "{number}"):
        path = path.replace(placeholder, part)
    told = _ADMIN.begin(method, PREFIX + path, query, {"content-type": kind}, body)
    content = told.content.result().as_json() if isinstance(told.content, Watch) else told.content
    assert told.status in (200, 400, 404, 405), (told, content)
    if told.status != 200:
        _check_refusal(told)
    elif isinstance(content, dict):
        orjson.dumps(content, default=str)
    else:
        b"".join(content)


def _check_refusal(told: Told) -> None:
    assert isinstance(told.content, dict)
    error = told.content["error"]
    assert error["status"] == told.status
    assert error["message"]
    assert "Traceback" not in error["message"]


def _visited() -> Porter:
    """A server to which something has come already, well and ill."""
    porter = Porter(Settings())
    for body in (
        _json(BASIC),
        _json({**BASIC, "stream": True}),
        b"{",
        b"\xff",
        b'{"model": 1, "messages": "x"}',
        b"[]",
    ):
        visit = porter.answer(Request("POST", "/v1/messages", "", dict(DOOR), body))
        for effect in visit.reply.effects:
            if isinstance(effect, Send):
                visit.sent(effect.data)
        porter.close(visit, "completed")
    return porter


_ADMIN = Admin(_visited())
