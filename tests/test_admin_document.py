"""schemas/admin/openapi.json says what the admin API does: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Any

import orjson
import pytest

from fakeapi import assets
from fakeapi.adapters.admin.asking import PREFIX
from fakeapi.adapters.admin.operations import OPERATIONS, QUERIES, TEXTS, Admin
from fakeapi.adapters.lateness import Lateness
from fakeapi.adapters.porter import Porter
from fakeapi.facts import schemas
from fakeapi.memory.filters import Filter
from fakeapi.settings import Settings
from fakeapi.wire import Request, Send
from tests.memory.diary import HEADERS, body, user

DOCUMENT: dict[str, Any] = assets.read_json("schemas/admin/openapi.json")
COMPONENTS: dict[str, Any] = DOCUMENT["components"]
BESIDE = {("GET", path) for path in ("/health", "/metrics", "/openapi.json", *TEXTS)}
EVERYWHERE = ("session", "x-fakeapi-session", "place")
RULE = {"name": "weather", "match": {"text": "weather"}, "respond": "Sunny", "times": 2}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def parameters(operation: dict[str, Any]) -> list[str]:
    """The names of the parameters that the query string or a header has."""
    given = [
        COMPONENTS["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", [])
    ]
    return [each["name"] for each in given if each["in"] != "path"]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def bundled(schema: Any) -> dict[str, Any]:
    """A schema of the document in one piece."""
    text = dumps({**schema, "$defs": COMPONENTS["schemas"]})
    return dict(orjson.loads(text.replace("#/components/schemas/", "#/$defs/")))


def test_it_has_every_operation_and_no_other():
    named = {(method, path.removeprefix(PREFIX)) for method, path, _ in operations()}
    assert named == OPERATIONS.keys() | BESIDE


def test_every_operation_has_a_name_of_its_own_a_summary_and_its_parameters():
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    for _, path, operation in operations():
        assert operation["summary"]
        given = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert given == {each["name"] for each in operation.get("parameters", []) if each.get("in") == "path"}


def test_every_reference_leads_somewhere_and_everything_is_referred_to():
    references = {node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node}
    assert references == {f"#/components/{kind}/{name}" for kind, named in COMPONENTS.items() for name in named}


@pytest.mark.parametrize("name", COMPONENTS["schemas"])
def test_every_schema_is_one(name):
    assert schemas.is_json_schema(bundled(COMPONENTS["schemas"][name]))


def test_every_filter_of_the_journal_is_there():
    for path in ("/journal", *TEXTS):
        named = parameters(DOCUMENT["paths"][PREFIX + path]["get"])
        assert [name for name in named if name in Filter._fields] == list(Filter._fields)


def test_every_parameter_of_a_query_is_there_and_no_other():
    for (method, path), known in QUERIES.items():
        named = parameters(DOCUMENT["paths"][PREFIX + path][method.lower()])
        if known is not None:
            assert [name for name in named if name not in EVERYWHERE] == list(known)
    for method, path, operation in operations():
        key = (method, path.removeprefix(PREFIX))
        if key in OPERATIONS and key not in QUERIES:
            assert [name for name in parameters(operation) if name not in EVERYWHERE] == []


@pytest.fixture
def admin() -> Admin:
    """A server to which something has come: an answer, a stream, a refusal, and one that no rule matched."""
    porter = Porter(Settings(clock="virtual", unmatched="error"))
    admin = Admin(porter)
    unused = {"name": "never", "match": {"text": "x1"}, "respond": "x"}
    for path, given in (("/rules", [RULE, unused]), ("/sessions", {"id": "a", "rules": [RULE]})):
        assert admin.answer("POST", PREFIX + path, body=dumps(given).encode()).status == 200
    admin.answer("POST", "/_fakeapi/sessions/a/snapshot", body=b'{"name": "s"}')
    for asked in (user("weather?"), user("news?"), user("weather!")):
        content = body(asked, stream=asked["content"].endswith("!"), max_tokens=-1 if "news" in asked["content"] else 9)
        _ask(porter, content)
    _ask(porter, body(user("the wether")))
    return admin


def _ask(porter: Porter, content: Any) -> None:
    visit = porter.answer(Request("POST", "/v1/messages", "", HEADERS, dumps(content).encode()))
    for effect in visit.reply.effects:
        if isinstance(effect, Send):
            visit.sent(effect.data)
    porter.close(visit, "completed")


CALLS: list[tuple[str, str, str, Any]] = [
    ("GET", "/rules", "", None),
    ("POST", "/rules", "", [RULE]),
    ("PUT", "/rules", "session=a", {"rules": [RULE]}),
    ("DELETE", "/rules/weather", "session=a", None),
    ("DELETE", "/rules", "session=a", None),
    ("POST", "/rules", "lifetime=60&place=tests/x.py:1", {"rules": [RULE]}),
    ("GET", "/rules/weather", "", None),
    ("GET", "/rules/unused", "", None),
    ("GET", "/unused", "", None),
    ("GET", "/sessions", "", None),
    ("POST", "/sessions", "", {"id": "a", "settings": {"seed": 7}, "rules": [RULE]}),
    ("POST", "/sessions", "", None),
    ("GET", "/sessions/a", "", None),
    ("POST", "/sessions/a/snapshot", "", {"name": "s"}),
    ("POST", "/sessions/a/rollback", "", {"name": "s"}),
    ("POST", "/sessions/a/reset", "", None),
    ("DELETE", "/sessions/a", "", None),
    ("POST", "/reset", "session=a", None),
    ("GET", "/session", "", None),
    ("POST", "/snapshot", "", None),
    ("POST", "/rollback", "session=a", {"name": "s"}),
    ("DELETE", "/session", "session=a", None),
    ("DELETE", "/sessions", "", None),
    ("GET", "/journal", "", None),
    ("GET", "/journal", "full=true&limit=2", None),
    ("GET", "/journal", "before=3&limit=1&status=4xx", None),
    ("GET", "/journal/1", "", None),
    ("GET", "/journal/2", "", None),
    ("GET", "/journal/3", "", None),
    ("GET", "/journal/4", "", None),
    ("DELETE", "/journal", "session=a", None),
    ("GET", "/unmatched", "", None),
    ("POST", "/verify", "", {"match": {"text": "weather"}, "count": 2}),
    ("POST", "/verify", "", {"match": {"text": "rain"}, "timeout": 0}),
    ("POST", "/verify", "", {"order": [{}, {"text": "weather"}], "over": True, "retries": False}),
    ("GET", "/verdicts", "only=resilience", None),
    ("GET", "/verdicts", "", None),
    ("GET", "/clock", "", None),
    ("POST", "/clock", "", {"advance": 1.5}),
    ("GET", "/settings", "", None),
    ("PATCH", "/settings", "session=a", {"seed": 1}),
    ("DELETE", "/settings", "session=a", None),
]
REFUSED: list[tuple[str, str, str, Any]] = [
    ("GET", "/journal", "colour=red", None),
    ("GET", "/journal/99", "", None),
    ("POST", "/verify", "", {"count": "two"}),
    ("POST", "/verify", "", {"match": {"tex": "x"}}),
    ("DELETE", "/rules/nope", "", None),
    ("GET", "/sessions/nope", "", None),
    ("POST", "/clock", "", {"advance": -1}),
    ("PATCH", "/settings", "", {"port": 1}),
    ("POST", "/rules", "", {"match": 1}),
    ("GET", "/verdicts", "only=nope", None),
]


def pattern_of(path: str) -> str:
    """The path of the document that a path means."""
    paths = [pattern for _, pattern in OPERATIONS]
    known = path if path in paths else next(each for each in paths if _fits(each, path))
    return PREFIX + known


def _fits(pattern: str, path: str) -> bool:
    parts, given = pattern.split("/"), path.split("/")
    same = zip(parts, given, strict=False)
    return len(parts) == len(given) and all(part == each or part.startswith("{") for part, each in same)


def answered(admin: Admin, call: tuple[str, str, str, Any]) -> tuple[int, Any, dict[str, Any]]:
    """Status and JSON of a call, and how the document describes it."""
    method, path, query, given = call
    told = admin.answer(method, PREFIX + path, query, {}, b"" if given is None else dumps(given).encode())
    operation = DOCUMENT["paths"][pattern_of(path)][method.lower()]
    return told.status, orjson.loads(orjson.dumps(told.content, default=str)), operation


def schema_of(operation: dict[str, Any], status: int) -> dict[str, Any]:
    response = operation["responses"][str(status)]
    if "$ref" in response:
        response = COMPONENTS["responses"][response["$ref"].rpartition("/")[2]]
    return bundled(response["content"]["application/json"]["schema"])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}?{call[2]}")
def test_what_is_asked_and_answered_is_as_described(admin, call):
    status, content, operation = answered(admin, call)
    assert status == 200, content
    assert schemas.conforms(content, schema_of(operation, 200)), content
    if call[3] is not None:
        given = bundled(operation["requestBody"]["content"]["application/json"]["schema"])
        assert schemas.conforms(call[3], given)


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: f"{call[0]} {call[1]}?{call[2]}")
def test_what_is_refused_is_refused_as_described(admin, call):
    status, content, operation = answered(admin, call)
    assert status in (400, 404)
    assert schemas.conforms(content, schema_of(operation, status)), content


def test_every_operation_is_tried():
    tried = {(method, pattern_of(path).removeprefix(PREFIX)) for method, path, _, _ in CALLS}
    assert tried == OPERATIONS.keys()


def test_every_line_of_an_export_is_an_entry(admin):
    told = admin.answer("GET", "/_fakeapi/journal.jsonl")
    lines = [orjson.loads(line) for line in told.content]
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert all(schemas.conforms(line, bundled(COMPONENTS["schemas"]["Entry"])) for line in lines)


def test_metrics_are_as_described():
    assert schemas.conforms(Lateness().report(), bundled(COMPONENTS["schemas"]["Metrics"]))
