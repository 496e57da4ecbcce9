"""Reading one file of rules: collects its problems, and takes nodes for what they should be, or says why not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from fakeapi.errors import FakeapiError
from fakeapi.model import Call, Json
from fakeapi.rules.loading.nodes import Node, Place, Problem, UnreadableError

Wanted: TypeAlias = Callable[[Any, Call, Mapping[str, str]], bool | str]
"""A match pattern of a plug-in: (value in the rule, call, headers by lower-case name) -> True where it matches; False,
or a text that says what came, where it doesn't."""

_NONE: Mapping[str, str] = MappingProxyType({})


def _anything(*_: Any) -> Any:
    return ()


@dataclass(frozen=True)
class Known:
    """What other rooms know of the words in a rule. Checks raise FakeapiError with a sentence; by default all is good.

    Attributes:
        patterns: the match patterns of plug-ins, by name.
        generator: checks a generator, a name or `{name, arguments}`.
        fixtures: gives the names of the documented examples; None takes any.
        faults: reads faults in any form -> their text, and whether they break the answer.
        pace: checks a pace. template: checks the syntax of a template.
        statuses: error type -> its status.
        recorded: reads a file that a rule names: (rule file, name as written) -> its JSON.
    """

    patterns: Mapping[str, Wanted] = field(default_factory=dict)
    generator: Callable[[Any], Any] = _anything
    fixtures: Callable[[], Collection[str]] | None = None
    faults: Callable[[Any], tuple[str, bool]] = lambda spec: (str(spec), True)
    pace: Callable[[str], Any] = _anything
    template: Callable[[str], Any] = _anything
    statuses: Mapping[str, int] = field(default_factory=dict)
    recorded: Callable[[str, str], Json] | None = None


@dataclass
class Reader:
    """The reading of one file; `session` is whose rules these are, "" for everybody's."""

    file: str
    known: Known = field(default_factory=Known)
    session: str = ""
    problems: list[Problem] = field(default_factory=list)

    def problem(self, node: Node, message: str, mend: str = "", *, severity: str = "error") -> None:
        """Something is wrong at a node."""
        self.problems.append(Problem(self.file, *node.place, message, mend, node.where, severity))

    def unreadable(self, fault: UnreadableError) -> None:
        """The text itself can't be read."""
        self.problems.append(Problem(self.file, *fault.place, fault.message, fault.mend))

    def place(self, node: Node) -> str:
        """`rules.yaml:3:5`; for values, who gave them."""
        return place_of(self.file, node.place)

    def text(self, node: Node, what: str) -> str | None:
        """A text; a number has to be quoted, since YAML would drop its zeros."""
        if isinstance(node.value, str):
            return node.value
        self.wrong(node, what, "a text", f'for the text write "{node.written}"' if _is_plain(node.value) else "")
        return None

    def full_text(self, node: Node, what: str) -> str | None:
        """A text that is not empty."""
        text = self.text(node, what)
        if text == "":
            self.problem(node, f"{what} is empty", "write something, or drop the key")
        return text or None

    def whole(self, node: Node, what: str, least: int = 0) -> int | None:
        """A whole number."""
        value = node.value
        if type(value) is int and value >= least:
            return value
        mend = "write it without quotes" if isinstance(value, str) and value.strip().isdecimal() else ""
        self.wrong(node, what, f"a whole number from {least}", mend)
        return None

    def flag(self, node: Node, what: str) -> bool | None:
        """true or false."""
        if isinstance(node.value, bool):
            return node.value
        word = str(node.value).lower()
        meant = "true" if word in ("yes", "on", "y", "1") else "false" if word in ("no", "off", "n", "0") else ""
        self.wrong(node, what, "true or false", f"write {meant}" if meant else "")
        return None

    def mapping(
        self, node: Node, what: str, keys: Iterable[str], elsewhere: Mapping[str, str] = _NONE
    ) -> dict[str, Node]:
        """The members with known keys; each other one is a problem. `elsewhere` says where a misplaced key belongs."""
        known = tuple(keys)
        for key in node.members:
            if key not in known:
                self.problem(node.of_key(key), f"{what} has no key {shown(key)}", meant_by(key, known, elsewhere))
        return {key: member for key, member in node.members.items() if key in known}

    def wrong(self, node: Node, what: str, wanted: str, mend: str = "") -> None:
        """A value of the wrong type."""
        self.problem(node, f"{what} must be {wanted}, and this is {kind_of(node.value)}", mend)

    def check(self, node: Node, check: Callable[[], Any]) -> Any:
        """What another room makes of a value; None where it refuses it."""
        try:
            return check()
        except FakeapiError as fault:
            self.problem(node, str(fault))
            return None


def place_of(file: str, place: Place) -> str:
    """A place as people read it."""
    return f"{file}:{place[0]}:{place[1]}" if place[0] else file


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, and all of them if they are few."""
    from difflib import get_close_matches

    words = sorted(known)
    near = get_close_matches(word.lower(), words, 1, 0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"say one of {', '.join(words)}" if len(words) <= 40 else ""


def kind_of(value: Any) -> str:
    """A value as people call it."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
    return "a mapping"


def shown(text: str) -> str:
    """A text, quoted and elided."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float)


_MEANT = {
    "response": "respond",
    "reply": "respond",
    "answer": "respond",
    "return": "respond",
    "then": "respond",
    "output": "respond",
    "when": "match",
    "if": "match",
    "request": "match",
    "on": "match",
    "id": "name",
    "title": "name",
    "prompt": "text",
    "message": "text",
    "user": "text",
    "last": "text",
    "tool": "tools",
    "exact": "equals",
    "is": "equals",
    "re": "regex",
    "pattern": "regex",
    "matches": "regex",
    "like": "glob",
    "includes": "contains",
    "contain": "contains",
    "substring": "contains",
    "and": "all",
    "or": "any",
    "none": "not",
    "min": "at_least",
    "max": "at_most",
    "gte": "at_least",
    "lte": "at_most",
    "header": "headers",
    "betas": "beta",
    "jsonpath": "json",
    "body": "json",
    "delay": "pace",
    "speed": "pace",
    "function": "tool_use",
    "tool_call": "tool_use",
    "arguments": "input",
    "args": "input",
    "code": "status",
    "once": "times",
    "count": "times",
    "limit": "times",
    "repeat": "loop",
    "weight": "priority",
    "mandatory": "required",
}
"""Words of other tools -> ours."""


def meant_by(key: str, known: tuple[str, ...], elsewhere: Mapping[str, str] = _NONE) -> str:
    """What to write in place of a key that isn't known."""
    if ":" in key:
        return "put a space after the colon"
    if key in elsewhere:
        return elsewhere[key]
    meant = _MEANT.get(key.lower())
    return f"did you mean {meant}?" if meant in known else did_you_mean(key, known)
