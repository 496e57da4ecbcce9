"""`fakeapi convert`: what other tools' fixtures become, what their rules then answer, and what is told of the rest.

The conversations are what the tools themselves answer, too: see tests/acceptance/slow_converting.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeapi.cli import main
from fakeapi.endpoints import ruling
from fakeapi.errors import FakeapiError
from fakeapi.rules.converting.formats import FORMATS, Converted, convert
from fakeapi.rules.converting.yaml_lines import list_lines
from fakeapi.rules.loading.document import problems
from fakeapi.rules.loading.nodes import UnreadableError
from fakeapi.rules.loading.yaml_text import read_yaml
from tests.rules.served import Server

CORPUS = Path(__file__).parents[1] / "corpus" / "converting"
NOTHING: dict[str, Any] = {}
GREETING = {"content": "Hi."}
CONVERSATIONS = [json.loads(line) for line in (CORPUS / "conversations.jsonl").read_text().splitlines()]


def converted(*files: Any, format: str | None = None) -> Converted:
    """What becomes of files: values, or texts as they stand."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in files]
    names = ["one.json", "two.json"] if len(texts) > 1 else ["one.json" if texts[0][:1] in "{[" else "one.yaml"]
    return convert(list(zip(names, texts, strict=True)), ruling.known(), format)


def refuse(fault: UnreadableError) -> None:
    raise fault


def fixture(match: Any = NOTHING, response: Any = GREETING, **more: Any) -> dict[str, Any]:
    return {"fixtures": [{"match": match, "response": response, **more}]}


def rule_of(text: str) -> Any:
    """The only rule of a file."""
    (rule,) = read_yaml(text, refuse).value
    return rule


def notes_of(*files: Any) -> list[str]:
    return [str(note) for note in converted(*files).notes]


@pytest.mark.parametrize("case", CONVERSATIONS, ids=lambda case: case["name"])
def test_rules_answer_as_the_fixtures_did(case):
    served = Server(converted(case["file"]).text)
    for asked in case["asked"]:
        how = {key: asked[key] for key in ("system", "tools", "model", "headers") if key in asked}
        assert served.said(*asked["said"], **how) == asked["gets"]


@pytest.mark.parametrize("case", CONVERSATIONS, ids=lambda case: case["name"])
def test_whose_fixtures_they_are_is_seen(case):
    assert converted(case["file"]).format == case["from"]


@pytest.mark.parametrize("name", ["support.json", "team.yaml"])
def test_a_whole_file_becomes_a_readable_one(name):
    found = convert([(name, (CORPUS / name).read_text())], ruling.known())
    stem = name.partition(".")[0]
    assert found.text == (CORPUS / f"{stem}.rules.yaml").read_text()
    assert "".join(f"{note}\n" for note in found.notes) == (CORPUS / f"{stem}.notes.txt").read_text()


@pytest.mark.parametrize("stem", ["support", "team"])
def test_what_is_written_passes_the_check(stem, capsys):
    assert main(["check", str(CORPUS / f"{stem}.rules.yaml")]) == 0
    assert capsys.readouterr().out.endswith("0 problems\n")


@pytest.mark.parametrize("stem", ["support", "team"])
def test_every_note_stands_in_the_rules_too(stem):
    page = " ".join((CORPUS / f"{stem}.rules.yaml").read_text().replace("\n#   ", " ").split())
    for line in (CORPUS / f"{stem}.notes.txt").read_text().splitlines():
        place, _, told = line.partition(": ")
        if "defaults" not in told:
            assert f"# ! line {place.split(':')[1]}: {told}" in page


