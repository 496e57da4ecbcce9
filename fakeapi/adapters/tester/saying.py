"""What a server is told to say: the words of the Python surface, as rules (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fakeapi.model import Json

if TYPE_CHECKING:
    from fakeapi.adapters.tester.tester import Tester

RULE = frozenset({"name", "priority", "times", "required", "loop", "at_end", "alarm", "lifetime"})
"""What can be said of a rule beside match and respond; `lifetime` is in seconds on the session's clock."""


class RuleName(str):
    """A rule that was added: its name, and what can be done with it."""

    _tester: Tester

    def __new__(cls, tester: Tester, name: str) -> RuleName:
        made = super().__new__(cls, name)
        made._tester = tester
        return made

    @property
    def used(self) -> int:
        """How often it has answered."""
        __tracebackhide__ = True
        return int(self._tester.ask("GET", self._path)["used"])

    def remove(self) -> None:
        """Ask it no longer."""
        __tracebackhide__ = True
        self._tester.ask("DELETE", self._path)

    @property
    def _path(self) -> str:
        return f"/rules/{quote(self, safe='')}"


class When:
    """What to answer where a condition holds: one of its methods says it."""

    def __init__(self, tester: Tester, match: Any, options: Mapping[str, Any]) -> None:
        self._tester = tester
        self._match = match
        self._options = options

    def reply(self, respond: Any = None, **parts: Any) -> RuleName:
        """Answer so: a text, or the parts of an answer, such as `thinking="Hm.", text="Hi"`."""
        __tracebackhide__ = True
        options, parts = parted(parts)
        return self._then(response(respond, parts), **options)

    def call_tool(self, name: str, /, **input: Any) -> RuleName:
        """Call a tool; without input, one that fits its schema is made up."""
        __tracebackhide__ = True
        return self._then({"tool_use": {"name": name, "input": input} if input else name})

    def fail(
        self, error: Any = 529, times: int | None = None, *, lifetime: float | None = None, **details: Any
    ) -> RuleName:
        """Answer with an error: `fail(429, times=2, retry_after=3)`."""
        __tracebackhide__ = True
        options, details = parted(details)
        return self._then({"error": failure(error, details)}, **{"times": times, "lifetime": lifetime, **options})

    def refuse(self, explanation: str = "", category: str | None = None) -> RuleName:
        """Answer with a refusal, as a model does that declines."""
        __tracebackhide__ = True
        given = {"explanation": explanation, "category": category}
        return self._then({"refusal": {name: value for name, value in given.items() if value} or ""})

    def script(self, turns: Sequence[Any], **options: Any) -> RuleName:
        """Answer with these turns, one request after the other: `script([{"tool_use": "search"}, "Done."])`."""
        __tracebackhide__ = True
        return self._then(list(turns), **options)

    def _then(self, respond: Any, **options: Any) -> RuleName:
        __tracebackhide__ = True
        return self._tester.add_rule(self._match, respond, **{**self._options, **options})


def parted(given: Mapping[str, Any]) -> tuple[Json, Json]:
    """What is said of the rule, and all else."""
    of_rule = {name: value for name, value in given.items() if name in RULE}
    return of_rule, {name: value for name, value in given.items() if name not in RULE}


def matching(match: Any, conditions: Mapping[str, Any]) -> Any:
    """A match as a rule has it: a text, or conditions; `conditions` are further ones."""
    if not conditions:
        return {} if match is None else match
    if match is None:
        return dict(conditions)
    return {**(match if isinstance(match, Mapping) else {"text": match}), **conditions}


def response(respond: Any, parts: Mapping[str, Any]) -> Any:
    """An answer as a rule has it: what was given as one, and further parts."""
    if respond is None:
        return dict(parts)
    if not parts:
        return respond
    return {**(respond if isinstance(respond, Mapping) else {"text": respond}), **parts}


def failure(error: Any, details: Mapping[str, Any]) -> Any:
    """An error as a rule has it: a status or a type, and what else is known of it."""
    if not details:
        return error
    if isinstance(error, Mapping):
        return {**error, **details}
    return {**({"type": error} if isinstance(error, str) else {"status": error}), **details}
