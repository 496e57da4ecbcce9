"""Plug-ins: generators, match patterns and faults, by a plain function and by an entry point; and their mistakes."""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

from fakeapi import Settings, plugin, transport
from fakeapi.adapters import plugins
from fakeapi.encoding.faults import FAULTS, parse
from fakeapi.errors import ApiError, FakeapiError
from fakeapi.facts import schemas
from fakeapi.replies.generators import GENERATORS
from tests.replies.occasions import WEATHER, answer, call, occasion, said, usual

HERE = Path(__file__).name


pytestmark = pytest.mark.usefixtures("own_registries")


def refused(name: str, **options: Any) -> str:
    with pytest.raises(ApiError) as fault:
        answer({"generator": {"name": name, "arguments": options}})
    assert (fault.value.status, fault.value.type) == (400, "invalid_request_error")
    return fault.value.message


def giving(what: Any) -> Any:
    """A function that gives just this."""

    def give(_: Any) -> Any:
        return what

    return give


# Generators


def test_a_generator_says_a_text():
    @plugin.generator("shout")
    def shout(request: dict[str, Any]) -> str:
        return str(request["messages"][-1]["content"]).upper()

    draft = answer({"generator": "shout"}, to=call("Hello"))
    assert (said(draft), draft.source) == ("HELLO", "rule:x")


def test_a_generator_takes_the_options_of_the_rule():
    @plugin.generator("repeat")
    def repeat(request: dict[str, Any], *, times: int = 2) -> list[str]:
        return ["ha"] * times

    assert len(answer({"generator": {"name": "repeat", "arguments": {"times": 3}}}).content) == 3
    assert "has no option 'time', did you mean times?" in refused("repeat", time=3)


def test_a_generator_has_a_kit_whose_chance_depends_on_seed_and_request_alone():
    @plugin.generator("kit")
    def kit(request: dict[str, Any], kit: plugin.Kit) -> list[Any]:
        numbers = f"{kit.random.randint(1, 10**9)} {kit.faker.name()} {kit.json(kit.sample({'type': 'integer'}))}"
        return [f"{kit.user_text} {kit.groups['who']} {kit.headers.get('x-a')} {kit.seed}", numbers]

    first = answer({"generator": "kit"}, groups={"who": "Bob"})
    assert first.content[0]["text"] == "Hello Bob None 0"
    assert first.content == answer({"generator": "kit"}, groups={"who": "Bob"}).content
    assert first.content[1] != answer({"generator": "kit"}, groups={"who": "Bob"}, seed=1).content[1]


def test_a_generator_calls_tools():
    @plugin.generator("caller")
    def caller(request: dict[str, Any], kit: plugin.Kit) -> list[Any]:
        whole = {"type": "tool_use", "name": "get_weather", "input": {}}
        return [
            "Calling.",
            kit.tool_use("get_weather"),
            kit.tool_use("get_weather", {"city": "Oslo"}, partial=True),
            whole,
        ]

    draft = answer({"generator": "caller"}, to=call("What is the weather in Rome?", tools=[WEATHER]))
    assert draft.stop_reason == "tool_use"
    assert [block.get("input", {}).get("city") for block in draft.content] == [None, "Rome", "Oslo", None]
    assert schemas.conforms(draft.content[2]["input"], WEATHER["input_schema"])
    assert len({block["id"] for block in draft.content[1:]}) == 3


def test_a_generator_gives_a_message():
    @plugin.generator("whole")
    def whole(request: dict[str, Any]) -> dict[str, Any]:
        return {"role": "assistant", "content": "Stop.", "stop_reason": "pause_turn"}

    draft = answer({"generator": "whole"})
    assert (said(draft), draft.stop_reason) == ("Stop.", "pause_turn")


def test_a_generator_may_change_the_usual_answer():
    @plugin.generator("after")
    def after(request: dict[str, Any], kit: plugin.Kit) -> list[Any]:
        return [*kit.usual(), "P.S."]

    assert answer({"generator": "after"}).content[:-1] == usual(call()).content


def test_a_generator_may_refuse_in_the_words_of_the_api():
    @plugin.generator("refuser")
    def refuser(request: dict[str, Any]) -> str:
        raise ApiError(418, "invalid_request_error", "I'm a teapot.")

    with pytest.raises(ApiError, match="teapot"):
        answer({"generator": "refuser"})


