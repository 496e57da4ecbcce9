"""An error that a rule answers with: a status, a type, or a mapping."""

from __future__ import annotations

import re

from fakeapi.model import Json
from fakeapi.rules.loading.nodes import Node
from fakeapi.rules.loading.reader import Reader, did_you_mean, shown

_KEYS = ("status", "type", "message", "retry_after", "headers", "error_code")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_WORD = re.compile(r"[\w.-]{1,100}", re.ASCII)
_LONGEST_VALUE = 4000


def read_error(node: Node, reader: Reader) -> Json | None:
    """`status`, and of type, message, headers and error_code those that are given; None where it can't be read."""
    if isinstance(node.value, int | str) and not isinstance(node.value, bool):
        return _short(node, reader)
    if not isinstance(node.value, dict):
        reader.wrong(
            node, "error", "a status, a type or a mapping", "for example 529, or {status: 429, retry_after: 2}"
        )
        return None
    members = reader.mapping(node, "error", _KEYS)
    if "status" not in members and "type" not in members:
        if len(members) == len(node.members):
            reader.problem(node, "error has neither status nor type", "for example {status: 429, retry_after: 2}")
        return None
    error = _named(members, reader)
    for key in ("message", "error_code"):
        if key in members:
            error[key] = reader.full_text(members[key], f"error.{key}")
    headers = _headers(members, reader)
    return {**error, "headers": headers} if headers else error


def _short(node: Node, reader: Reader) -> Json | None:
    if isinstance(node.value, int) or node.value.isdecimal():
        status = _status(node, reader)
        return None if status is None else {"status": status}
    return _of_type(node, reader)


def _of_type(node: Node, reader: Reader) -> Json | None:
    known = reader.known.statuses
    if known and node.value not in known:
        reader.problem(node, f"{shown(node.value)} is no error type of the API", did_you_mean(node.value, known))
        return None
    return {"status": known.get(node.value, 500), "type": node.value}


def _named(members: dict[str, Node], reader: Reader) -> Json:
    """Status and type; a type of one's own needs a status."""
    if "status" not in members:
        named = reader.full_text(members["type"], "error.type") and _of_type(members["type"], reader)
        return named or {}
    error: Json = {"status": _status(members["status"], reader)}
    if "type" in members and (kind := reader.full_text(members["type"], "error.type")):
        if not _WORD.fullmatch(kind):
            reader.problem(members["type"], f"{shown(kind)} is no error type: only letters, digits, '_', '-' and '.'")
        error["type"] = kind
    return error


def _status(node: Node, reader: Reader) -> int | None:
    value = node.value
    status = int(value) if isinstance(value, str) and value.isdecimal() and len(value) == 3 else value
    if type(status) is int and 400 <= status <= 599:
        return status
    mend = "what is no error is written as text, tool_use, ..." if isinstance(status, int) and status < 400 else ""
    reader.problem(node, f"{shown(str(value))} is no status of an error: they go from 400 to 599", mend)
    return None


def _headers(members: dict[str, Node], reader: Reader) -> dict[str, str]:
    headers: dict[str, str] = {}
    if "retry_after" in members:
        node = members["retry_after"]
        if isinstance(node.value, int | float) and not isinstance(node.value, bool) and 0 <= node.value <= 86400:
            headers["retry-after"] = f"{node.value:g}"
        else:
            reader.wrong(node, "retry_after", "a number of seconds, up to 86400")
    if "headers" in members:
        headers |= _given(members["headers"], reader)
    return headers


def _given(node: Node, reader: Reader) -> dict[str, str]:
    if not isinstance(node.value, dict):
        reader.wrong(node, "error.headers", "a mapping from names to values")
        return {}
    found: dict[str, str] = {}
    for name, member in node.members.items():
        value = member.value if isinstance(member.value, str) else member.written
        if not _HEADER.fullmatch(name):
            reader.problem(node.of_key(name), f"{shown(name)} is no header name")
        elif isinstance(member.value, list | dict | None) or not (value.isascii() and value.isprintable()):
            reader.problem(member, f"the value of header {name} must be a text of printable ASCII characters")
        elif len(value) > _LONGEST_VALUE:
            reader.problem(member, f"the value of header {name} has more than {_LONGEST_VALUE} characters")
        else:
            found[name.lower()] = value
    return found
