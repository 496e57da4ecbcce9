"""What a client puts into the user's message, as coding agents do, is not what the user said."""

from __future__ import annotations

from typing import Any

from tests.street import BASIC, message

REMINDER = f"<system-reminder>\n{'Skills: deep-research, verify, debug. ' * 100}\n</system-reminder>"
READ = {
    "name": "Read",
    "description": "Reads a file from the local filesystem.",
    "input_schema": {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]},
}


def said(text: str, **more: Any) -> Any:
    content = [{"type": "text", "text": REMINDER}, {"type": "text", "text": text}]
    return message({**BASIC, "messages": [{"role": "user", "content": content}], **more})


def test_a_short_wish_is_heard_behind_long_reminders():
    (block,) = said("Read notes.txt", tools=[READ])["content"]
    assert (block["name"], block["input"]) == ("Read", {"file_path": "notes.txt"})


def test_prose_is_about_what_the_user_said():
    (block,) = said("Tell me about bridges")["content"]
    assert "bridges" in block["text"]
    assert "system-reminder" not in block["text"]


def test_thinking_is_about_what_the_user_said():
    thinking = {"type": "enabled", "budget_tokens": 1024}
    block = said("Tell me about bridges", model="claude-sonnet-4-5", max_tokens=4096, thinking=thinking)["content"][0]
    assert "bridges" in block["thinking"]
    assert "system-reminder" not in block["thinking"]
