"""From values to YAML as a person would write it: short things on one line, long texts as they stand."""

from __future__ import annotations

import json
import re
from typing import Any

from fakeapi.model import Json
from fakeapi.rules.loading.yaml_text import scalar

WIDTH = 110
_PLAIN = re.compile(r"[^\W\d_](?:[\w ./()'!?+*=%$@°-]*[\w./()'!?+*=%$@°-])?")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_SWITCHES = frozenset({"yes", "no", "on", "off", "y", "n"})
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNWRITTEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def mapping_lines(value: Json, indent: int = 0) -> list[str]:
    """A mapping as a block, one key after the other."""
    lines: list[str] = []
    for key, member in value.items():
        lines += _member_lines(key if _PLAIN_KEY.fullmatch(key) else _quoted(key), member, indent)
    return lines


def list_lines(values: list[Any], indent: int = 0) -> list[str]:
    """A list as a block, one entry after the other."""
    lines: list[str] = []
    margin = " " * indent
    for value in values:
        if _fits(value, indent + 2) or not isinstance(value, dict | list) or not value:
            lines += _entry_lines(value, indent)
            continue
        inner = mapping_lines(value, indent + 2) if isinstance(value, dict) else list_lines(value, indent + 2)
        lines += [f"{margin}- {inner[0][indent + 2 :]}", *inner[1:]]
    return lines


def _entry_lines(value: Any, indent: int) -> list[str]:
    if _is_page(value):
        return [f"{' ' * indent}- {_opening(value)}", *_page_lines(value, indent + 2)]
    return [f"{' ' * indent}- {inline(value)}"]


def _member_lines(key: str, value: Any, indent: int) -> list[str]:
    margin = " " * indent
    if _is_page(value):
        return [f"{margin}{key}: {_opening(value)}", *_page_lines(value, indent + 2)]
    if not isinstance(value, dict | list) or not value or _fits(value, indent + len(key) + 2):
        return [f"{margin}{key}: {inline(value)}"]
    below = mapping_lines(value, indent + 2) if isinstance(value, dict) else list_lines(value, indent + 2)
    return [f"{margin}{key}:", *below]


def inline(value: Any) -> str:
    """A value on one line."""
    match value:
        case str():
            return _text(value)
        case dict():
            members = (f"{_name(key)}: {inline(member)}" for key, member in value.items())
            return "{" + ", ".join(members) + "}"
        case list():
            return "[" + ", ".join(inline(item) for item in value) + "]"
    return json.dumps(value)


def _name(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and isinstance(scalar(text), str) and text.lower() not in _SWITCHES
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    """In single quotes where double ones would need a backslash and single ones don't."""
    if not _UNSEEN.search(text) and ("\\" in text or '"' in text):
        return "'" + text.replace("'", "''") + "'"
    return _UNWRITTEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def comment_line(text: str) -> str:
    """A comment; whatever would break its line is written as an escape."""
    shown = _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return f"# {shown}".rstrip()


def _fits(value: Any, indent: int) -> bool:
    """Whether a value reads well on one line."""
    return not _has_page(value) and len(inline(value)) + indent <= WIDTH


def _has_page(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_page(member) for member in value.values())
    if isinstance(value, list):
        return any(_has_page(item) for item in value)
    return _is_page(value)


def _is_page(value: Any) -> bool:
    """Whether a text of several lines can stand as it is."""
    if not isinstance(value, str) or "\n" not in value.strip("\n") or value.endswith("\n\n"):
        return False
    if value[0] in " \n\t" or _UNSEEN.search(value.replace("\n", "")):
        return False
    return all(line == line.rstrip() for line in value.split("\n"))


def _opening(text: str) -> str:
    return "|" if text.endswith("\n") else "|-"


def _page_lines(text: str, indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else "" for line in text.removesuffix("\n").split("\n")]
