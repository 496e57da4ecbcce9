"""Code execution: what to run for a question, what the sandbox says to it, and what is told of it (contract.md 12).

Nothing is run: arithmetic is reckoned (`interpreting`), files and commands are canned (`code.json` of the fixtures).
"""

from __future__ import annotations

import re
from typing import Any

from fakeapi.facts.conversation import blocks as blocks_of
from fakeapi.model import Json
from fakeapi.replies.serving import blocks, interpreting
from fakeapi.replies.serving.data import filled, pattern, phrase, table, text_block
from fakeapi.replies.serving.files import edit_result, edits
from fakeapi.replies.serving.situation import Situation, Step

BASH = "bash_code_execution"
EDITOR = "text_editor_code_execution"
PYTHON = "code_execution"

_FENCE = re.compile(r"```(\w*)\n(.*?)```", re.S)
_TICKS = re.compile(r"\b(?:run|execute)\b[^.?!`]{0,40}`([^`\n]+)`", re.I)
_AFTER_RUN = re.compile(
    r"\b(?:run|execute)\s+(?:the\s+)?(?:command\s+)?((?:ls|echo|cat|pwd|uname|date|whoami|pip3?|python3?|wc|head)\b[^.?!\n]*)",
    re.I,
)
_SUM = re.compile(r"(?<![\w.])[-(]*\d[\d_.,]*(?:\s*(?:\*\*|//|[-+*/%^×÷x()])\s*[-+(]*\s*\d[\d_.,]*\)*)+")
_LIST = re.compile(r"\[?((?:-?\d+(?:\.\d+)?\s*(?:,|and)\s*)+(?:and\s+)?-?\d+(?:\.\d+)?)\]?")
_FILE = re.compile(r"(?<![\w/.])[\w./-]*\w\.(?:csv|json|txt|py|xlsx|md|yaml|log)\b")
_PROGRAM = re.compile(r"^python3?\s+-c\s+(['\"])(.*)\1\s*$", re.S)
_HEREDOC = re.compile(r"^python3?\s+-?\s*<<\s*['\"]?(\w+)['\"]?\n(.*?)\n\1\s*$", re.S)
_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "×": "*",
    "÷": "/",
    "^": "**",
}
_EXCERPT = 300


def plan(now: Situation) -> list[Step]:
    """What is run: edits of files, or one program or command."""
    legacy = str((now.tool("code_execution") or {}).get("type")) == "code_execution_20250522"
    if legacy:
        return [Step(PYTHON, {"code": _program(now.question) or f"print({'Done.'!r})"})]
    if now.triggers.errors.get("code_execution") == "file_not_found":
        return [Step(EDITOR, {"command": "view", "path": "missing.txt"})]
    changed = [] if _given(now.question) else edits(now.question)
    return [Step(EDITOR, each) for each in changed] or [Step(BASH, {"command": _command(now)})]


def result(now: Situation, call: Json, said: list[Json]) -> Json:
    """The content of a call's result; `said` are the blocks of this answer before it."""
    name, given = call["name"], call["input"]
    code = blocks.triggered(now, name)
    text = str(given.get("command") or given.get("code") or "")
    if not code and not text.strip():
        code = "invalid_tool_input"
    if not code and name != EDITOR and pattern(table("code")["endless"]).search(text):
        code = "execution_time_exceeded"
    if code:
        return blocks.error(name, code)
    if name == EDITOR:
        return edit_result(given, _edits_before(now, call, said))
    stdout, stderr, status = program_output(text) if name == PYTHON else _shell(text)
    return output(name, stdout, stderr, status)


def output(name: str, stdout: str, stderr: str, status: int) -> Json:
    """The content of a run's result."""
    return {"type": f"{name}_result", "stdout": stdout, "stderr": stderr, "return_code": status, "content": []}


def program_output(program: str) -> tuple[str, str, int]:
    """What a Python program prints to stdout and stderr, and its status."""
    try:
        stdout, fault = interpreting.printed(program)
    except interpreting.UndecidedError:
        return str(table("code")["program"]), "", 0
    trace = f'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n{fault}\n' if fault else ""
    return stdout, trace, int(bool(fault))


def tell(now: Situation, results: list[Json]) -> list[Json]:
    """What is said of runs: the last output, or what went wrong."""
    last, dice = results[-1], now.dice("code")
    code, content = blocks.error_code(last), last["content"]
    if code:
        return [text_block(phrase(f"failures.{code}", dice))]
    if last["type"].startswith(EDITOR):
        return [text_block(_told_edit(now, last))]
    stdout, stderr = _excerpt(str(content.get("stdout", ""))), _excerpt(str(content.get("stderr", "")))
    if content.get("return_code"):
        return [text_block(phrase("ran_badly", dice, result=stderr or stdout))]
    return [text_block(phrase("ran" if stdout else "ran_quietly", dice, result=stdout))]


def _told_edit(now: Situation, last: Json) -> str:
    content = last["content"]
    command = content["type"].removeprefix(f"{EDITOR}_").removesuffix("_result")
    asked = edits(now.question)
    path = asked[-1]["path"] if asked else "the file"
    return filled(table("phrases")["edited"][command], topic=path, result=_excerpt(str(content.get("content", ""))))


