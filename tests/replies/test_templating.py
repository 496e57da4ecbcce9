"""Templates: what they know, what they refuse, and that everything in them comes to an end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakeapi import chance
from fakeapi.replies import fakery, templating
from fakeapi.replies.fakery import Fakery, FakeryError
from fakeapi.replies.sandbox import Sandbox
from fakeapi.replies.templating import TemplateProblemError, check_template, render
from tests.replies.occasions import WEATHER, occasion

RESULTS: list[dict[str, Any]] = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}]},
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "18°C", "is_error": False}],
    },
]


def filled(template: str, **how: Any) -> str:
    assert check_template(template) is None
    return render(template, occasion(**how))


def problem(text: str, **how: Any) -> str:
    """What is wrong with a template, at loading or at filling."""
    found = check_template(text)
    if found is not None:
        return found
    with pytest.raises(TemplateProblemError) as fault:
        render(text, occasion(**how))
    return str(fault.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ user_text }}!", "Hello!"),
        ("{{ model }}", "claude-sonnet-4-5-20250929"),
        ("{{ turn }}", "1"),
        ("{{ messages[0].role }}: {{ messages[-1].content | upper }}", "user: HELLO"),
        ("{{ headers['x-team'] }}", "blue"),
        ("{{ request.max_tokens + 1 }}", "1025"),
        ("{{ groups | length }}{{ metadata | length }}{{ system }}{{ prefill }}", "00"),
        ("{% for n in range(3) %}{{ loop.index }}{{ ',' if not loop.last }}{% endfor %}", "1,2,3"),
        ("{% set a = 'x' %}{{ a ~ 1 ~ [2] }}", "x1[2]"),
        ("{{ [1, 'a', none, true] }}", '[1, "a", null, true]'),
        ("{{ {'a': {'items': 2}}.a.items }}", "2"),
        ("{{ '%s is %05.2f' | format('pi', 3.14159) }}", "pi is 03.14"),
        ("{{ '<b>&' }}", "<b>&"),
        ("{{ {'a': '<b>'} | tojson }}", '{"a": "<b>"}'),
        ("{{ groups.who | default('nobody') }}", "nobody"),
        ("{% raw %}{{ user_text }}{% endraw %}", "{{ user_text }}"),
        ("{% if turn == 1 %}\nfirst\n{% endif %}\nlast\n", "first\nlast\n"),
        ("{{ messages | map(attribute='content') | join('; ') }}", "Hello"),
        ("{{ user_text.split('l') | list }}", '["He", "", "o"]'),
    ],
)
def test_a_template_is_filled(text, said):
    assert filled(text) == said


def test_a_template_knows_what_the_regular_expressions_captured():
    assert (
        filled("{{ groups.city }} {{ groups[1] }} {{ groups['1'] }}", groups={"1": "Rome", "city": "Rome"})
        == "Rome Rome Rome"
    )


def test_a_template_knows_the_tool_results_of_the_last_turn():
    text = "{{ turn }}: {% for result in tool_results %}{{ result.name }} said {{ result.content }}{% endfor %}"
    assert filled(text, messages=RESULTS) == "2: get_weather said 18°C"


def test_a_template_knows_the_tools_system_and_metadata():
    text = "{{ tools[0].name }} {{ system }} {{ metadata.user_id }}"
    system = [{"type": "text", "text": "Be"}, {"type": "text", "text": "brief"}]
    assert filled(text, tools=[WEATHER], system=system, metadata={"user_id": "u-1"}) == "get_weather Be\n\nbrief u-1"


def test_a_template_never_sees_the_key():
    assert problem("{{ headers['x-api-key'] }}") == "there is no 'x-api-key' here; there is x-team"


def test_chance_in_a_template_depends_on_seed_and_request_alone():
    text = "{{ faker.name() }}, {{ faker.city() }}, {{ choice(['a', 'b', 'c', 'd']) }}, {{ randint(1, 1000000) }}"
    assert filled(text) == filled(text)
    assert filled(text) != filled(text, seed=1)
    assert filled(text) != filled(text, text="Something else")


def test_two_providers_in_one_template_draw_differently():
    first, second = filled("{{ faker.name() }}|{{ faker.name() }}").split("|")
    assert first != second


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ groops.x }}", "'groops' is not known; did you mean 'groups'?"),
        ("{{ now() }}", "'now' is not known: a template has no clock"),
        ("{{ lipsum() }}", "'lipsum' is not known; a template knows user_text"),
        ("{{ user_text | shout }}", "No filter named 'shout' here; filters are abs,"),
        ("{{ user_text", "what {{ opens is not closed: add the }}"),
        ("{% if turn %}", "close it, as {% endif %}"),
        ("line\n{{ 1 +* 2 }}", "line 2: unexpected '*'"),
        ("{{ faker.citty() }}", "faker has no 'citty'; did you mean faker.city()?"),
        ("{{ faker.date_this_year() }}", "asks what day it is"),
        ("{% macro a() %}{% endmacro %}", "{% macro %} is not for templates here"),
        ("{% include 'a' %}", "{% include %} is not for templates here"),
        ("{% extends 'a' %}", "{% extends %} is not for templates here"),
        ("{% for a in [[1]] recursive %}{{ loop(a) }}{% endfor %}", "a loop can't be recursive here"),
        ("{{ self }}", "'self' is no name for templates here"),
        ("{{ _each([1]) }}", "'_each' is no name for templates here"),
        ("x" * 20_001, "longer than 20,000 characters"),
        ("{{" + "(" * 5000 + "1" + ")" * 5000 + "}}", "nested too deeply"),
    ],
)
def test_a_mistake_is_told_when_the_rule_is_loaded(text, told):
    assert told in (check_template(text) or "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ groups.city }}", "there is no 'city' here, there is nothing"),
        ("one\ntwo {{ groups.city }}", "line 2: there is no 'city' here"),
        ("{{ tool_results[0].content }}", "there is no item 0 in a list of 0"),
        ("{{ user_text.content }}", "the text 'Hello' has no 'content'"),
        ("{{ turn / 0 }}", "division by zero"),
        ("{{ choice([]) }}", "there is nothing to choose from"),
        ("{{ faker.city }}", "faker.city() rather than faker.city"),
        ("{{ faker.text(max_nb_chars=9999999) }}", "max_nb_chars=9999999 is more than 5000"),
        ("{{ faker.city(1, 2) }}", "faker.city:"),
        ("{% for a in 5 %}{% endfor %}", "'int' object is not iterable"),
    ],
)
def test_a_mistake_that_depends_on_the_request_is_told_when_it_is_filled(text, told):
    assert told in problem(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ user_text.__init__.__globals__ }}",
        "{{ faker._draw }}",
        "{{ faker.__class__ }}",
        "{{ choice.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ [].append(1) }}",
        "{{ messages.clear() }}",
        "{{ request.update({}) }}",
        "{{ request.pop('model') }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ''.format_map({}) }}",
        "{{ messages | map('attr', '__class__') | list }}",
        "{{ messages | map(attribute='__class__') | list | string }}",
        "{{ (1).real }}",
    ],
)
def test_nothing_inside_of_values_can_be_reached(text):
    assert problem(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
        "{{ range(100000) | list }}",
        "{{ 'a' * 100000000 }}",
        "{{ [1] * 100000000 }}",
        "{{ 2 ** 99999999 }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{% set a = 'x' * 1000 %}" + "{% set a = a ~ a %}" * 40,
        "{% set a = 'x' * 1000 %}" + "{% set a = a + a %}" * 40,
        "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
        "{% set a = 'x' * 1000 %}" + "{% set a = a | replace('x', a) %}" * 3,
        "{{ range(10000) | join('x' * 1000) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%*d' | format(999999999, 1) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 1.5 | round(999999999) }}",
        "{% for a in range(2000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{% for a in range(9999) %}{{ ('x' * 100000) | upper | length }}{% endfor %}",
        "{% for a in range(9999) %}{{ ('x' * 100000).split('y') | length }}{% endfor %}",
    ],
)
def test_everything_in_a_template_comes_to_an_end(text):
    assert problem(text)


def test_every_provider_of_faker_gives_the_same_whatever_the_day(monkeypatch):
    from faker.providers import date_time

    def drawn(offset: timedelta) -> dict[str, Any]:
        class Shifted(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(1_700_000_000, tz) + offset

            today = utcnow = now

        monkeypatch.setattr(date_time, "datetime", Shifted)
        found = {}
        for name in sorted(fakery.names()):
            try:
                found[name] = getattr(Fakery("day"), name)()
            except FakeryError:
                found[name] = "takes arguments"
        return found

    assert drawn(timedelta()) == drawn(timedelta(days=4000))


def test_a_provider_is_never_the_faker_itself():
    assert fakery.names().isdisjoint({"seed", "seed_instance", "add_provider", "random", "unique", "format", "parse"})
    assert all(not name.startswith("_") for name in fakery.names())


def test_a_provider_gives_json():
    assert fakery.plain((datetime(2025, 3, 14, 9, 30), {2, 1})) == ["2025-03-14T09:30:00", [1, 2]]
    with pytest.raises(FakeryError, match="can't hold bytes"):
        fakery.plain(b"\x00")


def test_another_user_of_faker_in_between_changes_nothing():
    alone = filled("{{ faker.name() }}{{ faker.name() }}")
    made = Fakery(*occasion().mark)
    first = made.name()
    chance.faker("somebody else").name()
    assert first + made.name() == alone


def test_every_name_that_is_told_is_there():
    assert set(templating.known(occasion())) | {"range"} == set(templating.NAMES)


PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()


def test_the_page_names_all_that_a_template_knows():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(templating.NAMES)


def test_the_page_names_all_filters():
    told = PAGE[PAGE.index("Filters:") : PAGE.index("All of Jinja's tests")]
    assert set(re.findall(r"`(\w+)`", told)) == set(Sandbox().filters)


def test_the_examples_of_the_page_can_be_filled():
    (rules,) = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    said = filled(rules["respond"]["template"], groups={"name": "Bob"}, tools=[WEATHER])
    first, second, third = said.splitlines()
    assert (first, second) == ("Hello Bob, this is turn 1.", "I could use get_weather.")
    assert third.startswith("You live in ")
    assert filled('{{ groups.name | default("nobody") }}') == "nobody"
    assert problem('{{ "a" * 10 ** 9 }}')
