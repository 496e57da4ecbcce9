"""The text editor of code execution: the edits that a question asks for, and what comes of each."""

from __future__ import annotations

import re
from typing import Any

from fakeapi.model import Json
from fakeapi.replies.serving.data import table

_KIND = "text_editor_code_execution"
_NAME = r"[`'\"]?(?P<path>[\w./~-]*\w\.(?:csv|json|txt|py|md|yaml|yml|toml|log|html|js|ts))[`'\"]?"
_CREATE = re.compile(
    rf"\b(?:create|write|save|make)\b[^.?!\n]{{0,40}}?{_NAME}"
    r"(?:\s+(?:file\s+)?"
    r"(?:(?:with|containing|that (?:says|contains))\s*(?:the\s+)?(?:text|content|contents|words?)?|saying|:)\s*[:=]?\s*"
    r"(?P<quote>[`'\"]?)(?P<text>.+?)(?P=quote)"
    r"(?=\.?\s+(?:then|and then|after)\b|[.?!]?\s*(?:\n|$)|(?<=[!?.])\s))?",
    re.I,
)
_VIEW = re.compile(rf"\b(?:view|show|open|read|display|print|look at|cat)\b[^.?!\n]{{0,40}}?{_NAME}", re.I)
_VIEW_IT = re.compile(
    r"\b(?:then|and)\b[^.?!\n]{0,40}\b(?:view|show|open|read|display)\b[^.?!\n]{0,15}\b(?:it|the file|that file)\b",
    re.I,
)
_REPLACE = re.compile(
    r"\b(?:replace|change)\s+(?P<q>[`'\"])(?P<old>.+?)(?P=q)\s+(?:with|to|by)\s+(?P<r>[`'\"])(?P<new>.+?)(?P=r)[^.?!\n]{0,20}?\bin\s+"
    rf"(?:the\s+)?(?:file\s+)?{_NAME}",
    re.I,
)
_BARE = frozenset({"csv", "xlsx", "log"})


def edits(question: str) -> list[Json]:
    """The inputs of the editor's calls that a question asks for, in order; none where it speaks of no file.

    Tables and logs are data to run code on, so only writing them is an edit.
    """
    found: list[tuple[int, Json]] = []
    for match in _CREATE.finditer(question):
        text = (match["text"] or "Hello, World!").strip()
        found.append((match.start(), {"command": "create", "path": match["path"], "file_text": text}))
    for match in _REPLACE.finditer(question):
        given = {"command": "str_replace", "path": match["path"], "old_str": match["old"], "new_str": match["new"]}
        found.append((match.start(), given))
    for match in _VIEW.finditer(question):
        if match["path"].rpartition(".")[2].lower() not in _BARE:
            found.append((match.start(), {"command": "view", "path": match["path"]}))
    again = _VIEW_IT.search(question)
    if again and found and not any(each["command"] == "view" for _, each in found):
        found.append((again.start(), {"command": "view", "path": found[-1][1]["path"]}))
    return [given for _, given in sorted(found, key=lambda pair: pair[0])]


def edit_result(given: Json, before: list[Any]) -> Json:
    """The content of an edit's result; `before` are the inputs of the edits before it."""
    path, held = str(given.get("path", "")), _held(before)
    old = held.get(_name(path))
    if given.get("command") == "create" and path:
        return {"type": f"{_KIND}_create_result", "is_file_update": old is not None}
    if old is None:
        return _error("file_not_found" if path else "invalid_tool_input")
    if given.get("command") == "view":
        lines = len(old.splitlines())
        shown = {"file_type": "text", "content": old, "num_lines": lines, "start_line": 1, "total_lines": lines}
        return {"type": f"{_KIND}_view_result", **shown}
    sought, put = str(given.get("old_str", "")), str(given.get("new_str", ""))
    if given.get("command") == "str_replace" and sought and sought in old:
        return _replaced(old, sought, put)
    return _error("invalid_tool_input")


def _error(code: str) -> Json:
    return {"type": f"{_KIND}_tool_result_error", "error_code": code, "error_message": None}


def _held(before: list[Any]) -> dict[str, str]:
    """The files as the edits left them."""
    held: dict[str, str] = dict(table("code")["files"])
    for given in before:
        name = _name(str(given.get("path", "")))
        if given.get("command") == "create":
            held[name] = str(given.get("file_text", ""))
        elif given.get("command") == "str_replace" and name in held:
            held[name] = held[name].replace(str(given.get("old_str", "")), str(given.get("new_str", "")), 1)
    return held


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _replaced(text: str, old: str, new: str) -> Json:
    """The changed lines, as a difference of whole lines."""
    start = text[: text.index(old)].count("\n")
    count = old.count("\n") + 1
    before = text.splitlines()[start : start + count]
    after = text.replace(old, new, 1).splitlines()[start : start + new.count("\n") + 1]
    place = {"old_start": start + 1, "old_lines": len(before), "new_start": start + 1, "new_lines": len(after)}
    lines = [*(f"-{line}" for line in before), *(f"+{line}" for line in after)]
    return {"type": f"{_KIND}_str_replace_result", **place, "lines": lines}
