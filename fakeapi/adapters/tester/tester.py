"""One session of a server in the hands of a test: what is answered, what came, what should come, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from fakeapi.adapters.tester.calls import Call, Calls
from fakeapi.adapters.tester.lines import Line, PlacedError
from fakeapi.adapters.tester.places import here
from fakeapi.adapters.tester.saying import RuleName, When, failure, matching, parted, response
from fakeapi.errors import FakeapiError
from fakeapi.memory.sessions import DEFAULT
from fakeapi.model import Json

if TYPE_CHECKING:
    import anthropic

KEY = "sk-ant-fake"
"""The key that clients have by themselves: any is good, unless the server was told otherwise."""
_CATCH_ALL, _FIRST = -10, 10
_MESSAGES = "/journal?method=POST&path=/messages"
_PAGE = 500
_END = 10**15


class Tester:
    """A session of a server. Rules that are added later are asked first; `reply` answers what no other rule does.

    Every method may raise FakeapiError, with file and line of the test, what is wrong and the mend; those that assert
    raise AssertionError, with what came instead.
    """

    __test__ = False
    """pytest takes classes with such a name for tests."""

    def __init__(
        self,
        line: Line,
        url: str,
        client: Callable[..., Any],
        async_client: Callable[..., Any],
        *,
        id: str | None = None,
        api_key: str = KEY,
        session: Callable[[str], Tester] | None = None,
    ) -> None:
        self._line = line
        self._url = url
        self._client = client
        self._async_client = async_client
        self._session = session
        self._api_key = api_key
        self._id = id

    @property
    def id(self) -> str:
        """The id of this session."""
        __tracebackhide__ = True
        if self._id is None:
            self._id = str(self.ask("GET", "/session")["id"])
        return self._id

    @property
    def url(self) -> str:
        """The base URL of this session, for clients in any language."""
        return self._url

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that lead clients here."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": self._api_key}

    def client(self, **options: Any) -> anthropic.Anthropic:
        """An `anthropic.Anthropic` that talks to this session; `options` are the SDK's. ImportError without it."""
        made: anthropic.Anthropic = self._client(**self._with_defaults(options))
        return made

    def async_client(self, **options: Any) -> anthropic.AsyncAnthropic:
        """An `anthropic.AsyncAnthropic`, likewise."""
        made: anthropic.AsyncAnthropic = self._async_client(**self._with_defaults(options))
        return made

    def _with_defaults(self, options: Mapping[str, Any]) -> Json:
        key = {} if {"api_key", "auth_token"} & options.keys() else {"api_key": self._api_key}
        return {"base_url": self.url, **key, **options}

    def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """Ask the admin API (docs/admin.md), about this session: `ask("GET", "/journal?status=4xx", full="true")`."""
        __tracebackhide__ = True
        try:
            return self._line.ask(method, path, given, **query)
        except FakeapiError as fault:
            raise PlacedError(str(fault), here()) from None

    # What is answered

    def reply(self, respond: Any = None, **parts: Any) -> RuleName:
        """Answer everything that no other rule matches: `reply("Hi")`, `reply(json={...})`, `reply(refusal="No.")`.

        Here and below, what can be said of a rule may be said, too: name, priority, times, required, lifetime.
        """
        __tracebackhide__ = True
        options, parts = parted(parts)
        return self.add_rule({}, response(respond, parts), **{"priority": _CATCH_ALL, **options})

    def on(self, match: Any = None, /, **conditions: Any) -> When:
        """Where these hold (docs/rules.md): `on("weather")`, `on(text={"regex": "..."}, model="claude-*")`."""
        options, conditions = parted(conditions)
        return When(self, matching(match, conditions), options)

    def fail(
        self, error: Any = 529, times: int | None = None, *, lifetime: float | None = None, **details: Any
    ) -> RuleName:
        """Answer with an error, before any other rule: `fail(529, times=2)`, `fail(429, retry_after=3)`.

        `lifetime`: for so many seconds on the session's clock.
        """
        __tracebackhide__ = True
        options, details = parted(details)
        given = {"priority": _FIRST, "times": times, "lifetime": lifetime, **options}
        return self.add_rule({}, {"error": failure(error, details)}, **given)

    def script(self, turns: Sequence[Any], match: Any = None, **options: Any) -> RuleName:
        """Answer request after request with these turns: `script([{"tool_use": "search"}, "Done."])`.

        `options` are those of a rule: name, loop, at_end, alarm, priority.
        """
        __tracebackhide__ = True
        return self.add_rule({} if match is None else match, list(turns), **{"priority": _CATCH_ALL, **options})

    def add(self, rules: Any, *, lifetime: float | None = None) -> list[RuleName]:
        """Rules as they stand in a file: a rule, a list of rules, or YAML text. Their names."""
        __tracebackhide__ = True
        place = f"{here()} (YAML)" if isinstance(rules, str) else here()
        added = self.ask("POST", "/rules", rules, place=place, lifetime=lifetime)["added"]
        return [RuleName(self, name) for name in added]

    def add_rule(self, match: Any, respond: Any, *, lifetime: float | None = None, **options: Any) -> RuleName:
        """One rule: `add_rule({"text": "weather"}, "Sunny.", times=2)`."""
        __tracebackhide__ = True
        given = {name: value for name, value in options.items() if value is not None}
        return self.add({"match": match, "respond": respond, **given}, lifetime=lifetime)[0]

    @property
    def rules(self) -> list[Json]:
        """The rules that are asked, in the order of asking but for priorities, each with how often it has answered."""
        __tracebackhide__ = True
        return list(self.ask("GET", "/rules")["rules"])

    # What came

    @property
    def calls(self) -> Calls:
        """The requests for messages so far, the oldest first."""
        __tracebackhide__ = True
        return self._journal(_MESSAGES)

    @property
    def last_call(self) -> Call:
        """The last request for a message. AssertionError where none came."""
        __tracebackhide__ = True
        entries = self.ask("GET", _MESSAGES, before=_END, limit=1, full="true")["entries"]
        if not entries:
            raise AssertionError("no request for a message has come")
        return Call(entries[-1])

    @property
    def exchanges(self) -> Calls:
        """All exchanges with the API so far."""
        __tracebackhide__ = True
        return self._journal("/journal")

    def _journal(self, path: str) -> Calls:
        __tracebackhide__ = True
        found, after = Calls(), 0
        while after is not None:
            page = self.ask("GET", path, full="true", limit=_PAGE, after=after)
            found += map(Call, page["entries"])
            after = page["next"]
        return found

    def tell(self, last: int | None = None) -> str:
        """What came and what was answered, in a few lines each, for a person; the last so many."""
        __tracebackhide__ = True
        told: str = self.ask("GET", "/journal.txt", limit=last)
        return told

    @property
    def unmatched(self) -> list[Json]:
        """The requests that no rule matched where one was needed, each with the nearest rules."""
        __tracebackhide__ = True
        return list(self.ask("GET", "/unmatched")["unmatched"])

    @property
    def unused(self) -> list[Json]:
        """The rules that never answered."""
        __tracebackhide__ = True
        return list(self.ask("GET", "/unused")["unused"])

    def verdicts(self, *only: str) -> list[Json]:
        """What the journal shows of the client (docs/grading.md); `only` names verdicts or kinds."""
        __tracebackhide__ = True
        return list(self.ask("GET", "/verdicts", only=",".join(only) or None)["verdicts"])

    # What should come

    def wait_for(self, n: int = 1, timeout: float = 5.0, *, over: bool = True, **match: Any) -> Calls:
        """Wait until so many requests (that match) have come and, by itself, been answered; then all calls.

        `timeout` is in real seconds. AssertionError where they don't come.
        """
        __tracebackhide__ = True
        self._verify(timeout=timeout, match=match, at_least=n, over=over)
        return self.calls

    def wait_for_async(
        self, n: int = 1, timeout: float = 5.0, *, over: bool = True, **match: Any
    ) -> Coroutine[Any, Any, Calls]:
        """The same, to be awaited: other tasks of the event loop (asyncio, trio) go on meanwhile, which are to send the
        requests."""
        given = _without_nothing({"timeout": timeout, "match": match, "at_least": n, "over": over})
        return self._wait_async(given, here())

    async def _wait_async(self, wanted: Json, place: str) -> Calls:
        __tracebackhide__ = True
        from anyio import CapacityLimiter, to_thread

        waiting = partial(self._line.ask, "POST", "/verify", wanted)
        try:
            result = await to_thread.run_sync(waiting, abandon_on_cancel=True, limiter=CapacityLimiter(1))
        except FakeapiError as fault:
            raise PlacedError(str(fault), place) from None
        _hold(result)
        return self.calls

    def assert_called(self, times: int | None = None, *, retries: bool = True, **match: Any) -> None:
        """At least one request (that matches) came, or exactly so many; `retries`: those of an SDK count, too."""
        __tracebackhide__ = True
        self._verify(match=match, retries=retries, **({"at_least": 1} if times is None else {"count": times}))

    def assert_called_once(self, *, retries: bool = True, **match: Any) -> None:
        """Exactly one request (that matches) came."""
        __tracebackhide__ = True
        self._verify(match=match, retries=retries, count=1)

    def assert_not_called(self, **match: Any) -> None:
        """No request (that matches) came."""
        __tracebackhide__ = True
        self._verify(match=match, never=True)

    def assert_order(self, *matches: Any) -> None:
        """Requests that match these came one after the other; others may have come between."""
        __tracebackhide__ = True
        self._verify(order=[match if isinstance(match, Mapping) else {"text": match} for match in matches])

    def assert_resilient(self, *only: str, warnings: bool = False) -> None:
        """The client coped with what went wrong as it should (docs/grading.md).

        `only` names verdicts or kinds, by itself `resilience`; `warnings`: those that may have a good reason count.
        """
        __tracebackhide__ = True
        found = [
            each for each in self.verdicts(*(only or ("resilience",))) if warnings or each["severity"] == "failure"
        ]
        if found:
            raise AssertionError("\n".join(map(_told, found)))

    def assert_all_used(self) -> None:
        """Every rule has answered at least once."""
        __tracebackhide__ = True
        if unused := self.unused:
            told = ", ".join(f"{rule['name']} ({rule['place']})" for rule in unused)
            raise AssertionError(f"these rules never answered: {told}")

    def assert_none_unmatched(self) -> None:
        """No request needed a rule that wasn't there."""
        __tracebackhide__ = True
        if unmatched := self.unmatched:
            raise AssertionError("\n".join(map(_lacking, unmatched)))

    def _verify(self, **wanted: Any) -> None:
        __tracebackhide__ = True
        _hold(self.ask("POST", "/verify", _without_nothing(wanted)))

    # The session

    def session(self, id: str | None = None, **settings: Any) -> Tester:
        """Another session of the same server, apart from all others: the one of this id, or a new one.

        `settings` are its own. In a `with`, it is forgotten at the end.
        """
        __tracebackhide__ = True
        if self._session is None:
            raise FakeapiError(f"{here()}: this one session is all there is here")
        if id is None:
            id = str(self.ask("POST", "/sessions", {"settings": settings})["id"])
            return self._session(id)
        found = self._session(id)
        if settings:
            found.change(**settings)
        return found

    @property
    def clock(self) -> SessionClock:
        """The time of this session."""
        return SessionClock(self)

    @property
    def settings(self) -> Json:
        """The settings that hold here."""
        __tracebackhide__ = True
        return dict(self.ask("GET", "/settings"))

    def change(self, **settings: Any) -> None:
        """Settings of its own for this session: `change(contract="warn", pace="human")`."""
        __tracebackhide__ = True
        self.ask("PATCH", "/settings", settings)

    def reset(self) -> None:
        """Begin anew: no rules, settings and snapshots of its own, nothing remembered, its clock as at the start."""
        __tracebackhide__ = True
        self.ask("POST", "/reset")

    def snapshot(self, name: str = "snapshot") -> None:
        """Keep what the session is now, under a name, to go back to: rules, settings, clock, all that it remembers."""
        __tracebackhide__ = True
        self.ask("POST", "/snapshot", {"name": name})

    def roll_back(self, name: str = "snapshot") -> None:
        """Be what it was when the snapshot was taken."""
        __tracebackhide__ = True
        self.ask("POST", "/rollback", {"name": name})

    def drop(self, id: str | None = None) -> None:
        """Forget this session, or another one."""
        __tracebackhide__ = True
        self.ask("DELETE", "/session" if id is None else f"/sessions/{quote(id, safe='')}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> None:
        __tracebackhide__ = True
        if self._id in (None, DEFAULT):
            return
        try:
            self.drop()
        except FakeapiError:
            if kind is None:
                raise


class SessionClock:
    """The clock of a session."""

    def __init__(self, tester: Tester) -> None:
        self._tester = tester

    @property
    def now(self) -> float:
        """Unix time in seconds."""
        __tracebackhide__ = True
        return float(self._tester.ask("GET", "/clock")["now"])

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once: what expires, refills, ends or waits goes by it."""
        __tracebackhide__ = True
        self._tester.ask("POST", "/clock", {"advance": seconds})


def _hold(result: Json) -> None:
    __tracebackhide__ = True
    if not result["passed"]:
        raise AssertionError(result["report"])


def _without_nothing(wanted: Mapping[str, Any]) -> Json:
    """Without a match that matches everything."""
    return {name: value for name, value in wanted.items() if value != {}}


def _told(verdict: Json) -> str:
    numbers = ", ".join(f"#{number}" for number in verdict["evidence"])
    return f"{verdict['severity']} {verdict['name']}: {verdict['sentence']} ({numbers})\n    {verdict['mend']}"


def _lacking(row: Json) -> str:
    nearest = "".join(f"\n    {near['rule']}: {near['why'] or _first(near)}" for near in row["diagnosis"]["nearest"])
    return f"no rule matched #{row['number']} {row['asked']!r}; the nearest:{nearest or ' there are no rules'}"


def _first(near: Json) -> str:
    mismatch = near["mismatches"][0]
    return f"{mismatch['what']}: wanted {mismatch['wanted']!r}, came {mismatch['came']!r}"