def test_a_failing_generator_is_told_by_rule_name_and_line_and_never_by_a_traceback():
    @plugin.generator("failing")
    def failing(request: dict[str, Any]) -> str:
        return str(request["nothing"])

    told = refused("failing")
    assert told.startswith(f"rules.yaml:3:5: the generator 'failing' of {HERE}:")
    assert "KeyError: 'nothing'" in told
    assert f"{__file__}:" in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "it gave NoneType; give a text, a list of content blocks, or a message as a dict"),
        (5, "it gave int"),
        ([{"type": "text"}], "content.0.text.text: Field required"),
        ([{"type": "texd", "text": "a"}], "Input tag 'texd'"),
        ([5], "content.0: Input should be an object"),
        ({"content": 5}, "content is int"),
        ({"content": "a", "stop_reason": "done"}, "stop_reason: Input should be 'end_turn' or"),
        ({"content": "a", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ([{"type": "text", "text": {1}}], "this is no JSON: Type is not JSON serializable: set"),
        ([{"type": "tool_use", "name": "a", "input": []}], "input: Input should be an object"),
    ],
)
def test_what_no_answer_of_the_api_can_be_is_told(given, told):
    plugin.generator("odd")(giving(given))
    message = refused("odd")
    assert "the generator 'odd' of" in message
    assert told in message


# Patterns


def test_a_pattern_is_asked_with_plain_values():
    @plugin.pattern("longer_than")
    def longer_than(value: int, request: dict[str, Any], headers: Any) -> bool | str:
        size = len(request["messages"][-1]["content"])
        return size > value or f"{size} characters"

    ask = plugins.PATTERNS["longer_than"]
    assert ask(3, call("Hello"), {}) is True
    assert ask(9, call("Hello"), {}) == "5 characters"


def test_a_pattern_needs_no_headers():
    @plugin.pattern("even")
    def even(value: bool, request: dict[str, Any]) -> bool:
        return (len(request["messages"]) % 2 == 0) == value

    assert plugins.PATTERNS["even"](True, call("Hello"), {}) is False


def test_a_failing_pattern_does_not_match_and_says_why():
    @plugin.pattern("broken")
    def broken(value: Any, request: dict[str, Any]) -> bool:
        return bool(1 / 0)

    came = plugins.PATTERNS["broken"](1, call("Hello"), {})
    assert isinstance(came, str)
    assert came.startswith(f"the pattern 'broken' of {HERE}:")
    assert "ZeroDivisionError: division by zero" in came


# Registering


def positional(count: int) -> Any:
    """A function of so many positional arguments."""
    made: Any = eval(f"lambda {', '.join('abcd'[:count])}: 'said'")
    return made


async def _later(request: Any) -> str:
    return "a"


@pytest.mark.parametrize(
    ("register", "function", "told"),
    [
        (plugin.generator("prose"), positional(1), "the name is taken by fakeapi itself; choose another one"),
        (plugin.pattern("text"), positional(2), "the name is taken by fakeapi itself"),
        (plugin.fault("cut"), positional(1), "the name is taken by fakeapi itself"),
        (plugin.generator("two words"), positional(1), "a name is made of letters, digits, '_' and '-'"),
        (plugin.generator("none"), positional(0), "it takes 1 or 2 positional arguments, not (none)"),
        (plugin.generator("many"), positional(3), "it takes 1 or 2 positional arguments, not (a, b, c)"),
        (plugin.pattern("one"), positional(1), "it takes 2 or 3 positional arguments, not (a)"),
        (plugin.fault("two"), positional(2), "it takes 1 positional arguments, not (a, b)"),
        (plugin.generator("late"), _later, "it is async, and answers are made at once; write a plain def"),
        (plugin.generator("thing"), 5, "a function is expected, not int"),
        (plugin.fault("where", stage="middle"), positional(1), "there is no stage 'middle'; say one of body,"),
        (plugin.fault("what", main="size"), positional(1), "main='size' is none of its options"),
    ],
)
def test_what_can_not_be_registered_is_told(register, function, told):
    with pytest.raises(FakeapiError) as fault:
        register(function)
    assert told in str(fault.value)


def test_a_module_may_register_anew_but_nobody_else_may():
    plugin.generator("mine")(giving("first"))
    plugin.generator("mine")(giving("second"))
    assert said(answer({"generator": "mine"})) == "second"

    def other(request: Any) -> str:
        return ""

    other.__module__ = "somebody.else"
    with pytest.raises(FakeapiError, match=f"the name is taken by {HERE}:"):
        plugin.generator("mine")(other)


# Entry points


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Installs a distribution of one module, as pip would lay it out."""

    def install(source: str, value: str = "weather_plugin", name: str = "weather") -> None:
        (tmp_path / "weather_plugin.py").write_text(source)
        info = tmp_path / "weather_pack-1.2.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weather-pack\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{plugin.GROUP}]\n{name} = {value}\n")
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    sys.modules.pop("weather_plugin", None)


MODULE = """
from fakeapi import plugin

@plugin.generator("forecast")
def forecast(request, *, city="Rome"):
    return f"Sunny in {city}." if city else 1 / 0
