"""One session of a server in the hands of a test: what is answered, what came, what should come, what time it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeapi.adapters.tester.calls import Call
from fakeapi.adapters.tester.lines import Line
from fakeapi.model import Json

if TYPE_CHECKING:
    import anthropic

_KEY = "sk-ant-fake"
_CATCH_ALL, _FIRST = -10, 10
_PAGE = 500


class Tester:
    """A session of a server. Rules that are added later are asked first; `reply` answers what no other rule does.

    Raises FakeapiError, with place and mend, where a rule or a setting can't be read, and AssertionError where an
    assertion doesn't hold.
    """

    def __init__(self, line: Line, url: str, client: Callable[..., Any], async_client: Callable[..., Any]) -> None:
        self._line = line
        self.url = url
        self._client = client
        self._async_client = async_client

    # What is answered

    def reply(self, respond: Any = None, **parts: Any) -> RuleName:
        """Answer everything that no other rule matches: `reply("Hi")`, `reply(json={...})`, `reply(refusal="No.")`."""
        return self._add({}, _respond(respond, parts), priority=_CATCH_ALL)

    def on(self, text: Any = None, **match: Any) -> When:
        """Where these hold (docs/rules.md): `on("weather")`, `on(text={"regex": "..."}, model="claude-*")`."""
        return When(self, {**({} if text is None else {"text": text}), **match})

    def fail(self, error: Any = 529, times: int | None = None, **details: Any) -> RuleName:
        """Answer with an error, before any other rule: `fail(529, times=2)`, `fail(429, retry_after=3)`."""
        return self._add({}, {"error": _error(error, details)}, priority=_FIRST, times=times)

    def script(self, turns: Sequence[Any], match: Any = None, **options: Any) -> RuleName:
        """Answer request after request with these turns: `script([{"tool_use": "search"}, "Done."])`.

        `options` are those of a rule: name, loop, at_end, alarm, priority.
        """
        return self._add({} if match is None else match, list(turns), **{"priority": _CATCH_ALL, **options})

    def add(self, rules: Any) -> list[RuleName]:
        """Rules as they stand in a file: a rule, a list of rules, or YAML text."""
        added = self._line.ask("POST", "/rules", rules, place=_place())["added"]
        return [RuleName(self, name) for name in added]

    def _add(self, match: Any, respond: Any, **options: Any) -> RuleName:
        given = {name: value for name, value in options.items() if value is not None}
        return self.add({"match": match, "respond": respond, **given})[0]

    @property
    def rules(self) -> list[Json]:
        """The rules that are asked, in the order of asking, each with how often it has answered."""
        return list(self._line.ask("GET", "/rules")["rules"])

    # What came

    @property
    def calls(self) -> list[Call]:
        """The requests for messages so far, the oldest first."""
        return [call for call in self.exchanges if call.entry["path"].endswith("/messages")]

    @property
    def exchanges(self) -> list[Call]:
        """All exchanges with the API so far."""
        found: list[Call] = []
        after: int | None = 0
        while after is not None:
            page = self._line.ask("GET", "/journal", full="true", limit=_PAGE, after=after)
            found += map(Call, page["entries"])
            after = page["next"]
        return found

    def wait_for(self, n: int = 1, timeout: float = 5.0, **match: Any) -> list[Call]:
        """Wait until so many requests (that match) have been answered, in real seconds; then all of them."""
        self._verify(timeout=timeout, match=match, at_least=n)
        return self.calls

    def assert_called(self, times: int | None = None, **match: Any) -> None:
        """At least one request (that matches) came, or exactly so many."""
        self._verify(match=match, **({"at_least": 1} if times is None else {"count": times}))

    def assert_called_once(self, **match: Any) -> None:
        """Exactly one request (that matches) came."""
        self._verify(match=match, count=1)

    def assert_not_called(self, **match: Any) -> None:
        """No request (that matches) came."""
        self._verify(match=match, never=True)

    def assert_order(self, *matches: Any) -> None:
        """Requests that match these came one after the other; others may have come between."""
        self._verify(order=[match if isinstance(match, Mapping) else {"text": match} for match in matches])

    def assert_resilient(self, *only: str) -> None:
        """The client coped with what went wrong as it should; `only` names verdicts or kinds (docs/grading.md)."""
        __tracebackhide__ = True
        found = self.verdicts(*(only or ("resilience",)))
        if found:
            raise AssertionError("\n".join(_told(verdict) for verdict in found))

    def assert_all_used(self) -> None:
        """Every rule has answered at least once."""
        __tracebackhide__ = True
        if unused := self.unused:
            told = ", ".join(f"{rule['name']} ({rule['place']})" for rule in unused)
            raise AssertionError(f"these rules never answered: {told}")

    def assert_none_unmatched(self) -> None:
        """No request needed a rule that wasn't there."""
        __tracebackhide__ = True
        if self.unmatched:
            raise AssertionError("\n".join(f"no rule matched: {row['asked']!r}" for row in self.unmatched))

    def verdicts(self, *only: str) -> list[Json]:
        """What the journal shows of the client."""
        return list(self._line.ask("GET", "/verdicts", only=",".join(only) or None)["verdicts"])

    @property
    def unmatched(self) -> list[Json]:
        """The requests that no rule matched where one was needed, each with the nearest rules."""
        return list(self._line.ask("GET", "/unmatched")["unmatched"])

    @property
    def unused(self) -> list[Json]:
        """The rules that never answered."""
        return list(self._line.ask("GET", "/unused")["unused"])

    def _verify(self, **wanted: Any) -> None:
        __tracebackhide__ = True
        result = self._line.ask("POST", "/verify", {name: value for name, value in wanted.items() if value != {}})
        if not result["passed"]:
            raise AssertionError(result["report"])

    # The session

    @property
    def clock(self) -> SessionClock:
        """The time of this session."""
        return SessionClock(self._line)

    @property
    def settings(self) -> Json:
        """The settings that hold here."""
        return dict(self._line.ask("GET", "/settings"))

    def change(self, **settings: Any) -> None:
        """Settings of its own for this session: `change(contract="warn", pace="human")`."""
        self._line.ask("PATCH", "/settings", settings)

    def reset(self) -> None:
        """Begin anew: no rules and settings of its own, nothing remembered."""
        self._line.ask("POST", "/reset")

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that lead clients here."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": _KEY}

    def client(self, **options: Any) -> anthropic.Anthropic:
        """An `anthropic.Anthropic` that talks to this session; `options` are the SDK's. ImportError without it."""
        made: anthropic.Anthropic = self._client(**{"base_url": self.url, **_key(options), **options})
        return made

    def async_client(self, **options: Any) -> anthropic.AsyncAnthropic:
        """An `anthropic.AsyncAnthropic`, likewise."""
        made: anthropic.AsyncAnthropic = self._async_client(**{"base_url": self.url, **_key(options), **options})
        return made


