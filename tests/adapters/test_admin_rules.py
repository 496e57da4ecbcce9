"""Rules by the admin API: added, replaced, shown, removed."""

from __future__ import annotations

from urllib.parse import quote

import pytest

ODD = ["rule#1", "a/b", "a?b=c&d", "ünd", "100%25", "a b", "..", "%2F", "東京"]
YAML = {"content-type": "application/yaml"}


def test_a_rule_answers_as_soon_as_it_is_added(server):
    assert server.json("POST", "/_fakeapi/rules", {"match": "weather", "respond": "Sunny."}) == {
        "added": ["rule#1"],
        "warnings": [],
    }
    assert server.say("the weather?") == "Sunny."


@pytest.mark.parametrize(
    "given",
    [
        {"match": "weather", "respond": "Sunny."},
        [{"match": "weather", "respond": "Sunny."}],
        {"rules": [{"match": "weather", "respond": "Sunny."}]},
    ],
)
def test_rules_come_in_every_form_that_files_have(server, given):
    server.json("POST", "/_fakeapi/rules", given)
    assert server.say("the weather?") == "Sunny."


@pytest.mark.parametrize("kind", ["application/yaml", "text/x-yaml", "application/x-www-form-urlencoded", "", None])
def test_rules_may_be_yaml(server, kind):
    text = b"- {match: weather, respond: Sunny.}\n- match: rain\n  respond: Wet.\n"
    headers = {} if kind is None else {"content-type": kind}
    assert server.ask("POST", "/_fakeapi/rules", text, headers).json["added"] == ["rule#1", "rule#2"]
    assert [server.say(text) for text in ("weather", "rain")] == ["Sunny.", "Wet."]


def test_yaml_is_good_for_every_operation(server):
    assert server.ask("POST", "/_fakeapi/clock", b"advance: 3600", YAML).json["kind"] == "real"
    verified = server.ask("POST", "/_fakeapi/verify", b"match: {text: x}\nnever: true\n", YAML)
    assert verified.json["passed"]
    assert server.ask("PATCH", "/_fakeapi/settings", b"contract: warn\nlocked: on\n", YAML).json["contract"] == "warn"


def test_later_rules_are_asked_first_and_priorities_count(server):
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "first", "priority": 1})
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "second"})
    assert server.say("x") == "first"
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "third", "priority": 1})
    assert server.say("x") == "third"


def test_a_rule_answers_as_often_as_it_may(server):
    server.json("POST", "/_fakeapi/rules", {"match": {}, "respond": "Twice.", "times": 2})
    assert [server.say("Hello, Claude") for _ in range(3)] == ["Twice.", "Twice.", "Hello!"]
    (rule,) = server.json("GET", "/_fakeapi/rules")["rules"]
    assert (rule["times"], rule["used"]) == (2, 2)


def test_a_rule_lives_as_long_as_it_may_on_the_sessions_clock(server):
    server.json("POST", "/_fakeapi/rules?lifetime=60", {"match": {}, "respond": "For a minute."})
    server.json("POST", "/_fakeapi/rules", {"name": "x", "match": {"text": "never"}, "respond": "x"})
    now = server.json("GET", "/_fakeapi/clock")["now"]
    ends = {rule["name"]: rule["ends"] for rule in server.json("GET", "/_fakeapi/rules")["rules"]}
    assert ends["x"] is None
    assert 50 < ends["rule#1"] - now <= 60
    server.json("POST", "/_fakeapi/clock", {"advance": 59})
    assert server.say("Hello, Claude") == "For a minute."
    server.json("POST", "/_fakeapi/clock", {"advance": 2})
    assert server.say("Hello, Claude") == "Hello!"
    assert [rule["name"] for rule in server.json("GET", "/_fakeapi/rules")["rules"]] == ["x"]


def test_a_rule_whose_time_is_over_is_gone_from_the_list_before_anybody_asks(server):
    server.json("POST", "/_fakeapi/rules?lifetime=1", {"match": {}, "respond": "x"})
    server.json("POST", "/_fakeapi/clock", {"advance": 2})
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


def test_rules_are_replaced_and_removed(server):
    server.json("POST", "/_fakeapi/rules", [{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    replaced = server.json("PUT", "/_fakeapi/rules", [{"match": "c", "respond": "C"}])
    assert replaced["added"] == ["rule#3"]
    assert server.say("c") == "C"
    assert server.json("DELETE", "/_fakeapi/rules") == {"removed": ["rule#3"]}
    assert server.json("GET", "/_fakeapi/rules") == {"rules": []}


@pytest.mark.parametrize("name", ODD)
def test_a_rule_of_any_name_is_found_and_removed(server, name):
    server.json("POST", "/_fakeapi/rules", {"name": name, "match": "a", "respond": "A"})
    path = f"/_fakeapi/rules/{quote(name, safe='')}"
    assert server.json("GET", path)["name"] == name
    assert server.json("DELETE", path) == {"removed": [name]}
    assert server.ask("DELETE", path).status == 404


def test_doubtful_rules_come_with_a_warning(server):
    rules = [{"match": {}, "respond": "x"}, {"match": "never reached", "respond": "y"}]
    (warning,) = server.json("POST", "/_fakeapi/rules", rules)["warnings"]
    assert "matches everything" in warning


def test_unused_rules_are_told(server):
    server.json("POST", "/_fakeapi/rules", [{"match": "a", "respond": "A"}, {"match": "b", "respond": "B"}])
    server.say("a")
    for path in ("/_fakeapi/unused", "/_fakeapi/rules/unused"):
        assert [rule["name"] for rule in server.json("GET", path)["unused"]] == ["rule#2"]