"""


def test_a_distribution_brings_plug_ins_by_its_entry_point(distribution):
    distribution(MODULE)
    plugin.load()
    assert said(answer({"generator": "forecast"})) == "Sunny in Rome."
    assert "the generator 'forecast' of weather-pack 1.2 failed: ZeroDivisionError" in refused("forecast", city="")


def test_an_entry_point_may_be_a_function_that_registers(distribution):
    body = MODULE.replace("\n@", "\ndef register():\n    @").replace("\ndef forecast", "\n    def forecast")
    distribution(body.replace("\n    return f", "\n        return f"), "weather_plugin:register")
    plugin.load()
    assert said(answer({"generator": "forecast"})) == "Sunny in Rome."


def test_an_entry_point_may_be_the_registered_function_itself(distribution):
    distribution(MODULE, "weather_plugin:forecast")
    plugin.load()
    assert said(answer({"generator": "forecast"})) == "Sunny in Rome."


@pytest.mark.parametrize(
    ("source", "value", "told"),
    [
        (
            "import nothing_of_that_name",
            "weather_plugin",
            "ModuleNotFoundError: No module named 'nothing_of_that_name'",
        ),
        ("def broken(:", "weather_plugin", "SyntaxError: invalid syntax (weather_plugin.py, line 1)"),
        ("1 / 0", "weather_plugin", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "weather_plugin", "SystemExit: 3"),
        ("", "weather_plugin:missing", "AttributeError: module 'weather_plugin' has no attribute 'missing'"),
        ("", "no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_broken_plug_in_is_one_clear_line_that_names_the_distribution(distribution, source, value, told):
    distribution(source, value)
    with pytest.raises(FakeapiError) as fault:
        plugin.load()
    line = str(fault.value)
    assert line.startswith(f"the plug-in weather = {value} of weather-pack 1.2 can't be loaded: {told}")
    assert "\n" not in line


def test_a_plug_in_with_a_name_that_is_taken_names_its_distribution(distribution):
    distribution(MODULE.replace("forecast", "prose", 1))
    with pytest.raises(FakeapiError, match=r"generator 'prose' of weather-pack 1.2: the name is taken"):
        plugin.load()


def test_plug_ins_are_loaded_once(distribution):
    distribution(MODULE)
    plugin.load()
    GENERATORS.pop("forecast")
    plugin.load()
    assert "forecast" not in GENERATORS


# Rules


@pytest.fixture
def served(tmp_path, own_registries) -> Iterator[Callable[[str], Any]]:
    """Makes a client of a server with these rules, which is stopped before its plug-ins go."""
    started: list[transport.Transport] = []

    def client(rules: str) -> Any:
        path = tmp_path / "rules.yaml"
        path.write_text(rules)
        started.append(transport.Transport(Settings(rules=(str(path),))))
        return transport.client(started[-1], max_retries=0)

    yield client
    for each in started:
        each.porter.stop()
    for thread in threading.enumerate():
        if thread.name == "fakeapi-rules":
            thread.join(1)


def asked(client: Any, text: str = "Say hello") -> Any:
    messages = [{"role": "user", "content": text}]
    return client.messages.create(model="claude-opus-4-8", max_tokens=1024, messages=messages)


def test_the_page_runs_as_it_stands(served):
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
    register, use, *more = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {"__name__": "plugins_page"}
    exec(register, names)
    names["client"] = served(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    for snippet in (use, *more):
        exec(snippet, names)
    assert [str(fault) for fault in parse("hiccup=2")] == ["hiccup; after=2 events"]


def test_the_page_names_all_that_there_is():
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
    assert all(f"`{name}`" in page or f"plugin.{name}" in page for name in plugin.__all__)
    kit = {name for name in dir(plugin.Kit(occasion(), 0)) if not name.startswith("_")}
    assert {found.split("(")[0] for found in re.findall(r"^\| `kit\.([^`]+)`", page, re.MULTILINE)} == kit
    options = {option for kind in FAULTS.values() for option in kind.options}
    assert all(f"`{option}`" in page for option in options)


def test_a_server_uses_the_plug_ins_of_installed_distributions(distribution, served):
    distribution(MODULE)
    client = served("- {match: hello, respond: {generator: forecast}}")
    assert asked(client).content[0].text == "Sunny in Rome."


def test_a_rule_with_a_failing_plug_in_is_a_plain_refusal(distribution, served):
    distribution(MODULE)
    rules = '- {match: hello, respond: {generator: {name: forecast, arguments: {city: ""}}}}'
    with pytest.raises(anthropic.BadRequestError, match=r"the generator 'forecast' of weather-pack 1\.2 failed"):
        asked(served(rules))


def test_an_option_that_a_plug_in_does_not_have_is_told_when_the_rule_is_loaded(distribution, served):
    distribution(MODULE)
    rules = "- {match: hello, respond: {generator: {name: forecast, arguments: {town: Rome}}}}"
    with pytest.raises(FakeapiError, match=r"rules.yaml:1:.*the generator 'forecast' has no option 'town'"):
        served(rules)


def test_rules_match_by_a_pattern_of_a_plug_in(served):
    plugin.pattern("asks")(lambda value, request: request["messages"][-1]["content"].endswith("?") == value)
    client = served("- {match: {asks: true}, respond: A question.}\n- {match: {not: {asks: true}}, respond: None.}")
    assert [asked(client, text).content[0].text for text in ("Well?", "Well.")] == ["A question.", "None."]