SAID = [
    ({"reasoning": "Hm.", "content": "Yes."}, {"thinking": "Hm.", "text": "Yes."}),
    (
        {"redactedThinking": ["x"], "content": "Yes."},
        {"content": [{"type": "redacted_thinking"}, "Yes."]},
    ),
    ({"toolCalls": [{"name": "a"}]}, {"tool_use": {"name": "a", "input": {}}}),
    (
        {"toolCalls": [{"name": "a", "arguments": ""}, {"name": "b", "arguments": "[1]"}]},
        {"tool_use": [{"name": "a", "input": {}}, {"name": "b", "input": {}}]},
    ),
    ({"content": ""}, ""),
    ({"toolCalls": []}, {"content": []}),
    ({"content": "a", "finishReason": "length"}, {"text": "a", "stop_reason": "max_tokens"}),
    ({"content": "a", "finishReason": "stop"}, "a"),
    ({"content": "a", "model": "claude-x"}, {"text": "a", "members": {"model": "claude-x"}}),
    (
        {"content": "a", "usage": {"input_tokens": 1, "prompt_tokens": 2, "cache_read_input_tokens": 3}},
        {"text": "a", "usage": {"input_tokens": 1, "cache_read_input_tokens": 3}},
    ),
    ({"error": {"message": "No."}, "status": 418}, {"error": {"status": 418, "message": "No."}}),
    (
        {"error": {"message": "No.", "type": "server_error"}, "status": 503},
        {"error": {"status": 503, "type": "server_error", "message": "No."}},
    ),
    (
        {"error": {"message": "Wait.", "type": "rate_limit_error"}, "status": 429, "retryAfter": 30},
        {"error": {"status": 429, "message": "Wait.", "retry_after": 30}},
    ),
]


@pytest.mark.parametrize(("response", "respond"), SAID)
def test_an_answer_keeps_what_it_says(response, respond):
    assert rule_of(converted(fixture({}, response)).text)["respond"] == respond


COMING = [
    ({"streamingProfile": {"ttft": 1200, "tps": 10}}, {"pace": "ttft=1.2,tokens_per_second=10"}),
    ({"streamingProfile": {"tps": 10}, "replaySpeed": 2}, {"pace": "tokens_per_second=20"}),
    ({"latency": 50, "chunkSize": 4}, {"pace": "ttft=0.05,tokens_per_second=20"}),
    ({"latency": 0}, {}),
    (
        {"recordedTimings": {"ttftMs": 400, "interChunkDelaysMs": [10, 30], "totalDurationMs": 440}},
        {"pace": "ttft=0.4,tokens_per_second=50"},
    ),
    ({"truncateAfterChunks": 5}, {"fault": "cut=5 events"}),
    ({"disconnectAfterMs": 500}, {"fault": "cut"}),
    ({"chaos": {"latencyMs": 250, "disconnectRate": 1}}, {"fault": ["slow-headers=0.25", "cut=0"]}),
    ({"chaos": {"malformedRate": 1}}, {"fault": "malformed"}),
]


@pytest.mark.parametrize(("options", "respond"), COMING)
def test_an_answer_comes_as_it_came(options, respond):
    wanted = {"text": "Hi.", **respond} if respond else "Hi."
    assert rule_of(converted(fixture(**options)).text)["respond"] == wanted


TOLD = [
    (fixture({"predicate": "x"}), "predicate is code; write it as a pattern: docs/plugins.md"),
    (fixture({"responseFormat": "json_object"}), "a response format 'json_object' is unknown to the Messages API"),
    (fixture({"userMessage": "^hi$"}), "'^hi$' looks like a regular expression"),
    (fixture({"toolCallId": "call_9"}), "no fixture here calls a tool with the id call_9"),
    (fixture({}, {"content": "x", "created": 5}), "created is left out: messages have no time of creation"),
    (fixture({}, {"content": "x", "role": "user"}), "role is left out"),
    (fixture({}, {"content": "x", "finishReason": "odd"}), "finishReason 'odd' is no stop_reason"),
    (fixture({}, {"toolCalls": [{"name": "a", "id": "a b"}]}), "ids of tool calls have letters"),
    (fixture({}, {"toolCalls": [{"arguments": {}}], "content": "x"}), "a tool call without a name is left out"),
    (fixture({}, {"error": {"message": "x", "code": "y"}}), "code is left out: errors of the Messages API have none"),
    (fixture({}, {"error": {"message": "x"}, "fallthrough": False}), "fallthrough is left out"),
    (
        fixture({}, {"error": {"message": "x"}, "retryAfter": 2}),
        "retryAfter is left out: aimock sends it with 429 only",
    ),
    (fixture(chaos={"malformedRate": 0.5}), "malformedRate 0.5: nothing here is left to chance"),
    (fixture(latency="slow"), "latency must be a number from 0, so it is left out"),
    (fixture(openRouterProcessing=True), "openRouterProcessing is left out: it belongs to OpenRouter"),
    (fixture({}, {"content": "x", "toolCalls": {"name": "a"}}), "toolCalls must be a list, so it is left out"),
    (fixture({}, {"content": "x", "usage": 5}), "usage must be an object, so it is left out"),
    (fixture(streamingProfile=5), "streamingProfile must be an object, so it is left out"),
    (fixture(speed=3), "a fixture has no key speed, so it is left out"),
]


