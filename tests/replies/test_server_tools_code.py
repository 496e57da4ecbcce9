"""Code execution: what is run for a question, what comes of it, and calls of the client's tools by code."""

from __future__ import annotations

from typing import Any

import pytest

from fakeapi.replies.serving.interpreting import UndecidedError, printed
from tests.replies.test_server_tools import CODE, answered, asked, block, calls, kinds, text, went_on
from tests.street import refusal

Json = dict[str, Any]

LEGACY = {"type": "code_execution_20250522", "name": "code_execution"}
NEWER = {"type": "code_execution_20260120", "name": "code_execution"}
PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
BY_CODE = {
    "name": "get_weather",
    "description": "Get the weather for a city",
    "input_schema": PLACE,
    "allowed_callers": ["code_execution_20260120"],
}


def output(said: str, tool: Json = CODE) -> Json:
    """The content of the first result."""
    answer = answered(said, tool)
    content: Json = next(each for each in answer["content"] if each["type"].endswith("_tool_result"))["content"]
    return content


@pytest.mark.parametrize(
    ("said", "stdout"),
    [
        ("How much is 3 * 12390?", "37170\n"),
        ("What is 1,250 plus 250?", "1500\n"),
        ("what is 65465-6544 * 65464-6+1.02255", "-428330955.97745\n"),
        ("Compute (2 + 3) * 4", "20\n"),
        ("What's 12 x 12?", "144\n"),
        ("How much is 2^10?", "1024\n"),
        ("Calculate the square root of 144", "12.0\n"),
        ("Compute the factorial of 5", "120\n"),
        ("Calculate the mean of 2, 4 and 9", "mean: 5\n"),
        ("Use code execution to get the sum and the median of [1, 2, 3, 10]", "sum: 16\nmedian: 2.5\n"),
        ("Run this code:\n```python\na = 6\nprint(f'{a * 7} and {10 / 4:.2f}')\n```", "42 and 2.50\n"),
        ("Run `echo hello`", "hello\n"),
        ("Run `cat data.csv`", "item,value\nalpha,40\nbeta,35\ngamma,25\n"),
        ("Run `wc -l data.csv`", "4 data.csv\n"),
        ("Run ```python\nfor x in range(3):\n    print(x)\n```", "Done.\n"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_asked_for_is_reckoned(said: str, stdout: str):
    content = output(said)
    assert content == {
        "type": "bash_code_execution_result",
        "stdout": stdout,
        "stderr": "",
        "return_code": 0,
        "content": [],
    }


def test_a_program_that_fails_says_so():
    content = output("How much is 1 / 0?")
    assert content["return_code"] == 1
    assert content["stderr"].endswith("ZeroDivisionError: division by zero\n")
    assert "ZeroDivisionError" in text(answered("How much is 1 / 0?", CODE))


def test_a_missing_file_fails_in_the_shell():
    content = output("Run `cat nothing.txt`")
    assert (content["stdout"], content["return_code"]) == ("", 1)
    assert "No such file or directory" in content["stderr"]


def test_what_never_ends_takes_too_long():
    assert output("Run `sleep 9999`") == {
        "type": "bash_code_execution_tool_result_error",
        "error_code": "execution_time_exceeded",
    }


def test_the_first_version_runs_code_by_its_own_name():
    answer = answered("How much is 3 * 12390?", LEGACY)
    assert block(answer, "code_execution")["input"] == {"code": "print(3 * 12390)"}
    assert block(answer, "code_execution_tool_result")["content"]["stdout"] == "37170\n"


@pytest.mark.parametrize("version", ["20250825", "20260120", "20260521"])
def test_later_versions_run_a_shell(version: str):
    answer = answered("How much is 3 * 4?", {"type": f"code_execution_{version}", "name": "code_execution"})
    assert [call["name"] for call in calls(answer)] == ["bash_code_execution"]


def test_files_are_created_viewed_and_changed():
    answer = answered("Create /tmp/hello.txt with the text: Hello, world! Then view the file.", CODE)
    assert [call["input"] for call in calls(answer)] == [
        {"command": "create", "path": "/tmp/hello.txt", "file_text": "Hello, world!"},
        {"command": "view", "path": "/tmp/hello.txt"},
    ]
    created, viewed = (each["content"] for each in answer["content"] if each["type"].endswith("_tool_result"))
    assert created == {"type": "text_editor_code_execution_create_result", "is_file_update": False}
    assert viewed == {
        "type": "text_editor_code_execution_view_result",
        "file_type": "text",
        "content": "Hello, world!",
        "num_lines": 1,
        "start_line": 1,
        "total_lines": 1,
    }


def test_a_changed_file_is_remembered_through_the_conversation():
    said = 'Replace "true" with "false" in config.json'
    first = answered(said, CODE)
    assert block(first, "text_editor_code_execution_tool_result")["content"]["lines"] == [
        '-  "debug": true',
        '+  "debug": false',
    ]
    messages = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "Show me config.json"},
    ]
    shown = block(answered(messages, CODE), "text_editor_code_execution_tool_result")["content"]
    assert '"debug": false' in shown["content"]


def test_a_file_that_is_not_there_is_not_found():
    assert output("Show me the file elsewhere.md") == {
        "type": "text_editor_code_execution_tool_result_error",
        "error_code": "file_not_found",
        "error_message": None,
    }


def test_an_uploaded_file_is_looked_into():
    upload = {"type": "container_upload", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}
    content = [{"type": "text", "text": "What is in here?"}, upload]
    answer = answered([{"role": "user", "content": content}], CODE)
    assert "describe()" in calls(answer)[0]["input"]["command"]


def test_code_calls_the_tools_that_only_code_may_call_one_after_the_other():
    said = "What is the weather in Paris and in London?"
    first = answered(said, NEWER, BY_CODE)
    run, use = first["content"][-2:]
    assert first["stop_reason"] == "tool_use"
    assert run["name"] == "code_execution"
    assert use["caller"] == {"type": "code_execution_20260120", "tool_id": run["id"]}
    assert use["input"] == {"city": "Paris"}
    messages: list[Json] = [{"role": "user", "content": said}, {"role": "assistant", "content": first["content"]}]
    messages.append({"role": "user", "content": [returned(use, "Sunny")]})
    second = answered(messages, NEWER, BY_CODE, container="container_01")
    (next_use,) = second["content"]
    assert next_use["caller"] == use["caller"]
    assert next_use["input"] == {"city": "London"}
    assert (second["usage"]["input_tokens"], second["usage"]["output_tokens"]) == (0, 0)
    messages.append({"role": "assistant", "content": second["content"]})
    messages.append({"role": "user", "content": [returned(next_use, "Rainy")]})
    last = answered(messages, NEWER, BY_CODE, container="container_01")
    assert last["content"][0]["tool_use_id"] == run["id"]
    assert last["content"][0]["content"]["stdout"] == "Sunny\nRainy\n"
    assert kinds(last) == ["code_execution_tool_result", "text"]
    assert last["stop_reason"] == "end_turn"


def returned(use: Json, said: str) -> Json:
    return {"type": "tool_result", "tool_use_id": use["id"], "content": said}


def test_code_may_call_tools_without_being_offered_itself():
    answer = answered("What is the weather in Paris?", BY_CODE)
    assert kinds(answer)[-2:] == ["code_execution", "get_weather"]


def test_the_results_go_back_to_the_container_that_waits():
    said = "What is the weather in Paris?"
    first = answered(said, NEWER, BY_CODE)
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": first["content"]}]
    messages.append({"role": "user", "content": [returned(first["content"][-1], "Sunny")]})
    assert refusal(asked(messages, NEWER, BY_CODE))[2].startswith("container_id is required")


def test_tools_that_may_be_called_directly_are():
    answer = answered(
        "What is the weather in Paris?", {**BY_CODE, "allowed_callers": ["direct", "code_execution_20260120"]}
    )
    assert kinds(answer) == ["get_weather"]


def test_a_pending_run_of_a_conversation_from_elsewhere_gets_its_result():
    call = {"type": "server_tool_use", "id": "srvtoolu_9", "name": "bash_code_execution", "input": {"command": "pwd"}}
    answer = went_on("Where are you? Run pwd.", {"content": [call]}, CODE)
    assert answer["content"][0]["tool_use_id"] == "srvtoolu_9"
    assert answer["content"][0]["content"]["stdout"] == "/home/user\n"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print(1 + 2)", "3\n"),
        ("x = [3, 1, 2]\nprint(sorted(x), max(x))", "[1, 2, 3] 3\n"),
        ("import math\nprint(math.sqrt(16), -5)", "4.0 -5\n"),
        ("print('a' + 'b', f'{1234567:,}')", "ab 1,234,567\n"),
        ('"""Only words."""', ""),
    ],
)
def test_a_small_program_prints_what_python_would(program: str, said: str):
    assert printed(program) == (said, "")


@pytest.mark.parametrize(
    "program",
    [
        "open('/etc/passwd')",
        "import os\nprint(os.environ)",
        "print(__import__('os'))",
        "print(().__class__)",
        "print(9 ** 9 ** 9)",
        "print('a' * 10 ** 9)",
        "while True:\n    pass",
        "print(f'{1:>999999999}')",
        "a = 'x' * 5\n" + "a = a + a\n" * 40,
        "a = 'xx'\n" + "a = a + a\n" * 40,
        "print(" + "(" * 300 + "1" + ")" * 300 + ")",
        "print(" + "-" * 20000 + "1)",
        "print(math.factorial(10000))",
        "print(max([]))",
        "print(1 +)",
        "x = \x00",
        "lambda: 1",
        "print(int('9' + '9'), undefined)",
    ],
    ids=lambda program: program[:25],
)
def test_other_programs_are_left_undecided(program: str):
    with pytest.raises(UndecidedError):
        printed(program)