class When:
    """What to answer where a condition holds."""

    def __init__(self, tester: Tester, match: Json) -> None:
        self._tester = tester
        self._match = match

    def reply(self, respond: Any = None, **parts: Any) -> RuleName:
        """Answer so: a text, or the parts of an answer."""
        return self._then(_respond(respond, parts))

    def call_tool(self, name: str, **input: Any) -> RuleName:
        """Call a tool; without input, one that fits its schema is made up."""
        return self._then({"tool_use": {"name": name, "input": input} if input else name})

    def fail(self, error: Any = 529, times: int | None = None, **details: Any) -> RuleName:
        """Answer with an error."""
        return self._then({"error": _error(error, details)}, times=times)

    def refuse(self, explanation: str = "", category: str | None = None) -> RuleName:
        """Answer with a refusal."""
        return self._then({"refusal": {"explanation": explanation or None, "category": category}})

    def script(self, turns: Sequence[Any], **options: Any) -> RuleName:
        """Answer with these turns, one request after the other."""
        return self._then(list(turns), **options)

    def _then(self, respond: Any, **options: Any) -> RuleName:
        return self._tester._add(self._match, respond, **options)


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
        return next((int(rule["used"]) for rule in self._tester.rules if rule["name"] == self), 0)

    def remove(self) -> None:
        """Ask it no longer."""
        from urllib.parse import quote

        self._tester._line.ask("DELETE", f"/rules/{quote(self, safe='')}")


class SessionClock:
    """The clock of a session."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def now(self) -> float:
        """Unix time in seconds."""
        return float(self._line.ask("GET", "/clock")["now"])

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once: what expires, refills, ends or waits goes by it."""
        self._line.ask("POST", "/clock", {"advance": seconds})


def _key(options: Mapping[str, Any]) -> dict[str, str]:
    return {} if {"api_key", "auth_token"} & options.keys() else {"api_key": _KEY}


def _respond(respond: Any, parts: Mapping[str, Any]) -> Any:
    if respond is None:
        return dict(parts)
    if not parts:
        return respond
    return {**({"text": respond} if isinstance(respond, str) else respond), **parts}


def _error(error: Any, details: Mapping[str, Any]) -> Any:
    if not details:
        return error
    return {**({"status": error} if isinstance(error, int) else {"type": error}), **details}


def _told(verdict: Json) -> str:
    numbers = ", ".join(map(str, verdict.get("entries") or verdict.get("evidence") or ()))
    return f"{verdict['name']}: {verdict['sentence']} [{numbers}] {verdict.get('mend') or ''}".rstrip()


def _place() -> str:
    """Where the test that adds a rule stands: the first frame outside fakeapi."""
    frame = sys._getframe(1)
    here = Path(__file__).parent
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == here:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