@pytest.mark.parametrize(("file", "told"), TOLD, ids=[told for _, told in TOLD])
def test_what_has_no_counterpart_is_told_with_its_place(file, told):
    found = converted(file)
    assert [note for note in found.notes if told in str(note)], found.notes
    assert all(str(note).startswith("one.json:1:") for note in found.notes)
    assert (found.rules, found.left_out) == (1, 0)


LEFT_OUT = [
    fixture({"userMessage": 5}),
    fixture({"turnIndex": -1}),
    fixture({"hasToolResult": "yes"}),
    fixture([]),
    fixture({}, {"error": {"message": "x"}, "status": 200}),
    fixture({}, {"error": "x"}),
    fixture({}, "x"),
    fixture({}, {"live": {}}),
    {"fixtures": [5]},
    {"fixtures": [{"match": {}}]},
    {"rules": [{"when": {"turn": 0}, "respond": {"content": "x"}}]},
    {"rules": [{"when": {"turn_in": [3, 1]}, "respond": {"content": "x"}}]},
    {"rules": [{"when": {"messages_contain": 5}, "respond": {"content": "x"}}]},
    {"rules": [{"when": {}, "respond": {"status": 700}}]},
    {"rules": [5, {"when": [], "respond": {}}], "defaults": {}},
    {"rules": [], "version": 1},
]


@pytest.mark.parametrize("file", LEFT_OUT, ids=str)
def test_a_fixture_that_can_be_no_rule_stands_there_as_a_comment(file):
    found = converted(file)
    assert found.rules == 0
    assert found.left_out == found.found
    assert found.found == 0 or ", left out\n# ! line 1: " in found.text
    assert found.text.endswith("\n[]\n")


def test_each_key_of_a_configuration_of_aimock_has_its_counterpart():
    told = notes_of({"port": 4000, "strict": True, "llm": {"fixtures": "f.json", "chaos": {}}, "mcp": {}, "odd": 1})
    assert [note.partition(" is no rule: ")[::2] for note in told] == [
        ("one.json:1:2: port", "the port is a setting; start with --port 4000"),
        ("one.json:1:16: strict", "requests that no rule matches; start with --unmatched error"),
        ("one.json:1:40: llm.fixtures", "they are in a file of their own; convert that: fakeapi convert f.json"),
        ("one.json:1:62: llm.chaos", "nothing here is left to chance; break what a test wants broken: docs/faults.md"),
        ("one.json:1:76: mcp", "nothing here fakes that; keep it with aimock"),
        ("one.json:1:87: odd", "this converter doesn't know it; look whether it is a typo"),
    ]


def test_a_sequence_may_go_on_in_another_file():
    first, second = (fixture({"userMessage": "x", "sequenceIndex": at}, {"content": str(at)}) for at in (0, 1))
    assert rule_of(converted(first, second).text)["respond"] == ["0", "1"]


REFUSED = [
    ("[]", "one.json: neither aimock's nor fakellm's"),
    ('{"name": "a package"}', "one.json: neither aimock's nor fakellm's"),
    ('[{"match": "x", "respond": "y"}]', "one.json: these are rules of fakeapi already"),
    ('{"rules": [{"match": "x", "respond": "y"}]}', "one.json: these are rules of fakeapi already"),
    ('{"fixtures": [}', "one.json:1:15: not valid JSON"),
    ("rules:\n- when: {a: b", "one.yaml:2:"),
    ("rules:\n- when: {a: b}\n  when: {}", "one.yaml:3:3: the key when stands here twice"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_what_is_nobodys_is_refused(text, told):
    with pytest.raises(FakeapiError) as refused:
        converted(text)
    assert str(refused.value).startswith(told)


def test_two_tools_at_once_are_refused():
    with pytest.raises(FakeapiError, match="of aimock and of fakellm: convert them one tool at a time"):
        converted(fixture(), {"rules": [{"when": {}}]})


@pytest.mark.parametrize("tool", FORMATS)
def test_a_file_that_was_said_to_be_a_tools_must_look_so(tool):
    with pytest.raises(FakeapiError, match=f"one.json:1:1: a .* of {tool} is"):
        converted("[1]", format=tool)


def test_rules_go_to_stdout_and_notes_to_stderr(tmp_path, capsys):
    (tmp_path / "f.json").write_text(json.dumps(fixture(chunkSize=5)))
    assert main(["convert", str(tmp_path / "f.json")]) == 0
    out, err = capsys.readouterr()
    assert problems(out, "out.yaml") == []
    assert err.splitlines()[0].startswith(f"{tmp_path}/f.json:1:")
    assert err.splitlines()[1] == "aimock: 1 fixture, 1 rule, 0 left out; 1 note, above the rules too, behind # !"


def test_what_is_left_out_exits_1(tmp_path, capsys):
    (tmp_path / "f.json").write_text(json.dumps(fixture({"inputText": "x"})))
    assert main(["convert", str(tmp_path / "f.json"), "-o", str(tmp_path / "rules.yaml")]) == 1
    assert "0 rules, 1 left out" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "rules.yaml")]) == 0


