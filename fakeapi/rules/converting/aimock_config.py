"""aimock's own configuration: it has no rules, but says how a server is started; each key has its counterpart."""

from __future__ import annotations

from typing import Any

from fakeapi.rules.converting.drafts import Notes
from fakeapi.rules.loading.nodes import Node

_OTHER = "nothing here fakes that", "keep it with aimock"
_SETTINGS: dict[str, tuple[str, str]] = {
    "llm.fixtures": ("they are in a file of their own", "convert that: fakeapi convert {value}"),
    "llm.latency": ("the pace of all answers is a setting", "start with --pace ttft=0.2,tokens_per_second=40"),
    "llm.chunkSize": ("text comes in pieces of about a token, as from the API", "for odd pieces write fault: slice=3"),
    "llm.replaySpeed": ("the pace of all answers is a setting", "start with --pace tokens_per_second=40"),
    "llm.logLevel": ("the log is a setting", "start with --log quiet, line or json"),
    "llm.chaos": ("nothing here is left to chance", "break what a test wants broken: docs/faults.md"),
    "llm.record": ("nothing is passed on to the API from here", "write the answers as rules"),
    "port": ("the port is a setting", "start with --port {value}"),
    "host": ("the host is a setting", "start with --host {value}"),
    "strict": ("requests that no rule matches", "start with --unmatched error"),
    "metrics": ("there are metrics always", "ask /_fakeapi/metrics: docs/server.md"),
    "auth": ("keys are a setting", "start with --api-key KEY"),
    "mcp": _OTHER,
    "a2a": _OTHER,
    "agui": _OTHER,
    "vector": _OTHER,
    "services": _OTHER,
}
_MARKS = frozenset({"llm", "mcp", "a2a", "agui", "vector", "services"})


def is_config(value: Any) -> bool:
    """Whether a file is aimock's configuration: parts of its suite, and no rules."""
    return isinstance(value, dict) and bool(_MARKS & value.keys()) and not {"fixtures", "rules"} & value.keys()


def tell_settings(root: Node, notes: Notes) -> None:
    """Tells of each key what it is here."""
    for key in root.members:
        if key != "llm":
            _tell(key, root, key, notes)
    llm = root.members.get("llm")
    for key in llm.members if llm else ():
        _tell(f"llm.{key}", llm or root, key, notes)


def _tell(name: str, node: Node, key: str, notes: Notes) -> None:
    message, mend = _SETTINGS.get(name, ("this converter doesn't know it", "look whether it is a typo"))
    notes.tell(node.of_key(key), f"{name} is no rule: {message}", mend.format(value=node.value[key]))