def _excerpt(text: str) -> str:
    said = text.strip()
    return said if len(said) <= _EXCERPT else said[:_EXCERPT].rsplit(" ", 1)[0] + " …"


def _command(now: Situation) -> str:
    """The shell command for a question."""
    question = now.question
    given = _given(question)
    if given:
        return given
    program = _program(question)
    if program:
        return f"python3 -c {_quoted(program)}" if "\n" not in program else f"python3 - <<'EOF'\n{program}\nEOF"
    if re.search(r"\blist\b.{0,20}\bfiles\b", question, re.I):
        return "ls -la"
    if re.search(r"\bcsv\b|\bdata\b|\bcolumn\b|\bfile\b", question, re.I) or _uploads(now):
        name = _FILE.search(question)
        return filled(table("code")["describe"], file=name[0] if name else "data.csv")
    return str(table("code")["otherwise"])


def _given(question: str) -> str:
    """The command that a question gives, "" where it gives none."""
    fenced = _FENCE.search(question)
    if fenced:
        body = fenced[2].strip()
        return body if fenced[1] in ("bash", "sh", "shell") else f"python3 - <<'EOF'\n{body}\nEOF"
    found = _TICKS.search(question) or _AFTER_RUN.search(question)
    return found[1].strip() if found else ""


def _quoted(program: str) -> str:
    return f'"{program}"' if '"' not in program else f"'{program}'"


def _program(question: str) -> str:
    """A Python program that reckons what the question asks; "" where it asks nothing of the kind."""
    fenced = _FENCE.search(question)
    if fenced:
        return fenced[2].strip()
    listed = _LIST.search(question)
    lower, names = question.lower(), table("code")["statistics"]
    wanted = [names[said] for said in sorted(filter(lower.__contains__, names), key=lower.index)]
    if listed and wanted:
        numbers = re.sub(r"\s*(?:,\s*and|,|and)\s*", ", ", listed[1])
        prints = [f"print('{made.split('.')[-1]}:', {made}(data))" for made in dict.fromkeys(wanted)]
        imported = ["import statistics"] if any("statistics" in made for made in wanted) else []
        return "\n".join([*imported, f"data = [{numbers}]", *prints])
    reckoned = _expression(question)
    return f"print({reckoned})" if reckoned else ""


def _expression(question: str) -> str:
    text = question
    for word, sign in _WORDS.items():
        text = text.replace(word, sign)
    square = re.search(r"square root of (\d+(?:\.\d+)?)", text, re.I)
    factorial = re.search(r"factorial of (\d{1,3})\b|\b(\d{1,3})!", text, re.I)
    if square:
        return f"{square[1]} ** 0.5"
    if factorial:
        return (
            "1"
            if int(factorial[1] or factorial[2]) < 2
            else " * ".join(map(str, range(2, min(60, int(factorial[1] or factorial[2])) + 1)))
        )
    found = _SUM.search(text)
    if not found:
        return ""
    said = re.sub(r"(?<=\d)\s*x\s*(?=\d)", " * ", found[0])
    said = re.sub(r"(?<=\d),(?=\d{3}\b)", "", said).strip(" .,")
    return said if said.count("(") == said.count(")") else said.replace("(", "").replace(")", "")


def _shell(command: str) -> tuple[str, str, int]:
    """What a shell command prints to stdout and stderr, and its status."""
    program = _PROGRAM.match(command) or _HEREDOC.match(command)
    if program and "describe()" not in command:
        return program_output(program[2].replace("\\n", "\n") if command.startswith("python3 -c") else program[2])
    echoed = re.fullmatch(r"echo\s+(['\"]?)(.*?)\1", command.strip())
    if echoed and not re.search(r"[$|>&;`]", echoed[2]):
        return f"{echoed[2]}\n", "", 0
    reckoned = re.fullmatch(r"echo\s+\$\(\((.*)\)\)", command.strip())
    if reckoned:
        return program_output(f"print({reckoned[1]})")
    shown = re.fullmatch(r"(cat|head|tail|wc -l)(?: -\w+(?: \d+)?)*\s+([\w./-]+)", command.strip())
    if shown:
        return _shown(shown[1], shown[2])
    row = next(row for row in table("code")["commands"] if pattern(row["when"]).search(command))
    return row.get("stdout", ""), row.get("stderr", ""), row.get("return_code", 0)


def _shown(command: str, path: str) -> tuple[str, str, int]:
    text = table("code")["files"].get(path.rsplit("/", 1)[-1])
    if text is None:
        return "", f"{command.split()[0]}: {path}: No such file or directory\n", 1
    return (f"{text.count(chr(10))} {path}\n" if command == "wc -l" else text), "", 0


def _uploads(now: Situation) -> bool:
    parts = (part for message in now.call.body["messages"] for part in blocks_of(message.get("content")))
    return any(part["type"] == "container_upload" for part in parts)


def _edits_before(now: Situation, call: Json, said: list[Json]) -> list[Any]:
    """The inputs of the text editor's calls before this one, in the whole conversation."""
    parts = [part for message in now.call.body["messages"] for part in blocks_of(message.get("content"))]
    calls = [part for part in [*parts, *said] if part["type"] == "server_tool_use" and part["name"] == EDITOR]
    at = next((at for at, each in enumerate(calls) if each["id"] == call["id"]), len(calls))
    return [each["input"] for each in calls[:at]]