def test_a_folder_is_read_as_aimock_reads_it(tmp_path, capsys):
    for name in ("b.json", "a/first.json", "c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(fixture({"userMessage": name})))
    (tmp_path / "package.json").write_text("{}")
    assert main(["convert", str(tmp_path), "-o", str(tmp_path / "rules.yaml")]) == 0
    rules = read_yaml((tmp_path / "rules.yaml").read_text(), refuse).value
    assert [rule["match"] for rule in rules] == ["b.json", "c.json", "a/first.json"]
    assert f"{tmp_path}/package.json: left alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.json"], "cannot read nothing.json: there is no such file or folder"),
        (["."], "there is nothing to convert"),
        (["f.json", "-o", "f.json"], "-o f.json would overwrite what is converted"),
        (["f.json", "-o", "no/such/folder.yaml"], "cannot write no/such/folder.yaml"),
        (["latin.json"], "latin.json:2: not UTF-8"),
        (["f.json", "--from", "vcr"], "argument --from: invalid choice: 'vcr'"),
    ],
)
def test_what_cannot_be_read_or_written_exits_2(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if arguments[0] != ".":
        (tmp_path / "f.json").write_text(json.dumps(fixture()))
        (tmp_path / "latin.json").write_bytes(b'{\n"fixtures": "\xe9"}')
    assert main(["convert", *arguments]) == 2
    assert told in capsys.readouterr().err


WORDS = st.sampled_from(
    ["hi", "Hi there", "", "*", ".*", "a: b #c", "x\ny", "yes", "1.0", "'", '"', "\t", "é\u2028", "[x"]
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-3, 600), st.floats(-2, 9), WORDS)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2))


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_whatever_is_written_as_yaml_is_read_back(values):
    text = "\n".join(list_lines(values))
    assert read_yaml(text, refuse).value == values


def objects(*keys: str) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(keys), VALUES, max_size=4)


MATCHES = objects("userMessage", "systemMessage", "toolName", "toolCallId", "model", "turnIndex", "sequenceIndex")
CALLS = st.lists(objects("name", "arguments", "id", "type", "text"), max_size=2)
RESPONSES = st.one_of(
    objects("content", "reasoning", "usage", "finishReason", "model", "redactedThinking", "id"),
    st.fixed_dictionaries({"toolCalls": CALLS | VALUES, "blocks": CALLS | VALUES}),
    st.fixed_dictionaries(
        {"error": objects("message", "type", "code")}, optional={"status": PLAIN, "retryAfter": PLAIN}
    ),
)
OPTIONS = objects("latency", "chunkSize", "streamingProfile", "truncateAfterChunks", "chaos", "recordedTimings")
FIXTURES = st.builds(
    lambda match, response, more: {"match": match, "response": response, **more}, MATCHES, RESPONSES, OPTIONS
)
RULES = st.fixed_dictionaries(
    {
        "when": objects(
            "messages_contain", "turn", "turn_in", "model_matches", "header.x", "previous_message_contains"
        ),
        "respond": objects("status", "content", "error", "tool_calls"),
    },
    optional={"name": VALUES},
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.one_of(
        st.fixed_dictionaries({"fixtures": st.lists(FIXTURES, max_size=4)}),
        st.fixed_dictionaries({"rules": st.lists(RULES, min_size=1, max_size=4)}),
    )
)
def test_whatever_comes_the_rules_pass_the_check(file):
    found = converted(file)
    assert problems(found.text, "rules.yaml", ruling.known()) == []
